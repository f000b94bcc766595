"""Phase 2: the graph of parts."""

from __future__ import annotations

import numpy as np

from ._graph import TaskGraph
from ._partition import read_parts

RULES = ("max", "sum", "mean")


def cluster(graph: TaskGraph, parts, communication: str = "max") -> TaskGraph:
    """The quotient graph: one task per part.

    The weight of a part is the sum of its tasks' weights. Between two parts goes one edge if any
    edge of the graph crosses, with the largest communication of those that cross; "sum" and "mean"
    are the rules the paper weighs and leaves. With "max", a schedule of parts stays valid when the
    parts are opened, see `map_back`.

    Args:
        graph: a `TaskGraph`.
        parts: (n,) part of every task, see `partition`; or a number of parts.
        communication: "max", "sum" or "mean".

    Raises:
        ValueError: for parts with gaps or edges that go down, and unknown rules.

    >>> g = TaskGraph([1.0, 2.0, 3.0, 4.0], [[0, 2], [1, 2], [1, 3]], [5.0, 7.0, 6.0])
    >>> q = cluster(g, [0, 0, 1, 1])
    >>> q.weights, q.edges, q.communication
    (array([3., 7.]), array([[0, 1]]), array([7.]))

    Source: Huang et al. (2021), "Partition and clustering", rule 3.
    """
    if communication not in RULES:
        raise ValueError(f"communication = {communication!r}: choose {', '.join(RULES)}.")
    parts = read_parts(graph, parts)
    count = int(parts.max()) + 1
    ends = parts[graph.edges]
    crossing = ends[:, 0] != ends[:, 1]
    key = ends[crossing, 0] * count + ends[crossing, 1]
    pairs, group = np.unique(key, return_inverse=True)
    cost = graph.communication[crossing]
    if communication == "max":
        merged = np.zeros(pairs.size)
        np.maximum.at(merged, group, cost)
    else:
        merged = np.bincount(group, cost, pairs.size).astype(float)
        if communication == "mean":
            merged /= np.bincount(group, minlength=pairs.size)
    weights = np.bincount(parts, graph.weights, count)
    return TaskGraph(weights, np.stack([pairs // count, pairs % count], 1), merged)
