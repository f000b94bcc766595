"""Compiled lower bounds: earliest starts when parents may be copied, and work in a window."""

import numpy as np

from ._compiled import compiled


@compiled
def earliest_starts(graph):
    """A start no copy of a task can be before, with any number of processors.

    A task's parents with the k latest remote arrivals run on its own processor, one after another
    from their own earliest starts; the others send. The best k bounds every schedule.
    """
    n = graph.weight.size
    earliest = np.zeros(n)
    for i in graph.order:
        first, last = graph.parent_start[i], graph.parent_start[i + 1]
        count = last - first
        if count == 0:
            continue
        parents = graph.parent[first:last]
        remote = np.empty(count)
        for k in range(count):
            j = parents[k]
            remote[k] = earliest[j] + graph.weight[j] + graph.parent_cost[first + k]
        latest_first = np.argsort(-remote)
        best = remote[latest_first[0]]
        local = np.empty(count, np.int64)  # chosen parents by ascending earliest start
        for k in range(count):
            j = parents[latest_first[k]]
            at = k
            while at > 0 and earliest[local[at - 1]] > earliest[j]:
                local[at] = local[at - 1]
                at -= 1
            local[at] = j
            time = 0.0
            for m in range(k + 1):
                time = max(time, earliest[local[m]]) + graph.weight[local[m]]
            if time >= best:
                break  # more local parents only take longer
            sent = remote[latest_first[k + 1]] if k + 1 < count else 0.0
            best = min(best, max(time, sent))
        earliest[i] = best
    return earliest


@compiled
def window_bound(weight, earliest, after, heads, tails, processors):
    """max over a in heads, b in tails of a + b + work that neither starts before a nor may end
    later than b before the makespan, over the processors."""
    best = 0.0
    by_after = np.argsort(-after)
    for a in heads:
        work, k = 0.0, 0
        for b in tails:  # descending: the set grows
            while k < weight.size and after[by_after[k]] >= b:
                i = by_after[k]
                if earliest[i] >= a:
                    work += weight[i]
                k += 1
            if work > 0.0:
                best = max(best, a + b + work / processors)
    return best
