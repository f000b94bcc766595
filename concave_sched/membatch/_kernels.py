"""One device in Numba: replay a queue under two capacities, and pack a list into a timeline."""

from __future__ import annotations

import numpy as np
from numba import njit

SLACK = 1e-9


@njit("void(i8[::1], f8[::1], f8[::1], f8[::1], f8[::1], f8, f8, b1, f8[::1])", cache=True)
def replay(queue, time, gpu, memory, release, gpu_room, memory_room, backfill, start):
    """Start times of a device's queue, event by event; what does not fit waits.

    In plan order the head blocks what stands behind it; with `backfill`, those that fit overtake.
    All arrays are indexed by the entries of `queue`; `release` is the earliest start.
    """
    waiting = queue.copy()
    left = waiting.size
    running = np.empty(waiting.size, np.int64)
    count = 0
    now = 0.0
    gpu_limit, memory_limit = gpu_room * (1 + SLACK), memory_room * (1 + SLACK)
    gpu_used = memory_used = 0.0
    first = 0
    while first < left:
        soonest = np.inf
        kept = k = first
        while k < left:
            i = waiting[k]
            ready = release[i] <= now
            if ready and gpu_used + gpu[i] <= gpu_limit and memory_used + memory[i] <= memory_limit:
                start[i] = now
                gpu_used += gpu[i]
                memory_used += memory[i]
                running[count] = i
                count += 1
                if not backfill:
                    first += 1
            else:
                if not ready:
                    soonest = min(soonest, release[i])
                if not backfill:
                    break
                waiting[kept] = i
                kept += 1
            k += 1
        if backfill:
            left = kept
        if first >= left:
            break
        for k in range(count):
            i = running[k]
            soonest = min(soonest, start[i] + time[i])
        now = soonest
        kept = 0
        gpu_used = memory_used = 0.0
        for k in range(count):
            i = running[k]
            if start[i] + time[i] > now:
                running[kept] = i
                kept += 1
                gpu_used += gpu[i]
                memory_used += memory[i]
        count = kept


@njit("UniTuple(i8, 2)(f8, f8, f8, f8, f8, i8, f8[::1], f8[::1], f8[::1])", cache=True)
def place(time, gpu, memory, gpu_room, memory_room, events, at, gpu_used, memory_used):
    """First event at which a task fits for all its time, and the last event it overlaps."""
    gpu_free = gpu_room * (1 + SLACK) - gpu
    memory_free = memory_room * (1 + SLACK) - memory
    begin = e = 0
    while True:
        if gpu_used[e] > gpu_free or memory_used[e] > memory_free:
            e += 1
            begin = e
            continue
        if e + 1 == events or at[e + 1] >= at[begin] + time * (1 - SLACK):
            return begin, e
        e += 1


@njit("i8(i8, i8, f8, f8, f8, i8, f8[::1], f8[::1], f8[::1])", cache=True)
def occupy(begin, end, finish, gpu, memory, events, at, gpu_used, memory_used):
    """Add a task to the events begin..end of a timeline; return how many there are then."""
    if end + 1 == events or at[end + 1] > finish:
        for e in range(events, end + 1, -1):
            at[e], gpu_used[e], memory_used[e] = at[e - 1], gpu_used[e - 1], memory_used[e - 1]
        at[end + 1] = finish
        gpu_used[end + 1], memory_used[end + 1] = gpu_used[end], memory_used[end]
        events += 1
    for e in range(begin, end + 1):
        gpu_used[e] += gpu
        memory_used[e] += memory
    return events


@njit(
    "f8(i8[::1], i8, f8[::1], f8[::1], f8[::1], f8, f8, f8, f8[::1], f8[::1], f8[::1], f8[::1])",
    cache=True,
)
def pack(
    order, count, time, gpu, memory, gpu_room, memory_room, limit, at, gpu_used, memory_used, start
):
    """Place tasks one by one at their earliest start; return the completion of the last.

    Infinite, and incomplete, once it is past `limit`.

    The timeline is piecewise constant: `gpu_used[e]` from `at[e]` to `at[e + 1]`. The three scratch
    arrays hold 2 count + 2 entries; `start` is indexed by the entries of `order`.
    """
    events = 1
    at[0] = gpu_used[0] = memory_used[0] = 0.0
    finish = 0.0
    for k in range(count):
        i = order[k]
        begin, end = place(
            time[i], gpu[i], memory[i], gpu_room, memory_room, events, at, gpu_used, memory_used
        )
        start[i] = at[begin]
        events = occupy(
            begin, end, at[begin] + time[i], gpu[i], memory[i], events, at, gpu_used, memory_used
        )
        finish = max(finish, start[i] + time[i])
        if finish > limit:
            return np.inf
    return finish


@njit(
    "i8[::1](i8[::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[::1], f8[::1], b1[:, ::1], f8[::1])",
    cache=True,
)
def earliest_completion(order, time, gpu, memory, gpu_room, memory_room, fits, start):
    """List scheduling: each task in turn where, on the timelines so far, it completes first."""
    devices, tasks = time.shape
    size = 2 * tasks + 2
    at = np.zeros((devices, size))
    gpu_used, memory_used = np.zeros((devices, size)), np.zeros((devices, size))
    events = np.ones(devices, np.int64)
    device = np.full(tasks, -1)
    for i in order:
        best, chosen, chosen_begin, chosen_end = np.inf, -1, 0, 0
        for j in range(devices):
            if not fits[j, i] or time[j, i] >= best:
                continue
            begin, end = place(
                time[j, i],
                gpu[j, i],
                memory[j, i],
                gpu_room[j],
                memory_room[j],
                events[j],
                at[j],
                gpu_used[j],
                memory_used[j],
            )
            if at[j, begin] + time[j, i] < best:
                best = at[j, begin] + time[j, i]
                chosen, chosen_begin, chosen_end = j, begin, end
        j = chosen
        device[i] = j
        start[i] = at[j, chosen_begin]
        events[j] = occupy(
            chosen_begin,
            chosen_end,
            best,
            gpu[j, i],
            memory[j, i],
            events[j],
            at[j],
            gpu_used[j],
            memory_used[j],
        )
    return device
