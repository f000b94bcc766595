"""Local search: annealing runs of growing length on all cores, from the best plan so far."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

GROWTH = 1.1  # of the length of a run over the one before
# Up to so many tasks: moves per task of the first runs; (power, first temperature) in turn. At
# 1.05 ** power plans 5 per cent longer are common, which is what it takes to leave a plan.
# Tuned on random instances of 39, 68 and 144 parts, one of them among the shared ones.
SETTINGS: tuple[tuple[float, int, tuple[tuple[float, float], ...]], ...] = (
    (50, 7500, ((30.0, 4.0), (60.0, 19.0), (60.0, 0.1))),
    (300, 15000, ((100.0, 130.0), (100.0, 130.0), (100.0, 0.1))),
    (np.inf, 15000, ((300.0, 0.1), (300.0, 0.01), (100.0, 0.05))),
)


class Search:
    """Annealing over the packing lists of all devices.

    Runs start from the best plan so far and end cold; they grow longer, and the last one fills the
    time. Some start hot enough to forget that plan, unless there are very many tasks; the others
    look around it. A queue costs (finish / best) ** power; more tasks want a higher power.
    """

    def __init__(self, arrays, device, start, seed: int, workers: int | None):
        self.arrays, self.rng = arrays, np.random.default_rng(seed)
        self.workers = workers or os.cpu_count() or 1
        self.device, self.start = device, start
        self.objective = self._makespan(device, start)
        tasks = device.size
        _, self.moves, self.settings = next(row for row in SETTINGS if tasks <= row[0])
        self.speed = 2e7 / (20 + (tasks / arrays.time.shape[0]) ** 2)  # moves a second, a guess
        self.runs = 0

    def run(self, seconds: float, target: float) -> None:
        """Search until the time is over or a plan of at most `target` is found."""
        end = time.perf_counter() + seconds
        length = min(self.moves * self.device.size / self.speed, seconds / 6)
        with ThreadPoolExecutor(self.workers) as pool:
            while (left := end - time.perf_counter()) > 0.01 and self.objective > target:
                length = left if left < 2 * length else length
                moves = max(int(self.speed * length), 100)
                begun = time.perf_counter()
                runs = [self._prepare() for _ in range(self.workers)]
                found = [pool.submit(self._anneal, *run, moves, target) for run in runs]
                for future in found:
                    self._keep(*future.result())
                self.speed = moves / (time.perf_counter() - begun)
                length *= GROWTH

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
        setting = self.settings[self.runs % len(self.settings)]
        self.runs += 1
        return queue, count, finish, setting, int(self.rng.integers(2**31))

    def _anneal(self, queue, count, finish, setting, seed, moves, target):
        from ._search_kernels import anneal

        a, (power, hot) = self.arrays, setting
        best_queue, best_count = queue.copy(), count.copy()
        anneal(
            queue, count, finish, a.time, a.gpu, a.memory, a.gpu_room, a.memory_room, a.fits,
            moves, hot, 0.01 * min(hot, 1.0), power,
            best_queue, best_count, self.objective, target, seed,
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
