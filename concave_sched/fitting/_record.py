"""Write the fits of a data set beside it: params.json, the table of its README, a picture."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ._batch import fit_many
from ._data import curve_to_dict
from ._families import CONCAVE

_MARK = "<!-- errors -->"


def fit_record(fit, at_zero) -> dict:
    """One fit as plain numbers, readable by `load_curve`."""
    record = curve_to_dict(fit.curve)
    family = "PiecewiseLinear" if fit.family is None else fit.family.key
    return {
        "family": family,
        "at_zero": at_zero,
        "status": fit.status.name,
        "points": fit.points,
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
    """Fit every series of `folder`/data.csv and write params.json, README table and picture.png.

    pins: each `at_zero` to fit with (None leaves the offset free). Returns the records.
    """
    import pandas as pd

    folder = Path(folder)
    data = {
        name: tuple(rows.sort_values("x", kind="stable")[["x", "y"]].to_numpy(float).T)
        for name, rows in pd.read_csv(folder / "data.csv").groupby("series", sort=False)
    }
    records = {name: [] for name in data}
    for pin in pins:
        fits = fit_many(data, families, at_zero=pin, chance=chance, progress=progress)
        for (name, _), fit in fits.items():
            records[name].append((fit_record(fit, pin), fit))
    ordered = {name: sorted(rows, key=_quality) for name, rows in records.items()}
    write_parameters(folder / "params.json", {n: [r for r, _ in v] for n, v in ordered.items()})
    return ordered


def _quality(row):
    record, fit = row
    return (fit.points <= fit.free_parameters, record["sse"])


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
    for (family, pin), values in groups.items():
        r2, error = np.array(values).T
        at_zero = "free" if pin is None else f"{pin:g}"
        lines.append(
            f"| {family} | {at_zero} | {len(values)} | {np.median(r2):.4f} | {r2.min():.4f} "
            f"| {100 * np.median(error):.2f} % | {100 * error.max():.2f} % |"
        )
    return "\n".join(lines)


def write_table(folder, ordered) -> None:
    """Replace the table between the two marks of `folder`/README.md."""
    path = Path(folder) / "README.md"
    before, _, after = path.read_text().split(_MARK)
    path.write_text(f"{before}{_MARK}\n{error_table(ordered)}\n{_MARK}{after}")
