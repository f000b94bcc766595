"""Figure 4 of Zhao, Fu, Su (2025): run times against the machines, and against the heavy jobs.

Left: m machines of 100 slots, half the jobs heavy. Right: 100 machines of 100 slots, 10 % to 90 %
heavy. Median of processor time over 100 random instances per point (3 in the fast setting), first
calls left out, so that other work on the computer does not count. From 100 machines on dynamic
programming runs on the first ten: its time hardly varies.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from concave_sched import monotonic
from concave_sched.plotting._monotonic import plot_times
from concave_sched.plotting._paper import finish, house, legend_above, numbers, panels, write

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
        slow = algorithm is monotonic.dynamic_programming and machines >= 100
        for instance in instances[:10] if slow else instances:
            start = time.process_time()
            result = algorithm(instance)
            times.append(time.process_time() - start)
            optima[name].append(result.objective)
        medians[name] = float(np.median(times))
    shared = min(map(len, optima.values()))
    if len({tuple(values[:shared]) for values in optima.values()}) != 1:
        raise RuntimeError(f"the algorithms disagree at {machines} machines, ratio {ratio}")
    return medians


@house
def main(fast, folder) -> None:
    """Write monotonic_fig4 (run times: not the same bytes twice)."""
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
    table = pd.DataFrame(rows, columns=columns)
    write(table, folder, "monotonic_fig4")
    draw(table, folder)


def draw(table, folder) -> None:
    """The picture and the numbers, from the table of run times."""
    here = table[table.source == "measured here"]
    (machines, left), (ratios, right) = (
        (
            sorted(set(part.x)),
            {name: list(part.seconds[part.algorithm == name]) for name in ALGORITHMS},
        )
        for part in (here[here.panel == panel] for panel in ("machines", "ratio"))
    )
    figure, axes = panels(sharey=True, height=3.8)
    shown = {k: (CPP_MACHINES[: len(machines)], v[: len(machines)]) for k, v in CPP.items()}
    plot_times(machines, left, shown, axes[0], "machines m (100 slots, half heavy)")
    at_half = {name: ([0.5], times[2:3]) for name, times in CPP.items()}
    label = "share of heavy jobs (100 machines, 100 slots)"
    plot_times(ratios, right, at_half, axes[1], label, logarithmic=False)
    axes[0].set_ylabel("processor time per instance (s)")
    axes[1].set_ylabel("")
    legend_above(figure, axes[0], 2)
    finish(figure, folder, "monotonic_fig4")
    numbers(compared(machines, left, right, ratios), folder, "monotonic_fig4")


def compared(machines, left, right, ratios):
    """What the text says of the curves, beside ours; it prints no times."""
    dynamic, elimination, closed = ALGORITHMS

    def power(name):
        return np.log(left[name][-1] / left[name][1]) / np.log(machines[-1] / machines[1])

    span = f"from m = {machines[1]:g} to {machines[-1]:g}"
    worst = f"grows as m to the power, {span}: "
    peak = f"{ratios[int(np.argmax(right[dynamic]))]:g}"
    flat = max(right[elimination]) / min(right[elimination])
    quicker = f"{left[dynamic][-1] / left[elimination][-1]:.0f} times"
    closer = f"{left[elimination][-1] / left[closed][-1]:.0f} times"
    small = "another computer; calls from Python weigh on small cases"
    return [
        (4, worst + dynamic, "2", float(power(dynamic)), "another computer and program"),
        (4, worst + elimination, "near 2", float(power(elimination)),
         "2 is its worst case; random sequences need fewer moves"),
        (4, "share of heavy jobs where dynamic programming is slowest", "lost from the text", peak,
         "another computer and program"),
        (4, "misalignment elimination, slowest over fastest share", "minor variation", flat, small),
        (4, f"misalignment elimination faster at m = {machines[-1]:g}", "significantly", quicker,
         small),
        (4, f"closed form faster than elimination at m = {machines[-1]:g}", "not in the paper",
         closer, "added by us"),
    ]  # fmt: skip
