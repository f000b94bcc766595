"""Compiled list schedulers. All return copies in the order they were placed: (task, processor).

`part` gives every task a part whose first task pins it to a processor; parts of their own (one
task each) pin nothing.
"""

import heapq
from typing import Any

import numpy as np

from ._compiled import compiled


@compiled
def remote_and_enabling(graph, i, processor, end):
    """Latest arrival if all data travel, the processor where it is earlier, the arrival there.

    Only the processor that holds every parent with the latest arrival sees an earlier one.
    """
    latest, enabling = 0.0, -1
    for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
        j = graph.parent[e]
        time = end[j] + graph.parent_cost[e]
        if enabling < 0 or time > latest:
            latest, enabling = time, processor[j]
    there = 0.0
    for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
        j = graph.parent[e]
        local = processor[j] == enabling
        there = max(there, end[j] if local else end[j] + graph.parent_cost[e])
    return latest, enabling, there


@compiled
def highest_level_first(graph, order, processors, part):
    """Tasks in the given order to the processor where each starts earliest."""
    n = graph.weight.size
    processor, end = np.empty(n, np.int64), np.empty(n)
    free = np.zeros(processors)
    pinned = np.full(n, -1)
    for i in order:
        latest, enabling, there = remote_and_enabling(graph, i, processor, end)
        best = pinned[part[i]]
        if best < 0:
            earliest = np.inf
            for p in range(processors):
                time = max(free[p], there if p == enabling else latest)
                if time < earliest:
                    best, earliest = p, time
            pinned[part[i]] = best
        ready = there if best == enabling else latest
        end[i] = max(free[best], ready) + graph.weight[i]
        free[best] = end[i]
        processor[i] = best
    return order, processor[order]


@compiled
def first_in_first_out(graph, priority, processors):
    """Whenever a processor is free, the first ready task goes to the one that is free longest.

    Ready tasks queue by the given priority, or by the time they became ready if it is empty.
    Communication is not looked at when choosing, only paid.
    """
    n = graph.weight.size
    left = np.diff(graph.parent_start)
    processor, end = np.empty(n, np.int64), np.empty(n)
    free, busy = np.zeros(processors), np.zeros(processors, np.bool_)
    order = np.empty(n, np.int64)
    queue: list[Any] = [(np.int64(0), np.int64(0))]
    queue.pop()
    events: list[Any] = [(0.0, np.int64(0))]
    events.pop()
    queued = 0
    for i in range(n):
        if left[i] == 0:
            heapq.heappush(queue, (priority[i] if priority.size else queued, np.int64(i)))
            queued += 1
    taken = 0
    while taken < n:
        p = -1
        for q in range(processors):
            if not busy[q] and (p < 0 or free[q] < free[p]):
                p = q
        if p >= 0 and queue:
            i = heapq.heappop(queue)[1]
            order[taken] = i
            taken += 1
            ready = free[p]
            for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
                j = graph.parent[e]
                travel = 0.0 if processor[j] == p else graph.parent_cost[e]
                ready = max(ready, end[j] + travel)
            processor[i], busy[p] = p, True
            end[i] = free[p] = ready + graph.weight[i]
            heapq.heappush(events, (end[i], i))
        else:
            i = heapq.heappop(events)[1]
            busy[processor[i]] = False
            for e in range(graph.child_start[i], graph.child_start[i + 1]):
                j = graph.child[e]
                left[j] -= 1
                if left[j] == 0:
                    heapq.heappush(queue, (priority[j] if priority.size else queued, j))
                    queued += 1
    return order, processor[order]


@compiled
def with_insertion(graph, order, processors):
    """HEFT: tasks in order to the processor where each finishes earliest, gaps included."""
    n = graph.weight.size
    processor, start, end = np.empty(n, np.int64), np.empty(n), np.empty(n)
    rows = np.empty((processors, 16), np.int64)
    count = np.zeros(processors, np.int64)
    for i in order:
        latest, enabling, there = remote_and_enabling(graph, i, processor, end)
        best, best_start, best_at = -1, np.inf, 0
        for p in range(processors):
            ready = there if p == enabling else latest
            if ready >= best_start:
                continue
            low, high = 0, count[p]  # the first copy that ends after the data are there
            while low < high:
                middle = (low + high) // 2
                if end[rows[p, middle]] <= ready:
                    low = middle + 1
                else:
                    high = middle
            time, at = ready, low
            while at < count[p] and time + graph.weight[i] > start[rows[p, at]]:
                time = max(time, end[rows[p, at]])
                at += 1
            if time < best_start:
                best, best_start, best_at = p, time, at
            if count[p] == 0 and p != enabling:
                break  # all further processors are empty or no better
        processor[i], start[i], end[i] = best, best_start, best_start + graph.weight[i]
        if count.max() == rows.shape[1]:
            wider = np.empty((processors, 2 * rows.shape[1]), np.int64)
            wider[:, : rows.shape[1]] = rows
            rows = wider
        for k in range(count[best], best_at, -1):
            rows[best, k] = rows[best, k - 1]
        rows[best, best_at] = i
        count[best] += 1
    tasks, where = np.empty(n, np.int64), np.empty(n, np.int64)
    filled = 0
    for p in range(processors):
        tasks[filled : filled + count[p]] = rows[p, : count[p]]
        where[filled : filled + count[p]] = p
        filled += count[p]
    return tasks, where
