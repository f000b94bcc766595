"""Split tasks whose memory exceeds a threshold into parts that fit."""

from __future__ import annotations

import numpy as np

from .._checks import require


def split(
    instance,
    threshold: float | None = None,
    parts: str = "fill",
    *,
    time_exponent: float = 1.0,
    memory_exponent: float = 1.0,
    gpu_exponent: float = 0.0,
):
    r"""The instance with every task of more memory than the threshold cut into parts.

    A part phi of a task takes phi^a of its time, phi^b of its memory and phi^c of its GPU share;
    by default a = b = 1 and c = 0: half the data, half the time and memory, the same share. "fill"
    makes parts of exactly the threshold and a remainder, "equal" the same number of equal parts.

    Args:
        instance: an `Instance`. Where a task's memory differs by device, the largest counts.
        threshold: MB; the smallest device's memory by default.
        parts: "fill" or "equal".
        time_exponent, memory_exponent, gpu_exponent: a, b, c.

    Returns:
        A new `Instance`; part k of task t is named "t.k", `parents` and `fractions` say of what.

    Raises:
        ValueError: on bad arguments, or if a part still fits no device, naming its task.

    Cost: O(parts x devices).

    >>> import concave_sched.membatch as mb
    >>> whole = mb.example(split=False)
    >>> parts = split(whole)
    >>> parts.tasks
    ('number', 'fashion', 'cifar', 'chest.0', 'chest.1')
    >>> parts.time[3:, -1].round(6)
    array([69., 54.])

    Source: MemBatch ILP, Section III-C.2; the scaling laws and the two rules are ours.
    """
    if parts not in ("fill", "equal"):
        raise ValueError(f"parts = {parts!r}: choose fill or equal.")
    threshold = float(instance.device_memory.min()) if threshold is None else float(threshold)
    require("threshold", threshold, lambda x: x > 0, "give a memory in MB above 0.")
    require("memory_exponent", memory_exponent, lambda x: x > 0, "smaller parts need less memory.")
    columns = {name: [] for name in ("task", "workload", "parent", "row", "share")}
    for i, whole in enumerate(instance.memory.max(1)):
        shares = _shares(whole, threshold, parts, memory_exponent)
        names = [instance.tasks[i]]
        if len(shares) > 1:
            names = [f"{instance.tasks[i]}.{k}" for k in range(len(shares))]
        columns["task"] += names
        columns["workload"] += [instance.workloads[i]] * len(shares)
        columns["parent"] += [instance.parents[i]] * len(shares)
        columns["row"] += [i] * len(shares)
        columns["share"] += shares
    if len(set(columns["task"])) < len(columns["task"]):
        raise ValueError('tasks: the name of a part, "task.k", is taken; rename the tasks.')
    row, share = np.array(columns["row"]), np.array(columns["share"])
    numbers = (
        instance.time[row] * share[:, None] ** time_exponent,
        np.minimum(instance.gpu[row] * share[:, None] ** gpu_exponent, 100.0),
        instance.memory[row] * share[:, None] ** memory_exponent,
    )
    made = instance._derive(
        columns["task"],
        columns["workload"],
        columns["parent"],
        numbers,
        instance.averaged[row],
        instance.fractions[row] * share,
    )
    stuck = np.flatnonzero(~made.fits.any(1))
    if stuck.size:
        i = int(stuck[0])
        raise ValueError(
            f"task {made.parents[i]!r} fits no device even after splitting: its part "
            f"{made.tasks[i]!r} needs {made.memory[i].min():g} MB and a GPU share of "
            f"{made.gpu[i].min():g}. Lower the threshold ({threshold:g} MB) or add a device."
        )
    return made


def _shares(memory: float, threshold: float, parts: str, exponent: float) -> list[float]:
    """Parts of a whole: threshold-sized ones and a remainder, or as many equal ones."""
    if memory <= threshold * (1 + 1e-9):
        return [1.0]
    full = (threshold / memory) ** (1 / exponent)
    count = int(np.ceil(1 / full - 1e-9))
    if parts == "equal":
        return [1 / count] * count
    return [full] * (count - 1) + [1 - full * (count - 1)]
