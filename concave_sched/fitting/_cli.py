"""`python -m concave_sched fit FILE.csv`: rank families for every series of a CSV file."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ._data import by_series
from ._families import _ALL


def main(argv: Sequence[str] | None = None) -> int:
    """Fit, print the ranking of each series, write params.json, ranking.csv and one PNG a series.

    argv: the arguments after `fit`. Returns the exit status: 0, or 2 for a file that cannot be
    used, with the reason on standard error. `load_curve(OUT/params.json, series)` reads the best
    curve back.
    """
    options = _parser().parse_args(argv)
    import sys

    import jax

    jax.config.update("jax_enable_x64", True)
    try:
        data = read_series(options.file, options.x, options.y, options.series)
        names = [_known(name) for name in options.family] or None
        rankings = _rank(data, names, options)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, rankings, options.at_zero)
    for name, ranking in rankings.items():
        print(f"\n{name}: {ranking.best.points} points")
        columns = ["rank", "family", "leave_one_out", "r2", "aicc", "status"]
        print(ranking.to_dataframe()[columns].to_string(index=False, na_rep="-"))
    print(f"\nwrote {folder / 'params.json'}, ranking.csv and {len(rankings)} figures")
    return 0


def read_series(path, x: str = "x", y: str = "y", series: str | None = None) -> dict:
    """{series: (x, y)} of a CSV file, sorted by x.

    x, y: column names; series: the column that names the series; by default `series` if there is
    one, else the whole file is one series named after it. Errors name the column and the line.
    """
    import pandas as pd

    path = Path(path)
    if not path.is_file():
        raise ValueError(f"FILE = {path}: no such file.")
    table = pd.read_csv(path)
    for option, column in (("x", x), ("y", y), ("series", series)):
        if column is not None and column not in table.columns:
            has = ", ".join(table.columns)
            raise ValueError(f"--{option} {column}: no such column in {path}, which has {has}.")
    for column in (x, y):
        numbers = np.asarray(pd.to_numeric(table[column], errors="coerce"), float)
        if np.isnan(numbers).any():
            line = int(np.argmax(np.isnan(numbers))) + 2
            raise ValueError(f"{path}, line {line}: {column} is missing or not a number.")
        table[column] = numbers
    if series is None and "series" in table.columns:
        series = "series"
    if not series:
        table[series := "series"] = path.stem
    return by_series(table, x, y, series)


def _rank(data, names, options):
    from ..curves import PiecewiseLinear
    from ._best import rank_many
    from ._families import CONCAVE

    families = names or (*CONCAVE, PiecewiseLinear)
    shared = {"at_zero": options.at_zero, "loss": options.loss, "chance": options.chance}
    return rank_many(data, families, progress=len(data) > 1, **shared)


def _write(folder, rankings, at_zero):
    import matplotlib
    import pandas as pd

    from ._record import fit_record, write_parameters

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    write_parameters(
        folder / "params.json",
        {
            name: [fit_record(f, at_zero, e) for f, e in zip(r.fits, r.errors, strict=True)]
            for name, r in rankings.items()
        },
    )
    tables = [r.to_dataframe().assign(series=name) for name, r in rankings.items()]
    pd.concat(tables).to_csv(folder / "ranking.csv", index=False)
    for name, ranking in rankings.items():
        ax = ranking.plot()
        ax.set_title(name, fontsize="medium")
        ax.figure.savefig(folder / f"{re.sub(r'[^A-Za-z0-9.-]+', '_', name)}.png", dpi=100)
        plt.close(ax.figure)


def _known(name):
    """The family of a name as typed, whatever its case."""
    by_name = {family.curve.__name__.lower(): family.curve.__name__ for family in _ALL}
    by_name["piecewiselinear"] = "PiecewiseLinear"
    if name.lower() not in by_name:
        raise ValueError(f"--family {name}: choose from {', '.join(sorted(by_name.values()))}.")
    return by_name[name.lower()]


def _parser():
    parser = argparse.ArgumentParser(
        prog="python -m concave_sched fit",
        description="Fit concave curves to the measurements in a CSV file and rank the families.",
    )
    parser.add_argument("file", metavar="FILE.csv")
    parser.add_argument("--x", default="x", help="column of the amounts (default: x)")
    parser.add_argument("--y", default="y", help="column of the measured values (default: y)")
    parser.add_argument("--series", help="column that names the series (default: series, if any)")
    parser.add_argument(
        "--family", action="append", default=[], help="a family to try; may be repeated"
    )
    parser.add_argument(
        "--at-zero", type=float, help="pin the value at amount 0 (0 for a speedup; default: free)"
    )
    parser.add_argument("--chance", type=float, help="value of a guess, to warn of offsets below")
    parser.add_argument("--loss", choices=("squares", "huber", "cauchy"), default="squares")
    parser.add_argument("--out", default="concave_sched_fit", help="folder to write to")
    return parser
