"""Figures 3 to 5 of "MemBatch ILP": scheduler runtime, makespan and GPU use, 5 to 100 tasks.

Calibrated profiles (fits/edge_profiles), the five workloads in turn. Ten repetitions: the plan is
made from the profiles and executed with times that vary by 5 per cent at random (log-normal, a
choice of ours; the paper repeats real runs). FCFS decides online, so it runs on the varied times.
Beside the paper's three schedulers: its integer program in rounds, made well-posed (`rounds`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from concave_sched import membatch
from concave_sched.plotting import _style
from concave_sched.plotting._paper import finish, house, legend_above, numbers, panels, write

SCHEDULERS = {
    "Baseline ILP": membatch.baseline_ilp,
    "FCFS, least loaded first": membatch.least_loaded_first,
    "MemBatch in rounds": lambda i: membatch.rounds(i, barrier="batch", round_time_limit=5.0),
    "MemBatch, our default": lambda i: membatch.solve(i, gap=0.002),
}
PUBLISHED = {  # at 100 tasks: runtime (s), makespan (h)
    "Baseline ILP": (130.0, 64.0),
    "FCFS, least loaded first": (0.1089, 48.0),
    "MemBatch in rounds": (36.7, 25.0),
}
SPREAD = 0.05


def varied(instance, seed: int):
    """The instance with every time off by a random factor, the same on all devices."""
    rng = np.random.default_rng([len(instance.tasks), seed])
    items = [
        {"id": t, "workload": w, "time": row * f, "gpu": g, "memory": m}
        for t, w, row, g, m, f in zip(
            instance.tasks,
            instance.workloads,
            instance.time,
            instance.gpu,
            instance.memory,
            np.exp(SPREAD * rng.standard_normal(len(instance.tasks))),
            strict=True,
        )
    ]
    return membatch.Instance.from_items(items, instance.devices)


def repetitions(tasks: int, count: int) -> tuple[list[tuple], list[pd.DataFrame]]:
    """Rows of (tasks, scheduler, repetition, runtime, makespan), and GPU use by device."""
    instance = membatch.sweep(tasks)
    rows, use = [], []
    for name, scheduler in SCHEDULERS.items():
        for k in range(count):
            actual = varied(instance, k)
            if name == "FCFS, least loaded first":
                planned = executed = scheduler(actual)
            else:
                if k == 0 or planned.runtime < 1.0:  # slow ones are timed once
                    planned = scheduler(instance)
                executed = membatch.simulate(actual, planned.plan)
            rows.append((tasks, name, k, planned.runtime, executed.objective / 60))
            use.append(executed.utilisation.reset_index().assign(scheduler=name, repetition=k))
    return rows, use


@house
def main(fast, folder) -> None:
    """Write membatch_fig3 (run times: not the same bytes twice), membatch_fig4, membatch_fig5."""
    counts, count = ([5, 20], 2) if fast else ([5, 10, 20, 40, 60, 80, 100], 10)
    rows, use = [], []
    for tasks in counts:
        more, use = repetitions(tasks, count)
        rows += more
    columns = ["tasks", "scheduler", "repetition", "runtime_s", "makespan_h"]
    table = pd.DataFrame(rows, columns=columns)
    gpu = pd.concat(use).assign(tasks=counts[-1])
    write(table.drop(columns="makespan_h"), folder, "membatch_fig3")
    write(table.drop(columns="runtime_s").round(9), folder, "membatch_fig4")
    write(gpu.round(9), folder, "membatch_fig5")
    draw(table, gpu, folder)


def draw(table, gpu, folder) -> None:
    """The pictures, and at 100 tasks the numbers."""
    lines(table, "runtime_s", "scheduler runtime (s)", 0, folder, "membatch_fig3")
    lines(table, "makespan_h", "makespan (hours)", 1, folder, "membatch_fig4")
    bars(gpu, table.tasks.max(), folder)
    if table.tasks.max() == 100:
        numbers(compared(table, gpu), folder, "membatch_fig3_to_5")


def compared(table, gpu):
    """Published numbers of 100 tasks beside ours."""
    means = (
        table[table.tasks == 100]
        .groupby("scheduler")
        .agg({"runtime_s": "median", "makespan_h": "mean"})
    )
    remarks = {
        "Baseline ILP": ("separable, so solved at once; the paper's model and solver unknown",
                         "calibrated to 64 h; times vary by 5 %"),
        "FCFS, least loaded first": ("median, on a processor shared with much other work",
                                     "calibrated profiles; node order and queue are inferred"),
        "MemBatch in rounds": ("HiGHS, at most 5 s a round, another computer",
                               "the printed program is ill-posed: penalty and barriers are ours"),
    }  # fmt: skip
    rows = []
    for k, (quantity, column) in enumerate(
        [("scheduler runtime (s)", "runtime_s"), ("makespan (h)", "makespan_h")]
    ):
        rows += [
            (3 + k, f"{quantity}, 100 tasks, {name}", published[k], float(means[column][name]),
             remarks[name][k])
            for name, published in PUBLISHED.items()
        ]  # fmt: skip
    ours = float(means.makespan_h["MemBatch, our default"])
    what = "makespan (h), 100 tasks, our default"
    rows.append((4, what, "not in the paper", ours, "added: area program and polish"))
    use = gpu.groupby("scheduler")["mean"].mean()[list(PUBLISHED)].sort_values()
    order = ", ".join(f"{name} {x:.0f}" for name, x in use.items())
    published = "Baseline ILP, MemBatch, FCFS (no numbers)"
    remark = "mean over devices and makespan; the paper takes the largest of all devices"
    rows.append((5, "GPU use, from lowest to highest (%)", published, order, remark))
    return rows


def lines(table, column: str, label: str, published: int, folder, name: str) -> None:
    """Mean and range over the repetitions against the number of tasks."""
    from matplotlib.lines import Line2D

    figure, ax = panels(1, 1, height=3.8)
    for i, scheduler in enumerate(SCHEDULERS):
        of = table[table.scheduler == scheduler].groupby("tasks")[column]
        mean = of.median() if column == "runtime_s" else of.mean()
        ax.fill_between(mean.index, of.min(), of.max(), color=_style.COLOURS[i], alpha=0.2, lw=0)
        ax.plot(mean.index, mean, label=scheduler, **_style.line(i, len(mean)))
        if scheduler in PUBLISHED and mean.index[-1] == 100:
            style = {"marker": _style.MARKERS[i], "color": _style.COLOURS[i], "mfc": "white"}
            ax.plot(100, PUBLISHED[scheduler][published], ms=8, ls="none", clip_on=False, **style)
    if column == "runtime_s":
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0)
    ax.set(xlim=(0, 1.03 * table.tasks.max()), xlabel="tasks, before splitting", ylabel=label)
    open_mark = {"marker": "o", "mfc": "white", "color": _style.GLASS, "ms": 8, "ls": "none"}
    legend_above(figure, ax, 3, [Line2D([], [], label="published, 100 tasks", **open_mark)])
    middle = "median" if column == "runtime_s" else "mean"
    finish(figure, folder, name, f"Line: {middle} of the repetitions; band: least to most.")


def bars(gpu, tasks: int, folder) -> None:
    """Mean GPU use of every device, its range over repetitions, and the largest at any time."""
    from matplotlib.lines import Line2D

    figure, ax = panels(1, 1, height=3.8)
    devices = list(dict.fromkeys(gpu.device))
    place, width = np.arange(len(devices)), 0.8 / len(SCHEDULERS)
    hatches = ("", "..", "//", "xx")
    for i, name in enumerate(SCHEDULERS):
        of = gpu[gpu.scheduler == name].groupby("device")
        mean, peak = of["mean"].mean()[devices], of["max"].mean()[devices]
        spread = [mean - of["mean"].min()[devices], of["mean"].max()[devices] - mean]
        x = place + (i - (len(SCHEDULERS) - 1) / 2) * width
        ax.bar(x, mean, width, yerr=spread, color=_style.FILLS[i], hatch=hatches[i],
               edgecolor="0.25", lw=0.6, error_kw={"lw": 1}, label=name)  # fmt: skip
        ax.plot(x, peak, ls="none", marker="_", color=_style.GLASS, ms=9)
    ax.set_xticks(place, devices)
    ax.set_ylim(0, 105)
    ax.set_ylabel("GPU use, mean over the makespan (%)")
    mark = Line2D(
        [], [], ls="none", marker="_", color=_style.GLASS, ms=9, label="largest at any time"
    )
    legend_above(figure, ax, 3, [mark])
    caption = f"{tasks} tasks. Thin lines: least to most of the repetitions."
    finish(figure, folder, "membatch_fig5", caption)
