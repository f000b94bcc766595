"""An independent check of a schedule, from the instance and a table of starts and ends."""

from __future__ import annotations

import numpy as np

RELATIVE = 1e-7


def validate(instance, table, *, durations: bool = True) -> float:
    """Check a schedule in NumPy, apart from the simulator, and return its makespan.

    Every task runs once, for its time on its device (unless `durations` is false: a measured
    execution); the parts of a split task add up to it; at every instant the tasks on a device
    share its memory and GPU.

    Args:
        instance: an `Instance`.
        table: a DataFrame of `task`, `device`, `start` and `end`.

    Raises:
        ValueError: naming the first task or device at fault.

    Cost: O(tasks log tasks).

    >>> import concave_sched.membatch as mb
    >>> i = mb.example()
    >>> round(validate(i, mb.solve(i).to_dataframe()), 6)
    115.0
    """
    missing = {"task", "device", "start", "end"} - set(table.columns)
    if missing:
        raise ValueError(f"table has no column {sorted(missing)[0]!r}.")
    index = {name: i for i, name in enumerate(instance.tasks)}
    devices = {d.name: j for j, d in enumerate(instance.devices)}
    for name, known, kind in (("task", index, "task"), ("device", devices, "device")):
        for value in table[name]:
            if value not in known:
                raise ValueError(f"{kind} {value!r} is not in the instance.")
    i = table["task"].map(index).to_numpy(int)
    j = table["device"].map(devices).to_numpy(int)
    start, end = (table[name].to_numpy(float) for name in ("start", "end"))
    _once(instance, i)
    makespan = float(end.max())
    slack = RELATIVE * makespan
    _times(instance, i, j, start, end, slack, durations)
    for device in range(len(instance.devices)):
        on = j == device
        _capacity(instance, device, i[on], start[on], end[on], slack)
    return makespan


def _once(instance, i):
    runs = np.bincount(i, minlength=len(instance.tasks))
    if (runs != 1).any():
        wrong = int(np.argmax(runs != 1))
        raise ValueError(f"task {instance.tasks[wrong]!r} runs {runs[wrong]} times, not once.")
    parts: dict[str, float] = {}
    for parent, fraction in zip(instance.parents, instance.fractions, strict=True):
        parts[parent] = parts.get(parent, 0.0) + fraction
    for parent, total in parts.items():
        if abs(total - 1) > RELATIVE:
            raise ValueError(f"the parts of task {parent!r} add up to {total:.6g} of it, not 1.")


def _times(instance, i, j, start, end, slack, durations):
    if not (start >= -slack).all() or not np.isfinite(end).all():
        k = int(np.argmin(np.where(np.isfinite(end), start, -np.inf)))
        raise ValueError(f"task {instance.tasks[i[k]]!r} runs from {start[k]} to {end[k]}.")
    off = np.abs(end - start - instance.time[i, j])
    if durations and (off > slack).any():
        k = int(np.argmax(off))
        raise ValueError(
            f"task {instance.tasks[i[k]]!r} runs for {end[k] - start[k]:g} minutes, not "
            f"{instance.time[i[k], j[k]]:g}."
        )


def _capacity(instance, j, i, start, end, slack):
    """The load just after every start: tasks begun and not ended, up to slack in time."""
    by_start, by_end = np.argsort(start, kind="stable"), np.argsort(end, kind="stable")
    begun = np.searchsorted(start[by_start], start + slack, side="right")
    ended = np.searchsorted(end[by_end], start + slack, side="right")
    for name, use, room in (
        ("MB of memory", instance.memory[i, j], instance.device_memory[j]),
        ("per cent of GPU", instance.gpu[i, j], instance.device_gpu[j]),
    ):
        into = np.concatenate([[0.0], np.cumsum(use[by_start])])
        out = np.concatenate([[0.0], np.cumsum(use[by_end])])
        load = into[begun] - out[ended]
        if (load > room * (1 + RELATIVE)).any():
            k = int(np.argmax(load))
            raise ValueError(
                f"device {instance.devices[j].name!r} has {room:g} {name} and {load[k]:g} are "
                f"taken at {start[k]:g} minutes, when task {instance.tasks[i[k]]!r} starts."
            )
