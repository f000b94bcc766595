"""The same tasks under Ray's own scheduler, for comparison."""

from __future__ import annotations

import time

import numpy as np

from .._baselines import least_loaded_first
from ._cluster import load_ray, whole
from ._execution import DONE, Attempt, Execution
from ._remote import wherever
from ._run import functions_of, node_of_device, warm_up


def run_default(instance, time_scale: float = 0.05, *, work=None, warm: int = 3) -> Execution:
    """Submit all tasks in order of arrival and let Ray place them.

    A demand in Ray is one number, whatever the node: each task asks for the largest GPU share and
    memory among the devices that it fits, the Nano's on the paper's cluster. What it then takes is
    the time on the device where it finds itself.

    Args:
        instance: an `Instance`.
        time_scale, work: as for `run`.
        warm: worker processes to start on every node before the clock.

    Returns:
        An `Execution`. `schedule` is `least_loaded_first` with a queue for each workload, the
        model of what Ray does here. Nothing is re-planned: what fails is in `failed`.

    Raises:
        As `run`.
    """
    if not time_scale > 0:
        raise ValueError(f"time_scale = {time_scale}: give seconds per minute, above 0.")
    ray = load_ray()
    from ray.exceptions import RayError, RayTaskError

    work_of = functions_of(instance, work)
    nodes = node_of_device(ray, instance)
    if warm:
        warm_up(ray, nodes, dict.fromkeys(nodes, warm))
    device_of = {node: name for name, node in nodes.items()}
    place = {d.name: j for j, d in enumerate(instance.devices)}
    predicted = least_loaded_first(instance, queue="by_workload")
    begun, references = time.time(), []
    for i, task in enumerate(instance.tasks):
        asked = whole(
            instance.gpu[i].max(where=instance.fits[i], initial=0.0),
            instance.memory[i].max(where=instance.fits[i], initial=0.0),
        )
        seconds = {name: float(instance.time[i, j] * time_scale) for name, j in place.items()}
        remote = ray.remote(wherever).options(num_cpus=0, max_retries=0, resources=asked)
        references.append(remote.remote(work_of[task], task, device_of, seconds))
    log, values, failed = [], {}, {}
    for task, reference in zip(instance.tasks, references, strict=True):
        try:
            device, (start, end, values[task]) = ray.get(reference)
            log.append(Attempt(task, device, 0.0, start - begun, end - begun, DONE))
        except (RayTaskError, RayError) as error:
            failed[task] = type(error).__name__
            log.append(Attempt(task, "", 0.0, 0.0, time.time() - begun, failed[task]))
    return Execution(instance, predicted, float(time_scale), _chained(log), values, failed, ())


def _chained(log: list[Attempt]) -> tuple[Attempt, ...]:
    """The attempts with causes: the last one on the same device that ended before the start."""
    ends = np.array([a.end for a in log])
    chained = []
    for a in log:
        before = [k for k, b in enumerate(log) if b.device == a.device and b.end <= a.start]
        cause = max(before, key=lambda k: ends[k]) if before else None
        chained.append(Attempt(a.task, a.device, 0.0, a.start, a.end, a.outcome, cause))
    return tuple(chained)
