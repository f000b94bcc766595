"""Compiled loop of the dynamic program; imported only by the function that runs it."""

import numpy as np

from ._kernels import compiled


@compiled
def fill_table(heavy_times, offsets, block_sums, costs):
    """Cheapest cost of `h` heavies on the first i machines, forward in i; the quotas of the best.

    The k-th heavy of machine i, `h` heavies before it, has slot max(k, t - C_{i-1}).
    """
    machines, count = offsets.size - 1, heavy_times.size - 2
    total = offsets[-1]
    low = np.maximum(0, count - (total - offsets))
    high = np.minimum(count, block_sums)
    width = (high - low).max() + 1
    choice = np.zeros((machines, width), np.int32)
    value = np.full(count + 1, np.inf)
    after = np.empty(count + 1)
    value[0] = 0.0
    for i in range(machines):
        start, capacity = offsets[i], offsets[i + 1] - offsets[i]
        first, last = low[i + 1], high[i + 1]
        after[first : last + 1] = np.inf
        for h in range(low[i], high[i] + 1):
            cost = value[h]
            if first <= h and cost < after[h]:
                after[h] = cost
                choice[i, h - first] = 0
            for a in range(h + 1, min(h + capacity, last) + 1):
                slot = max(a - h, heavy_times[a] - start)
                cost += costs[slot - 1]
                if a >= first and cost < after[a]:
                    after[a] = cost
                    choice[i, a - first] = a - h
        value, after = after, value
    quotas = np.empty(machines, np.int64)
    h = count
    for i in range(machines - 1, -1, -1):
        quotas[i] = choice[i, h - low[i + 1]]
        h -= quotas[i]
    return quotas
