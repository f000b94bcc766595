"""Compiled acyclic partition: growth along a topological order, then sweeps of gains."""

import heapq

import numpy as np

from ._compiled import compiled


@compiled
def grow(graph, priority, cap):
    """(order, cuts): parts are runs of the order between cuts, of weight <= cap if several tasks.

    The next task is the ready one with the most communication from the open part, else the first
    by priority. A task that does not fit opens the next part, so no edge goes to a lower part.
    """
    n = graph.weight.size
    left = np.diff(graph.parent_start)
    affinity, part_of = np.zeros(n), np.full(n, -1)
    order, cuts = np.empty(n, np.int64), np.empty(n + 1, np.int64)
    ready = [(priority[0], np.int64(0))]
    ready.pop()
    near = [(0.0, priority[0], np.int64(0))]
    near.pop()
    for i in range(n):
        if left[i] == 0:
            heapq.heappush(ready, (priority[i], np.int64(i)))
    part, weight = 0, 0.0
    cuts[0] = 0
    for k in range(n):
        while near and part_of[near[0][2]] >= 0:
            heapq.heappop(near)
        if near:
            i = heapq.heappop(near)[2]
        else:
            while part_of[ready[0][1]] >= 0:
                heapq.heappop(ready)
            i = heapq.heappop(ready)[1]
        if k > cuts[part] and weight + graph.weight[i] > cap:
            part += 1
            cuts[part] = k
            weight = 0.0
            near.clear()
        weight += graph.weight[i]
        part_of[i] = part
        order[k] = i
        for e in range(graph.child_start[i], graph.child_start[i + 1]):
            j = graph.child[e]
            left[j] -= 1
            if left[j] == 0:
                affinity[j] = 0.0
                for f in range(graph.parent_start[j], graph.parent_start[j + 1]):
                    if part_of[graph.parent[f]] == part:
                        affinity[j] += graph.parent_cost[f]
                heapq.heappush(ready, (priority[j], j))
                heapq.heappush(near, (-affinity[j], priority[j], j))
    cuts[part + 1] = n
    return order, cuts[: part + 2]


@compiled
def sweep(graph, part, parts, cap, rounds):
    """Move tasks between parts in place, whenever communication across parts falls; the gain.

    A task may go to any part from the highest of its parents to the lowest of its children; only
    those two have neighbours of it, so only they can gain.
    """
    weight, size = np.zeros(parts), np.zeros(parts, np.int64)
    for i in range(part.size):
        weight[part[i]] += graph.weight[i]
        size[part[i]] += 1
    total = 0.0
    for _ in range(rounds):
        gained = 0.0
        for i in graph.order:
            here = part[i]
            if size[here] == 1:
                continue
            low, high = 0, parts - 1
            for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
                low = max(low, part[graph.parent[e]])
            for e in range(graph.child_start[i], graph.child_start[i + 1]):
                high = min(high, part[graph.child[e]])
            inside, at_low, at_high = 0.0, 0.0, 0.0
            for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
                if part[graph.parent[e]] == here:
                    inside += graph.parent_cost[e]
                elif part[graph.parent[e]] == low:
                    at_low += graph.parent_cost[e]
            for e in range(graph.child_start[i], graph.child_start[i + 1]):
                if part[graph.child[e]] == here:
                    inside += graph.child_cost[e]
                elif part[graph.child[e]] == high:
                    at_high += graph.child_cost[e]
            there, gain = low, at_low - inside
            if low == here or at_high > at_low:
                there, gain = high, at_high - inside
            if there == here or gain <= 0 or weight[there] + graph.weight[i] > cap:
                continue
            part[i] = there
            weight[here] -= graph.weight[i]
            weight[there] += graph.weight[i]
            size[here] -= 1
            size[there] += 1
            gained += gain
        total += gained
        if gained == 0.0:
            break
    return total
