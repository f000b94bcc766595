"""A plan: which device runs which task, in which order, and not before when."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Plan:
    """What a scheduler decides; `simulate` says what comes of it.

    Attributes:
        device: (tasks,) index of the device of each task.
        order: (tasks,) all task indices; each device takes its own in this order.
        release: (tasks,) earliest starts: when an online policy decided, or a barrier. 0 if None.

    >>> Plan([0, 1, 0], [2, 0, 1]).release
    array([0., 0., 0.])
    """

    device: Any
    order: Any
    release: Any = None

    def __post_init__(self):
        device = np.array(self.device, np.int64)
        release = np.zeros(device.size) if self.release is None else np.array(self.release, float)
        order = np.array(self.order, np.int64)
        for name, value in (("device", device), ("order", order), ("release", release)):
            object.__setattr__(self, name, value)

    @classmethod
    def by_start(cls, device, start, release=None) -> Plan:
        """The plan whose queues follow these start times; ties in the order of the tasks."""
        return cls(device, np.argsort(start, kind="stable"), release)


def read_plan(instance, plan) -> Plan:
    """A checked Plan from a Plan, a schedule, a table, or a dict {task: device}."""
    if hasattr(plan, "plan"):
        plan = plan.plan
    if not isinstance(plan, Plan):
        plan = _from_table(instance, plan)
    count = len(instance.tasks)
    for name in ("device", "order", "release"):
        if (shape := getattr(plan, name).shape) != (count,):
            raise ValueError(f"plan.{name} has shape {shape}: the instance has {count} tasks.")
    if (np.sort(plan.order) != np.arange(count)).any():
        raise ValueError(f"plan.order has to name each of the {count} tasks once.")
    if bad := np.flatnonzero((plan.device < 0) | (plan.device >= len(instance.devices))).tolist():
        raise ValueError(
            f"plan.device[{bad[0]}] = {plan.device[bad[0]]}: there are devices 0 to "
            f"{len(instance.devices) - 1}."
        )
    if not (np.isfinite(plan.release) & (plan.release >= 0)).all():
        raise ValueError("plan.release: give finite times of 0 or more.")
    misplaced = np.flatnonzero(~instance.fits[np.arange(count), plan.device])
    if misplaced.size:
        i = int(misplaced[0])
        j = int(plan.device[i])
        raise ValueError(
            f"plan puts task {instance.tasks[i]!r} ({instance.memory[i, j]:g} MB, "
            f"{instance.gpu[i, j]:g} %) on {instance.devices[j].name!r}, where it never fits: "
            "choose a device at which instance.fits is true."
        )
    return plan


def _from_table(instance, table) -> Plan:
    """From {task: device}, or rows of task and device, sorted by start where that is given."""
    if hasattr(table, "columns"):
        missing = [name for name in ("task", "device") if name not in table.columns]
        if missing:
            raise ValueError(f"plan has no column {missing[0]!r}; it has {list(table.columns)}.")
        start = table["start"] if "start" in table.columns else np.zeros(len(table))
        rows = sorted(
            zip(table["task"], table["device"], start, strict=True), key=lambda row: row[2]
        )
    elif isinstance(table, Mapping):
        rows = [(task, device, 0.0) for task, device in table.items()]
    else:
        raise ValueError(
            f"plan = {table!r}: give a Plan, a schedule, a dict {{task: device}}, or a table with "
            "the columns task and device."
        )
    tasks = {name: i for i, name in enumerate(instance.tasks)}
    devices = {d.name: j for j, d in enumerate(instance.devices)}
    chosen = np.full(len(tasks), -1)
    order = []
    for task, device, _ in rows:
        if task not in tasks or device not in devices:
            raise ValueError(f"plan: {task!r} on {device!r}: no such task or device.")
        if chosen[tasks[task]] >= 0:
            raise ValueError(f"plan: task {task!r} occurs twice; give it one device.")
        chosen[tasks[task]] = devices[device]
        order.append(tasks[task])
    if (chosen < 0).any():
        missing = instance.tasks[int(np.argmin(chosen))]
        raise ValueError(f"plan: task {missing!r} has no device; give every task one.")
    return Plan(chosen, order)
