"""Figures 3 to 5 of "MemBatch ILP": scheduler runtime, makespan and GPU use, 5 to 100 tasks.

Calibrated profiles (fits/edge_profiles), the five workloads in turn. Ten repetitions: the plan is
made from the profiles and executed with times that vary by 5 per cent at random (log-normal, a
choice of ours; the paper repeats real runs). FCFS decides online, so it runs on the varied times.
Beside the paper's three schedulers: its integer program in rounds, made well-posed (`rounds`).
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

from concave_sched import membatch
from concave_sched.plotting import _style, save

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


def main(fast: bool, folder: Path) -> None:
    """Write membatch_figure3.pdf, 4 and 5, and the CSV files behind them."""
    folder.mkdir(parents=True, exist_ok=True)
    counts, count = ([5, 20], 2) if fast else ([5, 10, 20, 40, 60, 80, 100], 10)
    rows, use = [], []
    for tasks in counts:
        more, use = repetitions(tasks, count)
        rows += more
    columns = ["tasks", "scheduler", "repetition", "runtime_s", "makespan_h"]
    table = pd.DataFrame(rows, columns=columns)
    gpu = pd.concat(use).assign(tasks=counts[-1])
    table.drop(columns="makespan_h").to_csv(folder / "membatch_figure3.csv", index=False)
    table.drop(columns="runtime_s").round(9).to_csv(folder / "membatch_figure4.csv", index=False)
    gpu.round(9).to_csv(folder / "membatch_figure5.csv", index=False)
    if counts[-1] == 100:
        numbers(table).to_csv(folder / "membatch_sweep_numbers.csv", index=False)
    lines(table, "runtime_s", "scheduler runtime (s)", 0, folder / "membatch_figure3.pdf")
    lines(table, "makespan_h", "makespan (hours)", 1, folder / "membatch_figure4.pdf")
    bars(gpu, counts[-1], folder / "membatch_figure5.pdf")


def numbers(table) -> pd.DataFrame:
    """Published figures of 100 tasks beside ours."""
    means = table[table.tasks == 100].groupby("scheduler")[["runtime_s", "makespan_h"]].mean()
    remark = "calibrated profiles; another computer and solver"
    rows = [
        (figure, f"{quantity}, 100 tasks, {name}", published[k], f"{means[column][name]:.3g}")
        for name, published in PUBLISHED.items()
        for k, (figure, quantity, column) in enumerate(
            [(3, "scheduler runtime (s)", "runtime_s"), (4, "makespan (h)", "makespan_h")]
        )
    ]
    frame = pd.DataFrame(rows, columns=["figure", "quantity", "paper", "ours"])
    return frame.assign(remark=remark)


def lines(table, column: str, label: str, published: int, path: Path) -> None:
    """Mean and range over the repetitions against the number of tasks."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(6.8, 4.4), layout="constrained")
    _style.axes(ax)
    for i, name in enumerate(SCHEDULERS):
        of = table[table.scheduler == name].groupby("tasks")[column]
        mean = of.mean()
        ax.fill_between(mean.index, of.min(), of.max(), color=_style.COLOURS[i], alpha=0.2, lw=0)
        ax.plot(mean.index, mean, label=name, **_style.line(i, len(mean)))
        if name in PUBLISHED:
            ax.plot(
                100,
                PUBLISHED[name][published],
                marker=_style.MARKERS[i],
                color=_style.COLOURS[i],
                mfc="white",
                ms=9,
                ls="none",
                clip_on=False,
            )
    ax.plot([], [], "o", mfc="white", color=_style.GLASS, ms=9, label="published (100 tasks)")
    if column == "runtime_s":
        ax.set_yscale("log")
    else:
        ax.set_ylim(bottom=0)
    ax.set_xlim(0, 103)
    ax.set_xlabel("tasks, before splitting")
    ax.set_ylabel(label)
    figure.legend(loc="outside upper center", ncols=3, frameon=False, fontsize="small")
    save(figure, path.parent, path.stem)


def bars(gpu, tasks: int, path: Path) -> None:
    """Mean GPU use of every device, its range over repetitions, and the largest at any time."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(8.4, 4.4), layout="constrained")
    _style.axes(ax)
    devices = list(dict.fromkeys(gpu.device))
    place, width = np.arange(len(devices)), 0.8 / len(SCHEDULERS)
    for i, name in enumerate(SCHEDULERS):
        of = gpu[gpu.scheduler == name].groupby("device")
        mean, peak = of["mean"].mean()[devices], of["max"].mean()[devices]
        spread = [mean - of["mean"].min()[devices], of["mean"].max()[devices] - mean]
        x = place + (i - (len(SCHEDULERS) - 1) / 2) * width
        fill = _style.FILLS[i]
        ax.bar(x, mean, width, yerr=spread, color=fill, edgecolor="0.25", lw=0.6, label=name)
        ax.plot(x, peak, ls="none", marker="_", color=_style.GLASS, ms=9)
    peak_mark = ax.plot([], [], ls="none", marker="_", color=_style.GLASS, ms=9)[0]
    ax.set_xticks(place, devices)
    ax.set_ylim(0, 105)
    ax.set_ylabel(f"GPU use, mean over the makespan (%), {tasks} tasks")
    handles, names = ax.get_legend_handles_labels()
    figure.legend(
        [*handles, peak_mark],
        [*names, "largest at any time"],
        loc="outside upper center",
        ncols=3,
        frameon=False,
        fontsize="small",
    )
    save(figure, path.parent, path.stem)


if __name__ == "__main__":
    matplotlib.use("Agg")
    main(fast=False, folder=Path(__file__).parent / "output")
