"""Drawings of MemBatch schedules: Gantt charts and GPU use over time."""

from __future__ import annotations

import numpy as np

from . import _style
from ._gantt import gantt

NAMED_TASKS = 40


def plot_schedule(schedule, ax=None):
    """One lane per device, one bar per task, coloured by workload; the makespan as a line."""
    instance = schedule.instance
    names = list(dict.fromkeys(instance.workloads))
    index = {name: k for k, name in enumerate(names)}
    group = np.array([index[name] for name in instance.workloads])
    labels = instance.tasks if len(instance.tasks) <= NAMED_TASKS else None
    ax = gantt(
        schedule.device,
        schedule.start,
        schedule.end,
        group=group,
        labels=labels,
        hatched=instance.averaged,
        lane_names=[device.name for device in instance.devices],
        group_names=names,
        unit="minutes",
        ax=ax,
    )
    ax.axvline(schedule.objective, color=_style.GLASS, lw=1, ls="--")
    ax.set_xlim(0, 1.03 * schedule.objective)
    ax.set_title(f"{schedule.algorithm}: {schedule.objective:.4g} min", loc="left")
    return ax


def plot_utilisation(schedules, ax=None):
    """GPU use averaged over all devices, in per cent against time, for {name: schedule}.

    Example:
        >>> from concave_sched import membatch, plotting
        >>> schedule = membatch.least_loaded_first(membatch.example())
        >>> ax = plotting.plot_utilisation({"FCFS": schedule})
    """
    ax = _style.axes(ax)
    for i, (name, schedule) in enumerate(schedules.items()):
        at, use = mean_gpu_use(schedule)
        ax.step(at / 60, use, where="post", label=name, **_style.line(i, at.size + 50))
    ax.set_xlabel("time (hours)")
    ax.set_ylabel("mean GPU use (% of all devices)")
    ax.set_ylim(0, 105)
    ax.set_xlim(left=0)
    ax.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(schedules))
    return ax


def mean_gpu_use(schedule):
    """(times, per cent): the mean over devices of GPU use, from each time to the next."""
    table = schedule.utilisation_over_time()
    at = np.unique(np.concatenate([table.start, table.end]))
    total = np.zeros(at.size)
    for _, rows in table.groupby("device"):
        rows = rows.sort_values("start")
        current = np.searchsorted(rows.start.to_numpy(), at, side="right") - 1
        total += np.where(at < rows.end.max(), rows.gpu.to_numpy()[current], 0.0)
    return at, total / len(schedule.instance.devices)


def plot_execution(execution, ax=None):
    """What was measured on the cluster: one bar per attempt, lost ones hatched."""
    instance, attempts = execution.instance, execution.attempts
    names = list(dict.fromkeys(instance.workloads))
    workload = dict(zip(instance.tasks, instance.workloads, strict=True))
    lanes = {device.name: j for j, device in enumerate(instance.devices)}
    shown = [a for a in attempts if a.device in lanes]
    ax = gantt(
        [lanes[a.device] for a in shown],
        [a.start / execution.time_scale for a in shown],
        [a.end / execution.time_scale for a in shown],
        group=np.array([names.index(workload[a.task]) for a in shown], int),
        labels=[a.task for a in shown] if len(shown) <= NAMED_TASKS else None,
        hatched=[a.outcome != "done" for a in shown],
        lane_names=list(lanes),
        group_names=names,
        unit="minutes of task time",
        ax=ax,
    )
    ax.set_title(f"measured: {execution.objective:.4g} min", loc="left")
    return ax
