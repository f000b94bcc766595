"""Random jobs of mixed families, and every completion order of them."""

from __future__ import annotations

import itertools

import jax.numpy as jnp
import numpy as np

import concave_sched as cs
from concave_sched import curves as c
from concave_sched.smartfill._orders import evaluate_orders
from concave_sched.smartfill._speedups import jobs_of


def log_plus_sqrt(t, k):
    return jnp.log1p(t) + k * jnp.sqrt(t)


FAMILIES = (
    lambda u, v, e: c.Power(0.2 + u, 0.1 + 0.8 * e),
    lambda u, v, e: c.ShiftedPower(0.2 + u, 0.2 + 3 * v, 0.1 + 0.8 * e),
    lambda u, v, e: c.ShiftedPower(0.2 + u, 0.2 + 3 * v, -0.2 - 2 * e),
    lambda u, v, e: c.Logarithmic(0.2 + u, 0.2 + 3 * v),
    lambda u, v, e: c.SaturatingPower(0.2 + u, 8.0 + v, 1.2 + 2 * e),
    lambda u, v, e: c.Exponential(0.0, 0.2 + u, 0.1 + v),
    lambda u, v, e: c.Hyperbolic(0.2 + u, 0.2 + 3 * v),
    lambda u, v, e: c.Lomax(0.2 + u, 0.2 + 3 * v, 0.2 + e),
)


def random_instance(seed, jobs, budget=3.0):
    """Weights that have nothing to do with sizes, so that the order is anybody's guess."""
    rng = np.random.default_rng(seed)
    curves = [FAMILIES[rng.integers(len(FAMILIES))](*rng.uniform(size=3)) for _ in range(jobs)]
    sizes, weights = rng.uniform(0.3, 5, jobs), rng.uniform(0.1, 1, jobs)
    return cs.smartfill.GeneralInstance(curves, sizes, weights, budget)


def curves_of(instance):
    return [instance.speedups.of(job) for job in range(len(instance.sizes))]


def numbers(instance):
    return (
        jobs_of(instance.speedups),
        np.asarray(instance.sizes),
        np.asarray(instance.weights),
        float(instance.budget),
    )


def all_orders(instance):
    """(orders, what they are worth, which of them are schedules)."""
    orders = np.array(list(itertools.permutations(range(len(instance.sizes)))))
    found = evaluate_orders(*numbers(instance), orders)
    return orders, found, found.durations.min(axis=1) >= -1e-9 * found.durations.sum(axis=1)
