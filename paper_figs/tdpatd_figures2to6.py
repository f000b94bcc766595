"""Figures 2 to 6 of Huang et al. (2021), as a worked example of our own: five phases, 12 tasks.

The paper's graph and weights are only in its pictures, so this one is ours: 12 tasks, 6 parts, 2
processors, every phase drawn, with ETF and the lower bound beside.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

from concave_sched import tdpatd
from concave_sched.plotting import save

WEIGHTS = [30, 70, 70, 90, 30, 80, 120, 100, 120, 90, 40, 20]
EDGES = {
    (0, 1): 75, (0, 2): 65, (0, 3): 20, (1, 4): 65, (2, 4): 50, (2, 5): 65, (3, 5): 55,
    (3, 6): 60, (4, 7): 30, (5, 7): 65, (5, 8): 70, (6, 8): 20, (6, 9): 40, (7, 10): 50,
    (8, 10): 30, (8, 11): 60, (9, 11): 30,
}  # fmt: skip
PARTS, PROCESSORS = 6, 2


def main(fast: bool, folder: Path) -> None:
    """Write tdpatd_figures2to6.pdf and the CSV of every schedule; both settings are the same."""
    import matplotlib.pyplot as plt

    names = [f"v{i + 1}" for i in range(len(WEIGHTS))]
    graph = tdpatd.TaskGraph(WEIGHTS, list(EDGES), list(EDGES.values()), names)
    instance = tdpatd.Instance(graph, PROCESSORS)
    parts = tdpatd.partition(graph, PARTS)
    quotient = tdpatd.cluster(graph, parts)
    named = tdpatd.TaskGraph(
        quotient.weights, quotient.edges, quotient.communication,
        [f"V{k + 1}" for k in range(PARTS)],
    )  # fmt: skip
    rough = tdpatd.tdca(tdpatd.Instance(named, PROCESSORS))
    rough = dataclasses.replace(rough, parts=np.arange(PARTS))
    mapped = tdpatd.map_back(rough, instance, parts)
    kept = tdpatd.deduplicate(mapped, "first_child")
    steps = {
        "Fig. 4: TDCA on the parts": rough,
        "Fig. 5: mapped back": mapped,
        "Fig. 6: deduplicated": kept,
        "ETF": dataclasses.replace(tdpatd.etf(instance), parts=parts),
        "solve": dataclasses.replace(tdpatd.solve(instance, effort=1.0, workers=1), parts=parts),
    }
    folder.mkdir(parents=True, exist_ok=True)
    frames = [r.to_dataframe().assign(step=step, makespan=r.objective) for step, r in steps.items()]
    pd.concat(frames).to_csv(folder / "tdpatd_figures2to6.csv", index=False)

    figure = plt.figure(figsize=(11, 9.5), layout="constrained")
    grid = figure.add_gridspec(5, 2, width_ratios=(1, 1.5))
    left, right = figure.add_subplot(grid[:3, 0]), figure.add_subplot(grid[3:, 0])
    graph.plot(parts, ax=left, critical_path=False).set_title("Fig. 2: the graph and its parts")
    named.plot(np.arange(PARTS), ax=right, critical_path=False).set_title(
        "Fig. 3: the graph of parts"
    )
    last = max(r.objective for r in steps.values())
    for row, (step, schedule) in enumerate(steps.items()):
        ax = figure.add_subplot(grid[row, 1])
        schedule.plot(ax=ax)
        ax.set_title(f"{step}: makespan {schedule.objective:g}", loc="left", fontsize=10)
        ax.set_xlim(0, 1.02 * last)
        if row:
            ax.get_legend().remove()
        if row < len(steps) - 1:
            ax.set_xlabel("")
    save(figure, folder, "tdpatd_figures2to6")


if __name__ == "__main__":
    matplotlib.use("Agg")
    main(fast=False, folder=Path(__file__).parent / "output")
