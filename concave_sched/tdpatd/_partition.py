"""Phase 1: cut the graph into parts whose quotient is acyclic."""

from __future__ import annotations

import heapq
import operator

import numpy as np

from ._graph import TaskGraph

BISECTIONS, ROUNDS = 24, 4
GROWTHS = ("levels", "trails")


def partition(
    graph: TaskGraph, parts: int, growth: str = "best", refine: bool | None = None
) -> np.ndarray:
    r"""Cut a task graph into exactly K nonempty parts; no edge goes to a lower part.

    Tasks are gone through in descending bottom level. With growth "levels" each joins the newest
    part, so parts are slices of bottom levels; with "trails" first the highest part among its
    parents', so parts follow edges. A part of several tasks has a weight under a cap, which is
    bisected to reach at most K parts; the heaviest are then halved to reach K. `refine` moves tasks
    between the highest part of their parents and the lowest of their children, which cannot close
    a cycle, while the communication between parts falls.

    Args:
        graph: a `TaskGraph`.
        parts: K, from 1 to n.
        growth: "levels", "trails", or "best": the one whose graph of parts has the shorter
            longest path, communication included. That length decides how much can still run side
            by side: parts that span several levels make the graph of parts nearly a chain.
        refine: whether to sweep; None tries both in the same way.

    Returns:
        (n,) part of every task, 0 to K - 1, numbered so that part[i] <= part[j] for every edge.

    Raises:
        ValueError: for K outside 1..n, or an unknown growth.

    Cost: O(n + E) for each of at most 24 bisections and 4 sweeps, O(n log n + E log E) in all.

    >>> chain = TaskGraph([1.0, 1.0, 1.0, 1.0], [[0, 1], [1, 2], [2, 3]], [5.0, 1.0, 5.0])
    >>> partition(chain, 2)
    array([0, 0, 1, 1])

    Source: Huang et al. (2021), phase 1, which uses dagP (Herrmann et al. 2019); this is ours.
    """
    from ._list import _position

    parts = _read_count(parts, graph.tasks)
    if growth not in (*GROWTHS, "best"):
        raise ValueError(f"growth = {growth!r}: choose 'levels', 'trails' or 'best'.")
    if parts == graph.tasks:
        return _position(graph.priority_order)
    if parts == 1:
        return np.zeros(graph.tasks, np.int64)
    candidates = []
    for rule in GROWTHS if growth == "best" else (growth,):
        part, cap = _grow(graph, parts, rule == "trails")
        if refine is not True:
            candidates.append(part)
        if refine is not False:
            candidates.append(_refined(graph, part, parts, cap))
    if len(candidates) == 1:
        return candidates[0]
    return min(candidates, key=lambda part: _longest_path(graph, part, parts))


def _grow(graph: TaskGraph, parts: int, follow: bool) -> tuple[np.ndarray, float]:
    """Exactly `parts` parts, and the cap they kept to before the heaviest were halved."""
    from ._partition_kernels import grow

    order = graph.priority_order
    total = float(graph.weights.sum())
    low, high, part, found = 0.0, np.inf, np.zeros(graph.tasks, np.int64), 1
    middle = total / parts
    for _ in range(BISECTIONS):
        tried, count = grow(graph.csr, order, middle, follow)
        if count > parts:
            low = middle
        else:
            high, part, found = middle, tried, count
        if found == parts:
            break
        middle = (low + high) / 2 if high < np.inf else 1.5 * middle
    by_part = order[np.argsort(part[order], kind="stable")]
    cuts = np.concatenate([[0], np.cumsum(np.bincount(part, minlength=found))])
    cuts = _cut_heaviest(graph.weights[by_part], cuts, parts)
    part = np.empty(graph.tasks, np.int64)
    part[by_part] = np.repeat(np.arange(parts), np.diff(cuts))
    return part, min(high, total)


def _refined(graph: TaskGraph, part: np.ndarray, parts: int, cap: float) -> np.ndarray:
    from ._partition_kernels import sweep

    part = part.copy()
    sweep(graph.csr, part, parts, cap, ROUNDS)
    return part


def _longest_path(graph: TaskGraph, part: np.ndarray, parts: int) -> float:
    """Longest path of the graph of parts, with the largest communication between two parts."""
    from ._partition_kernels import longest_path

    order = graph.priority_order
    by_part = order[np.argsort(part[order], kind="stable")]
    return longest_path(graph.csr, part, parts, by_part)


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
