"""Every concave family, and its perspective, in exact cone form.

The perspective of f is d f(t/d), jointly concave in (t, d) and f itself at d = 1. With u and v
new variables and y linear in (t, d), each family is made of these:

    u <= y**p d**(1-p)             power cone
    v >= d**(1+r) / y**r           power cone: v**(1/(1+r)) y**(r/(1+r)) >= d
    u <= d log(y/d)                exponential cone
    u <= b_k d + s_k t for all k   linear

The hyperbola d**2/y (r = 1) is left to the power cone although it is also a second-order cone:
Clarabel then finds marginal gains to 1e-9, against 1e-6.

The perspective of low + f adds low * d; that of a sum of curves is the sum of perspectives.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from ..curves import (
    Exponential,
    Hill,
    Hyperbolic,
    Logarithmic,
    Lomax,
    Offset,
    PiecewiseLinear,
    Power,
    SaturatingPower,
    ShiftedPower,
)


def hypograph(curve, amount, scale: Any = 1.0):
    """A cvxpy expression g and constraints that hold exactly for g <= scale * f(amount/scale).

    The bound is attained: maximising an objective increasing in g makes it an equality.

    curve: a family of `concave_sched.curves`, or a tuple of curves, which means their sum.
    amount: cvxpy expression of shape (n,), >= 0 (the caller says so).
    scale: 1 for f itself; a number, or a cvxpy expression of shape () or (n,), for its perspective.
    Returns: expression of shape (n,), list of constraints.

    Example: max log(1 + t) + t/(1 + t) for t <= 1.
        >>> import cvxpy, numpy
        >>> from concave_sched import curves, reference
        >>> t = cvxpy.Variable(1, nonneg=True)
        >>> curve = (curves.Logarithmic(1.0, 1.0), curves.Hyperbolic(1.0, 1.0))
        >>> gain, constraints = reference.hypograph(curve, t)
        >>> problem = cvxpy.Problem(cvxpy.Maximize(cvxpy.sum(gain)), [*constraints, t <= 1])
        >>> reference.solve_conic(problem).name
        'OPTIMAL'
        >>> bool(abs(problem.value - (numpy.log(2) + 0.5)) < 1e-9)
        True
    """
    import cvxpy as cp

    if len(amount.shape) != 1:
        raise ValueError(f"amount has shape {amount.shape}: hypograph needs a vector; reshape it.")
    scale = cp.Constant(scale) if np.isscalar(scale) or isinstance(scale, np.ndarray) else scale
    scale = scale if scale.shape == amount.shape else cp.multiply(scale, np.ones(amount.shape))
    return _of(curve, amount, scale)


def _of(curve, t, d):
    if isinstance(curve, tuple):
        parts = [_of(c, t, d) for c in curve]
        return sum(gain for gain, _ in parts), [c for _, cones in parts for c in cones]
    cone = _CONES.get(type(curve))
    if cone is None:
        raise ValueError(
            f"curve = {type(curve).__name__}: no cone form. Pass a tuple of curves whose sum it "
            "is, or a PiecewiseLinear through its points, such as curve.envelope(upper)."
        )
    return cone(curve, t, d)


def _power(curve, t, d):
    import cvxpy as cp

    a, p = _parameters(t, curve.scale, curve.exponent)
    u, cones = _geometric_mean(t, d, p)
    return cp.multiply(a, u), cones


def _shifted_power(curve, t, d):
    import cvxpy as cp

    a, z, p = _parameters(t, curve.scale, curve.shift, curve.exponent)
    y = t / z + d
    if np.all(p > 0):
        u, cones = _geometric_mean(y, d, p)
        return cp.multiply(a * z**p, u - d), cones
    if np.all(p < 0):
        v, cones = _inverse_power(y, d, -p)
        return cp.multiply(a * z**p, d - v), cones
    raise ValueError("exponent of ShiftedPower has both signs: hypograph needs one sign at a time.")


def _lomax(curve, t, d):
    import cvxpy as cp

    a, rate, shape = _parameters(t, curve.scale, curve.rate, curve.shape)
    v, cones = _inverse_power(d + cp.multiply(rate, t), d, shape)
    return cp.multiply(a, d - v), cones


def _hyperbolic(curve, t, d):
    import cvxpy as cp

    a, half = _parameters(t, curve.scale, curve.half)
    v, cones = _inverse_power(d + t / half, d, 1.0)
    return cp.multiply(a, d - v), cones


def _hill(curve, t, d):
    import cvxpy as cp

    a, half, power = _parameters(t, curve.scale, curve.half, curve.power)
    if np.any(power > 1):
        raise ValueError(f"power = {power.max()}: Hill is not concave; use .envelope(upper).")
    u, y, bent = cp.Variable(t.shape), t / half, power < 1
    v, cones = _inverse_power(d + u, d, 1.0)
    if bent.any():
        cones += [cp.PowCone3D(y[bent], d[bent], u[bent], power[bent])]
    if not bent.all():
        cones += [u[~bent] <= y[~bent]]
    return cp.multiply(a, d - v), cones


def _logarithmic(curve, t, d):
    import cvxpy as cp

    a, rate = _parameters(t, curve.scale, curve.rate)
    u = cp.Variable(t.shape)
    return cp.multiply(a, u), [cp.ExpCone(u, d, d + cp.multiply(rate, t))]


def _exponential(curve, t, d):
    import cvxpy as cp

    low, high, rate = _parameters(t, curve.low, curve.high, curve.rate)
    v = cp.Variable(t.shape)
    gain = cp.multiply(high, d) - cp.multiply(high - low, v)
    return gain, [cp.ExpCone(cp.multiply(-rate, t), d, v)]


def _saturating_power(curve, t, d):
    import cvxpy as cp

    a, z, p = _parameters(t, curve.scale, curve.limit, curve.exponent)
    left, v = cp.Variable(t.shape, nonneg=True), cp.Variable(t.shape)
    cones = [left >= d - t / z, cp.PowCone3D(v, d, left, 1 / p)]  # v >= left**p / d**(p-1)
    return cp.multiply(a * z**p, d - v), cones


def _piecewise_linear(curve, t, d):
    import cvxpy as cp

    x, y = np.asarray(curve.x, float), np.asarray(curve.y, float)
    slopes = np.append(np.diff(y) / np.diff(x), 0.0)
    u = cp.Variable(t.shape)
    return u, [u <= b * d + s * t for s, b in zip(slopes, y - slopes * x, strict=True)]


def _offset(curve, t, d):
    import cvxpy as cp

    (low,) = _parameters(t, curve.low)
    gain, cones = _of(curve.curve, t, d)
    return cp.multiply(low, d) + gain, cones


def _geometric_mean(y, d, p):
    """u <= y**p d**(1-p)."""
    import cvxpy as cp

    u = cp.Variable(y.shape)
    return u, [cp.PowCone3D(y, d, u, p)]


def _inverse_power(y, d, r):
    """v >= d**(1+r) / y**r."""
    import cvxpy as cp

    v = cp.Variable(y.shape)
    return v, [cp.PowCone3D(v, y, d, 1 / (1 + r))]


def _parameters(t, *values):
    return [np.broadcast_to(np.asarray(v, float), t.shape) for v in values]


_CONES = {
    Power: _power,
    ShiftedPower: _shifted_power,
    Logarithmic: _logarithmic,
    SaturatingPower: _saturating_power,
    Exponential: _exponential,
    Hyperbolic: _hyperbolic,
    Hill: _hill,
    Lomax: _lomax,
    PiecewiseLinear: _piecewise_linear,
    Offset: _offset,
}


def pick(curve, index) -> Any:
    """The curve, or tuple of curves, whose entry k is entry index[k]; scalars stay shared.

    Example:
        >>> from concave_sched import curves, reference
        >>> reference.pick(curves.Power([1.0, 2.0], 0.5), [1, 1, 0]).scale
        array([2., 2., 1.])
    """
    if isinstance(curve, tuple):
        return tuple(pick(c, index) for c in curve)
    if isinstance(curve, PiecewiseLinear):
        return curve
    if isinstance(curve, Offset):
        return Offset(pick(curve.curve, index), _entries(curve.low, index))
    return jax.tree.map(lambda leaf: _entries(leaf, index), curve)


def _entries(leaf, index):
    return leaf if np.ndim(leaf) == 0 else np.asarray(leaf)[..., index]
