"""Compiled local search over copies in one global order, by simulated annealing.

A solution is a list of copies (task, processor) in ascending start; processors run theirs in this
order. A move takes one copy out and puts some in, mostly on the critical chain, and is replayed
from the first changed position until the makespan must exceed what would be accepted.
"""

import numpy as np

from ._compiled import compiled
from ._dsh_kernels import is_on
from ._simulate_kernels import data_arrival

REMOTE, LOCAL, BUSY = 0, 1, 2  # what a copy on the critical chain waited for
TRAIL = 6
WINDOW = 12
GROUPS, GROUP = 0.15, 64  # share of moves that take connected copies along, and how many at most
SPREAD = 0.02  # weight of the mean finish of the processors beside the makespan


@compiled
def uniform(state):
    """A number in [0, 1), by xorshift."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return (x >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def below(state, n):
    """A whole number in 0..n-1."""
    return np.int64(uniform(state) * n)


@compiled
def _link(low, count, task, processor, newest, older, previous, last):
    """Enter copies low.. into the rows of their tasks and behind the last on their processor."""
    for c in range(low, count):
        older[c] = newest[task[c]]
        newest[task[c]] = c
        previous[c] = last[processor[c]]
        last[processor[c]] = c


@compiled
def _unlink(low, count, task, processor, newest, older, previous, last):
    for c in range(count - 1, low - 1, -1):
        newest[task[c]] = older[c]
        last[processor[c]] = previous[c]


@compiled
def _replay(
    graph,
    after,
    copies,
    low,
    count,
    task,
    processor,
    start,
    end,
    newest,
    older,
    previous,
    last,
    limit,
):
    """Link and time copies low..; the number linked, fewer if a finish must exceed the limit."""
    for c in range(low, count):
        i, p = task[c], processor[c]
        time = data_arrival(graph, i, p, newest, older, processor, end)
        if last[p] >= 0:
            time = max(time, end[last[p]])
        start[c] = time
        end[c] = time + graph.weight[i]
        rest = after[i] if copies[i] == 1 else 0.0
        older[c] = newest[i]
        newest[i] = c
        previous[c] = last[p]
        last[p] = c
        if not end[c] + rest <= limit:
            return c + 1, False
    return count, True


@compiled
def _cost(last, end):
    """(cost, makespan) with `last` the last copy of every processor."""
    total, latest = 0.0, 0.0
    for c in last:
        if c >= 0:
            total += end[c]
            latest = max(latest, end[c])
    return latest + SPREAD * total / last.size, latest


@compiled
def critical_chain(
    graph, count, task, processor, start, end, newest, older, previous, last, state, chain
):
    """Rows (copy, what it waited for, kind) from the last finish back to time 0; their number."""
    c = -1
    for d in last:
        if d >= 0 and (c < 0 or end[d] > end[c]):
            c = d
    length = 0
    while c >= 0 and length < chain.shape[0]:
        i, p = task[c], processor[c]
        slack = 1e-12 * end[c]
        source, kind = -1, BUSY
        for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
            j = graph.parent[e]
            best, best_time = -1, np.inf
            d = newest[j]
            while d >= 0:
                if d < c:
                    time = end[d] if processor[d] == p else end[d] + graph.parent_cost[e]
                    if time < best_time:
                        best, best_time = d, time
                d = older[d]
            if best >= 0 and best_time >= start[c] - slack:
                source = best
                kind = LOCAL if processor[best] == p else REMOTE
                break
        d = previous[c]
        if d >= 0 and end[d] >= start[c] - slack and (source < 0 or uniform(state) < 0.5):
            if d != source:
                source, kind = d, BUSY
        if source < 0:
            break
        chain[length, 0], chain[length, 1], chain[length, 2] = c, source, kind
        length += 1
        c = source
    return length


@compiled
def _latest_remote_parent(graph, i, p, before, newest, older, processor, end):
    """The parent of i without a copy on p whose data arrive last there; -1 if all are local."""
    best, latest = np.int64(-1), -1.0
    for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
        j = graph.parent[e]
        if is_on(j, p, newest, older, processor):
            continue
        time = np.inf
        d = newest[j]
        while d >= 0:
            time = min(time, end[d] + graph.parent_cost[e])
            d = older[d]
        if time > latest:
            best, latest = j, time
    return best


@compiled
def _pick_processor(state, last, avoid):
    """A processor other than `avoid`; of the empty ones only the first."""
    used = 0
    while used < last.size and last[used] >= 0:
        used += 1
    choices = max(min(used + 1, last.size), avoid + 1)
    if choices == 1:
        return avoid
    p = below(state, choices - 1)
    return p + 1 if p >= avoid else p


@compiled
def anneal(graph, after, processors, task_in, processor_in, state, hot, cold, trials, best_before):
    """Simulated annealing from a feasible list, temperature from `hot` down to `cold`.

    Returns the last list and the best one (task, processor) with its makespan; the best is empty
    if none was better than `best_before`.
    """
    n = graph.weight.size
    size = max(4 * n, task_in.size + n) + 64
    count = task_in.size
    task, processor = np.empty(size, np.int64), np.empty(size, np.int64)
    start, end = np.empty(size), np.empty(size)
    older, previous = np.empty(size, np.int64), np.empty(size, np.int64)
    newest, last = np.full(n, -1), np.full(processors, -1)
    copies = np.zeros(n, np.int64)
    task[:count], processor[:count] = task_in, processor_in
    for i in task_in:
        copies[i] += 1
    _replay(
        graph,
        after,
        copies,
        0,
        count,
        task,
        processor,
        start,
        end,
        newest,
        older,
        previous,
        last,
        np.inf,
    )
    cost, makespan = _cost(last, end)
    save_task, save_processor = np.empty(size, np.int64), np.empty(size, np.int64)
    save_start, save_end = np.empty(size), np.empty(size)
    best_task, best_processor = np.empty(0, np.int64), np.empty(0, np.int64)
    best = best_before
    if makespan < best:
        best = makespan
        best_task, best_processor = task[:count].copy(), processor[:count].copy()
    chain = np.empty((n + 1, 3), np.int64)
    added = np.empty((TRAIL + 1, 2), np.int64)
    members = np.empty(GROUP, np.int64)
    length, stale = 0, True
    cooling = (cold / hot) ** (1.0 / max(trials, 1)) if hot > 0 else 1.0
    temperature = hot
    for _ in range(trials):
        temperature *= cooling
        if stale:
            length = critical_chain(
                graph,
                count,
                task,
                processor,
                start,
                end,
                newest,
                older,
                previous,
                last,
                state,
                chain,
            )
            stale = False
        group, low = 0, count
        if length > 0 and uniform(state) < GROUPS:
            out, at, adds = -1, -1, 0
            group, target = _choose_group(
                graph, task, processor, newest, older, last, state, chain, length, members
            )
            for k in range(group):
                low = min(low, members[k])
            if group == 0:
                continue
        else:
            out, at, adds = _propose(
                graph,
                count,
                task,
                processor,
                end,
                newest,
                older,
                previous,
                last,
                copies,
                state,
                chain,
                length,
                added,
            )
            if out < 0 and adds == 0 or count + adds + 1 >= size:
                continue
            low = at if out < 0 else (out if adds == 0 else min(at, out))
        limit = cost - temperature * np.log(1.0 - uniform(state))
        # the moved suffix replaces the old one in place; the old one is saved
        _unlink(low, count, task, processor, newest, older, previous, last)
        for c in range(low, count):
            save_task[c], save_processor[c] = task[c], processor[c]
            save_start[c], save_end[c] = start[c], end[c]
        for k in range(group):
            processor[members[k]] = target
        to = count if group else low
        for c in range(low, count + 1 if group == 0 else low):
            if c == at:
                for k in range(adds):
                    task[to], processor[to] = added[k, 0], added[k, 1]
                    copies[added[k, 0]] += 1
                    to += 1
            if c < count and c != out:
                task[to], processor[to] = save_task[c], save_processor[c]
                to += 1
        if out >= 0:
            copies[save_task[out]] -= 1
        linked, fits = _replay(
            graph,
            after,
            copies,
            low,
            to,
            task,
            processor,
            start,
            end,
            newest,
            older,
            previous,
            last,
            limit,
        )
        if fits:
            new_cost, new_makespan = _cost(last, end)
            fits = new_cost <= limit
        if not fits:
            _unlink(low, linked, task, processor, newest, older, previous, last)
            for k in range(adds):
                copies[added[k, 0]] -= 1
            if out >= 0:
                copies[save_task[out]] += 1
            for c in range(low, count):
                task[c], processor[c] = save_task[c], save_processor[c]
                start[c], end[c] = save_start[c], save_end[c]
            _link(low, count, task, processor, newest, older, previous, last)
            continue
        count, cost, makespan, stale = to, new_cost, new_makespan, True
        _unlink(low, count, task, processor, newest, older, previous, last)
        _sort(low, count, task, processor, start, end)
        _link(low, count, task, processor, newest, older, previous, last)
        if makespan < best * (1 - 1e-12):
            best = makespan
            best_task, best_processor = task[:count].copy(), processor[:count].copy()
    return task[:count], processor[:count], best_task, best_processor, best


@compiled
def _sort(low, count, task, processor, start, end):
    """Insertion sort by start from position `low` on, stable; the list is nearly sorted."""
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
def _propose(
    graph,
    count,
    task,
    processor,
    end,
    newest,
    older,
    previous,
    last,
    copies,
    state,
    chain,
    length,
    added,
):
    """(copy to take out or -1, position, number of copies in `added` to put in before it)."""
    if length == 0 or uniform(state) < 0.15:
        c = below(state, count)
        if copies[task[c]] > 1 and uniform(state) < 0.3:
            return c, c, 0
        shift = below(state, 2 * WINDOW + 1) - WINDOW
        at = max(0, min(count, c + shift))
        p = processor[c]
        if uniform(state) < 0.6:
            p = _pick_processor(state, last, p)
        return _shift(c, at, p, task, processor, newest, older, copies, added)
    h = below(state, length)
    c, d, kind = chain[h, 0], chain[h, 1], chain[h, 2]
    p = processor[c]
    choice = uniform(state)
    if kind == REMOTE:
        j = task[d]
        if choice < 0.45:  # copy the trail of late parents before c
            depth = 1 if choice < 0.2 else 1 + below(state, TRAIL)
            trail = 0
            while j >= 0 and trail < depth:
                if not is_on(j, p, newest, older, processor):
                    trail += 1
                    added[TRAIL - trail, 0], added[TRAIL - trail, 1] = j, p
                else:
                    break
                j = _latest_remote_parent(graph, j, p, c, newest, older, processor, end)
            for k in range(trail):
                added[k, 0], added[k, 1] = added[TRAIL - trail + k, 0], p
            return -1, c, trail
        if choice < 0.65:
            return _shift(c, c, processor[d], task, processor, newest, older, copies, added)
        if choice < 0.8:
            return _shift(
                d, d if choice < 0.72 else c, p, task, processor, newest, older, copies, added
            )
    elif kind == BUSY:
        if choice < 0.1 and copies[task[d]] > 1:
            return d, d, 0
        if choice < 0.3:
            return _shift(c, d, p, task, processor, newest, older, copies, added)
        if choice < 0.4:
            return _shift(
                d,
                min(count, c + 1 + below(state, WINDOW)),
                p,
                task,
                processor,
                newest,
                older,
                copies,
                added,
            )
        if choice < 0.5:
            return _shift(
                c,
                max(0, d - below(state, WINDOW)),
                p,
                task,
                processor,
                newest,
                older,
                copies,
                added,
            )
    # otherwise one end of the link goes to another processor, near its place in time
    moved = d if choice < 0.75 else c
    q = _pick_processor(state, last, processor[moved])
    at = moved
    if uniform(state) < 0.5:
        at = max(0, min(count, moved + below(state, 2 * WINDOW + 1) - WINDOW))
    return _shift(moved, at, q, task, processor, newest, older, copies, added)


@compiled
def _choose_group(graph, task, processor, newest, older, last, state, chain, length, members):
    """Copies of one processor, connected by edges, that move together: (their number, where to)."""
    h = below(state, length)
    c, d, kind = chain[h, 0], chain[h, 1], chain[h, 2]
    if uniform(state) < 0.5:
        c, d = d, c
    p = processor[c]
    if kind == REMOTE and uniform(state) < 0.7:
        q = processor[d]
    else:
        q = _pick_processor(state, last, p)
    most = 2 + np.int64(2.0 ** (uniform(state) * np.log2(GROUP - 1.0)))
    members[0] = c
    count, done = 1, 0
    if p == q or is_on(task[c], q, newest, older, processor):
        return 0, q
    while done < count and count < most:
        i = task[members[done]]
        done += 1
        parents = graph.parent_start[i + 1] - graph.parent_start[i]
        children = graph.child_start[i + 1] - graph.child_start[i]
        skip = below(state, parents + children + 1)
        for k in range(parents + children):
            e = (k + skip) % (parents + children)
            if e < parents:
                j = graph.parent[graph.parent_start[i] + e]
            else:
                j = graph.child[graph.child_start[i] + e - parents]
            here, there = np.int64(-1), False
            f = newest[j]
            while f >= 0:
                if processor[f] == p:
                    here = f
                there = there or processor[f] == q
                f = older[f]
            if here < 0 or there or count >= most:
                continue
            known = False
            for m in range(count):
                known = known or members[m] == here
            if not known:
                members[count] = here
                count += 1
    return count, q


@compiled
def _shift(c, at, p, task, processor, newest, older, copies, added):
    """Take copy c out and put its task on p at position `at`; only out if p has a copy already."""
    i = task[c]
    if p != processor[c] and is_on(i, p, newest, older, processor):
        return (c, c, 0) if copies[i] > 1 else (np.int64(-1), c, 0)
    if p == processor[c] and (at == c or at == c + 1):
        return np.int64(-1), c, 0
    added[0, 0], added[0, 1] = i, p
    return c, at, 1
