"""Exact schedules of small instances by CP-SAT."""

from __future__ import annotations

import time

import numpy as np

from .._checks import require_seconds
from .._results import Status
from ._bound import lower_bound
from ._cp import solve_cp
from ._instance import require_placeable
from ._plan import Plan
from ._schedule import Schedule
from ._simulate import simulate

ROUNDING = 1e-6


def solve_exact(
    instance, time_limit: float = 60.0, *, seed: int = 0, workers: int | None = None
) -> Schedule:
    r"""A makespan proven least, or the best found and a bound, by CP-SAT.

        min C  s.t.  one optional interval [s_i, s_i + t_ij) per task and device, one present,
        cumulative GPU <= Cap_j and memory <= Mem_j on every device, s_i + t_ij <= C.

    Times, shares and memory become whole numbers: exactly where they are multiples of a power of
    ten, else rounded down to at least 10^6 steps, which relaxes the model. The plan is executed
    by the simulator in its order of starts, which never ends later where nothing was rounded.

    Args:
        instance: an `Instance`.
        time_limit: seconds.
        seed: of CP-SAT.
        workers: threads; CP-SAT's default if None.

    Returns:
        A `Schedule` with `bound`; OPTIMAL if simulated makespan and bound agree to 1e-6.

    Raises:
        ValueError: if a task fits no device.
        ImportError: without the extra `exact`.

    Cost: exponential; about 40 tasks of distinct profiles are beyond proof in a minute.

    >>> import concave_sched.membatch as mb
    >>> r = solve_exact(mb.example())
    >>> round(r.objective, 6), r.status.name
    (115.0, 'OPTIMAL')
    """
    from ._baselines import longest_first

    require_placeable(instance)
    time_limit = require_seconds(time_limit)
    begun = time.perf_counter()
    first = longest_first(instance)
    found = solve_cp(
        instance,
        first.objective,
        time_limit,
        lower=lower_bound(instance),
        hint=(first.device, first.start),
        workers=workers,
        seed=seed,
    )
    plan, best = first.plan, first.objective
    if found.device is not None:
        planned = Plan.by_start(found.device, found.start)
        made = simulate(instance, planned).objective
        if made < best:
            plan, best = planned, made
    return simulate(
        instance,
        plan,
        bound=min(found.bound, best),
        status=status_of(best, found.bound, not found.closed),
        algorithm="CP-SAT",
        runtime=time.perf_counter() - begun,
    )


def status_of(objective: float, bound: float, stopped: bool) -> Status:
    """OPTIMAL if bound and objective agree to rounding; else whether time was the reason."""
    if objective <= bound * (1 + ROUNDING) + np.finfo(float).tiny:
        return Status.OPTIMAL
    return Status.TIME_LIMIT if stopped else Status.FEASIBLE
