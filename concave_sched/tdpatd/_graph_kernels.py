"""Compiled passes over a graph: topological order, a cycle, levels."""

import numpy as np

from ._compiled import compiled


@compiled
def topological_order(child_start, child, in_degree):
    """Tasks, parents first, in order of becoming ready; shorter than the graph if it is cyclic."""
    n = in_degree.size
    left = in_degree.copy()
    order = np.empty(n, np.int64)
    filled = 0
    for i in range(n):
        if left[i] == 0:
            order[filled] = i
            filled += 1
    done = 0
    while done < filled:
        i = order[done]
        done += 1
        for e in range(child_start[i], child_start[i + 1]):
            j = child[e]
            left[j] -= 1
            if left[j] == 0:
                order[filled] = j
                filled += 1
    return order[:filled]


@compiled
def find_cycle(parent_start, parent, ordered):
    """A cycle among the tasks that no topological order reaches: walk parents until one repeats."""
    n = ordered.size
    seen_at = np.full(n, -1, np.int64)
    i = 0
    while ordered[i]:
        i += 1
    path = np.empty(n + 1, np.int64)
    length = 0
    while seen_at[i] < 0:
        seen_at[i] = length
        path[length] = i
        length += 1
        for e in range(parent_start[i], parent_start[i + 1]):
            if not ordered[parent[e]]:
                i = parent[e]
                break
    return path[seen_at[i] : length][::-1].copy()


@compiled
def bottom_levels(graph, with_communication):
    """Longest path from the start of each task to the end of the graph."""
    level = np.zeros(graph.weight.size)
    for k in range(graph.order.size - 1, -1, -1):
        i = graph.order[k]
        longest = 0.0
        for e in range(graph.child_start[i], graph.child_start[i + 1]):
            cost = graph.child_cost[e] if with_communication else 0.0
            longest = max(longest, cost + level[graph.child[e]])
        level[i] = longest + graph.weight[i]
    return level


@compiled
def depths(graph):
    """Edges on the longest path from an entry task to each task."""
    depth = np.zeros(graph.weight.size, np.int64)
    for i in graph.order:
        for e in range(graph.child_start[i], graph.child_start[i + 1]):
            j = graph.child[e]
            depth[j] = max(depth[j], depth[i] + 1)
    return depth
