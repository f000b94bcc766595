"""The scalar loops, compiled by Numba; imported only by the functions that run them.

Times and ranks count from 1 as in the paper; machines and slots of results count from 0.
"""

import numba
import numpy as np

compiled = numba.njit(cache=True, nogil=True)


@compiled
def closed_form(heavy, capacities, slots):
    """For every row of `heavy`: quotas (rows, machines), and heavies per slot (rows, slots)."""
    rows, machines = heavy.shape[0], capacities.size
    quotas = np.empty((rows, machines), np.int64)
    per_slot = np.empty((rows, slots), np.int64)
    low_slots = np.zeros(slots, np.int64)  # slots <= k, over all machines
    for capacity in capacities:
        low_slots[capacity - 1] += 1
    for k in range(slots - 2, -1, -1):
        low_slots[k] += low_slots[k + 1]
    for k in range(1, slots):
        low_slots[k] += low_slots[k - 1]
    rest = np.empty(slots, np.int64)
    most = np.empty(slots, np.int64)
    for row in range(rows):
        most[:] = low_slots[-1]
        rest[:] = low_slots
        count = _most_heavy(heavy[row], capacities, rest, most)
        low = 0
        for k in range(slots):
            most[k] = min(most[k], count)
            per_slot[row, k] = most[k] - low
            low = most[k]
        _quotas(most, count, capacities, rest, quotas[row])
    return quotas, per_slot


@compiled
def _most_heavy(heavy, capacities, rest, most):
    """One pass: `most[k]` falls to its minimum over the machines; returns the number of heavies."""
    jobs, start, count = heavy.size, 0, 0
    for capacity in capacities:
        arrived = max(0, min(capacity, jobs - start))
        for k in range(arrived):
            count += heavy[start + k]
            rest[k] -= k + 1
            most[k] = min(most[k], count + rest[k])
        for k in range(arrived, capacity):
            rest[k] -= k + 1
            most[k] = min(most[k], count + rest[k])
        for k in range(capacity, rest.size):
            rest[k] -= capacity
            most[k] = min(most[k], count + rest[k])
        start += capacity
    return count


@compiled
def _quotas(most, count, capacities, rest, quotas):
    """A_i = max_k most[k] - (slots <= k on later machines); the quotas are its differences."""
    rest[:] = 0
    above = count
    for i in range(capacities.size - 1, 0, -1):
        capacity = capacities[i]
        for k in range(capacity):
            rest[k] += k + 1
        for k in range(capacity, rest.size):
            rest[k] += capacity
        here = 0
        for k in range(rest.size):
            here = max(here, most[k] - rest[k])
        quotas[i] = above - here
        above = here
    quotas[0] = above


@compiled
def arrival_times(heavy, total):
    """Times of the a-th heavy and of the b-th light (index 0: 0; last: total + 1), from 1.

    Slots beyond the sequence are filled by lights that arrive after it.
    """
    count = 0
    for job in heavy:
        count += job
    heavy_times = np.zeros(count + 2, np.int64)
    light_times = np.zeros(total - count + 2, np.int64)
    heavy_times[-1] = light_times[-1] = total + 1
    a = b = 0
    for t in range(1, total + 1):
        if t <= heavy.size and heavy[t - 1]:
            a += 1
            heavy_times[a] = t
        else:
            b += 1
            light_times[b] = t
    return heavy_times, light_times


@compiled
def block_sums(heavy, capacities):
    """P(C_0), ..., P(C_m): heavies among the jobs that fill the first i machines in turn."""
    sums = np.zeros(capacities.size + 1, np.int64)
    count = start = 0
    for i in range(capacities.size):
        stop = min(start + capacities[i], heavy.size)
        for t in range(start, stop):
            count += heavy[t]
        sums[i + 1] = count
        start = stop
    return sums


@compiled
def heavy_per_slot(heavy_times, sums, offsets, slots):
    """How many heavies each slot index carries, for cumulative quotas `sums`."""
    counts = np.zeros(slots, np.int64)
    for i in range(sums.size - 1):
        for a in range(sums[i] + 1, sums[i + 1] + 1):
            counts[max(a - sums[i], heavy_times[a] - offsets[i]) - 1] += 1
    return counts


@compiled
def place(heavy, sums, offsets):
    """Machine and slot of every job for cumulative quotas `sums`, without simulation."""
    machine = np.empty(heavy.size, np.int64)
    slot = np.empty(heavy.size, np.int64)
    a = b = i_heavy = i_light = 0
    for t in range(1, heavy.size + 1):
        if heavy[t - 1]:
            a += 1
            while sums[i_heavy + 1] < a:
                i_heavy += 1
            machine[t - 1] = i_heavy
            slot[t - 1] = max(a - sums[i_heavy], t - offsets[i_heavy]) - 1
        else:
            b += 1
            while offsets[i_light + 1] - sums[i_light + 1] < b:
                i_light += 1
            rank = b - offsets[i_light] + sums[i_light + 1]
            machine[t - 1] = i_light
            slot[t - 1] = min(rank, t - offsets[i_light]) - 1
    return machine, slot


@compiled
def assign(heavy, quotas, capacities):
    """Algorithm 1 of the paper, by simulation: the machine of every job, feasible quotas given."""
    machine = np.empty(heavy.size, np.int64)
    remaining = quotas.copy()
    load = np.zeros(capacities.size, np.int64)
    first_heavy = first_light = 0
    for t in range(heavy.size):
        if heavy[t]:
            while remaining[first_heavy] == 0:
                first_heavy += 1
            machine[t] = first_heavy
            remaining[first_heavy] -= 1
        else:
            while load[first_light] + remaining[first_light] == capacities[first_light]:
                first_light += 1
            machine[t] = first_light
        load[machine[t]] += 1
    return machine


@compiled
def replay(machine, capacities):
    """Each job's slot, found by appending the jobs one by one; and the first job without room."""
    load = np.zeros(capacities.size, np.int64)
    slot = np.empty(machine.size, np.int64)
    for t in range(machine.size):
        i = machine[t]
        if i < 0 or i >= load.size or load[i] == capacities[i]:
            return slot, t
        slot[t] = load[i]
        load[i] += 1
    return slot, -1
