"""Compiled list scheduling with duplication (DSH): copies of late parents go into idle time."""

import numpy as np

from ._compiled import compiled, inner
from ._simulate_kernels import arrival, data_arrival

DEPTH = 24  # longest trail of ancestors tried at once
FEW = 32  # up to here every processor is tried


@inner
def latest_parent(graph, i, p, newest, older, processor, end):
    """The parent whose data reach p last, -1 if there is none, and that time."""
    parent, latest = np.int64(-1), 0.0
    for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
        j = graph.parent[e]
        time = arrival(graph.parent_cost[e], j, p, newest, older, processor, end)
        if parent < 0 or time > latest:
            parent, latest = j, time
    return parent, latest


@inner
def is_on(j, p, newest, older, processor):
    """Whether task j has a copy on p."""
    c = newest[j]
    while c >= 0:
        if processor[c] == p:
            return True
        c = older[c]
    return False


@inner
def append(i, p, time, graph, task, processor, start, end, newest, older, count):
    """Add a copy to the lists and return the new number of copies."""
    task[count], processor[count] = i, p
    start[count], end[count] = time, time + graph.weight[i]
    older[count] = newest[i]
    newest[i] = count
    return count + 1


@inner
def drop_from(kept, task, newest, older, count):
    """Undo all copies from number `kept` on."""
    for c in range(count - 1, kept - 1, -1):
        newest[task[c]] = older[c]
    return kept


@inner
def start_with_copies(graph, i, p, free, task, processor, start, end, newest, older, count):
    """Earliest start of i on p with copies of ancestors in the idle time before it; they are added.

    While one remote parent alone is late, try its trail: that parent, its own latest remote
    parent, and so on, the trail of the length that lets i start earliest. Keep what helps.
    """
    trail = np.empty(DEPTH, np.int64)
    ready = data_arrival(graph, i, p, newest, older, processor, end)
    while ready > free:
        length, j = 0, i
        late, _ = latest_parent(graph, j, p, newest, older, processor, end)
        while length < DEPTH and late >= 0 and not is_on(late, p, newest, older, processor):
            trail[length] = late
            length += 1
            j = late
            late, time = latest_parent(graph, j, p, newest, older, processor, end)
            if time <= free:
                break
        best, best_ready = 0, ready
        for used in range(1, length + 1):
            kept = count
            now = free
            for k in range(used - 1, -1, -1):
                begin = max(now, data_arrival(graph, trail[k], p, newest, older, processor, end))
                count = append(
                    trail[k], p, begin, graph, task, processor, start, end, newest, older, count
                )
                now = end[count - 1]
                if now >= best_ready:
                    break
            if now < best_ready:
                late = data_arrival(graph, i, p, newest, older, processor, end)
                if max(now, late) < best_ready:
                    best, best_ready = used, max(now, late)
            count = drop_from(kept, task, newest, older, count)
        if best == 0:
            break
        for k in range(best - 1, -1, -1):
            begin = max(free, data_arrival(graph, trail[k], p, newest, older, processor, end))
            count = append(
                trail[k], p, begin, graph, task, processor, start, end, newest, older, count
            )
            free = end[count - 1]
        ready = data_arrival(graph, i, p, newest, older, processor, end)
    return max(free, ready), count


@compiled
def duplicate_list(graph, order, processors):
    """(task, processor) of the copies, in the order they were placed, and the makespan.

    Tasks in the given topological order to the processor where each starts earliest with copies.
    Of several empty processors one is tried; beyond FEW processors only those that hold copies of
    parents, the earliest free one and one empty.
    """
    n = graph.weight.size
    size = 4 * n + 64
    task, processor = np.empty(size, np.int64), np.empty(size, np.int64)
    start, end = np.empty(size), np.empty(size)
    newest, older = np.full(n, -1), np.empty(size, np.int64)
    free, used = np.zeros(processors), np.zeros(processors, np.bool_)
    wanted = np.ones(processors, np.bool_)
    count = np.int64(0)
    for i in order:
        if count + n + DEPTH + 1 > size:  # one task adds at most every ancestor once
            size = 2 * size
            task, processor = _longer(task, size), _longer(processor, size)
            start, end, older = _longer(start, size), _longer(end, size), _longer(older, size)
        if processors > FEW:
            wanted[:] = False
            wanted[np.argmin(free)] = True
            for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
                c = newest[graph.parent[e]]
                while c >= 0:
                    wanted[processor[c]] = True
                    c = older[c]
        best, best_start, seen_empty = np.int64(-1), np.inf, False
        for p in range(processors):
            empty = not used[p]
            if (empty and seen_empty) or not (empty or wanted[p]) or free[p] >= best_start:
                continue
            seen_empty = seen_empty or empty
            time, after = start_with_copies(
                graph, i, p, free[p], task, processor, start, end, newest, older, count
            )
            drop_from(count, task, newest, older, after)
            if time < best_start:
                best, best_start = p, time
        best_start, count = start_with_copies(
            graph, i, best, free[best], task, processor, start, end, newest, older, count
        )
        count = append(
            i, best, best_start, graph, task, processor, start, end, newest, older, count
        )
        free[best], used[best] = end[count - 1], True
    return task[:count], processor[:count], free.max()


@inner
def _longer(array, size) -> np.ndarray:
    longer = np.empty(size, array.dtype)
    longer[: array.size] = array
    return longer
