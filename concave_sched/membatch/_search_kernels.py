"""Simulated annealing over the queues of all devices, in Numba."""

from __future__ import annotations

import numpy as np
from numba import njit

from ._kernels import pack


@njit(
    "f8(i8[:, ::1], i8[::1], f8[::1], f8[:, ::1], f8[:, ::1], f8[:, ::1], f8[::1], f8[::1],"
    "b1[:, ::1], i8, f8, f8, f8, i8[:, ::1], i8[::1], f8, i8)",
    cache=True,
    nogil=True,
)
def anneal(
    queue,
    count,
    finish,
    time,
    gpu,
    memory,
    gpu_room,
    memory_room,
    fits,
    moves,
    hot,
    cold,
    power,
    best_queue,
    best_count,
    best,
    seed,
):
    """Move and swap tasks between queues; keep the best in `best_queue`; return its makespan.

    queue[j, :count[j]] is device j's list, packed in that order; finish[j] its completion; time,
    gpu, memory and fits are (devices, tasks). A queue costs (finish / best) ** power, so that the
    longest dominate and the others still count.
    """
    np.random.seed(seed)
    devices, tasks = time.shape
    size = 2 * tasks + 2
    at, used, held, start = np.empty(size), np.empty(size), np.empty(size), np.empty(tasks)
    first, second = np.empty(tasks, np.int64), np.empty(tasks, np.int64)
    for step in range(moves):
        temperature = hot * (cold / hot) ** (step / moves)
        a = np.argmax(finish) if np.random.random() < 0.5 else np.random.randint(devices)
        if count[a] == 0:
            continue
        p = np.random.randint(count[a])
        i = queue[a, p]
        kind = np.random.random()
        b = a if kind < 0.15 else np.random.randint(devices)
        n_first = n_second = 0
        if a == b:
            if count[a] < 2:
                continue
            q = np.random.randint(count[a])
            if p == q:
                continue
            for k in range(count[a]):
                if k == p:
                    continue
                if k == q and q < p:
                    first[n_first] = i
                    n_first += 1
                first[n_first] = queue[a, k]
                n_first += 1
                if k == q and q > p:
                    first[n_first] = i
                    n_first += 1
        else:
            if not fits[b, i]:
                continue
            swap = kind < 0.6 and count[b] > 0
            q = np.random.randint(count[b] + (0 if swap else 1))
            if swap and not fits[a, queue[b, q]]:
                continue
            for k in range(count[a]):
                if k != p:
                    first[n_first] = queue[a, k]
                    n_first += 1
                elif swap:
                    first[n_first] = queue[b, q]
                    n_first += 1
            for k in range(count[b]):
                if k == q:
                    second[n_second] = i
                    n_second += 1
                    if swap:
                        continue
                second[n_second] = queue[b, k]
                n_second += 1
            if not swap and q == count[b]:
                second[n_second] = i
                n_second += 1
        new_a = pack(
            first,
            n_first,
            time[a],
            gpu[a],
            memory[a],
            gpu_room[a],
            memory_room[a],
            at,
            used,
            held,
            start,
        )
        change = (new_a / best) ** power - (finish[a] / best) ** power
        new_b = 0.0
        if a != b:
            new_b = pack(
                second,
                n_second,
                time[b],
                gpu[b],
                memory[b],
                gpu_room[b],
                memory_room[b],
                at,
                used,
                held,
                start,
            )
            change += (new_b / best) ** power - (finish[b] / best) ** power
        if change > 0 and np.random.random() >= np.exp(-change / temperature):
            continue
        for k in range(n_first):
            queue[a, k] = first[k]
        count[a] = n_first
        finish[a] = new_a
        if a != b:
            for k in range(n_second):
                queue[b, k] = second[k]
            count[b] = n_second
            finish[b] = new_b
        longest = finish.max()
        if longest < best * (1 - 1e-12):
            best = longest
            for j in range(devices):
                best_count[j] = count[j]
                for k in range(count[j]):
                    best_queue[j, k] = queue[j, k]
    return best
