"""Write the fits of a data set beside it: params.json, the table of its README, a picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ._best import rank_many
from ._data import by_series, curve_to_dict
from ._families import CONCAVE

_MARK = "<!-- errors -->"


def fit_record(fit, at_zero, error=np.nan) -> dict:
    """One fit as plain numbers, readable by `load_curve`."""
    record = curve_to_dict(fit.curve)
    family = "PiecewiseLinear" if fit.family is None else fit.family.key
    return {
        "family": family,
        "at_zero": at_zero,
        "status": fit.status.name,
        "leave_one_out": float(f"{error:.4g}") if error == error else None,
        "sse": float(f"{float(fit.sse):.6g}"),
        "r2": float(f"{float(fit.r2):.6g}"),
        **record,
    }


def write_parameters(path, records: dict[str, list[dict]]) -> Path:
    """Write {series: records, best first} as JSON, one fit a line, the same bytes every time."""
    blocks = []
    for series, rows in records.items():
        lines = ",\n".join("   " + json.dumps(row, separators=(", ", ": ")) for row in rows)
        blocks.append(f"  {json.dumps(series)}: [\n{lines}\n  ]")
    text = '{"format": 1,\n "series": {\n' + ",\n".join(blocks) + "\n }}\n"
    path = Path(path)
    path.write_text(text)
    return path


def record_folder(folder, pins=(0.0,), chance=None, families=CONCAVE, progress=True) -> dict:
    """Fit every series of `folder`/data.csv; write params.json, picture.png and README's table.

    pins: each `at_zero` to fit with (None leaves the offset free). In params.json the fits of a
    series are ordered by leave-one-out error; those that cannot be ranked come last, few
    parameters first. Returns {series: [(record, fit), ...]} in that order.
    """
    import pandas as pd

    folder = Path(folder)
    data = by_series(pd.read_csv(folder / "data.csv"))
    ordered = {name: [] for name in data}
    for pin in pins:
        rankings = rank_many(data, families, at_zero=pin, chance=chance, progress=progress)
        for name, ranking in rankings.items():
            for fit, error in zip(ranking.fits, ranking.errors, strict=True):
                ordered[name].append((fit_record(fit, pin, error), fit))
    for rows in ordered.values():
        rows.sort(key=_quality)
    write_parameters(folder / "params.json", {n: [r for r, _ in v] for n, v in ordered.items()})
    _write_table(folder, ordered)
    _draw(folder / "picture.png", ordered)
    return ordered


def _quality(row):
    record, fit = row
    error = record["leave_one_out"]
    return (1, fit.free_parameters, record["sse"]) if error is None else (0, 0, error)


def error_table(ordered: dict) -> str:
    """Markdown: per family and offset, the spread of R² and of the error as a part of y's range."""
    groups: dict = {}
    for rows in ordered.values():
        for record, fit in rows:
            span = float(np.ptp(fit.y)) or 1.0
            error = float(np.sqrt(np.mean(np.asarray(fit.residuals) ** 2))) / span
            groups.setdefault((record["family"], record["at_zero"]), []).append(
                (record["r2"], error)
            )
    lines = [
        "| family | value at 0 | series | median R² | worst R² | median rms error | worst |",
        "|---|---|---|---|---|---|---|",
    ]
    for (family, pin), values in sorted(groups.items(), key=lambda g: (g[0][1] is None, g[0][0])):
        r2, error = np.array(values).T
        at_zero = "free" if pin is None else f"{pin:g}"
        lines.append(
            f"| {family} | {at_zero} | {len(values)} | {np.median(r2):.4f} | {r2.min():.4f} "
            f"| {100 * np.median(error):.2f} % | {100 * error.max():.2f} % |"
        )
    return "\n".join(lines)


def _write_table(folder, ordered) -> None:
    """Replace the table between the two marks of `folder`/README.md."""
    path = Path(folder) / "README.md"
    if not path.is_file() or path.read_text().count(_MARK) != 2:
        return
    before, _, after = path.read_text().split(_MARK)
    path.write_text(f"{before}{_MARK}\n{error_table(ordered)}\n{_MARK}{after}")


def _draw(path, ordered) -> None:
    """Up to six series, evenly spread over the data set, each with its best fit."""
    import matplotlib.pyplot as plt

    names = list(ordered)
    chosen = [names[i] for i in np.unique(np.linspace(0, len(names) - 1, 6).round().astype(int))]
    columns = min(3, len(chosen))
    rows = -(-len(chosen) // columns)
    size = (3.3 * columns, 2.5 * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)
    for ax in axes.ravel()[len(chosen) :]:
        ax.set_axis_off()
    for ax, name in zip(axes.ravel(), chosen, strict=False):
        ordered[name][0][1].plot(ax, residuals=False)
        ax.set_title(name, fontsize=7)
        ax.legend(fontsize=6, frameon=False, loc="upper left")
        ax.tick_params(labelsize=7)
        ax.set(xlabel="", ylabel="")
        low, high = ordered[name][0][1].measured_range
        if high > 50 * low > 0:
            ax.set(xscale="log", xlim=(low / 2, 1.1 * high))
    figure.savefig(path, dpi=80, metadata={"Software": None})
    plt.close(figure)
