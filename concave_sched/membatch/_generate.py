"""Random instances whose tasks all have profiles of their own."""

from __future__ import annotations

import numpy as np

from ._instance import Device, Instance
from ._presets import jetson_cluster
from ._split import split


def generate(tasks: int, seed: int, devices: list[Device] | None = None) -> Instance:
    """Tasks with distinct random profiles, split, on the paper's cluster or on the devices given.

    A third of the tasks is heavy (2.7 to 8 GB). On the fastest type of device a task takes 15 to
    150 minutes and 10 to 60 per cent of the GPU; each further type, in falling order of memory, is
    1.1 to 3.5 times as slow and needs 1.3 times the share, up to 100. Numbers are synthetic.

    >>> generate(12, seed=0)
    Instance(tasks=18, devices=7, workloads=12)
    """
    if tasks < 1:
        raise ValueError(f"tasks = {tasks}: give at least one.")
    rng = np.random.default_rng(seed)
    devices = jetson_cluster() if devices is None else list(devices)
    largest = {d.type: d.memory for d in sorted(devices, key=lambda d: d.memory)}
    rank = {kind: k for k, kind in enumerate(reversed(largest))}
    heavy = rng.random(tasks) < 1 / 3
    light_memory = np.exp(rng.uniform(np.log(50), np.log(2600), tasks))
    memory = np.where(heavy, rng.uniform(2700, 8000, tasks), light_memory)
    slower = rng.uniform(1.1, 3.5, (tasks, len(rank)))
    slower[:, 0] = rng.uniform(15, 150, tasks)
    time = np.cumprod(slower, axis=1)
    share = np.minimum(rng.uniform(10, 60, tasks)[:, None] * 1.3 ** np.arange(len(rank)), 100)
    items = [
        {
            "id": f"t{i}",
            "workload": f"w{i}",
            "time": {kind: round(time[i, k], 1) for kind, k in rank.items()},
            "gpu": {kind: round(share[i, k], 0) for kind, k in rank.items()},
            "memory": round(memory[i]),
        }
        for i in range(tasks)
    ]
    return split(Instance(items, devices))
