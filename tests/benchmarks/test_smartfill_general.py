"""Run times of jobs with their own speedups, compile time apart; run with --benchmark-only."""

import sys
import time
from pathlib import Path

import numpy as np

import concave_sched as cs
from concave_sched import curves as c
from concave_sched.smartfill._orders import evaluate_orders

sys.path.insert(0, str(Path(__file__).parents[1] / "smartfill_general"))
from general_cases import numbers, random_instance  # noqa: E402

S = cs.smartfill


def seconds(function, *arguments):
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def measure(benchmark, run, rounds=3):
    benchmark.extra_info["first_s"] = seconds(run)
    benchmark.pedantic(run, rounds=rounds)
    return benchmark.stats["min"]


def test_order_evaluations_of_twenty_jobs(benchmark):
    i = random_instance(0, 20)
    orders = np.array([np.random.default_rng(k).permutation(20) for k in range(4096)])
    took = measure(benchmark, lambda: evaluate_orders(*numbers(i), orders))
    benchmark.extra_info["orders_per_s"] = 4096 / took
    assert 4096 / took > 5000


def test_fifty_jobs_with_a_gap(benchmark):
    i = random_instance(0, 50)
    assert measure(benchmark, lambda: S.solve_general(i), rounds=1) < 10
    r = S.solve_general(i)
    benchmark.extra_info["gap"] = r.gap
    assert 0 <= r.gap < 0.05


def test_ten_jobs_exactly(benchmark):
    i = random_instance(1, 10)
    measure(benchmark, lambda: S.solve_general(i))


def test_thousand_seeds_of_two_hundred_jobs(benchmark):
    jobs = S.Arrivals.poisson(2.0, 200, 1000, lambda rng, shape: rng.lognormal(0, 1, shape))
    run = lambda: S.simulate_online(S.SMARTFILL, jobs, c.Logarithmic(1.0, 1.0), 10.0)  # noqa: E731
    assert measure(benchmark, run, rounds=1) < 60
