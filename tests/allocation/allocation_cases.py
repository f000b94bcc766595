"""Every family with four entries, and the cone form that confirms it where there is one."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

import concave_sched as cs
from concave_sched import curves as c


def _log_plus_ratio(t, k):
    return jnp.log1p(t) + k * t / (1 + t)


SUM = np.array([0.5, 1.0, 2.0, 0.2])
FAMILIES = {
    "Power": c.Power([1.0, 2.0, 0.5, 1.5], [0.5, 0.3, 0.9, 0.6]),
    "ShiftedPower positive": c.ShiftedPower(
        [1.0, 2.0, 0.5, 1.5], [1.0, 0.5, 4.0, 2.0], [0.5, 0.3, 0.9, 0.6]
    ),
    "ShiftedPower negative": c.ShiftedPower(
        [1.0, 2.0, 0.5, 1.5], [1.0, 0.5, 4.0, 2.0], [-1.0, -0.3, -2.0, -0.5]
    ),
    "Logarithmic": c.Logarithmic([1.0, 2.0, 0.5, 1.5], [1.0, 0.5, 4.0, 2.0]),
    "SaturatingPower": c.SaturatingPower(
        [1.0, 2.0, 0.5, 1.5], [1.0, 1.5, 2.0, 1.2], [2.0, 1.5, 3.0, 2.5]
    ),
    "Exponential": c.Exponential([0.1, 0.2, 0.0, 0.3], [0.9, 0.8, 1.0, 0.95], [1.0, 2.0, 0.5, 3.0]),
    "Hyperbolic": c.Hyperbolic([1.0, 2.0, 0.5, 1.5], [1.0, 0.5, 4.0, 2.0]),
    "Hill": c.Hill([1.0, 2.0, 0.5, 1.5], [1.0, 0.5, 4.0, 2.0], [0.5, 0.9, 1.0, 0.7]),
    "StretchedExponential": c.StretchedExponential(
        [1.0, 2.0, 0.5, 1.5], [1.0, 0.5, 4.0, 2.0], [0.5, 0.9, 0.7, 0.6]
    ),
    "Lomax": c.Lomax([1.0, 2.0, 0.5, 1.5], [1.0, 0.5, 4.0, 2.0], [0.5, 1.0, 3.0, 2.0]),
    "PiecewiseLinear": c.PiecewiseLinear([0.0, 0.25, 0.5, 1.0], [0.5, 2.0, 3.0, 3.5]),
    "Offset": c.Power([1.0, 2.0, 0.5, 1.5], 0.5).offset([0.1, 0.2, 0.3, 0.4]),
    "Custom": c.Custom(_log_plus_ratio, SUM),
}
CONES = FAMILIES | {"Custom": (c.Logarithmic(1.0, 1.0), c.Hyperbolic(SUM, 1.0))}
del CONES["StretchedExponential"]

WEIGHTS = np.array([1.0, 0.7, 2.0, 1.1])
CAPS = np.array([0.5, 2.0, np.inf, 0.3])
NO_CAPS = np.full(4, np.inf)

_waterfill = jax.jit(cs.waterfill)
_nested = jax.jit(cs.nested_waterfill)


def waterfill(curve, budget, weights, upper):
    """One compiled program per family, whatever the numbers."""
    return _waterfill(curve, budget, *_four(weights, upper))


def nested(curve, budgets, upper):
    return _nested(curve, *_four(budgets, upper))


def _four(*values):
    return [jnp.broadcast_to(jnp.asarray(v, float), 4) for v in values]


def assert_certified(answer, gap=1e-12, kkt=1e-9, feasibility=1e-14):
    proof = answer.certificate()
    assert proof.gap <= gap
    assert proof.kkt_residual <= kkt
    assert proof.feasibility <= feasibility
    return proof
