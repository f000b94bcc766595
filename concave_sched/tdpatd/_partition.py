"""Phase 1: cut the graph into parts whose quotient is acyclic."""

from __future__ import annotations

import heapq
import operator

import numpy as np

from ._graph import TaskGraph

BISECTIONS, ROUNDS = 16, 4


def partition(graph: TaskGraph, parts: int, refine: bool = True) -> np.ndarray:
    r"""Cut a task graph into exactly K nonempty parts; no edge goes to a lower part.

    Parts grow along a topological order, the next task being the ready one with the most
    communication from the open part, under a cap on their weight that is bisected to reach at most
    K parts; the heaviest are then cut to reach K. The cap never keeps a single heavy task out of a
    part of its own. `refine` moves tasks between the highest part of their parents and the lowest
    of their children, which cannot close a cycle, while the communication between parts falls.

    Args:
        graph: a `TaskGraph`.
        parts: K, from 1 to n.
        refine: whether to sweep.

    Returns:
        (n,) part of every task, 0 to K - 1, numbered so that part[i] <= part[j] for every edge.

    Raises:
        ValueError: for K outside 1..n.

    Cost: O((n + E) log n) for each of at most 16 bisections; O(n + E) for each of 4 sweeps.

    >>> chain = TaskGraph([1.0, 1.0, 1.0, 1.0], [[0, 1], [1, 2], [2, 3]], [5.0, 1.0, 5.0])
    >>> partition(chain, 2)
    array([0, 0, 1, 1])

    Source: Huang et al. (2021), phase 1, which uses dagP (Herrmann et al. 2019); this is ours.
    """
    from ._list import _position
    from ._partition_kernels import grow, sweep

    parts = _read_count(parts, graph.tasks)
    if parts == graph.tasks:
        return _position(graph.priority_order)
    priority = _position(graph.priority_order)
    low, high = 0.0, float(graph.weights.sum())
    order, cuts = grow(graph.csr, priority, np.inf)
    cap = high
    for step in range(BISECTIONS):
        if cuts.size - 1 == parts:
            break
        middle = high / parts if step == 0 else (low + high) / 2
        found = grow(graph.csr, priority, middle)
        if found[1].size - 1 > parts:
            low = middle
        else:
            high = cap = middle
            order, cuts = found
    cuts = _cut_heaviest(graph.weights[order], cuts, parts)
    part = np.empty(graph.tasks, np.int64)
    part[order] = np.repeat(np.arange(parts), np.diff(cuts))
    if refine:
        sweep(graph.csr, part, parts, cap, ROUNDS)
    return part


def _cut_heaviest(weight: np.ndarray, cuts: np.ndarray, parts: int) -> np.ndarray:
    """Add cuts, each halving the weight of the heaviest run of several tasks."""
    if cuts.size - 1 == parts:
        return cuts
    total = np.concatenate([[0.0], np.cumsum(weight)])
    runs = [
        (total[a] - total[b], int(a), int(b))
        for a, b in zip(cuts[:-1], cuts[1:], strict=True)
        if b - a > 1
    ]
    heapq.heapify(runs)
    added = []
    while cuts.size - 1 + len(added) < parts:
        _, a, b = heapq.heappop(runs)
        half = (total[a] + total[b]) / 2
        middle = int(np.clip(np.searchsorted(total[a : b + 1], half) + a, a + 1, b - 1))
        added.append(middle)
        for c, d in ((a, middle), (middle, b)):
            if d - c > 1:
                heapq.heappush(runs, (total[c] - total[d], c, d))
    return np.sort(np.concatenate([cuts, np.array(added, np.int64)]))


def _read_count(parts, n: int) -> int:
    try:
        parts = operator.index(parts)
    except TypeError:
        raise ValueError(f"parts = {parts!r}: give a whole number of parts.") from None
    if not 1 <= parts <= n:
        raise ValueError(f"parts = {parts}: give a number from 1 to the {n} tasks.")
    return parts


def read_parts(graph: TaskGraph, parts) -> np.ndarray:
    """Parts as numbers 0..K-1 along the edges: cut if a count is given, else checked."""
    if np.ndim(parts) == 0:
        return partition(graph, parts)
    array = np.asarray(parts)
    if array.shape != (graph.tasks,) or array.dtype.kind not in "iu":
        raise ValueError(
            f"parts has shape {array.shape} and type {array.dtype}: give the part of every task, "
            f"({graph.tasks},) integers, or the number of parts."
        )
    if array.min() < 0:
        raise ValueError(f"parts[{array.argmin()}] = {array.min()}: parts are numbered from 0.")
    array = array.astype(np.int64)
    empty = np.flatnonzero(np.bincount(array) == 0)
    if empty.size:
        raise ValueError(f"part {empty[0]} has no task: number the parts without gaps.")
    down = np.flatnonzero(array[graph.edges[:, 0]] > array[graph.edges[:, 1]])
    if down.size:
        i, j = graph.edges[down[0]]
        raise ValueError(
            f"edge ({i}, {j}) goes from part {array[i]} down to part {array[j]}: number the parts "
            "so that no edge goes down (possible exactly if the parts form no cycle)."
        )
    return array
