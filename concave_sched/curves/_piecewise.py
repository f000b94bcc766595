"""Piecewise linear concave curves: measurements as they are, without a family."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from .._checks import require
from .._tree import as_leaf, is_concrete, pytree
from ._curve import Curve
from ._regular import amount_of


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

    x: object
    y: object
    strictly_concave = False

    def __post_init__(self):
        x, y = as_leaf(np.asarray(self.x) if isinstance(self.x, (list, tuple)) else self.x), as_leaf(
            np.asarray(self.y) if isinstance(self.y, (list, tuple)) else self.y
        )
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
        steps = np.diff(np.asarray(x))
        require("x: step", steps, lambda s: s > 0, "knots must increase; sort and merge duplicates.")
        slopes = np.diff(np.asarray(y)) / steps
        tolerance = 1e-9 * np.abs(slopes).max()
        remedy = "not nondecreasing and concave; use PiecewiseLinear.envelope or .regression."
        require("slope", slopes, lambda s: s >= -tolerance, remedy)
        require("change of slope", np.diff(slopes), lambda c: c <= tolerance, remedy)

    @classmethod
    def envelope(cls, x, y, at_zero=None) -> PiecewiseLinear:
        """The least concave nondecreasing curve above the points (the concave Pareto front).

        at_zero: value at amount 0; by default the first segment is extended to 0. Cost: a sort.
        """
        x, y = _merged(x, y, max)
        keep = [0]  # upper hull by a single scan; points after the peak add nothing
        for j in range(1, int(np.argmax(y)) + 1):
            while len(keep) > 1 and _turns_up(x, y, keep[-2], keep[-1], j):
                keep.pop()
            keep.append(j)
        return cls(*_from_zero(x[keep], y[keep], at_zero))

    @classmethod
    def regression(cls, x, y, weights=None, at_zero=None) -> PiecewiseLinear:
        """The nondecreasing concave curve nearest to the points in weighted least squares.

        A quadratic program in the slopes' decrements, solved to optimality as nonnegative least
        squares. Cost: a few dense factorisations of points x points.
        """
        from scipy.optimize import nnls

        x, y = np.asarray(x, float), np.asarray(y, float)
        _finite_points(x, y)
        w = np.sqrt(np.ones_like(y) if weights is None else np.asarray(weights, float))
        knots = np.unique(x)
        if knots.size < 2:
            raise ValueError("x has one distinct value: a curve needs two points or more.")
        # y = offset + sum_j c_j min(x, knot_j), c_j >= 0: each ramp is concave and nondecreasing.
        ramps = np.minimum(x[:, None], knots[None, 1:])
        scale = np.abs(ramps).max(axis=0)
        offset = np.ones((x.size, 1))
        if at_zero is None:
            design, target = np.hstack([ramps / scale, offset, -offset]), y
        else:
            extra = np.minimum(x[:, None], knots[None, :1])
            ramps = np.hstack([ramps, extra]) if knots[0] > 0 else ramps
            knots_used = np.append(knots[1:], knots[:1]) if knots[0] > 0 else knots[1:]
            scale = np.maximum(np.abs(ramps).max(axis=0), np.finfo(float).tiny)
            design, target = ramps / scale, y - at_zero
            coefficients, _ = nnls(design * w[:, None], target * w)
            grid = np.unique(np.append(knots, 0.0))
            values = at_zero + np.minimum(grid[:, None], knots_used) @ (coefficients / scale)
            return cls(grid, values)
        coefficients, _ = nnls(design * w[:, None], target * w)
        low = coefficients[-2] - coefficients[-1]
        grid = np.unique(np.append(knots, 0.0))
        values = low + np.minimum(grid[:, None], knots[1:]) @ (coefficients[:-2] / scale)
        return cls(grid, values)

    def __call__(self, t):
        return jnp.interp(amount_of(t, self), self.x, self.y)

    @property
    def limit(self):
        """The knot beyond which the curve is flat."""
        rising = jnp.append(self._slopes() > 0, False)
        last = jnp.where(jnp.any(rising), jnp.argmax(jnp.cumsum(rising)) + 1, 0)
        return jnp.asarray(self.x)[last]

    def marginal(self, t):
        t = amount_of(t, self)
        segment = jnp.searchsorted(jnp.asarray(self.x), t, side="right") - 1
        return jnp.append(self._slopes(), 0)[segment]

    def inverse_log_marginal(self, log_price, cap=None):
        slopes = self._slopes()
        log_slopes = jnp.where(slopes > 0, jnp.log(jnp.where(slopes > 0, slopes, 1)), -jnp.inf)
        segments = jnp.searchsorted(-log_slopes, -jnp.asarray(log_price), side="right")
        return jnp.asarray(self.x)[segments]

    def _slopes(self):
        x, y = jnp.asarray(self.x), jnp.asarray(self.y)
        return jnp.maximum(jnp.diff(y) / jnp.diff(x), 0)


def _finite_points(x, y):
    if x.ndim != 1 or x.shape != y.shape or x.size == 0:
        raise ValueError(f"x, y have shapes {x.shape}, {y.shape}: two vectors of one length needed.")
    require("x", x, lambda v: np.isfinite(v) & (v >= 0), "amounts must be finite and >= 0.")
    require("y", y, np.isfinite, "values must be finite.")


def _merged(x, y, reduce):
    x, y = np.asarray(x, float), np.asarray(y, float)
    _finite_points(x, y)
    knots, group = np.unique(x, return_inverse=True)
    merged = np.array([reduce(y[group == g]) for g in range(knots.size)]) if knots.size < x.size else (
        y[np.argsort(x)]
    )
    return knots, merged


def _turns_up(x, y, a, b, c):
    return (y[b] - y[a]) * (x[c] - x[b]) <= (y[c] - y[b]) * (x[b] - x[a])


def _from_zero(x, y, at_zero):
    if x[0] == 0 and x.size > 1:
        return x, y
    if at_zero is None:
        slope = (y[1] - y[0]) / (x[1] - x[0]) if x.size > 1 else 0.0
        at_zero = y[0] - slope * x[0]
    if x[0] == 0:
        return np.array([0.0, 1.0]), np.array([y[0], y[0]])
    x, y = np.append(0.0, x), np.append(at_zero, y)
    while x.size > 2 and _turns_up(x, y, 0, 1, 2):
        x, y = np.delete(x, 1), np.delete(y, 1)
    return x, y
