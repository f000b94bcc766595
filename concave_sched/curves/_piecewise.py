"""Piecewise linear concave curves: measurements as they are, without a family."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import numbers, require
from .._tree import is_concrete, pytree
from ._curve import Curve
from ._numerics import float_dtype
from ._parameters import amount_of


@pytree
class PiecewiseLinear(Curve):
    """Linear interpolation of concave points (x, y), constant beyond the last one.

    x: (knots,), increasing from 0; y: (knots,), nondecreasing with nonincreasing slopes. The
    marginal gain is a staircase: at a knot `marginal` is the slope to the right, and
    `inverse_marginal` the largest amount whose gain is still at least the price. Where several
    entries of an allocation tie at the price, `waterfill` shares in proportion to their room.

    Measurements are seldom concave: `PiecewiseLinear.envelope(x, y)` is the least concave curve
    above them and `PiecewiseLinear.regression(x, y)` the nearest one in least squares.

    Example:
        >>> import concave_sched as cs
        >>> curve = cs.curves.PiecewiseLinear([0.0, 1.0, 4.0], [0.0, 2.0, 3.5])
        >>> float(curve(2.0)), float(curve.marginal(2.0)), float(curve.inverse_marginal(1.0))
        (2.5, 0.5, 1.0)
    """

    strictly_concave = False
    x: Any
    y: Any

    def __post_init__(self):
        x, y = numbers("x", self.x), numbers("y", self.y)
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)
        if not is_concrete(x, y):
            return
        if np.ndim(x) != 1 or np.shape(x) != np.shape(y) or np.size(x) < 2:
            raise ValueError(
                f"x, y have shapes {np.shape(x)}, {np.shape(y)}: "
                "PiecewiseLinear needs two vectors of the same length, two points or more."
            )
        require("y", y, np.isfinite, "values must be finite.")
        require("x", x, np.isfinite, "knots must be finite.")
        require("x", np.asarray(x)[:1], lambda v: v == 0, "the first knot must be 0.")
        x, y = np.asarray(x), np.asarray(y)
        steps = np.diff(x)
        require("x: step", steps, lambda s: s > 0, "knots must increase; sort, merge duplicates.")
        slopes = np.diff(y) / steps
        rounding = 1e-9 * np.abs(slopes).max() + 8 * np.finfo(y.dtype).eps * np.abs(y).max() / steps
        remedy = "not nondecreasing and concave; use PiecewiseLinear.envelope or .regression."
        require("slope", slopes, lambda s: s >= -rounding, remedy)
        change, rounding = np.diff(slopes), rounding[1:] + rounding[:-1]
        require("change of slope", change, lambda c: c <= rounding, remedy)

    @classmethod
    def envelope(cls, x, y, at_zero=None) -> PiecewiseLinear:
        """The least concave nondecreasing curve above the points (the concave Pareto front).

        x, y: (points,) in any order, repeated amounts allowed. at_zero: a point at amount 0 to
        include; without one there the first segment is extended to 0. Cost: a sort.
        """
        x, y = _points(x, y)
        if at_zero is not None:
            require("at_zero", at_zero, np.isfinite, "the value at amount 0 must be finite.")
            x, y = np.append(x, 0.0), np.append(y, at_zero)
        order = np.lexsort((y, x))
        x, y = x[order], y[order]
        highest = np.append(np.diff(x) > 0, True)
        x, y = x[highest], y[highest]
        hull = [0]  # beyond the peak the curve is constant
        for j in range(1, int(np.argmax(y)) + 1):
            while len(hull) > 1 and _turns_up(x, y, hull[-2], hull[-1], j):
                hull.pop()
            hull.append(j)
        x, y = x[hull], y[hull]
        if x.size == 1:
            return cls(np.array([0.0, 1.0]), np.repeat(y, 2))
        if x[0] > 0:
            y[0] -= (y[1] - y[0]) / (x[1] - x[0]) * x[0]
            x[0] = 0.0
        return cls(x, y)

    @classmethod
    def regression(cls, x, y, weights=None, at_zero=None) -> PiecewiseLinear:
        """The nondecreasing concave curve nearest to the points in weighted least squares.

            min over f of  sum_i weights_i (y_i - f(x_i))**2

        x, y, weights: (points,). at_zero: the value at amount 0, kept exactly; without it the
        first segment is extended to 0. Such an f is a constant plus a nonnegative combination of
        the ramps min(x, knot), one per distinct amount, so this is nonnegative least squares,
        solved to optimality. Cost: a few dense factorisations of points x points.
        """
        from scipy.optimize import nnls

        x, y = _points(x, y)
        w = np.ones_like(y) if weights is None else np.asarray(numbers("weights", weights))
        if w.shape != y.shape:
            raise ValueError(f"weights has shape {w.shape}, not {y.shape}: one per point.")
        require("weights", w, lambda w: (w > 0) & np.isfinite(w), "must be finite and > 0.")
        knots = np.unique(x)
        knots = knots[1:] if at_zero is None else knots[knots > 0]
        if knots.size == 0:
            raise ValueError("x has one distinct amount: a curve needs two (0 counts, if given).")
        ramps = np.minimum(x[:, None] / knots, 1.0)
        if at_zero is None:  # the best constant centres the residuals
            ramp, level = np.average(ramps, axis=0, weights=w), np.average(y, weights=w)
        else:
            require("at_zero", at_zero, np.isfinite, "the value at amount 0 must be finite.")
            ramp, level = np.zeros(knots.size), float(at_zero)
        root = np.sqrt(w)
        rises, _ = nnls(root[:, None] * (ramps - ramp), root * (y - level), maxiter=30 * x.size)
        grid = np.append(0.0, knots)
        return cls(grid, level + (np.minimum(grid[:, None] / knots, 1.0) - ramp) @ rises)

    def __call__(self, t):
        t, segment, x, y, slopes = self._segment(t)
        return y[segment] + slopes[segment] * (jnp.where(t < x[-1], t, x[-1]) - x[segment])

    def marginal(self, t):
        _, segment, _, _, slopes = self._segment(t)
        return slopes[segment]

    @property
    def limit(self):
        """The knot beyond which the curve is flat."""
        x, _, slopes = self._segments()
        return x[jnp.sum(slopes > 0)]

    def inverse_log_marginal(self, log_price, cap=None):
        x, _, slopes = self._segments()
        positive = slopes > 0
        log_slopes = jnp.where(positive, jnp.log(jnp.where(positive, slopes, 1)), -jnp.inf)
        descending = jax.lax.cummin(jax.lax.stop_gradient(log_slopes[:-1]))  # up to rounding it is
        log_price = jnp.asarray(log_price, float_dtype(log_price, x))
        return x[jnp.searchsorted(-descending, -log_price, side="right")]

    def _segments(self):
        """Knots, values and the slope to the right of each knot, 0 beyond the last."""
        x, y = jnp.asarray(self.x), jnp.asarray(self.y)
        rises = jnp.diff(y) / jnp.diff(x)
        return x, y, jnp.append(jnp.where(rises > 0, rises, 0), jnp.zeros_like(x[:1]))

    def _segment(self, t):
        t, (x, y, slopes) = amount_of(t, self), self._segments()
        return t, jnp.searchsorted(x, t, side="right") - 1, x, y, slopes


def _points(x, y):
    x, y = (np.asarray(numbers(name, value), float) for name, value in (("x", x), ("y", y)))
    if x.ndim != 1 or x.shape != y.shape or x.size == 0:
        raise ValueError(f"x, y have shapes {x.shape}, {y.shape}: two vectors of one length.")
    require("x", x, lambda v: np.isfinite(v) & (v >= 0), "amounts must be finite and >= 0.")
    require("y", y, np.isfinite, "values must be finite.")
    return x, y


def _turns_up(x, y, a, b, c):
    """Whether the middle point is on or below the line through the outer two."""
    return (y[b] - y[a]) * (x[c] - x[b]) <= (y[c] - y[b]) * (x[b] - x[a])
