"""What runs on the nodes: sent to them by value, so that they need Ray and nothing of ours."""

from __future__ import annotations

import time


def timed_sleep(task, device, seconds):
    """The default work: take the time the profile says, and nothing else."""
    time.sleep(seconds)


def measured(work, task, device, seconds):
    """Do the work and say, by the node's clock, from when to when."""
    start = time.time()
    value = work(task, device, seconds)
    return start, time.time(), value


def wherever(work, task, device_of, seconds):
    """The same on whatever node this is; and its device."""
    import ray

    device = device_of[ray.get_runtime_context().get_node_id()]
    return device, measured(work, task, device, seconds[device])
