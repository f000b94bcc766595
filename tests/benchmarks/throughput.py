"""Instances per second of the continuous solvers, and the share of memory bandwidth they reach.

    python tests/benchmarks/throughput.py [--device cpu|gpu] [--devices N] [--size S] [NAME ...]

Every solver runs on a batch through `concave_sched.over_devices`, on whatever devices JAX has or,
on a CPU, on so many forced ones. The batch lies on the devices before the clock starts. Columns:

    instances/s   of the batch, best of a few runs; compile time is a column of its own
    least GB/s    inputs read and outputs written once, by the time: a lower bound of the traffic
    share         that over the bandwidth of a triad a = b + s c, measured just before
    XLA GB/s      `bytes accessed` of XLA's cost model by the time; it counts the body of a loop
                  once, however often the loop runs, and every use of what a cache may hold
    together/one  time an instance takes in the batch over the time it takes alone: under 1, the
                  batch pays
    lockstep      time of the batch over the mean time of batches of copies of one instance (of 8):
                  what is lost because all iterate until the slowest is done
"""

from __future__ import annotations

import argparse
import time

import jax
import numpy as np


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="solvers (default: all)")
    parser.add_argument("--device", default=None, help="platform of JAX: cpu, gpu, tpu")
    parser.add_argument("--devices", type=int, default=None, help="how many (default: all)")
    parser.add_argument("--size", type=int, default=100, help="entries, jobs or tasks each")
    parser.add_argument("--batch", type=int, default=1024, help="instances")
    parser.add_argument("--triad", type=int, default=2**25, help="numbers in each vector")
    return parser.parse_args()


def cases(size, batch):
    """Name: (solver of one instance, batched arguments)."""
    import concave_sched as cs

    rng = np.random.default_rng(0)
    rates = rng.uniform(0.5, 2.0, (batch, size))
    sizes = rng.lognormal(10.0, 1.0, (batch, size))
    gpus = np.tile(np.arange(1.0, 9.0), (batch, 1))

    def waterfill(budget, rate):
        return cs.waterfill(cs.curves.Logarithmic(rate, 1.0), budget)

    def nested_waterfill(budgets, rate):
        return cs.nested_waterfill(cs.curves.Exponential(0.0, 1.0, rate), budgets)

    def smartfill(sizes, rate):
        jobs = cs.smartfill.Instance(cs.curves.Logarithmic(1.0, rate), sizes, budget=8.0)
        return cs.smartfill.solve(jobs)

    def smartfill_power(sizes, exponent):
        jobs = cs.smartfill.Instance(cs.curves.Power(1.0, exponent), sizes, budget=8.0)
        return cs.smartfill.solve(jobs)

    def monotonic(heavy, slot_costs):
        found = cs.monotonic.solve(cs.monotonic.Instance(heavy, 10, slot_costs))
        return found.objective, found.quotas, found.heavy_per_slot

    def fit(x, y):
        found = cs.fit(cs.curves.Hyperbolic, x, y, at_zero=0.0)
        return found.curve, found.sse

    single = cs.dsct.generate(size, 1, count=batch)
    several = cs.dsct.generate(size, 5, count=batch)
    heavy = rng.random((batch, 10 * size)) < 0.4
    y = gpus / (gpus + rng.uniform(2.0, 9.0, (batch, 1))) * rng.lognormal(0, 0.02, gpus.shape)
    return {
        "waterfill": (waterfill, (rng.uniform(1.0, size, batch), rates)),
        "nested_waterfill": (nested_waterfill, (np.cumsum(rates, 1) / 2, rates)),
        "smartfill": (smartfill, (sizes, rates[:, 0])),
        "smartfill, power": (smartfill_power, (sizes, rates[:, 0] / 2.5)),
        "dsct.solve_single": (cs.dsct.solve_single, (single,)),
        "dsct.upper_bound": (cs.dsct.upper_bound, (several,)),
        "dsct.approximate": (cs.dsct.approximate, (several,)),
        "monotonic, 10 machines": (monotonic, (heavy, np.cumsum(rates, 1))),
        "fit, 8 points": (fit, (gpus, y)),
    }


def best_time(function, rounds=5, at_least=0.2):
    """Seconds of the fastest run; short ones are repeated within a round."""
    jax.block_until_ready(function())
    once = seconds(function, 1)
    repeats = max(1, int(at_least / once))
    return min(seconds(function, repeats) for _ in range(rounds if once < 5 else 1))


def seconds(function, repeats):
    start = time.perf_counter()
    for _ in range(repeats):
        result = function()
    jax.block_until_ready(result)
    return (time.perf_counter() - start) / repeats


def triad(devices, numbers):
    """Bytes per second of a = b + s c over all devices: two vectors read, one written."""
    from concave_sched import over_devices

    count = numbers // len(devices) * len(devices)
    b, c = (jax.device_put(v, split(devices)) for v in np.random.default_rng(0).random((2, count)))
    run = over_devices(lambda b, c: b + 3.0 * c, devices)
    return 3 * b.nbytes / best_time(lambda: run(b, c))


def split(devices):
    mesh = jax.sharding.Mesh(np.array(devices), ("batch",))
    return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("batch"))


def measure(solver, batched, devices):
    from concave_sched import over_devices

    batched = jax.device_put(batched, split(devices))
    lowered = jax.jit(over_devices(solver, devices)).lower(*batched)
    start = time.perf_counter()
    program = lowered.compile()
    compiling = time.perf_counter() - start
    together = best_time(lambda: program(*batched))
    cost = program.cost_analysis() or {}
    found = program(*batched)
    moved = sum(leaf.nbytes for leaf in jax.tree.leaves((batched, found)))
    one = jax.device_put(jax.tree.map(lambda leaf: leaf[0], batched), devices[0])
    alone = jax.jit(solver)
    single = best_time(lambda: alone(*one))
    equal = []
    for k in np.linspace(0, len(jax.tree.leaves(batched)[0]) - 1, 8).astype(int):
        copies = jax.tree.map(lambda leaf, k=k: np.broadcast_to(leaf[k], leaf.shape), batched)
        copies = jax.device_put(copies, split(devices))
        equal.append(best_time(lambda c=copies: program(*c), rounds=2, at_least=0.05))
    # XLA counts the bytes of one device's program.
    counted = cost.get("bytes accessed", np.nan) * len(devices)
    return compiling, together, moved, counted, single, float(np.mean(equal))


def machine():
    try:
        with open("/proc/cpuinfo") as file:
            found = dict(line.split(":", 1) for line in file.read().splitlines() if ":" in line)
        keys = ("vendor_id", "cpu family", "model", "model name")
        return ", ".join(
            f"{k} {v.strip()}" for k in keys for f, v in found.items() if f.strip() == k
        )
    except OSError:
        import platform

        return platform.processor() or platform.machine()


def main():
    options = arguments()
    jax.config.update("jax_enable_x64", True)
    if options.device:
        jax.config.update("jax_platforms", "cuda" if options.device == "gpu" else options.device)
    if options.devices and options.device in (None, "cpu"):
        jax.config.update("jax_num_cpu_devices", options.devices)
    devices = jax.local_devices()[: options.devices]
    options.batch -= options.batch % -len(devices)
    print(f"{len(devices)} x {devices[0].device_kind} ({devices[0].platform}); {machine()}")
    print(f"JAX {jax.__version__}; {options.batch} instances of {options.size}, float64\n")
    columns = ("solver", "instances/s", "least GB/s", "triad GB/s", "share", "XLA GB/s")
    columns += ("together/one", "lockstep", "compile s")
    row = "| {:<22} | {:>11} | {:>10} | {:>10} | {:>6} | {:>8} | {:>12} | {:>8} | {:>9} |"
    print(row.format(*columns))
    print("|---" * len(columns) + "|")
    for name, (solver, batched) in cases(options.size, options.batch).items():
        if options.names and not any(name.startswith(chosen) for chosen in options.names):
            continue
        bandwidth = triad(devices, options.triad)
        compiling, together, moved, counted, single, equal = measure(solver, batched, devices)
        figures = (
            f"{options.batch / together:,.0f}",
            f"{moved / together / 1e9:.3f}",
            f"{bandwidth / 1e9:.1f}",
            f"{moved / together / bandwidth:.2%}",
            f"{counted / together / 1e9:.2f}",
            f"{together / options.batch / single:.2f}",
            f"{together / equal:.2f}",
            f"{compiling:.1f}",
        )
        print(row.format(name, *figures), flush=True)


if __name__ == "__main__":
    main()
