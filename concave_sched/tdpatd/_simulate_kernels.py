"""Compiled replays of a schedule: by event heap, and by one forward pass over an ordered list."""

import heapq
from typing import Any

import numpy as np

from ._compiled import compiled


@compiled
def arrival(cost, j, p, newest, older, processor, end):
    """Earliest arrival on p of the data of task j, over its copies listed so far; inf if none."""
    earliest = np.inf
    c = newest[j]
    while c >= 0:
        time = end[c] if processor[c] == p else end[c] + cost
        earliest = min(earliest, time)
        c = older[c]
    return earliest


@compiled
def data_arrival(graph, i, p, newest, older, processor, end):
    """Earliest time at which the data of all parents of i are on p; inf if one has no copy."""
    latest = 0.0
    for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
        j, cost = graph.parent[e], graph.parent_cost[e]
        latest = max(latest, arrival(cost, j, p, newest, older, processor, end))
    return latest


@compiled
def replay_events(graph, offsets, task):
    """(start, end) of the copies of per-processor sequences; NaN for those in a deadlock.

    Copies offsets[p] : offsets[p + 1] run on p in this order. Whenever a copy finishes, the next
    one of its processor, and those that waited for its data, are started.
    """
    count = task.size
    processor = np.empty(count, np.int64)
    for p in range(offsets.size - 1):
        processor[offsets[p] : offsets[p + 1]] = p
    copy_start = np.zeros(graph.weight.size + 1, np.int64)
    for i in task:
        copy_start[i + 1] += 1
    copy_start = np.cumsum(copy_start)
    copies, fill = np.empty(count, np.int64), copy_start.copy()
    for c in range(count):
        copies[fill[task[c]]] = c
        fill[task[c]] += 1
    start, end = np.full(count, np.nan), np.full(count, np.nan)
    newest, older = np.full(graph.weight.size, -1), np.full(count, -1)
    missing = np.diff(graph.parent_start)
    head, free = offsets[:-1].copy(), np.zeros(offsets.size - 1)
    running = np.zeros(offsets.size - 1, np.bool_)
    events = [(0.0, np.int64(-1))]
    events.pop()
    to_try: list[Any] = list(range(offsets.size - 1))
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
                    for k in range(copy_start[j], copy_start[j + 1]):
                        to_try.append(processor[copies[k]])
        older[c] = newest[i]
        newest[i] = c


@compiled
def replay_forward(graph, processors, task, processor):
    """(start, end) of copies given in one global order; inf from where a parent has no copy yet.

    Exact where every copy is listed after all copies of its parents. A copy listed before other
    copies of a parent cannot use those, so otherwise the times are ones that can be kept.
    """
    count = task.size
    start, end = np.empty(count), np.empty(count)
    newest, older = np.full(graph.weight.size, -1), np.full(count, -1)
    free = np.zeros(processors)
    for c in range(count):
        i, p = task[c], processor[c]
        ready = data_arrival(graph, i, p, newest, older, processor, end)
        start[c] = max(free[p], ready)
        end[c] = start[c] + graph.weight[i]
        free[p] = end[c]
        older[c] = newest[i]
        newest[i] = c
    return start, end
