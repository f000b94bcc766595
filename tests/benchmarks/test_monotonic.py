"""Run times of the monotonic room, compile time apart; run with --benchmark-only."""

import subprocess
import sys
import time

import jax
import numpy as np
import pytest

from concave_sched import monotonic

# Seconds, C++17 -O2 on one core of another machine: n = 100, half the jobs heavy.
CPP = {
    "dynamic_programming": {10: 5e-4, 50: 1.3e-2, 100: 4.9e-2, 200: 0.20, 500: 1.27},
    "eliminate_misalignment": {10: 9e-6, 50: 5.7e-5, 100: 1.1e-4, 200: 2.6e-4, 500: 8.7e-4},
    "solve": {10: 3e-6, 50: 9e-6, 100: 1.4e-5, 200: 3.2e-5, 500: 7.4e-5},
}


def random_instance(machines, slots=100, seed=0, ratio=0.5):
    jobs = machines * slots
    heavy = np.random.default_rng(seed).permutation(jobs) < ratio * jobs
    return monotonic.Instance(heavy, machines, np.arange(1.0, slots + 1))


def best_of(function, repeats=3):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        jax.block_until_ready(function())
        times.append(time.perf_counter() - start)
    return min(times)


@pytest.mark.parametrize("machines", [10, 50, 100, 200, 500])
@pytest.mark.parametrize("algorithm", CPP)
def test_algorithms(benchmark, algorithm, machines):
    instance = random_instance(machines)
    function = getattr(monotonic, algorithm)
    start = time.perf_counter()
    function(instance)
    benchmark.extra_info["first_call_s"] = time.perf_counter() - start
    benchmark(function, instance)
    benchmark.extra_info["ratio_to_cpp"] = benchmark.stats["min"] / CPP[algorithm][machines]


def test_traced_100_by_100(benchmark):
    instance = random_instance(100)
    compiled = jax.jit(lambda h: (lambda r: (r.objective, r.quotas))(_solve(h, instance)))
    heavy = jax.numpy.asarray(instance.heavy)
    start = time.perf_counter()
    jax.block_until_ready(compiled(heavy))
    benchmark.extra_info["compile_s"] = time.perf_counter() - start
    benchmark(lambda: jax.block_until_ready(compiled(heavy)))


def test_ten_million_jobs(benchmark):
    instance = random_instance(1000, 10_000)
    monotonic.solve(instance)
    cumsum = best_of(lambda: np.cumsum(instance.heavy))
    benchmark.pedantic(monotonic.solve, (instance,), rounds=5)
    benchmark.extra_info["cumsum_s"] = cumsum
    benchmark.extra_info["ratio_to_cumsum"] = benchmark.stats["min"] / cumsum


def test_hundred_million_jobs(benchmark):
    heavy = np.random.default_rng(0).integers(0, 2, 10**8, dtype=np.uint8).view(bool)
    instance = monotonic.Instance(heavy, 10_000, np.arange(1.0, 10_001))
    benchmark.pedantic(monotonic.solve, (instance,), rounds=3, warmup_rounds=1)


def test_memory_of_hundred_million_jobs(benchmark):
    """Peak resident memory of a process that does nothing else."""
    code = (
        "import resource, jax, numpy as np; jax.config.update('jax_enable_x64', True); "
        "from concave_sched import monotonic; "
        "h = np.random.default_rng(0).integers(0, 2, 10**8, dtype=np.uint8).view(bool); "
        "r = monotonic.solve(monotonic.Instance(h, 10_000, np.arange(1.0, 10_001))); "
        "r.objective, r.quotas; "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)"
    )

    def peak():
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        return int(run.stdout)

    bytes_used = benchmark.pedantic(peak, rounds=1)
    benchmark.extra_info["peak_GB"] = bytes_used / 1e9
    assert bytes_used < 2e9


def test_batch_against_loops(benchmark):
    rng = np.random.default_rng(0)
    batch = rng.random((4000, 10_000)) < 0.5
    like = random_instance(100)
    traced = jax.jit(jax.vmap(lambda h: _solve(h, like).objective))
    single = jax.jit(lambda h: _solve(h, like).objective)
    whole = monotonic.solve(_with(batch, like))
    start = time.perf_counter()
    np.testing.assert_array_equal(traced(batch), whole.objective)
    compile_s = time.perf_counter() - start
    single(batch[0])
    benchmark.pedantic(lambda: monotonic.solve(_with(batch, like)), rounds=5)
    benchmark.extra_info.update(
        vmap_compile_s=compile_s,
        vmap_s=best_of(lambda: traced(batch)),
        loop_of_traced_s=best_of(lambda: [single(h) for h in batch], 1),
        loop_s=best_of(lambda: [monotonic.solve(_with(h, like)).objective for h in batch]),
    )


def _with(heavy, like):
    return monotonic.Instance(heavy, like.machines, like.slot_costs)


def _solve(heavy, like):
    return monotonic.solve(_with(heavy, like))
