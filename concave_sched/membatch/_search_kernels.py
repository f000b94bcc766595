"""Simulated annealing over the queues of all devices, in Numba."""

# ruff: noqa: NPY002  (np.random is Numba's own generator here, one per thread)

from __future__ import annotations

import numpy as np
from numba import njit

from ._kernels import pack

CRITICAL, REORDER, SWAP = 0.5, 0.15, 0.45  # chances of the longest device, and of each move


@njit("i8(i8[::1], i8, i8, i8, i8[::1])", cache=True)
def move_within(queue, count, p, q, out):
    """Copy a queue with its entry p moved to place q; return the length."""
    n = 0
    for k in range(count):
        if k == p:
            continue
        if n == q:
            out[n] = queue[p]
            n += 1
        out[n] = queue[k]
        n += 1
    if n < count:
        out[n] = queue[p]
    return count


@njit("i8(i8[::1], i8, i8, i8, i8[::1])", cache=True)
def replace(queue, count, p, other, out):
    """Copy a queue with its entry p replaced, or left out where `other` is -1."""
    n = 0
    for k in range(count):
        if k != p:
            out[n] = queue[k]
            n += 1
        elif other >= 0:
            out[n] = other
            n += 1
    return n


@njit("i8(i8[::1], i8, i8, i8, b1, i8[::1])", cache=True)
def insert(queue, count, q, task, swap, out):
    """Copy a queue with a task at place q: in place of the entry there, or before it."""
    n = 0
    for k in range(count):
        if k == q:
            out[n] = task
            n += 1
            if swap:
                continue
        out[n] = queue[k]
        n += 1
    if q == count:
        out[n] = task
        n += 1
    return n


@njit(
    "f8(i8[:, ::1], i8[::1], f8[::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[::1], f8[::1],"
    "b1[:, ::1], i8, f8, f8, f8, i8[:, ::1], i8[::1], f8, f8, i8)",
    cache=True,
    nogil=True,
)
def anneal(
    queue, count, finish, time, gpu, memory, gpu_room, memory_room, fits,
    moves, hot, cold, power, best_queue, best_count, best, target, seed,
):  # fmt: skip
    """Move and swap tasks between queues; keep the best in `best_queue`; return its makespan.

    queue[j, :count[j]] is device j's list, packed in that order; finish[j] its completion; time,
    gpu, memory and fits are (devices, tasks). A queue costs (finish / best) ** power, so that the
    longest dominate and the others still count. The tolerated rise in cost is drawn before a move
    is tried: areas, and packing past the limit it gives, refuse most moves early.
    """
    np.random.seed(seed)
    devices, tasks = time.shape
    size = 2 * tasks + 2
    at, used, held, start = np.empty(size), np.empty(size), np.empty(size), np.empty(tasks)
    first, second = np.empty(tasks, np.int64), np.empty(tasks, np.int64)
    gpu_area, memory_area = np.zeros(devices), np.zeros(devices)
    for j in range(devices):
        for k in range(count[j]):
            i = queue[j, k]
            gpu_area[j] += time[j, i] * gpu[j, i] / gpu_room[j]
            memory_area[j] += time[j, i] * memory[j, i] / memory_room[j]
    scale = best
    cost = (finish / scale) ** power
    for step in range(moves):
        temperature = hot * (cold / hot) ** (step / moves)
        a = np.argmax(finish) if np.random.random() < CRITICAL else np.random.randint(devices)
        if count[a] == 0:
            continue
        p = np.random.randint(count[a])
        i = queue[a, p]
        kind = np.random.random()
        b = a if kind < REORDER else np.random.randint(devices)
        tolerated = cost[a] - temperature * np.log(np.random.random())
        if a == b:
            q = np.random.randint(count[a])
            if p == q:
                continue
            n = move_within(queue[a], count[a], p, q, first)
            limit = scale * tolerated ** (1 / power)
            new_a = pack(
                first, n, time[a], gpu[a], memory[a], gpu_room[a], memory_room[a],
                limit, at, used, held, start,
            )  # fmt: skip
            if new_a > limit:
                continue
            queue[a, :n] = first[:n]
            finish[a] = new_a
            cost[a] = (new_a / scale) ** power
        else:
            tolerated += cost[b]
            swap = kind < REORDER + SWAP and count[b] > 0
            q = np.random.randint(count[b] + (0 if swap else 1))
            other = queue[b, q] if swap else -1
            if not fits[b, i] or (swap and not fits[a, other]):
                continue
            gpu_a = gpu_area[a] - time[a, i] * gpu[a, i] / gpu_room[a]
            memory_a = memory_area[a] - time[a, i] * memory[a, i] / memory_room[a]
            gpu_b = gpu_area[b] + time[b, i] * gpu[b, i] / gpu_room[b]
            memory_b = memory_area[b] + time[b, i] * memory[b, i] / memory_room[b]
            if swap:
                gpu_a += time[a, other] * gpu[a, other] / gpu_room[a]
                memory_a += time[a, other] * memory[a, other] / memory_room[a]
                gpu_b -= time[b, other] * gpu[b, other] / gpu_room[b]
                memory_b -= time[b, other] * memory[b, other] / memory_room[b]
            least_a = (max(gpu_a, memory_a, 0.0) / scale) ** power
            least_b = (max(gpu_b, memory_b, time[b, i]) / scale) ** power
            if least_a + least_b > tolerated:
                continue
            n_first = replace(queue[a], count[a], p, other, first)
            limit = scale * (tolerated - least_b) ** (1 / power)
            new_a = pack(
                first, n_first, time[a], gpu[a], memory[a], gpu_room[a], memory_room[a],
                limit, at, used, held, start,
            )  # fmt: skip
            cost_a = (new_a / scale) ** power
            if new_a > limit or cost_a + least_b > tolerated:
                continue
            n_second = insert(queue[b], count[b], q, i, swap, second)
            limit = scale * (tolerated - cost_a) ** (1 / power)
            new_b = pack(
                second, n_second, time[b], gpu[b], memory[b], gpu_room[b], memory_room[b],
                limit, at, used, held, start,
            )  # fmt: skip
            if new_b > limit:
                continue
            queue[a, :n_first] = first[:n_first]
            queue[b, :n_second] = second[:n_second]
            count[a], count[b] = n_first, n_second
            finish[a], finish[b] = new_a, new_b
            gpu_area[a], memory_area[a] = gpu_a, memory_a
            gpu_area[b], memory_area[b] = gpu_b, memory_b
            cost[a], cost[b] = cost_a, (new_b / scale) ** power
        longest = finish.max()
        if longest < best * (1 - 1e-12):
            best = longest
            for j in range(devices):
                best_count[j] = count[j]
                best_queue[j, : count[j]] = queue[j, : count[j]]
            if best <= target:
                break
            if best < 0.99 * scale:
                scale = best
                cost = (finish / scale) ** power
    return best
