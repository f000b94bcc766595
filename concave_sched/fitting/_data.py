"""The shipped measurements and their fitted curves, from the source tree or an installed wheel."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np

from .. import curves
from ..curves import Curve, Offset

_ANY = object()


def data_folder() -> Path:
    """The folder of all data sets: `fits/` of the source tree, or its copy inside the wheel."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_fits", package.parent / "fits"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"no measurements: neither _fits in {package} nor fits beside it.")


def datasets() -> list[str]:
    """Names of the shipped data sets.

    Example:
        >>> from concave_sched import fitting
        >>> "gavel" in fitting.datasets()
        True
    """
    return sorted(path.parent.name for path in data_folder().glob("*/data.csv"))


def load(name: str):
    """A shipped data set as a DataFrame: series, x, y, unit_x, unit_y, source.

    Example:
        >>> from concave_sched import fitting
        >>> sorted(fitting.load("gavel").columns)[:3]
        ['series', 'source', 'unit_x']
    """
    import pandas as pd

    path = data_folder() / str(name) / "data.csv"
    if not path.is_file():
        raise ValueError(f"name = {name!r}: no such data set; there are {', '.join(datasets())}.")
    return pd.read_csv(path)


def load_series(name: str) -> dict:
    """A shipped data set as {series: (x, y)}, in the order of the file, sorted by x.

    Example:
        >>> from concave_sched import fitting
        >>> gpus, steps_per_second = fitting.load_series("gavel")["gavel/v100/ResNet-50/bs64"]
        >>> gpus
        array([1., 2., 4., 8.])
    """
    return by_series(load(name))


def by_series(table, x: str = "x", y: str = "y", series: str = "series") -> dict[str, tuple]:
    """A DataFrame as {series: (x, y)} in the order of its rows, each series sorted by x."""
    return {
        str(name): tuple(rows.sort_values(x, kind="stable")[[x, y]].to_numpy(float).T)
        for name, rows in table.groupby(series, sort=False)
    }


def curve_to_dict(curve: Curve) -> dict:
    """A curve of a named family as plain numbers: {"curve", "parameters"[, "low"]}.

    Example:
        >>> import concave_sched as cs
        >>> cs.fitting.curve_to_dict(cs.curves.Power(2.0, 0.5).offset(1.0))
        {'curve': 'Power', 'parameters': {'scale': 2.0, 'exponent': 0.5}, 'low': 1.0}
    """
    if isinstance(curve, Offset):
        return {**curve_to_dict(curve.curve), "low": _plain(curve.low)}
    if not hasattr(curves, type(curve).__name__) or isinstance(curve, curves.Custom):
        raise ValueError(f"curve = {curve!r}: only the named families can be written to JSON.")
    fields = dataclasses.fields(curve)
    values = {field.name: _plain(getattr(curve, field.name)) for field in fields}
    return {"curve": type(curve).__name__, "parameters": values}


def curve_from_dict(record: dict) -> Curve:
    """The curve that `curve_to_dict` wrote.

    Example:
        >>> import concave_sched as cs
        >>> record = cs.fitting.curve_to_dict(cs.curves.Power(2.0, 0.5).offset(1.0))
        >>> float(cs.fitting.curve_from_dict(record)(4.0))
        5.0
    """
    if not isinstance(record, dict) or not {"curve", "parameters"} <= set(record):
        raise ValueError(f"record = {record!r}: needs the keys curve and parameters.")
    family = getattr(curves, str(record["curve"]), None)
    if not (isinstance(family, type) and issubclass(family, Curve)):
        raise ValueError(f"curve = {record['curve']!r}: no such family of curves.")
    try:
        curve = family(**record["parameters"])
    except TypeError as error:
        raise ValueError(f"parameters = {record['parameters']!r}: {error}.") from None
    return curve.offset(record["low"]) if "low" in record else curve


def load_curve(name_or_path, series: str | None = None, family: str | None = None, at_zero=_ANY):
    """A fitted curve from `params.json` of a shipped data set, or from a JSON file of your own.

    series: may be left out if there is one only; family: a name, or None for the best ranked;
    at_zero: the pinned value, None for a free offset, left out for the best ranked of either.

    Example:
        >>> import concave_sched as cs
        >>> curve = cs.fitting.load_curve("gavel", "gavel/v100/ResNet-50/bs64", "Hyperbolic")
        >>> bool(curve(8.0) > curve(4.0))
        True
    """
    path = Path(name_or_path)
    if path.suffix != ".json":
        path = data_folder() / str(name_or_path) / "params.json"
    if not path.is_file():
        raise ValueError(
            f"{name_or_path!r}: neither a JSON file nor one of {', '.join(datasets())}."
        )
    series_fits = json.loads(path.read_text())["series"]
    if series is None and len(series_fits) == 1:
        series = next(iter(series_fits))
    if series not in series_fits:
        raise ValueError(
            f"series = {series!r}: not in {path}, which has {len(series_fits)} series."
        )
    for record in series_fits[series]:
        if family in (None, record["family"], record["curve"]) and (
            at_zero is _ANY or at_zero == record["at_zero"]
        ):
            return curve_from_dict(record)
    raise ValueError(
        f"family = {family!r}, at_zero = {at_zero!r}: no such fit of {series} in {path}."
    )


def _plain(value):
    array = np.asarray(value, float)
    rounded = np.vectorize(lambda v: float(f"{v:.12g}"), otypes=[float])(array)
    return rounded.tolist()
