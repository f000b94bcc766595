"""Compiled replays of a schedule: by event heap, and by one forward pass over an ordered list."""

import heapq
from typing import Any

import numpy as np

from ._compiled import compiled, inner

# The innermost loops take arrays, not `Copies`: compiled code is up to twice as fast so.


@inner
def arrival(cost, j, p, newest, older, processor, end):
    """Earliest arrival on p of the data of task j, over its copies linked so far; inf if none."""
    earliest = np.inf
    c = newest[j]
    while c >= 0:
        time = end[c] if processor[c] == p else end[c] + cost
        earliest = min(earliest, time)
        c = older[c]
    return earliest


@inner
def data_arrival(graph, i, p, newest, older, processor, end):
    """Earliest time at which the data of all parents of i are on p; inf if one has no copy."""
    latest = 0.0
    for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
        j, cost = graph.parent[e], graph.parent_cost[e]
        latest = max(latest, arrival(cost, j, p, newest, older, processor, end))
    return latest


@inner
def copies_by_task(task, n):
    """(start, copy): the copies of task i are copy[start[i] : start[i + 1]], in listed order."""
    start = np.zeros(n + 1, np.int64)
    for i in task:
        start[i + 1] += 1
    for i in range(n):
        start[i + 1] += start[i]
    filled, copy = start.copy(), np.empty(task.size, np.int64)
    for c in range(task.size):
        copy[filled[task[c]]] = c
        filled[task[c]] += 1
    return start, copy


@compiled
def replay_events(graph, offsets, task):
    """(start, end) of the copies of per-processor sequences; NaN for those in a deadlock.

    Copies offsets[p] : offsets[p + 1] run on p in this order. Whenever a copy finishes, the next
    one of its processor, and those that waited for its data, are started.
    """
    n, processors = graph.weight.size, offsets.size - 1
    processor = np.empty(task.size, np.int64)
    for p in range(processors):
        processor[offsets[p] : offsets[p + 1]] = p
    start, end = np.full(task.size, np.nan), np.full(task.size, np.nan)
    newest, older = np.full(n, -1), np.empty(task.size, np.int64)
    row, readers = copies_by_task(task, n)
    missing = np.empty(n, np.int64)  # parents without a finished copy
    for i in range(n):
        missing[i] = graph.parent_start[i + 1] - graph.parent_start[i]
    head, free = offsets[:-1].copy(), np.zeros(processors)
    running = np.zeros(processors, np.bool_)
    events = [(0.0, np.int64(-1))]
    events.pop()
    to_try: list[Any] = list(range(processors))
    while True:
        while to_try:
            p = to_try.pop()
            c = head[p]
            if running[p] or c == offsets[p + 1] or missing[task[c]]:
                continue
            ready = data_arrival(graph, task[c], p, newest, older, processor, end)
            start[c] = max(free[p], ready)
            running[p] = True
            heapq.heappush(events, (start[c] + graph.weight[task[c]], c))
        if not events:
            return start, end
        time, c = heapq.heappop(events)
        i, p = task[c], processor[c]
        end[c], free[p], running[p] = time, time, False
        head[p] += 1
        to_try.append(p)
        if newest[i] < 0:
            for e in range(graph.child_start[i], graph.child_start[i + 1]):
                j = graph.child[e]
                missing[j] -= 1
                if missing[j] == 0:
                    for k in range(row[j], row[j + 1]):
                        to_try.append(processor[readers[k]])
        older[c] = newest[i]
        newest[i] = c


@compiled
def replay_forward(graph, processors, task, processor):
    """(start, end) of copies given in one global order; inf from where a parent has no copy yet.

    Exact where every copy is listed after all copies of its parents. A copy listed before other
    copies of a parent cannot use those, so otherwise the times are ones that can be kept.
    """
    start, end = np.empty(task.size), np.empty(task.size)
    newest, older = np.full(graph.weight.size, -1), np.empty(task.size, np.int64)
    free = np.zeros(processors)
    for c in range(task.size):
        i, p = task[c], processor[c]
        start[c] = max(free[p], data_arrival(graph, i, p, newest, older, processor, end))
        end[c] = free[p] = start[c] + graph.weight[i]
        older[c] = newest[i]
        newest[i] = c
    return start, end
