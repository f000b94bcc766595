"""Compiled TDCA: chains, completion, trails, merging, insertion; every trial a suffix replay.

All sequences follow one rank, so a set of copies says everything: finish[r, p] is the finish of
the copy of the task of rank r on p, inf if there is none. Tasks are named by rank throughout.
"""

import numpy as np

from ._compiled import compiled


@compiled
def favourite_parents(graph, order):
    """Task whose data would arrive last, from the earliest completion next to that parent; -1."""
    n = graph.weight.size
    complete, favourite = np.zeros(n), np.full(n, -1)
    for i in order:
        latest, second = 0.0, 0.0
        for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
            j = graph.parent[e]
            time = complete[j] + graph.parent_cost[e]
            if favourite[i] < 0 or time > latest:
                second = max(second, latest)
                latest, favourite[i] = time, j
            else:
                second = max(second, time)
        beside = complete[favourite[i]] if favourite[i] >= 0 else 0.0
        complete[i] = max(beside, second) + graph.weight[i]
    return favourite


@compiled
def open_chains(graph, order, favourite, processors):
    """Processor of tasks on the first P chains, -1 elsewhere.

    A chain starts at the unassigned task of least bottom level and follows favourite parents back
    until there is none or it is assigned.
    """
    home = np.full(graph.weight.size, -1)
    at = order.size - 1
    for p in range(processors):
        while at >= 0 and home[order[at]] >= 0:
            at -= 1
        if at < 0:
            break
        i = order[at]
        while i >= 0 and home[i] < 0:
            home[i] = p
            i = favourite[i]
    return home


@compiled
def complete_chains(graph, order, home, least_loaded):
    """Give the other tasks, in the given order, the processor where each completes earliest.

    `least_loaded` is the other reading of Algorithm 1: the processor whose last task so far
    completes earliest, wherever the data are.
    """
    processors = home.max() + 1
    free, end = np.zeros(processors), np.zeros(graph.weight.size)
    for i in order:
        best, best_start = home[i], np.inf
        for p in range(processors):
            if home[i] >= 0 and p != home[i]:
                continue
            ready = 0.0
            for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
                j = graph.parent[e]
                ready = max(ready, end[j] if home[j] == p else end[j] + graph.parent_cost[e])
            if least_loaded and home[i] < 0 and p != np.argmin(free):
                continue
            if max(free[p], ready) < best_start:
                best, best_start = p, max(free[p], ready)
        home[i] = best
        end[i] = best_start + graph.weight[i]
        free[best] = end[i]


@compiled
def ranked_parents(graph, order):
    """Rows of parents by rank: (start, parent rank, cost)."""
    n = graph.weight.size
    rank = np.empty(n, np.int64)
    for r in range(n):
        rank[order[r]] = r
    start = np.zeros(n + 1, np.int64)
    parent, cost = np.empty(graph.parent.size, np.int64), np.empty(graph.parent.size)
    for r in range(n):
        first, last = graph.parent_start[order[r]], graph.parent_start[order[r] + 1]
        start[r + 1] = start[r] + last - first
        for e in range(first, last):
            parent[start[r] + e - first] = rank[graph.parent[e]]
            cost[start[r] + e - first] = graph.parent_cost[e]
    return start, parent, cost


@compiled
def replay_suffix(rows, weight, after, on, finish, first, free, low, limit, makespan_before):
    """Replay ranks low, low + 1, ... in place and return the makespan; inf as soon as above limit.

    makespan_before: latest finish of ranks below `low`. free[r, p]: when p is free before rank r.
    after[r]: longest path behind a task.
    """
    start, parent, cost = rows
    latest = makespan_before
    n, processors = on.shape
    for r in range(low, n):
        earliest = np.inf
        for p in range(processors):
            free[r + 1, p] = free[r, p]
            finish[r, p] = np.inf
            if on[r, p]:
                time = free[r, p]
                for e in range(start[r], start[r + 1]):
                    j = parent[e]
                    time = max(time, min(first[j] + cost[e], finish[j, p]))
                time += weight[r]
                finish[r, p] = time
                free[r + 1, p] = time
                earliest = min(earliest, time)
                latest = max(latest, time)
        first[r] = earliest
        if max(latest, earliest + after[r]) > limit:
            return np.inf
    return latest


@compiled
def _try(rows, weight, after, on, state, spare, low, makespan):
    """Replay from rank `low`; keep it if the makespan does not rise. (kept, makespan)."""
    finish, first, free = state
    n = on.shape[0]
    for r in range(low, n):
        spare[0][r], spare[1][r], spare[2][r + 1] = finish[r], first[r], free[r + 1]
    before = free[low].max()
    found = replay_suffix(
        rows, weight, after, on, finish, first, free, low, makespan * (1 + 1e-12), before
    )
    if found <= makespan * (1 + 1e-12):
        return True, min(found, makespan)
    for r in range(low, n):
        finish[r], first[r], free[r + 1] = spare[0][r], spare[1][r], spare[2][r + 1]
    return False, makespan


@compiled
def duplicate_and_merge(graph, order, favourite, tails, home, trails, merging, insertion):
    """on[r, p]: which copies remain after trails, merging and insertion."""
    n, processors = order.size, home.max() + 1
    rows = ranked_parents(graph, order)
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    weight, after = graph.weight[order], tails[order] - graph.weight[order]
    on = np.zeros((n, processors), np.bool_)
    for r in range(n):
        on[r, home[order[r]]] = True
    state = (np.empty((n, processors)), np.empty(n), np.zeros((n + 1, processors)))
    spare = (np.empty((n, processors)), np.empty(n), np.zeros((n + 1, processors)))
    makespan = replay_suffix(rows, weight, after, on, *state, 0, np.inf, 0.0)
    added = np.empty(n, np.int64)
    if trails:
        for p in range(processors):
            r = 0
            while r < n and not on[r, p]:
                r += 1
            count = 0
            i = favourite[order[r]] if r < n else -1
            while i >= 0 and not on[rank[i], p]:
                added[count] = rank[i]
                on[rank[i], p] = True
                count += 1
                i = favourite[i]
            if count:
                low = added[:count].min()
                kept, makespan = _try(rows, weight, after, on, state, spare, low, makespan)
                if not kept:
                    on[added[:count], p] = False
    if merging:
        for p in range(processors):
            for q in range(p + 1, processors):
                if not on[:, p].any() or not on[:, q].any():
                    continue
                save_p, save_q = on[:, p].copy(), on[:, q].copy()
                on[:, p] = save_p | save_q
                on[:, q] = False
                low = 0
                while not save_q[low]:
                    low += 1
                kept, makespan = _try(rows, weight, after, on, state, spare, low, makespan)
                if not kept:
                    on[:, p], on[:, q] = save_p, save_q
    if insertion:
        start, parent, _ = rows
        for r in range(n):
            for p in range(processors):
                if not on[r, p]:
                    continue
                for e in range(start[r], start[r + 1]):
                    j = parent[e]
                    if not on[j, p]:
                        on[j, p] = True
                        kept, makespan = _try(rows, weight, after, on, state, spare, j, makespan)
                        on[j, p] = kept
    return on
