"""Are the data what a scheduler needs, and how far may the curve be trusted?"""

from __future__ import annotations

import numpy as np

from .._checks import numbers


def concavity_violation(x, y, weights=None, at_zero=None) -> float:
    """max_i |y_i - g(x_i)| / range(y) for the least-squares nondecreasing concave curve g.

    x, y: (points,); weights: (points,) or None; at_zero: value of g at amount 0, or None. 0 means
    that the data are concave already. Constant data have range 0: the answer is 0.

    Example:
        >>> from concave_sched.fitting import concavity_violation
        >>> concavity_violation([1.0, 2.0, 3.0], [1.0, 2.0, 4.0]) > 0.02
        True
    """
    from ..curves import PiecewiseLinear

    x, y = np.asarray(numbers("x", x), float), np.asarray(numbers("y", y), float)
    weights = np.ones_like(y) if weights is None else np.asarray(numbers("weights", weights))
    if x.ndim != 1 or not x.shape == y.shape == weights.shape:
        shapes = x.shape, y.shape, weights.shape
        raise ValueError(f"x, y, weights have shapes {shapes}: vectors of one length are needed.")
    used = weights > 0
    x, y, weights = x[used], y[used], weights[used]
    span = float(np.ptp(y))
    if span == 0 or np.unique(x).size < 2:
        return 0.0
    best = PiecewiseLinear.regression(x, y, weights, at_zero)
    return float(np.max(np.abs(y - np.interp(x, best.x, best.y))) / span)


def trusted_range(fit, tolerance, level):
    """The amounts around the data on which the band is narrow; see `Fit.extrapolation_range`."""
    low, high = fit.measured_range
    span = float(np.ptp(np.asarray(fit.y)))
    first = low if low > 0 else float(np.min(np.asarray(fit.x)[np.asarray(fit.x) > 0]))
    amounts = np.concatenate([[0.0], np.geomspace(first / 100, high * 100, 511)])
    lower, upper = fit.band(amounts, level)
    narrow = (upper - lower) / 2 <= tolerance * span
    inside = (amounts >= low) & (amounts <= high)
    if not np.any(inside) or not np.all(narrow[inside]):
        return float("nan"), float("nan")
    middle = int(np.argmax(inside))
    wide_below = np.flatnonzero(~narrow[:middle])
    wide_above = np.flatnonzero(~narrow[middle:])
    start = wide_below[-1] + 1 if wide_below.size else 0
    stop = middle + wide_above[0] - 1 if wide_above.size else amounts.size - 1
    return float(amounts[start]), float(amounts[stop])
