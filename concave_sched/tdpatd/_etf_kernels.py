"""Compiled earliest-task-first: the ready task and processor that can start earliest, by heaps.

With F the earliest free processor, task i starts at max(F, latest arrival) there, and only its
enabling processor can beat that. So each ready task waits in two places: in a general queue, and
in the queue of its enabling processor. A queue is a heap of tasks whose data are still on the way,
by arrival, and a heap of tasks whose data are there, by priority. Entries go stale and are skipped.
"""

import heapq
from typing import Any

import numpy as np

from ._compiled import compiled
from ._list_kernels import remote_and_enabling


@compiled
def earliest_task_first(graph, priority, processors, part):
    """Ties by the smaller `priority` number (position by descending bottom level)."""
    n = graph.weight.size
    general = processors  # index of the general queue
    coming: list[list[Any]] = [[(0.0, np.int64(0))] for _ in range(processors + 1)]
    here = [[np.int64(0)] for _ in range(processors + 1)]
    for q in range(processors + 1):
        coming[q].pop()
        here[q].pop()
    left = np.diff(graph.parent_start)
    latest, there = np.zeros(n), np.zeros(n)
    enabling, processor = np.full(n, -1), np.full(n, -1)
    end = np.empty(n)
    free = np.zeros(processors)
    pinned = np.full(n, -1)
    order = np.empty(n, np.int64)
    by_priority = np.empty(n, np.int64)
    by_priority[priority] = np.arange(n)
    first, earliest = np.full(processors + 1, -1), np.full(processors + 1, np.inf)
    stale = np.ones(processors + 1, np.bool_)
    pins = np.zeros(n, np.bool_)
    pins[part] = True
    several = not pins.all()  # parts of several tasks
    for i in range(n):
        if left[i] == 0:
            heapq.heappush(coming[general], (0.0, priority[i]))
    for k in range(n):
        idlest = np.argmin(free)
        task, where, when = np.int64(-1), idlest, np.inf
        for q in range(processors, -1, -1):  # the general queue first: it hands tasks on
            if stale[q]:
                stale[q] = False
                now = free[idlest] if q == general else free[q]
                first[q], earliest[q] = _first(
                    q, now, coming, here, processor, pinned, part, latest, there, enabling,
                    general, priority, stale, by_priority,
                )  # fmt: skip
            found, time = first[q], earliest[q]
            if found >= 0 and (time < when or (time == when and priority[found] <= priority[task])):
                task, where, when = found, idlest if q == general else np.int64(q), time
        ready = there[task] if where == enabling[task] else latest[task]
        processor[task] = where
        end[task] = max(free[where], ready) + graph.weight[task]
        free[where] = end[task]
        order[k] = task
        stale[general] = stale[where] = stale[enabling[task]] = True
        if pinned[part[task]] < 0:
            pinned[part[task]] = where
            stale[:] = stale | several
        for e in range(graph.child_start[task], graph.child_start[task + 1]):
            j = graph.child[e]
            left[j] -= 1
            if left[j] == 0:
                latest[j], enabling[j], there[j] = remote_and_enabling(graph, j, processor, end)
                if pinned[part[j]] >= 0:
                    q = pinned[part[j]]
                    time = there[j] if q == enabling[j] else latest[j]
                    heapq.heappush(coming[q], (time, priority[j]))
                    stale[q] = True
                else:
                    heapq.heappush(coming[general], (latest[j], priority[j]))
                    heapq.heappush(coming[enabling[j]], (there[j], priority[j]))
                    stale[enabling[j]] = True
    return order, processor[order]


@compiled
def _first(
    q,
    now,
    coming,
    here,
    processor,
    pinned,
    part,
    latest,
    there,
    enabling,
    general,
    priority,
    stale,
    by_priority,
):
    """The task of queue q that can start first, and when; -1 if the queue is empty.

    Tasks whose part was pinned elsewhere meanwhile are handed on to that processor's queue.
    """
    while coming[q] and coming[q][0][0] <= now:
        entry = heapq.heappop(coming[q])
        if processor[by_priority[entry[1]]] < 0:
            heapq.heappush(here[q], entry[1])
    while here[q]:
        i = by_priority[here[q][0]]
        if _stays(
            i, q, coming, processor, pinned, part, latest, there, enabling, general, priority, stale
        ):
            return i, now
        heapq.heappop(here[q])
    while coming[q]:
        i = by_priority[coming[q][0][1]]
        if _stays(
            i, q, coming, processor, pinned, part, latest, there, enabling, general, priority, stale
        ):
            return i, coming[q][0][0]
        heapq.heappop(coming[q])
    return np.int64(-1), np.inf


@compiled
def _stays(
    i, q, coming, processor, pinned, part, latest, there, enabling, general, priority, stale
):
    """Whether an entry is still good; if its part is pinned elsewhere, it moves there once."""
    if processor[i] >= 0:
        return False
    home = pinned[part[i]]
    if home < 0 or home == q:
        return True
    if q == general:  # the entry of the enabling processor, if home, is already there
        if home != enabling[i]:
            heapq.heappush(coming[home], (latest[i], priority[i]))
            stale[home] = True
    return False
