"""Figures 2 to 6 and Tables 1 to 4 of Huang et al. (2021), as a worked example of our own.

The paper's graph and weights are only in its pictures, so this one is ours: 12 tasks, 6 parts, 2
processors, every phase drawn, with ETF and our default beside. Tables 1 and 2 define pat, rst and
rct: their values for the final schedule. Tables 3 and 4: the weights.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from concave_sched import tdpatd
from concave_sched.plotting._paper import WIDTH, draw_table, finish, house, numbers, write

WEIGHTS = [30, 70, 70, 90, 30, 80, 120, 100, 120, 90, 40, 20]
EDGES = {
    (0, 1): 75, (0, 2): 65, (0, 3): 20, (1, 4): 65, (2, 4): 50, (2, 5): 65, (3, 5): 55,
    (3, 6): 60, (4, 7): 30, (5, 7): 65, (5, 8): 70, (6, 8): 20, (6, 9): 40, (7, 10): 50,
    (8, 10): 30, (8, 11): 60, (9, 11): 30,
}  # fmt: skip
PARTS, PROCESSORS = 6, 2


@house
def main(fast, folder) -> None:
    """Write tdpatd_fig2_to_6, tdpatd_table1_2, tdpatd_table3, tdpatd_table4; one setting."""
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
    best = tdpatd.solve(instance, effort=1.0, workers=1)
    steps = {
        "Fig. 4, TDCA on the parts": rough,
        "Fig. 5, mapped back": mapped,
        "Fig. 6, deduplicated": kept,
        "ETF": dataclasses.replace(tdpatd.etf(instance), parts=parts),
        "our default": dataclasses.replace(best, parts=parts),
    }
    frames = [r.to_dataframe().assign(step=step, makespan=r.objective) for step, r in steps.items()]
    write(pd.concat(frames), folder, "tdpatd_fig2_to_6")
    draw(graph, parts, named, steps, folder)
    tables(graph, parts, named, kept, folder)
    remark = "our graph: the paper's is only in its pictures"
    rows = [
        (figure, f"makespan, {what}", paper, float(r.objective), remark)
        for figure, what, paper, r in (
            (4, "TDCA on the parts", 710, rough),
            (5, "mapped back", 705, mapped),
            (6, "deduplicated", 617, kept),
        )
    ]
    drawn = f"{graph.tasks} tasks, {PARTS} parts, {PROCESSORS} processors"
    rows += [
        ("2, 3, Tables 3, 4", "the graph and its parts", "5 parts, 2 processors", drawn, remark),
        ("Tables 1, 2", "pat, rst and rct", "definitions", "values for the final schedule", remark),
    ]
    numbers(rows, folder, "tdpatd_fig2_to_6")


def draw(graph, parts, named, steps, folder) -> None:
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(WIDTH, 7.6), layout="constrained")
    grid = figure.add_gridspec(len(steps), 2, width_ratios=(1, 1.9))
    left, right = figure.add_subplot(grid[:3, 0]), figure.add_subplot(grid[3:, 0])
    graph.plot(parts, ax=left, critical_path=False)
    named.plot(np.arange(PARTS), ax=right, critical_path=False)
    left.set(title="Fig. 2, the graph and its parts", xlabel="level")
    right.set(title="Fig. 3, the graph of parts", xlabel="level")
    last = max(r.objective for r in steps.values())
    for row, (step, schedule) in enumerate(steps.items()):
        ax = figure.add_subplot(grid[row, 1])
        schedule.plot(ax=ax).get_legend().remove()
        ax.set_title(f"{step}: makespan {schedule.objective:g}", fontsize=9.5)
        ax.set(xlim=(0, 1.02 * last), ylabel="", xlabel="")
        for text in list(ax.texts):
            text.set_fontsize(7)
            if text.get_text() == "v12":  # wider than its bar
                text.remove()
    ax.set_xlabel("time (units of the weights)")
    caption = "Colour: part. Hatched: a second copy of a task. Dotted: lower bound on the makespan."
    finish(figure, folder, "tdpatd_fig2_to_6", caption)


def tables(graph, parts, named, schedule, folder) -> None:
    """Tables 1 and 2 for the final schedule; 3 and 4: the weights of tasks and parts."""
    label = [graph.name(i) for i in range(graph.tasks)]
    table = pd.DataFrame({
        "task i": [label[i] for i in schedule.task],
        "processor p": [f"P{p}" for p in schedule.processor],
        "pat(i, p)": 0.0,
        "rst(i, p)": schedule.start,
        "rct(i, p)": schedule.end,
    }).sort_values(["processor p", "rst(i, p)"])  # fmt: skip
    finished = table.groupby("processor p")["rct(i, p)"].shift(fill_value=0.0)
    table["pat(i, p)"] = finished
    draw_table(table, folder, "tdpatd_table1_2", "pat: processor free. rst, rct: start and end.")
    tasks = pd.DataFrame({"task": label, "weight": WEIGHTS, "part": [f"V{k + 1}" for k in parts]})
    draw_table(tasks, folder, "tdpatd_table3")
    members = tasks.groupby("part").task.agg(" ".join)
    whole = pd.DataFrame({"part": members.index, "weight": named.weights, "tasks": members.values})
    draw_table(whole, folder, "tdpatd_table4")
