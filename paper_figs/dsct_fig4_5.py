"""Figures 4 and 5 of "Scheduling with Fully Compressible Tasks": accuracy and its spread.

Mean accuracy against the tolerance of deadlines, and how the tasks spread over ranges of accuracy.
What the paper leaves open is filled by two readings, A and B (`dsct.generate`). In both,
EDF-NoCompression may finish late a task begun before its deadline.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from concave_sched import dsct
from concave_sched.plotting import _style
from concave_sched.plotting._dsct import share_map
from concave_sched.plotting._paper import finish, house, legend_above, numbers, panels, write

READINGS = ("A", "B")
FITTED = (
    "accuracy scale, max_work and deadlines are not given: reading {}, chosen among those "
    "that fit; agreement is no confirmation"
)
EDGES = np.round(np.arange(0.0, 1.0, 0.1), 1)
RANGES = [f"{low:.1f}-{low + 0.1:.1f}" for low in EDGES[:-1]]
SOLVERS = {
    "approx": ("DSCT-APPROX", dsct.approximate, {"polish": False}),
    "none": ("EDF-NoCompression", dsct.edf_no_compression, {"finish": "start"}),
    "levels": ("EDF-3CompressionLevels", dsct.edf_three_levels, {}),
    "bound": ("DSCT-UB", dsct.upper_bound, {}),
}


@house
def main(fast, folder, instances: int | None = None) -> None:
    """Write dsct_fig4 and dsct_fig5; full: 1000 instances per point, n = 100, m = 10."""
    count = instances or (6 if fast else 1000)
    tasks, machines = (12, 2) if fast else (100, 10)
    tolerances = [0.4, 0.7, 1.0] if fast else np.round(np.arange(0.1, 1.51, 0.1), 1)
    means, shares = [], []
    for reading in READINGS:
        for rho in tolerances:
            seed = [round(10 * rho), READINGS.index(reading)]
            options = {"reading": reading, "seed": seed, "count": count}
            batch = dsct.generate(tasks, machines, 1.0, rho, **options)
            for name, (_, solver, options) in SOLVERS.items():
                r = dsct.run_batch(solver, batch, progress=False, **options)
                accuracy = np.asarray(r.accuracies)
                means.append((reading, rho, name, accuracy.mean()))
                part = 100 * np.histogram(accuracy, EDGES)[0] / accuracy.size
                shares.append((reading, rho, name, *part))
    means = pd.DataFrame(means, columns=["reading", "rho", "algorithm", "accuracy"])
    shares = pd.DataFrame(shares, columns=["reading", "rho", "algorithm", *RANGES])
    write(means, folder, "dsct_fig4")
    write(shares, folder, "dsct_fig5")
    setting = f"{count} instances per point, n = {tasks}, m = {machines}, μ = 1"
    figure_4(means, folder, f"{setting}. NoCompression may finish late what it begins in time.")
    figure_5(shares, folder)
    numbers([row for r in READINGS for row in compared(means, shares, r)], folder, "dsct_fig4_5")


def figure_4(means, folder, caption) -> None:
    figure, axes = panels(sharey=True, height=3.4)
    for ax, reading in zip(axes, READINGS, strict=True):
        for k, (name, (label, *_)) in enumerate(SOLVERS.items()):
            part = means[(means.reading == reading) & (means.algorithm == name)]
            ax.plot(part.rho, part.accuracy, label=label, **_style.line(k))
        ax.set(xlabel="deadline tolerance ρ", title=f"reading {reading}", ylim=(0, 0.9))
    axes[0].set_ylabel("mean accuracy")
    legend_above(figure, axes[0], 4)
    finish(figure, folder, "dsct_fig4", caption)


def figure_5(shares, folder) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    figure, grid = panels(2, 3, height=4.6, sharex=True, sharey=True)
    for row, reading in zip(grid, READINGS, strict=True):
        for ax, name in zip(row, ("approx", "none", "levels"), strict=True):
            part = shares[(shares.reading == reading) & (shares.algorithm == name)]
            share_map(part.rho, part[RANGES].to_numpy(), EDGES, ax=ax)
            ax.set(title=f"{SOLVERS[name][0]}, {reading}", xlabel="", ylabel="")
    for ax in grid[:, 0]:
        ax.set_ylabel("accuracy")
    for ax in grid[1]:
        ax.set_xlabel("deadline tolerance ρ")
    scale = ScalarMappable(Normalize(0, 100), _style.SEQUENTIAL)
    figure.colorbar(scale, ax=grid, label="tasks (%)").outline.set_visible(False)
    finish(figure, folder, "dsct_fig5")


def compared(means, shares, reading):
    """Rows of published numbers beside those of one reading."""
    part = means[means.reading == reading].set_index(["rho", "algorithm"]).accuracy
    share = shares[(shares.reading == reading) & (shares.rho == 0.7)].set_index("algorithm")
    low = share[RANGES[:3]].sum(axis=1)
    at = part.loc[0.4]
    late = part.loc[1.0]
    rows = [
        (4, "gain over NoCompression, ρ = 0.4 (%)", 57.9, 100 * (at["approx"] / at["none"] - 1)),
        (4, "gain over 3 levels, ρ = 0.4 (%)", 22.2, 100 * (at["approx"] / at["levels"] - 1)),
        (4, "least mean accuracy of the algorithms, ρ = 1", 0.82, late.drop("bound").min()),
        (5, "APPROX: tasks of accuracy 0.7 to 0.8, ρ = 0.7 (%)", "> 90",
         share.loc["approx", "0.7-0.8"]),
        (5, "APPROX: tasks below 0.3, ρ = 0.7 (%)", 2, low["approx"]),
        (5, "NoCompression: tasks below 0.3, ρ = 0.7 (%)", 28, low["none"]),
        (5, "3 levels: tasks below 0.3, ρ = 0.7 (%)", 33, low["levels"]),
    ]  # fmt: skip
    fitted = FITTED.format(reading)
    heuristic = f"the paper's choice of level is not given; {fitted}"
    return [
        (*row[:3], float(row[3]), heuristic if "3 levels" in row[1] else fitted) for row in rows
    ]
