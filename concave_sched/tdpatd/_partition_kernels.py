"""Compiled acyclic partition: growth along a topological order, then sweeps of gains."""

import numpy as np

from ._compiled import compiled


@compiled
def grow(graph, order, cap, follow):
    """(part, number of parts): parts of several tasks weigh at most `cap`.

    Along the order a task joins the highest part of its parents if `follow` and it fits, else the
    newest part if it fits, else it opens the next one; so no edge goes to a lower part.
    """
    n = graph.weight.size
    part, weight = np.empty(n, np.int64), np.zeros(n)
    newest = -1
    for i in order:
        chosen = -1
        if follow:
            for e in range(graph.parent_start[i], graph.parent_start[i + 1]):
                chosen = max(chosen, part[graph.parent[e]])
        if chosen < 0 or weight[chosen] + graph.weight[i] > cap:
            chosen = newest
        if chosen < 0 or weight[chosen] + graph.weight[i] > cap:
            newest += 1
            chosen = newest
        part[i] = chosen
        weight[chosen] += graph.weight[i]
    return part, newest + 1


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


@compiled
def longest_path(graph, part, parts, by_part):
    """Longest path over parts; between two parts the dearest of their edges counts by itself."""
    weight, arrival = np.zeros(parts), np.zeros(parts)
    for i in by_part:
        weight[part[i]] += graph.weight[i]
    longest, at = 0.0, 0
    for p in range(parts):
        finish = arrival[p] + weight[p]
        longest = max(longest, finish)
        while at < by_part.size and part[by_part[at]] == p:
            i = by_part[at]
            at += 1
            for e in range(graph.child_start[i], graph.child_start[i + 1]):
                q = part[graph.child[e]]
                if q != p:
                    arrival[q] = max(arrival[q], finish + graph.child_cost[e])
    return longest
