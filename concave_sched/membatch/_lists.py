"""List scheduling: orders of tasks, earliest completion, and the best packing of every device."""

from __future__ import annotations

import numpy as np


class Arrays:
    """Device-major copies of an instance's numbers, as the kernels want them."""

    def __init__(self, instance):
        self.time, self.gpu, self.memory = (
            np.array(n.T, order="C") for n in (instance.time, instance.gpu, instance.memory)
        )
        self.fits = np.array(instance.fits.T, order="C")
        self.gpu_room, self.memory_room = instance.device_gpu, instance.device_memory

    def compile(self) -> None:
        """Load the compiled kernels, or compile them, before a clock starts."""
        from . import _kernels, _search_kernels  # noqa: F401

    def earliest_completion(self, order, allowed=None):
        """(device, start) by list scheduling in this order, on the `allowed` (tasks, devices)."""
        from ._kernels import earliest_completion

        fits = self.fits if allowed is None else np.array(allowed.T, order="C")
        start = np.zeros(self.time.shape[1])
        device = earliest_completion(
            np.asarray(order, np.int64),
            self.time,
            self.gpu,
            self.memory,
            self.gpu_room,
            self.memory_room,
            fits,
            start,
        )
        return device, start

    def pack(self, j: int, order, start) -> float:
        """Completion of device j packing these tasks in this order; writes their starts."""
        from ._kernels import pack

        at, gpu_used, memory_used = np.empty((3, 2 * order.size + 2))
        return pack(
            order,
            order.size,
            self.time[j],
            self.gpu[j],
            self.memory[j],
            self.gpu_room[j],
            self.memory_room[j],
            np.inf,
            at,
            gpu_used,
            memory_used,
            start,
        )


def longest_order(instance) -> np.ndarray:
    """Tasks by falling time on their fastest device."""
    return np.argsort(-_least(instance, instance.time), kind="stable")


def orders(instance) -> list[np.ndarray]:
    """Several orders worth a try: by time, by mean time, by GPU area, wide ones first."""
    fits = instance.fits
    mean = instance.time.mean(1, where=fits)
    area = _least(instance, instance.time * instance.gpu)
    share = np.maximum(instance.gpu / instance.device_gpu, instance.memory / instance.device_memory)
    wide = _least(instance, share) > 0.5
    by_time = longest_order(instance)
    return [
        by_time,
        np.argsort(-mean, kind="stable"),
        np.argsort(-area, kind="stable"),
        by_time[np.argsort(~wide[by_time], kind="stable")],
    ]


def _least(instance, values):
    return values.min(1, where=instance.fits, initial=np.inf)


def repack(arrays: Arrays, device, start) -> np.ndarray:
    """Better starts for the same devices: each device packs its tasks in its best order."""
    start = start.copy()
    for j in range(arrays.time.shape[0]):
        mine = np.flatnonzero(device == j)
        if mine.size == 0:
            continue
        time, gpu = arrays.time[j, mine], arrays.gpu[j, mine]
        best = (start[mine] + time).max()
        share = np.maximum(gpu / arrays.gpu_room[j], arrays.memory[j, mine] / arrays.memory_room[j])
        by_time = np.argsort(-time, kind="stable")
        for rank in (
            by_time,
            np.argsort(-time * gpu, kind="stable"),
            by_time[np.argsort(~(share > 0.5)[by_time], kind="stable")],
            by_time[np.argsort(-share[by_time], kind="stable")],
        ):
            trial = np.empty(start.size)
            finish = arrays.pack(j, mine[rank], trial)
            if finish < best * (1 - 1e-12):
                best = finish
                start[mine] = trial[mine]
    return start
