"""Many series: the compiled search of `fit` for each, or mapped over them where there are many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import jax
import numpy as np

from .._checks import require_float64
from ..curves import PiecewiseLinear
from ._families import CONCAVE, family_of
from ._fit import (
    QUICK,
    _checked,
    _nonparametric,
    fit_from_report,
    on_cpu,
    padded,
    padded_length,
    read_chance,
    require_loss,
    solve,
    solve_padded,
)

MANY = 400  # from here on, mapping over series repays its own compilation
_AT_ONCE = {8: 32, 32: 8}  # series per compiled call; longer series go two by two


def _solve_several(family, loss, *series):
    return jax.vmap(lambda *one: solve_padded(family, loss, *one))(*series)


_SHORT = jax.jit(_solve_several, static_argnums=(0, 1), compiler_options=QUICK)
_LONG = jax.jit(_solve_several, static_argnums=(0, 1))


def fit_many(
    series: Mapping[str, tuple],
    families: Iterable = CONCAVE,
    *,
    at_zero=None,
    loss: str = "squares",
    chance: float | None = None,
    concave: bool = True,
    progress: bool = False,
) -> dict:
    """Fit several families to hundreds of series in one call.

    series: name -> (x, y) or (x, y, weights); families: classes or names of
    `concave_sched.curves`, by default the eight concave ones; at_zero: one value for all, or a
    mapping name -> value; loss, chance, concave: as in `fit`; progress: a tqdm bar over chunks.
    Returns {(name, family key): Fit}. A series that cannot be fitted (NaN, negative x, too short)
    raises a ValueError that names it, before anything is computed.

    Cost: series are padded to 8, 32, 128, ... points, and a (family, padded length) compiles once,
    in common with `fit`; 400 series and more of one padded length are mapped by `vmap` in chunks
    of fixed size, which compiles once more. 313 series x 8 families take 10 s after compilation.

    Example:
        >>> from concave_sched.fitting import fit_many
        >>> fits = fit_many({"a": ([1, 2, 4], [1.0, 1.9, 3.2])}, ["Hyperbolic"], at_zero=0.0)
        >>> bool(fits["a", "Hyperbolic"].r2 > 0.99)
        True
    """
    require_float64()
    require_loss(loss)
    chance = read_chance(chance)
    if not isinstance(series, Mapping):
        raise ValueError(f"series is a {type(series).__name__}: give a mapping name -> (x, y).")
    pins = at_zero if isinstance(at_zero, Mapping) else dict.fromkeys(series, at_zero)
    checked: dict[str, tuple[Any, Any, Any]] = {}
    for name, measured in series.items():
        if name not in pins:
            raise ValueError(f"at_zero has no entry {name!r}: one per series, or one for all.")
        if not np.iterable(measured) or len(measured) not in (2, 3):
            raise ValueError(f"series {name!r}: give (x, y) or (x, y, weights).")
        x, y, *weights = measured
        try:
            checked[name] = _checked(x, y, weights[0] if weights else None, pins[name])
        except ValueError as error:
            raise ValueError(f"series {name!r}: {error}") from None
    lengths = {name: padded_length(np.size(x)) for name, (x, _, _) in checked.items()}
    plain, fits, chunks = [], {}, []
    for family in families if np.iterable(families) else (families,):
        if family is PiecewiseLinear or family == "PiecewiseLinear":
            plain.append(family)
            continue
        for length in sorted(set(lengths.values())):
            names = [name for name in checked if lengths[name] == length]
            size = 1 if len(names) < MANY else _AT_ONCE.get(length, 2)
            for i in range(0, len(names), size):
                chunks.append((family_of(family, concave), size, names[i : i + size]))
    for family, size, names in _bar(chunks, progress):
        rows = [padded(*checked[name], pins[name]) for name in names]
        rows += [rows[-1]] * (size - len(rows))
        report = _solved(family, loss, rows)
        for i, name in enumerate(names):
            one = {key: value[i] for key, value in report.items()}
            fits[name, family.key] = fit_from_report(
                family, loss, one, *checked[name], pins[name], chance
            )
    for name in checked if plain else ():
        fits[name, "PiecewiseLinear"] = _nonparametric(*checked[name], pins[name], chance)
    return fits


def _solved(family, loss, rows):
    if len(rows) == 1:
        return {key: np.asarray(v)[None] for key, v in solve(family, loss, *rows[0]).items()}
    columns = [np.stack(column) for column in zip(*rows, strict=True)]
    quick = columns[0].shape[1] <= 32 and on_cpu()
    several = (_SHORT if quick else _LONG)(family, loss, *columns)
    return {key: np.asarray(value) for key, value in several.items()}


def _bar(chunks, progress):
    if not progress:
        return chunks
    from tqdm import tqdm

    return tqdm(chunks, desc="fitting", unit="chunk")
