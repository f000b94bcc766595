"""Figure 4 of Zhao, Fu, Su (2025): run times against the machines, and against the heavy jobs.

Left: m machines of 100 slots, half the jobs heavy. Right: 100 machines of 100 slots, 10 % to 90 %
heavy. Median over 100 random instances per point (3 in the fast setting), first calls left out;
the paper's mean would let one interruption of the computer move a point.
"""

from __future__ import annotations

import time
from pathlib import Path

import jax
import matplotlib
import numpy as np
import pandas as pd

from concave_sched import monotonic
from concave_sched.plotting import save
from concave_sched.plotting._monotonic import plot_times

ALGORITHMS = {
    "dynamic programming": monotonic.dynamic_programming,
    "misalignment elimination": monotonic.eliminate_misalignment,
    "closed form": monotonic.solve,
}
SLOTS = 100
CPP = {  # seconds at 10, 50, 100, 200, 500 machines: C++17 -O2, one core of another computer
    "dynamic programming": [5e-4, 1.3e-2, 4.9e-2, 0.20, 1.27],
    "misalignment elimination": [9e-6, 5.7e-5, 1.1e-4, 2.6e-4, 8.7e-4],
    "closed form": [3e-6, 9e-6, 1.4e-5, 3.2e-5, 7.4e-5],
}
CPP_MACHINES = [10, 50, 100, 200, 500]


def median_times(machines: int, ratio: float, count: int) -> dict[str, float]:
    """Median seconds of each algorithm on the same random instances."""
    jobs = machines * SLOTS
    rng = np.random.default_rng([machines, round(100 * ratio)])
    costs = np.arange(1.0, SLOTS + 1)
    instances = [
        monotonic.Instance(rng.permutation(jobs) < ratio * jobs, machines, costs)
        for _ in range(count)
    ]
    medians, optima = {}, {}
    for name, algorithm in ALGORITHMS.items():
        algorithm(instances[0])
        times, optima[name] = [], []
        for instance in instances:
            start = time.perf_counter()
            result = algorithm(instance)
            times.append(time.perf_counter() - start)
            optima[name].append(result.objective)
        medians[name] = float(np.median(times))
    if len({tuple(values) for values in optima.values()}) != 1:
        raise RuntimeError(f"the algorithms disagree at {machines} machines, ratio {ratio}")
    return medians


def main(fast: bool, folder: Path) -> None:
    """Write monotonic_figure4.pdf and the CSV behind it."""
    jax.config.update("jax_enable_x64", True)
    import matplotlib.pyplot as plt

    count = 3 if fast else 100
    machines = [10, 50, 100] if fast else CPP_MACHINES
    ratios = [0.1, 0.5, 0.9] if fast else [round(0.1 * i, 1) for i in range(1, 10)]
    left = [median_times(m, 0.5, count) for m in machines]
    right = [median_times(100, ratio, count) for ratio in ratios]

    rows = [
        (panel, x, name, seconds, count, "measured here")
        for panel, xs, points in (("machines", machines, left), ("ratio", ratios, right))
        for x, point in zip(xs, points, strict=True)
        for name, seconds in point.items()
    ]
    elsewhere = "C++17 -O2, measured elsewhere"
    rows += [
        ("machines", m, name, seconds, 100, elsewhere)
        for name, times in CPP.items()
        for m, seconds in zip(CPP_MACHINES, times, strict=True)
    ]
    columns = ["panel", "x", "algorithm", "seconds", "instances", "source"]
    folder.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows, columns=columns).to_csv(folder / "monotonic_figure4.csv", index=False)

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    series = [{name: [p[name] for p in points] for name in ALGORITHMS} for points in (left, right)]
    references = {name: (CPP_MACHINES, times) for name, times in CPP.items()}
    plot_times(machines, series[0], references, axes[0], "machines m (100 slots, half heavy)")
    at_half = {name: ([0.5], times[2:3]) for name, times in CPP.items()}
    label = "share of heavy jobs (100 machines, 100 slots)"
    plot_times(ratios, series[1], at_half, axes[1], label, logarithmic=False)
    axes[1].set_ylabel("")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=4, frameon=False)
    save(figure, folder, "monotonic_figure4")


if __name__ == "__main__":
    matplotlib.use("Agg")
    main(fast=False, folder=Path(__file__).parent / "output")
