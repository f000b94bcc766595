"""Compiled loops of misalignment elimination; imported only by the function that runs them."""

import numpy as np

from ._kernels import compiled


@compiled
def is_misaligned(i, sums, offsets, heavy_times, light_times, strict):
    """Whether the last heavy of machine i stands at or after the first light of machine i + 1."""
    if sums[i + 1] == sums[i]:
        return False
    if sums[i + 2] - sums[i + 1] == offsets[i + 2] - offsets[i + 1]:
        return False
    heavy_rank, light_rank = sums[i + 1], offsets[i + 1] - sums[i + 1] + 1
    last_heavy = max(heavy_rank - sums[i], heavy_times[heavy_rank] - offsets[i])
    first_light = min(sums[i + 2] - sums[i + 1] + 1, light_times[light_rank] - offsets[i + 1])
    return last_heavy > first_light or (last_heavy == first_light and not strict)


@compiled
def sweep(sums, offsets, heavy_times, light_times, strict, limit, direction):
    """Always move the first (direction 1) or the last (-1) misaligned pair; count the moves."""
    pairs = sums.size - 2
    i = 0 if direction > 0 else pairs - 1
    moves = 0
    while 0 <= i < pairs and moves < limit:
        if is_misaligned(i, sums, offsets, heavy_times, light_times, strict):
            sums[i + 1] -= 1
            moves += 1
            i = min(max(i - direction, 0), pairs - 1)
        else:
            i += direction
    return moves


@compiled
def shuffle(sums, offsets, heavy_times, light_times, strict, limit, generator):
    """Move a misaligned pair drawn at random, until there is none; count the moves."""
    pairs = sums.size - 2
    members = np.empty(pairs, np.int64)
    where = np.full(pairs, -1, np.int64)
    size = moves = 0
    for i in range(pairs):
        if is_misaligned(i, sums, offsets, heavy_times, light_times, strict):
            members[size] = i
            where[i] = size
            size += 1
    while size > 0 and moves < limit:
        chosen = members[generator.integers(0, size)]
        sums[chosen + 1] -= 1
        moves += 1
        for i in range(max(chosen - 1, 0), min(chosen + 2, pairs)):
            inside = is_misaligned(i, sums, offsets, heavy_times, light_times, strict)
            if inside and where[i] < 0:
                members[size] = i
                where[i] = size
                size += 1
            elif not inside and where[i] >= 0:
                size -= 1
                members[where[i]] = members[size]
                where[members[size]] = where[i]
                where[i] = -1
    return moves
