"""Run times of water-filling, compile time apart; run with --benchmark-only."""

import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import concave_sched as cs
from concave_sched import curves as c

COUNT = 1_000_000
RNG = np.random.default_rng(0)
SCALE, RATE = (jnp.asarray(10 ** RNG.uniform(-1, 1, COUNT)) for _ in range(2))
CURVES = {
    "logarithm": c.Logarithmic(SCALE, RATE),
    "power": c.Power(SCALE, 0.5),
    "exponential": c.Exponential(0 * SCALE, SCALE, RATE),
}


def seconds(function):
    start = time.perf_counter()
    jax.block_until_ready(function())
    return time.perf_counter() - start


@pytest.mark.parametrize("name", CURVES)
def test_million_entries_against_a_sort(benchmark, name):
    budget = 0.2 * COUNT
    run = lambda: cs.waterfill(CURVES[name], budget).amounts  # noqa: E731
    sort = jax.jit(jnp.sort)
    seconds(lambda: sort(SCALE))
    sorting = min(seconds(lambda: sort(SCALE)) for _ in range(5))
    benchmark.extra_info["compile_s"] = seconds(run)
    benchmark.pedantic(lambda: jax.block_until_ready(run()), rounds=5)
    benchmark.extra_info.update(sort_s=sorting, ratio=benchmark.stats["min"] / sorting)
    assert benchmark.stats["min"] < 10 * sorting


def test_nested_budgets(benchmark):
    """100,000 prefix budgets of which about one in ten thousand binds."""
    n = 100_000
    budgets = np.cumsum(RNG.uniform(0, 1, n))
    curve = c.Exponential(jnp.zeros(n), SCALE[:n], RATE[:n])
    run = lambda: jax.block_until_ready(cs.nested_waterfill(curve, budgets).amounts)  # noqa: E731
    benchmark.extra_info["compile_s"] = seconds(run)
    benchmark.pedantic(run, rounds=3)
