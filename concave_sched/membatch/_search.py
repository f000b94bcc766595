"""Local search: annealing runs of growing length on all cores, from the best plan so far."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

FIRST_RUN = 0.15  # seconds; every further run is twice as long


class Search:
    """Annealing over the packing lists of all devices.

    Runs start from the best plan so far, hot enough to forget it, and end cold; their lengths
    double, and the last one fills the time. Queue costs (finish / best) ** power with more tasks
    need a higher power, and no one power is best, so the workers take different ones.
    """

    def __init__(self, arrays, device, start, seed: int, workers: int | None):
        self.arrays, self.rng = arrays, np.random.default_rng(seed)
        self.workers = workers or os.cpu_count() or 1
        self.device, self.start = device, start
        self.objective = self._makespan(device, start)
        tasks = device.size
        self.powers = (30.0, 60.0, 15.0) if tasks <= 50 else (60.0, 100.0, 150.0)
        self.speed = 2e7 / (20 + (tasks / arrays.time.shape[0]) ** 2)  # moves a second, a guess
        self.runs = 0

    def run(self, seconds: float, target: float) -> None:
        """Search until the time is over or a plan of at most `target` is found."""
        end, length = time.perf_counter() + seconds, FIRST_RUN
        with ThreadPoolExecutor(self.workers) as pool:
            while (left := end - time.perf_counter()) > 0.01 and self.objective > target:
                length = left if left < 2 * length else length
                moves = max(int(self.speed * length), 100)
                begun = time.perf_counter()
                runs = [self._prepare() for _ in range(self.workers)]
                for found in pool.map(lambda run: self._anneal(*run, moves, target), runs):
                    self._keep(*found)
                self.speed = moves / (time.perf_counter() - begun)
                length *= 2

    def _prepare(self):
        """Queues of the best plan, a seed and a power for one run."""
        devices, tasks = self.arrays.time.shape
        queue, count = np.zeros((devices, tasks), np.int64), np.zeros(devices, np.int64)
        finish = np.zeros(devices)
        by_start = np.argsort(self.start, kind="stable")
        for j in range(devices):
            mine = by_start[self.device[by_start] == j]
            queue[j, : mine.size], count[j] = mine, mine.size
            finish[j] = (self.start[mine] + self.arrays.time[j, mine]).max(initial=0.0)
        power = self.powers[self.runs % len(self.powers)]
        self.runs += 1
        return queue, count, finish, power, int(self.rng.integers(2**31))

    def _anneal(self, queue, count, finish, power, seed, moves, target):
        from ._search_kernels import anneal

        a = self.arrays
        best_queue, best_count = queue.copy(), count.copy()
        anneal(
            queue, count, finish, a.time, a.gpu, a.memory, a.gpu_room, a.memory_room, a.fits,
            moves, 1.0, 0.01, power, best_queue, best_count, self.objective, target, seed,
        )  # fmt: skip
        return best_queue, best_count

    def _keep(self, queue, count):
        device, start = np.empty_like(self.device), np.empty_like(self.start)
        for j, size in enumerate(count):
            mine = queue[j, :size].copy()
            device[mine] = j
            self.arrays.pack(j, mine, start)
        objective = self._makespan(device, start)
        if objective < self.objective:
            self.device, self.start, self.objective = device, start, objective

    def _makespan(self, device, start) -> float:
        return float((start + self.arrays.time[device, np.arange(device.size)]).max())
