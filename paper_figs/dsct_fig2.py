"""Figure 2 of "Scheduling with Fully Compressible Tasks": the gap and the guarantee.

UB minus DSCT-APPROX over random instances, against the heterogeneity of the tasks. What the paper
leaves open (scale of accuracies, max_work, law of deadlines) is filled by two readings, A and B
(`dsct.generate`). Added: our polished approximation.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from concave_sched import dsct
from concave_sched.plotting import _style
from concave_sched.plotting._paper import finish, house, legend_above, numbers, panels, write

READINGS = ("A", "B")
FITTED = (
    "accuracy scale, max_work and deadlines are not given: reading {}, chosen among those "
    "that fit; agreement is no confirmation"
)


@house
def main(fast, folder, instances: int | None = None) -> None:
    """Write dsct_fig2; full: 1000 instances per point, 100 tasks."""
    count, tasks = instances or (6 if fast else 1000), 12 if fast else 100
    rows = []
    for reading in READINGS:
        for mu in [1, 20] if fast else range(1, 21):
            batch = dsct.generate(tasks, 2, mu, 0.35, reading=reading, seed=mu, count=count)
            bound = dsct.run_batch(dsct.upper_bound, batch, progress=False)
            rough = dsct.run_batch(dsct.approximate, batch, progress=False, polish=False)
            fine = dsct.run_batch(dsct.approximate, batch, progress=False)
            gap = bound.objective - rough.objective
            guarantee = 2 * 0.819 * (1 + np.log(mu) / np.e)
            polished = (bound.objective - fine.objective).mean()
            rows.append((reading, mu, gap.mean(), gap.min(), gap.max(), polished, guarantee))
    columns = ["reading", "mu", "mean", "min", "max", "polished", "guarantee"]
    table = pd.DataFrame(rows, columns=columns)
    write(table, folder, "dsct_fig2")
    draw(table, folder, f"{count} instances per point, n = {tasks}, m = 2, ρ = 0.35")
    parts = table.assign(part=100 * table["mean"] / table.guarantee).groupby("reading").part
    what = "mean of (UB - APPROX) / G over μ (%)"
    rows = [(2, what, "12.36", x, FITTED.format(r)) for r, x in parts.mean().items()]
    largest = 100 * (table["max"] / table.guarantee).max()
    what = "largest (UB - APPROX) / G, both readings (%)"
    remark = "no number in the text; both readings"
    numbers([*rows, (2, what, "far below 100", largest, remark)], folder, "dsct_fig2")


def draw(table, folder, caption) -> None:
    figure, axes = panels(sharey=True, height=3.4)
    for ax, reading in zip(axes, READINGS, strict=True):
        part = table[table.reading == reading]
        between = {"color": _style.WATER, "alpha": 0.35, "lw": 0, "label": "UB - APPROX, range"}
        ax.fill_between(part.mu, part["min"], part["max"], **between)
        ax.plot(part.mu, part["mean"], label="UB - APPROX, mean", **_style.line(0, 41))
        ax.plot(part.mu, part.polished, label="UB - polished, mean", **_style.line(1, 41))
        ax.plot(part.mu, part.guarantee, label="guarantee G", **_style.line(2, 41))
        ax.set(xlabel="task heterogeneity μ", title=f"reading {reading}", ylim=(0, None))
        ax.set_xticks([1, 5, 10, 15, 20])
    axes[0].set_ylabel("sum of accuracies")
    legend_above(figure, axes[0], 4)
    finish(figure, folder, "dsct_fig2", caption)
