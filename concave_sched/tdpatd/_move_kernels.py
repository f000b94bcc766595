"""Compiled moves of the local search: the critical chain, and what to try at one of its links.

A move takes one copy out of the list and puts some in before a position, or sends a group of
connected copies to another processor.
"""

import numpy as np

from ._compiled import inner
from ._dsh_kernels import is_on
from ._simulate_kernels import arrival

REMOTE, LOCAL, BUSY = 0, 1, 2  # what a copy on the critical chain waited for
TRAIL = 6  # most parents copied at once
WINDOW = 12  # positions by which a copy moves in the list, at most
GROUP = 64  # most copies that move together


@inner
def uniform(state):
    """A number in [0, 1), by xorshift."""
    x = state[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state[0] = x
    return (x >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@inner
def _below(state, n):
    """A whole number in 0..n-1."""
    return np.int64(uniform(state) * n)


@inner
def critical_chain(graph, copies, lanes, state, chain):
    """Rows (copy, what it waited for, kind) from the last finish back to time 0; their number."""
    task, processor, start, end, older, newest = copies
    c = np.int64(-1)
    for d in lanes.last:
        if d >= 0 and (c < 0 or end[d] > end[c]):
            c = d
    length = 0
    while c >= 0 and length < chain.shape[0]:
        i, p = task[c], processor[c]
        slack = 1e-12 * end[c]
        source, kind = np.int64(-1), BUSY
        for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
            best, best_time = np.int64(-1), np.inf
            d = newest[graph.parent[e]]
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
        d = lanes.previous[c]
        if d >= 0 and end[d] >= start[c] - slack and (source < 0 or uniform(state) < 0.5):
            if d != source:
                source, kind = d, BUSY
        if source < 0:
            break
        chain[length, 0], chain[length, 1], chain[length, 2] = c, source, kind
        length += 1
        c = source
    return length


@inner
def propose(graph, count, copies, lanes, number, state, chain, length, added):
    """A move: (copy to take out or -1, position, tasks in `added` to put in before it, where).

    number: (tasks,) copies of each. Nothing out and nothing in is no move.
    """
    task, processor = copies.task, copies.processor
    if length == 0 or uniform(state) < 0.15:
        c = _below(state, count)
        if number[task[c]] > 1 and uniform(state) < 0.3:
            return c, c, 0, processor[c]
        at = _near(c, count, state)
        p = processor[c]
        if uniform(state) < 0.6:
            p = _pick_processor(state, lanes.last, p)
        return _shift(c, at, p, copies, number, added)
    h = _below(state, length)
    c, d, kind = chain[h, 0], chain[h, 1], chain[h, 2]
    p = processor[c]
    choice = uniform(state)
    if kind == REMOTE and choice < 0.45:
        depth = 1 if choice < 0.2 else 1 + _below(state, TRAIL)
        return np.int64(-1), c, _late_trail(graph, task[d], p, copies, depth, added), p
    if kind == BUSY and choice < 0.1 and number[task[d]] > 1:
        return d, d, 0, p
    moved, at, to = c, c, p
    if kind == REMOTE and choice < 0.65:
        to = processor[d]
    elif kind == REMOTE and choice < 0.8:
        moved, at = d, d if choice < 0.72 else c
    elif kind == BUSY and choice < 0.3:
        at = d
    elif kind == BUSY and choice < 0.4:
        moved, at = d, min(count, c + 1 + _below(state, WINDOW))
    elif kind == BUSY and choice < 0.5:
        at = max(0, d - _below(state, WINDOW))
    else:  # one end of the link goes to another processor, near its place in time
        moved = d if choice < 0.75 else c
        to = _pick_processor(state, lanes.last, processor[moved])
        at = moved
        if uniform(state) < 0.5:
            at = _near(moved, count, state)
    return _shift(moved, at, to, copies, number, added)


@inner
def _near(c, count, state):
    """A position at most WINDOW from that of copy c."""
    return max(0, min(count, c + _below(state, 2 * WINDOW + 1) - WINDOW))


@inner
def _pick_processor(state, last, avoid):
    """A processor other than `avoid`; of the empty ones only the first."""
    used = 0
    while used < last.size and last[used] >= 0:
        used += 1
    choices = max(min(used + 1, last.size), avoid + 1)
    if choices == 1:
        return avoid
    p = _below(state, choices - 1)
    return p + 1 if p >= avoid else p


@inner
def _shift(c, at, p, copies, number, added):
    """Take copy c out and put its task on p at position `at`; only out if p has a copy already."""
    i = copies.task[c]
    if p != copies.processor[c] and is_on(i, p, copies.newest, copies.older, copies.processor):
        return (c if number[i] > 1 else np.int64(-1)), c, 0, p
    if p == copies.processor[c] and (at == c or at == c + 1):
        return np.int64(-1), c, 0, p
    added[0] = i
    return c, at, 1, p


@inner
def _late_trail(graph, j, p, copies, depth, added):
    """Fill `added` with j, its latest remote parent, and so on, the farthest first; their number.

    At most `depth`, and none that has a copy on p.
    """
    newest, older, processor = copies.newest, copies.older, copies.processor
    length = 0
    while j >= 0 and length < depth and not is_on(j, p, newest, older, processor):
        for k in range(length, 0, -1):
            added[k] = added[k - 1]
        added[0] = j
        length += 1
        j = _latest_remote_parent(graph, j, p, copies)
    return length


@inner
def _latest_remote_parent(graph, i, p, copies):
    """The parent of i without a copy on p whose data arrive last there; -1 if all are local."""
    newest, older, processor = copies.newest, copies.older, copies.processor
    best, latest = np.int64(-1), -1.0
    for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
        j = graph.parent[e]
        if not is_on(j, p, newest, older, processor):
            time = arrival(graph.parent_cost[e], j, p, newest, older, processor, copies.end)
            if time > latest:
                best, latest = j, time
    return best


@inner
def choose_group(graph, copies, lanes, state, chain, length, members):
    """Copies of one processor, connected by edges, that move together: (their number, where to)."""
    task, processor = copies.task, copies.processor
    h = _below(state, length)
    c, d, kind = chain[h, 0], chain[h, 1], chain[h, 2]
    if uniform(state) < 0.5:
        c, d = d, c
    p = processor[c]
    if kind == REMOTE and uniform(state) < 0.7:
        q = processor[d]
    else:
        q = _pick_processor(state, lanes.last, p)
    most = 2 + np.int64(2.0 ** (uniform(state) * np.log2(GROUP - 1.0)))
    members[0] = c
    count, done = 1, 0
    if p == q or is_on(task[c], q, copies.newest, copies.older, processor):
        return 0, q
    while done < count and count < most:
        i = task[members[done]]
        done += 1
        parents = graph.parent_start[i + 1] - graph.parent_start[i]
        children = graph.child_start[i + 1] - graph.child_start[i]
        skip = _below(state, parents + children + 1)
        for k in range(parents + children):
            e = (k + skip) % (parents + children)
            if e < parents:
                j = graph.parent[graph.parent_start[i] + e]
            else:
                j = graph.child[graph.child_start[i] + e - parents]
            here = _copy_to_take(j, p, q, copies)
            if here < 0 or count >= most:
                continue
            known = False
            for m in range(count):
                known = known or members[m] == here
            if not known:
                members[count] = here
                count += 1
    return count, q


@inner
def _copy_to_take(j, p, q, copies):
    """The copy of task j on p, -1 if there is none or one on q."""
    here = np.int64(-1)
    c = copies.newest[j]
    while c >= 0:
        if copies.processor[c] == q:
            return np.int64(-1)
        if copies.processor[c] == p:
            here = c
        c = copies.older[c]
    return here
