"""Run times of SmartFill, compile time apart; run with --benchmark-only."""

import dataclasses
import time

import jax
import numpy as np
import pytest

import concave_sched as cs
from concave_sched import curves as c
from concave_sched import reference

LOG = c.Logarithmic(1.0, 1.0)


def jobs(count, speedup=LOG):
    return cs.smartfill.Instance(speedup, np.arange(count, 0, -1.0), budget=10.0)


def solve(instance):
    return jax.block_until_ready(cs.smartfill.solve(instance).objective)


def seconds(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def measure(benchmark, instance, rounds=3):
    benchmark.extra_info["compile_s"] = seconds(solve, instance)
    benchmark.pedantic(solve, (instance,), rounds=rounds)
    return benchmark.stats["min"]


def test_hundred_thousand_jobs_against_cvxpy_of_forty(benchmark):
    took = measure(benchmark, jobs(100_000))
    small = jobs(40)
    program = seconds(reference.smartfill, LOG, small.sizes, None, 10.0)
    benchmark.extra_info.update(cvxpy_of_40_s=program, ratio=took / program)
    assert took < program


def test_million_jobs_against_hundred_thousand(benchmark):
    solve(jobs(100_000))
    tenth = min(seconds(solve, jobs(100_000)) for _ in range(3))
    took = measure(benchmark, jobs(1_000_000))
    benchmark.extra_info.update(hundred_thousand_s=tenth, ratio=took / tenth)
    assert took < 15 * tenth


def test_ten_thousand_instances_against_a_loop(benchmark):
    """A batch runs all instances in step, as wide vectors; the loop pays a dispatch for each."""
    rng = np.random.default_rng(0)
    sizes = np.sort(rng.uniform(0.5, 5, (10_000, 100)), axis=1)[:, ::-1]
    like = jobs(100)

    def one(x):
        return cs.smartfill.solve(dataclasses.replace(like, sizes=x, weights=1 / x)).objective

    batch, single = jax.jit(jax.vmap(one)), jax.jit(one)
    run = lambda: jax.block_until_ready(batch(sizes))  # noqa: E731
    benchmark.extra_info["compile_s"] = seconds(run)
    single(sizes[0]).block_until_ready()
    loop = seconds(lambda: [single(x).block_until_ready() for x in sizes])
    benchmark.pedantic(run, rounds=3)
    benchmark.extra_info.update(loop_s=loop, ratio=loop / benchmark.stats["min"])


@pytest.mark.parametrize(
    "speedup", [c.Power(1.0, 0.5), LOG, c.Hill(1.0, 1.0, 0.7)], ids=["power", "log", "hill"]
)
def test_two_thousand_jobs(benchmark, speedup):
    """Closed form, one pass, and the general algorithm."""
    measure(benchmark, jobs(2000, speedup))
