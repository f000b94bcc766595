"""Run times of the MemBatch room, compile time apart; run with --benchmark-only."""

import subprocess
import sys

import pytest

from concave_sched import membatch as mb

PAPER = {"baseline_ilp": 130.0, "least_loaded_first": 0.1089, "solve": 36.7}  # s, 100 tasks
THIRTY = [("nano", 2693.0)] * 16 + [("xavier", 16000.0)] * 8 + [("orin", 16000.0)] * 6


def thirty_devices():
    return [mb.Device(f"{kind}{k}", kind, memory) for k, (kind, memory) in enumerate(THIRTY)]


def test_first_call(benchmark):
    """Loading or compiling the kernels, in a process that has neither."""
    code = (
        "import time; from concave_sched import membatch as mb; i = mb.example();"
        "t = time.perf_counter(); mb.longest_first(i); print(time.perf_counter() - t)"
    )

    def first():
        return float(subprocess.run([sys.executable, "-c", code], capture_output=True).stdout)

    benchmark.extra_info["first_call_s"] = benchmark.pedantic(first, rounds=1)


@pytest.mark.parametrize("name", PAPER)
def test_one_hundred_calibrated_tasks(benchmark, name):
    instance = mb.sweep(100)
    scheduler = getattr(mb, name)
    r = scheduler(instance)
    benchmark.pedantic(scheduler, (instance,), rounds=5)
    benchmark.extra_info.update(
        makespan_h=r.objective / 60,
        gap=r.gap,
        ratio_to_paper=benchmark.stats["min"] / PAPER[name],
    )
    if name == "solve":
        assert r.gap <= 0.003


@pytest.mark.parametrize("tasks", [1000, 10_000])
def test_growth(benchmark, tasks):
    instance = mb.sweep(tasks)
    r = mb.solve(instance)
    benchmark.pedantic(mb.solve, (instance,), rounds=3)
    benchmark.extra_info.update(makespan_h=r.objective / 60, gap=r.gap)
    assert r.gap <= 0.002


def test_one_thousand_distinct_tasks_on_thirty_devices(benchmark):
    instance = mb.generate(1000, 0, thirty_devices())
    r = benchmark.pedantic(mb.solve, (instance,), {"time_limit": 15.0}, rounds=1)
    benchmark.extra_info.update(makespan=r.objective, bound=r.bound, gap=r.gap)
    first = mb.longest_first(instance)
    benchmark.extra_info["gain_over_longest_first"] = first.objective / r.objective - 1


def test_ten_thousand_distinct_tasks_on_thirty_devices(benchmark):
    instance = mb.generate(10_000, 0, thirty_devices())
    r = benchmark.pedantic(mb.solve, (instance,), {"time_limit": 30.0}, rounds=1)
    benchmark.extra_info.update(makespan=r.objective, bound=r.bound, gap=r.gap)


@pytest.mark.parametrize("tasks", [24, 48, 100])
def test_annealing_against_cp_sat(benchmark, tasks):
    """Ten seconds each on distinct profiles; the ratio of makespans."""
    instance = mb.generate(tasks, 0)
    r = benchmark.pedantic(mb.solve, (instance,), {"time_limit": 10.0}, rounds=1)
    peer = mb.solve_exact(instance, time_limit=10.0)
    benchmark.extra_info.update(
        makespan=r.objective,
        gap=r.gap,
        ratio_to_cp_sat=r.objective / peer.objective,
        ratio_to_longest_first=r.objective / mb.longest_first(instance).objective,
    )


def test_simulation_of_ten_thousand_tasks(benchmark):
    instance = mb.sweep(10_000)
    plan = mb.baseline_ilp(instance).plan
    benchmark(mb.simulate, instance, plan)
