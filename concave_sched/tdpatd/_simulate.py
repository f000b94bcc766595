"""Explicit sequences to times."""

from __future__ import annotations

import numpy as np

from ._instance import Instance, require_instance
from ._schedule import Schedule, from_rows


def simulate(instance: Instance, sequences, rank=None) -> Schedule:
    """Run the given tasks on every processor in the given order, each as early as it can.

    Args:
        instance: an `Instance`.
        sequences: for each processor, the tasks it runs in order; a task may be on several. Or a
            `Schedule`, whose sequences are run.
        rank: None replays events with a heap, for any sequences. Else (n,) numbers that ascend
            along every edge and every sequence: one forward pass in ascending rank, same times.

    Returns:
        A `Schedule`.

    Raises:
        ValueError: if a task is missing or twice on a processor, the sequences deadlock, or the
            rank does not ascend.

    Cost: O(sum over copies of parents x copies of the parent, + copies log P).

    >>> from concave_sched.tdpatd import TaskGraph
    >>> fork = TaskGraph([1.0, 2.0, 2.0], [[0, 1], [0, 2]], 5.0)
    >>> simulate(Instance(fork, 2), [[0, 1], [0, 2]]).objective  # task 0 runs twice
    3.0

    Source: Huang et al. (2021), Tables 1 and 2 (pat, rst, rct); the minimum over copies is ours.
    """
    require_instance(instance)
    task, offsets = _read_sequences(instance, sequences)
    if rank is None:
        return from_rows(instance, task, offsets, "given sequences")
    from ._simulate_kernels import replay_forward

    graph = instance.graph
    rank = np.asarray(rank, float)
    processor = np.repeat(np.arange(instance.processors), np.diff(offsets))
    inside = processor[1:] == processor[:-1]
    falls = np.flatnonzero(inside & (np.diff(rank[task]) <= 0))
    if falls.size:
        i, j = task[falls[0]], task[falls[0] + 1]
        raise ValueError(
            f"rank[{j}] = {rank[j]} does not exceed rank[{i}] = {rank[i]}, though task {j} runs "
            "after it: give the order of the sequences, or rank=None."
        )
    down = np.flatnonzero(rank[graph.edges[:, 0]] >= rank[graph.edges[:, 1]])
    if down.size:
        i, j = graph.edges[down[0]]
        raise ValueError(f"rank[{j}] = {rank[j]} does not exceed rank[{i}] of its parent {i}.")
    order = np.argsort(rank[task], kind="stable")
    start, end = np.empty(task.size), np.empty(task.size)
    start[order], end[order] = replay_forward(
        graph.csr, instance.processors, task[order], processor[order]
    )
    return Schedule(instance, task, processor, start, end, "given sequences")


def _read_sequences(instance: Instance, sequences):
    n = instance.graph.tasks
    sequences = sequences.sequences if isinstance(sequences, Schedule) else sequences
    try:
        parts = [np.asarray(part).reshape(-1) for part in sequences]
    except (TypeError, ValueError):
        raise ValueError(
            f"sequences is a {type(sequences).__name__}: give one list of tasks per processor, or "
            "a Schedule."
        ) from None
    if len(parts) > instance.processors:
        raise ValueError(
            f"sequences has {len(parts)} rows for {instance.processors} processors: give at "
            "most one row each."
        )
    parts += [np.zeros(0, np.int64)] * (instance.processors - len(parts))
    for p, part in enumerate(parts):
        if part.size and part.dtype.kind not in "iu":
            raise ValueError(f"sequences[{p}] has type {part.dtype}: tasks are whole numbers.")
        parts[p] = part = part.astype(np.int64)
        outside = part[(part < 0) | (part >= n)]
        if outside.size:
            raise ValueError(f"sequences[{p}] has task {outside[0]}: tasks are 0 to {n - 1}.")
        repeated = part[np.bincount(part, minlength=n)[part] > 1]
        if repeated.size:
            raise ValueError(f"sequences[{p}] has task {repeated[0]} twice: once is enough.")
    task = np.concatenate(parts)
    missing = np.setdiff1d(np.arange(n), task)
    if missing.size:
        raise ValueError(f"sequences never run task {missing[0]}: place it on a processor.")
    return task, np.concatenate([[0], np.cumsum([part.size for part in parts])])
