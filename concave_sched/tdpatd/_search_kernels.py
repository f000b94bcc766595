"""Compiled local search over copies in one global order, by simulated annealing.

A solution is a list of copies (task, processor) in ascending start; processors run theirs in this
order. A move takes one copy out and puts some in, mostly on the critical chain, and is replayed
from the first changed position until the makespan must exceed what would be accepted.
"""

import numpy as np

from ._arrays import Copies, Lanes
from ._compiled import compiled, inlined, inner
from ._move_kernels import GROUP, TRAIL, choose_group, critical_chain, propose, uniform
from ._simulate_kernels import data_arrival

GROUPS = 0.15  # share of moves that take connected copies along
SPREAD = 0.02  # weight of the mean finish of the processors beside the makespan


@inner
def _empty_copies(size, tasks):
    """Room for so many copies; no task has one yet."""
    return Copies(
        np.empty(size, np.int64),
        np.empty(size, np.int64),
        np.empty(size),
        np.empty(size),
        np.empty(size, np.int64),
        np.full(tasks, -1),
    )


@inner
def _link(low, count, copies, lanes):
    """Link copies low.. to the others of their tasks and of their processors."""
    task, processor, _, _, older, newest = copies
    previous, last = lanes
    for c in range(low, count):
        older[c] = newest[task[c]]
        newest[task[c]] = c
        previous[c] = last[processor[c]]
        last[processor[c]] = c


@inner
def _unlink(low, count, copies, lanes):
    task, processor, _, _, older, newest = copies
    previous, last = lanes
    for c in range(count - 1, low - 1, -1):
        newest[task[c]] = older[c]
        last[processor[c]] = previous[c]


@inner
def _replay(graph, after, number, low, count, copies, lanes, limit):
    """Link and time copies low..; the number linked, fewer if a finish must exceed the limit."""
    task, processor, start, end, older, newest = copies
    previous, last = lanes
    for c in range(low, count):
        i, p = task[c], processor[c]
        time = data_arrival(graph, i, p, newest, older, processor, end)
        if last[p] >= 0:
            time = max(time, end[last[p]])
        start[c] = time
        end[c] = time + graph.weight[i]
        rest = after[i] if number[i] == 1 else 0.0
        older[c] = newest[i]
        newest[i] = c
        previous[c] = last[p]
        last[p] = c
        if not end[c] + rest <= limit:
            return c + 1, False
    return count, True


@inner
def _cost(last, end):
    """(cost, makespan) with `last` the last copy of every processor."""
    total, latest = 0.0, 0.0
    for c in last:
        if c >= 0:
            total += end[c]
            latest = max(latest, end[c])
    return latest + SPREAD * total / last.size, latest


@inlined
def _overwrite(low, count, source, target):
    """Copy entries low..count of one list to another."""
    task, processor, start, end, _, _ = source
    to_task, to_processor, to_start, to_end, _, _ = target
    for c in range(low, count):
        to_task[c], to_processor[c] = task[c], processor[c]
        to_start[c], to_end[c] = start[c], end[c]


@inlined
def _exchange(low, count, out, at, adds, added, to, saved, copies, number):
    """Write entries low.. anew from `saved`, without copy `out`, with `added` before `at` on `to`.

    Returns the new number of copies.
    """
    if out >= 0:
        number[saved.task[out]] -= 1
    filled = low
    for c in range(low, count + 1):
        if c == at:
            for k in range(adds):
                copies.task[filled], copies.processor[filled] = added[k], to
                number[added[k]] += 1
                filled += 1
        if c < count and c != out:
            copies.task[filled], copies.processor[filled] = saved.task[c], saved.processor[c]
            filled += 1
    return filled


@inner
def _sort(low, count, copies):
    """Insertion sort by start from position `low` on, stable; the list is nearly sorted."""
    task, processor, start, end = copies.task, copies.processor, copies.start, copies.end
    for c in range(low + 1, count):
        if start[c] >= start[c - 1]:
            continue
        i, p, s, e = task[c], processor[c], start[c], end[c]
        d = c
        while d > low and start[d - 1] > s:
            task[d], processor[d] = task[d - 1], processor[d - 1]
            start[d], end[d] = start[d - 1], end[d - 1]
            d -= 1
        task[d], processor[d], start[d], end[d] = i, p, s, e


@compiled
def anneal(graph, after, processors, task, processor, state, temperature, trials, best):
    """Simulated annealing from a feasible list, at one temperature.

    Returns the last list (task, processor), the best one with its makespan, empty if none was
    better than `best`, and the number of copies that were replayed or moved.
    """
    n, count = graph.weight.size, task.size
    size = max(4 * n, count + n) + 64
    copies, saved = _empty_copies(size, n), _empty_copies(size, 0)
    lanes = Lanes(np.empty(size, np.int64), np.full(processors, -1))
    number = np.zeros(n, np.int64)
    copies.task[:count], copies.processor[:count] = task, processor
    for i in task:
        number[i] += 1
    _replay(graph, after, number, 0, count, copies, lanes, np.inf)
    cost, makespan = _cost(lanes.last, copies.end)
    best_task, best_processor = task[:0].copy(), processor[:0].copy()
    if makespan < best:
        best = makespan
        best_task, best_processor = task.copy(), processor.copy()
    chain = np.empty((n + 1, 3), np.int64)
    added, members = np.empty(TRAIL, np.int64), np.empty(GROUP, np.int64)
    length, stale, work = 0, True, 0
    for _ in range(trials):
        if stale:
            length, stale = critical_chain(graph, copies, lanes, state, chain), False
        group, low, out, at, adds = 0, count, np.int64(-1), np.int64(-1), 0
        if length > 0 and uniform(state) < GROUPS:
            group, to = choose_group(graph, copies, lanes, state, chain, length, members)
            if group == 0:
                continue
            for k in range(group):
                low = min(low, members[k])
        else:
            out, at, adds, to = propose(
                graph, count, copies, lanes, number, state, chain, length, added
            )
            if out < 0 and adds == 0 or count + adds + 1 >= size:
                continue
            low = at if out < 0 else (out if adds == 0 else min(at, out))
        limit = cost - temperature * np.log(1.0 - uniform(state))
        _unlink(low, count, copies, lanes)
        _overwrite(low, count, copies, saved)
        changed = count
        if group == 0:
            changed = _exchange(low, count, out, at, adds, added, to, saved, copies, number)
        for k in range(group):
            copies.processor[members[k]] = to
        linked, fits = _replay(graph, after, number, low, changed, copies, lanes, limit)
        work += count + linked - 2 * low
        if fits:
            new_cost, makespan = _cost(lanes.last, copies.end)
            fits = new_cost <= limit
        if not fits:
            _unlink(low, linked, copies, lanes)
            for k in range(adds):
                number[added[k]] -= 1
            if out >= 0:
                number[saved.task[out]] += 1
            _overwrite(low, count, saved, copies)
            _link(low, count, copies, lanes)
            continue
        count, cost, stale = changed, new_cost, True
        _unlink(low, count, copies, lanes)
        _sort(low, count, copies)
        _link(low, count, copies, lanes)
        if makespan < best * (1 - 1e-12):
            best = makespan
            best_task, best_processor = copies.task[:count].copy(), copies.processor[:count].copy()
    last_task, last_processor = copies.task[:count], copies.processor[:count]
    return last_task, last_processor, best_task, best_processor, best, work
