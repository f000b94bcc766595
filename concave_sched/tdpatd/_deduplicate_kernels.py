"""Compiled passes that drop copies. Copies are listed in ascending start, all sequences in it."""

import numpy as np

from ._compiled import compiled, inner
from ._simulate_kernels import copies_by_task, data_arrival


@compiled
def drop_duplicates(graph, processors, task, processor, first_child):
    """Which copies stay when, in order, a copy goes whose data arrive as early from elsewhere."""
    row, listed = copies_by_task(task, graph.weight.size)
    newest, older = np.full(graph.weight.size, -1), np.empty(task.size, np.int64)
    end = np.empty(task.size)
    stays = np.ones(task.size, np.bool_)
    free = np.zeros(processors)
    for c in range(task.size):
        i, p = task[c], processor[c]
        ready = data_arrival(graph, i, p, newest, older, processor, end)
        end[c] = max(free[p], ready) + graph.weight[i]
        other = np.inf  # the first finish of another copy
        d = newest[i]
        while d >= 0:
            other = min(other, end[d])
            d = older[d]
        if other < np.inf:
            cost = _cost_to_readers(graph, c, task, processor, row, listed, first_child)
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


@inner
def _cost_to_readers(graph, c, task, processor, row, listed, first_child):
    """Communication to the children that run later beside copy c: the largest, or the first's.

    -1 if there is none.
    """
    cost, first = -1.0, task.size
    for e in range(graph.child_start[task[c]], graph.child_start[task[c] + 1]):
        j = graph.child[e]
        for k in range(row[j], row[j + 1]):
            d = listed[k]
            if d > c and processor[d] == processor[c]:
                if not first_child:
                    cost = max(cost, graph.child_cost[e])
                elif d < first:
                    first, cost = d, graph.child_cost[e]
    return cost


@compiled
def needed_copies(graph, task, processor, start, end):
    """Which copies stay when only those that some needed copy reads, and one of each exit, do.

    Readers are gone through from the last to the first; of the copies whose data are there in time
    one that is needed anyway is read, else the local one, else the earliest.
    """
    row, listed = copies_by_task(task, graph.weight.size)
    needed = np.zeros(task.size, np.bool_)
    for i in range(graph.weight.size):
        if graph.child_start[i] == graph.child_start[i + 1]:
            needed[listed[row[i]]] = True
    for c in range(task.size - 1, -1, -1):
        if not needed[c]:
            continue
        i, p = task[c], processor[c]
        for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
            j, cost = graph.parent[e], graph.parent_cost[e]
            chosen, rank = -1, 0
            for k in range(row[j], row[j + 1]):
                d = listed[k]
                if d >= c:
                    break
                local = processor[d] == p
                if end[d] + (0.0 if local else cost) <= start[c]:
                    found = 3 if needed[d] else (2 if local else 1)
                    if found > rank:
                        chosen, rank = d, found
            needed[chosen] = True
    return needed
