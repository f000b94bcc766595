"""Compiled passes that drop copies. Copies are listed in ascending start, all sequences in it."""

import numpy as np

from ._compiled import compiled
from ._simulate_kernels import data_arrival


@compiled
def _copies_of(task, n):
    """Rows of copies by task, in listed order: (start, copy)."""
    start = np.zeros(n + 1, np.int64)
    for i in task:
        start[i + 1] += 1
    start = np.cumsum(start)
    fill, copies = start.copy(), np.empty(task.size, np.int64)
    for c in range(task.size):
        copies[fill[task[c]]] = c
        fill[task[c]] += 1
    return start, copies


@compiled
def drop_duplicates(graph, processors, task, processor, first_child):
    """Which copies stay when, in order, a copy goes whose data arrive as early from elsewhere."""
    n, count = graph.weight.size, task.size
    rows, copies = _copies_of(task, n)
    stays = np.ones(count, np.bool_)
    newest, older, end = np.full(n, -1), np.full(count, -1), np.empty(count)
    free = np.zeros(processors)
    for c in range(count):
        i, p = task[c], processor[c]
        ready = data_arrival(graph, i, p, newest, older, processor, end)
        end[c] = max(free[p], ready) + graph.weight[i]
        other = np.inf
        d = newest[i]
        while d >= 0:
            other = min(other, end[d])
            d = older[d]
        if other < np.inf:
            cost, first = -1.0, count
            for e in range(graph.child_start[i], graph.child_start[i + 1]):
                j = graph.child[e]
                for k in range(rows[j], rows[j + 1]):
                    d = copies[k]
                    if d > c and processor[d] == p:
                        if not first_child:
                            cost = max(cost, graph.child_cost[e])
                        elif d < first:
                            first, cost = d, graph.child_cost[e]
            if cost < 0.0:
                stays[c] = False  # nobody on p uses it, and it is not the first to finish
            elif first_child:
                stays[c] = end[c] <= other + cost
            else:
                stays[c] = end[c] < other + cost
        if stays[c]:
            free[p] = end[c]
            older[c] = newest[i]
            newest[i] = c
    return stays


@compiled
def needed_copies(graph, task, processor, start, end):
    """Which copies stay when only those that some needed copy reads, and one of each exit, do.

    Readers are gone through from the last to the first; of the copies whose data are there in time
    one that is needed anyway is read, else the local one, else the earliest.
    """
    n, count = graph.weight.size, task.size
    rows, copies = _copies_of(task, n)
    needed = np.zeros(count, np.bool_)
    for i in range(n):
        if graph.child_start[i] == graph.child_start[i + 1]:
            needed[copies[rows[i]]] = True
    for c in range(count - 1, -1, -1):
        if not needed[c]:
            continue
        i, p = task[c], processor[c]
        for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
            j, cost = graph.parent[e], graph.parent_cost[e]
            chosen, rank = -1, 0
            for k in range(rows[j], rows[j + 1]):
                d = copies[k]
                if d >= c:
                    break
                local = processor[d] == p
                if end[d] + (0.0 if local else cost) <= start[c]:
                    found = 3 if needed[d] else (2 if local else 1)
                    if found > rank:
                        chosen, rank = d, found
            needed[chosen] = True
    return needed
