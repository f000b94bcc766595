"""Published instances, random instances of every family, and their cone forms."""

from __future__ import annotations

import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from concave_sched import curves as c

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "smartfill.json").read_text())


def log_plus_ratio(t, k):
    return jnp.log1p(t) + k * t / (1 + t)


def over_sqrt(t):
    return t / jnp.sqrt(1 + t)


def log_plus_sqrt(t, k):
    return jnp.log1p(t) + k * jnp.sqrt(t)


PUBLISHED = {
    "power": lambda s: c.Power(s["a"], s["p"]),
    "log": lambda s: c.Logarithmic(s["a"], s["b"]),
    "shifted_power": lambda s: c.ShiftedPower(s["a"], s["z"], s["p"]),
    "neg_power": lambda s: c.ShiftedPower(s["a"], s["z"], s["p"]),
    "sat_power": lambda s: c.SaturatingPower(s["a"], s["z"], s["p"]),
    "log_plus_sat": lambda s: c.Custom(log_plus_ratio, s["c"]),
    "t_over_sqrt": lambda s: c.Custom(over_sqrt),
}

# name: (speedup from three numbers in (0, 1), cone form of it)
RANDOM = {
    "Power": lambda u, v, e: c.Power(0.2 + u, 0.1 + 0.8 * e),
    "ShiftedPower positive": lambda u, v, e: c.ShiftedPower(0.2 + u, 0.2 + 3 * v, 0.1 + 0.8 * e),
    "ShiftedPower negative": lambda u, v, e: c.ShiftedPower(0.2 + u, 0.2 + 3 * v, -0.2 - 2 * e),
    "Logarithmic": lambda u, v, e: c.Logarithmic(0.2 + u, 0.2 + 3 * v),
    "SaturatingPower": lambda u, v, e: c.SaturatingPower(0.2 + u, 8.0 + v, 1.2 + 2 * e),
    "Exponential": lambda u, v, e: c.Exponential(0.0, 0.2 + u, 0.1 + v),
    "Hyperbolic": lambda u, v, e: c.Hyperbolic(0.2 + u, 0.2 + 3 * v),
    "Lomax": lambda u, v, e: c.Lomax(0.2 + u, 0.2 + 3 * v, 0.2 + e),
    "Hill": lambda u, v, e: c.Hill(0.2 + u, 0.2 + 3 * v, 0.2 + 0.7 * e),
    "log plus ratio": lambda u, v, e: c.Custom(log_plus_ratio, 0.2 + u),
    "log plus sqrt": lambda u, v, e: c.Custom(log_plus_sqrt, 0.2 + u),
}
REGULAR = tuple(RANDOM)[1:8]


def cones(name, speedup):
    if name == "log plus ratio":
        return c.Logarithmic(1.0, 1.0), c.Hyperbolic(float(speedup.parameters[0]), 1.0)
    if name == "log plus sqrt":
        return c.Logarithmic(1.0, 1.0), c.Power(float(speedup.parameters[0]), 0.5)
    return speedup


def random_jobs(rng, count):
    """Sizes and agreeable weights, in random order."""
    sizes, weights = np.sort(rng.uniform(0.3, 5, count))[::-1], np.sort(rng.uniform(0.1, 1, count))
    order = rng.permutation(count)
    return sizes[order], weights[order]


def assert_certified(result, gap=1e-12, kkt=1e-9, feasibility=1e-11):
    proof = result.certificate()
    assert proof.gap <= gap
    assert proof.kkt_residual <= kkt
    assert proof.feasibility <= feasibility
    assert proof.shortest_phase >= -1e-13 * float(np.max(result.completion_times))
    return proof
