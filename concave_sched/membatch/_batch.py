"""Memory-aware batches: consecutive tasks that the cluster's memory holds at once."""

from __future__ import annotations

import numpy as np


def batch(instance, limit: float | None = None) -> list[np.ndarray]:
    """Cut the tasks, in order of arrival, into batches of at most the cluster's memory.

    As printed, Algorithm 1 opens with an empty batch when the first task alone exceeds the limit,
    and plans a task that can never run; here both are excluded.

    Args:
        instance: an `Instance`, usually after `split`. Where a task's memory differs by device,
            the largest counts.
        limit: MB; the sum of all devices' memory by default.

    Returns:
        Arrays of task indices, to be used with `instance.subset`.

    Raises:
        ValueError: naming a task that alone exceeds the limit.

    Cost: O(tasks).

    >>> import concave_sched.membatch as mb
    >>> [part.tolist() for part in batch(mb.example(), limit=5000)]
    [[0, 1, 2, 3], [4]]

    Source: MemBatch ILP, Algorithm 1.
    """
    limit = float(instance.device_memory.sum()) if limit is None else float(limit)
    memory = instance.memory.max(1)
    over = np.flatnonzero(~(memory <= limit * (1 + 1e-9)))
    if over.size:
        i = int(over[0])
        raise ValueError(
            f"task {instance.tasks[i]!r} needs {memory[i]:g} MB, more than the limit of a batch, "
            f"{limit:g} MB: split it first, membatch.split(instance), or raise the limit."
        )
    batches, used = [[]], 0.0
    for i, need in enumerate(memory):
        if batches[-1] and used + need > limit * (1 + 1e-9):
            batches.append([])
            used = 0.0
        batches[-1].append(i)
        used += need
    return [np.array(part, np.int64) for part in batches]
