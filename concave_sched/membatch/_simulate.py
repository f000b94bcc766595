"""The judge: execute a plan on the simulated cluster, event by event."""

from __future__ import annotations

import numpy as np

from .._results import Status
from ._instance import require_placeable
from ._plan import read_plan
from ._schedule import Schedule


def simulate(
    instance,
    plan,
    *,
    backfill: bool = False,
    bound=None,
    status=None,
    algorithm="plan",
    runtime=0.0,
) -> Schedule:
    """Execute a plan: devices run tasks concurrently while memory and GPU shares fit.

    Each device takes its tasks in the plan's order; a task that does not fit, or whose release
    has not come, waits, and so do those behind it. In this order a task that ends earlier never
    delays another one.

    Args:
        instance: an `Instance`.
        plan: a `Plan`; a `Schedule`; a table with the columns `task`, `device` and optionally
            `start`, which orders the rows; or a dict {task: device} in queue order.
        backfill: let the tasks behind a waiting one overtake it where they fit.
        bound, status, algorithm, runtime: carried over into the result.

    Returns:
        A `Schedule`; its makespan, total time and utilisation are those of this execution.

    Raises:
        ValueError: if a task is missing, occurs twice, or stands where it never fits.

    Cost: O(tasks x tasks running at a time); with backfill O(tasks^2) per device.

    >>> import concave_sched.membatch as mb
    >>> i = mb.Instance.from_arrays([[4.0], [3.0], [2.0]], [60.0, 50.0, 40.0], [1.0] * 3, [9.0])
    >>> simulate(i, {"t0": "device0", "t1": "device0", "t2": "device0"}).start
    array([0., 4., 4.])
    >>> simulate(i, {"t0": "device0", "t1": "device0", "t2": "device0"}, backfill=True).start
    array([0., 4., 0.])
    """
    require_placeable(instance)
    plan = read_plan(instance, plan)
    start = start_times(instance, plan, backfill)
    device = plan.device
    end = start + instance.time[np.arange(start.size), device]
    return Schedule(
        instance,
        plan,
        start,
        end,
        bound,
        Status.FEASIBLE if status is None else status,
        algorithm,
        float(runtime),
    )


def start_times(instance, plan, backfill: bool = False) -> np.ndarray:
    """Start of every task under the rules of `simulate`, for a plan known to be valid."""
    from ._kernels import replay

    start = np.zeros(plan.device.size)
    of_queue = plan.device[plan.order]
    for j in range(len(instance.devices)):
        queue = plan.order[of_queue == j]
        begun = np.empty(queue.size)
        replay(
            np.arange(queue.size),
            instance.time[queue, j],
            instance.gpu[queue, j],
            instance.memory[queue, j],
            plan.release[queue],
            instance.device_gpu[j],
            instance.device_memory[j],
            backfill,
            begun,
        )
        start[queue] = begun
    return start
