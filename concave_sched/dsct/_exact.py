"""Proven optima on several machines."""

from __future__ import annotations

import dataclasses
import time

import jax.numpy as jnp
import numpy as np

from .._checks import require, require_float64
from .._results import Status
from ._approximate import approximate
from ._entries import exponential
from ._instance import Instance, require_one
from ._model import AssignmentModel
from ._polish import polish
from ._schedule import Schedule
from ._single import solve_single


def solve_exact(
    instance: Instance,
    time_limit: float = 60.0,
    gap: float = 1e-6,
    solver: str | None = None,
    start: Schedule | None = None,
    verbose: bool = False,
) -> Schedule:
    r"""The best schedule on several machines by mixed-integer programming, with its bound.

        maximise  sum_j a_j(w_j),  w_j = sum_r w_jr,  0 <= w_jr <= min(max_work_j, s_r d_j) x_jr,
        sum_r x_jr = 1,  sum_{d_i <= d_j} w_ir <= s_r d_j,  x binary

    with two additions that cut the search: the preemptive relaxation (work w_jk of task j between
    the deadlines k-1 and k is at most what one machine, and all machines, can do there), and, for
    machines of equal speed, an order: a task may open the next one only after an earlier task is
    on the one before.

    Args:
        time_limit: seconds, for the solver. gap: relative gap at which it stops.
        solver: "scip" (PySCIPOpt; accuracies as exp constraints, so exponential curves only) or
            "highs" (any curve: Kelley's cutting planes around scipy's HiGHS; slower). Default:
            SCIP for exponential curves where it is installed, else HiGHS.
        start: a schedule to begin from; default `approximate`, with local search from 13 tasks on.
        verbose: show the solver's log.

    Returns a `Schedule`. Its objective is that of the machines found, every one solved again by
    `polish`: a solver's own value may overshoot by its feasibility tolerance. bound: the solver's
    dual bound or UB+, whichever is less. status: OPTIMAL if the relative gap is reached,
    TIME_LIMIT otherwise: the schedule and the bound hold all the same. The bound rests on the
    solver (feasibility tolerance 1e-8); `certificate()` uses UB+ instead, which rests on nothing.

    Cost: exponential in the tasks. About 30 tasks on 3 machines, or 20 on 5, come to a gap of 1e-4
    within a minute.

    Errors: ImportError naming the extra where solver="scip" is not installed.

    Example:
        >>> import concave_sched as cs
        >>> r = cs.dsct.solve_exact(cs.dsct.generate(6, 2, seed=1))
        >>> r.status.name, bool(r.gap <= 1e-6)
        ('OPTIMAL', True)

    Source: the problem is Section VI's; the paper solves it with MOSEK. Formulation ours.
    """
    require_float64()
    require_one(instance, "solve_exact")
    require("time_limit", time_limit, lambda t: t > 0, "seconds, more than 0.")
    require("gap", gap, lambda g: g >= 0, "a relative gap is >= 0.")
    if solver not in (None, "scip", "highs"):
        raise ValueError(f"solver = {solver!r}: choose 'scip' or 'highs'.")
    exponentials = exponential(instance.accuracy, instance.tasks) is not None
    if solver == "scip" and not exponentials:
        raise ValueError("solver = 'scip' is for exponential accuracies: use solver='highs'.")
    installed = _scip_works()
    if solver == "scip" and not installed:
        raise ImportError("solver='scip' needs PySCIPOpt: pip install 'concave_sched[exact]'.")
    if instance.machines == 1:
        return solve_single(instance)
    began = time.perf_counter()
    best = approximate(instance, local_search=instance.tasks > _SMALL) if start is None else start
    best = polish(instance, np.asarray(best.machine))
    bound = float(best.bound)
    model = AssignmentModel(instance)
    if not _closed(best, bound, gap) and model.work.max() > 0:
        if solver == "scip" or (solver is None and exponentials and installed):
            from ._scip import search
        else:
            from ._kelley import search
        machine, dual = search(model, best, time_limit, gap, verbose)
        found = polish(instance, machine)
        best = found if found.objective > best.objective else best
        bound = min(bound, dual)
    bound = max(bound, float(best.objective))
    status = Status.OPTIMAL if _closed(best, bound, gap) else Status.TIME_LIMIT
    if status is Status.TIME_LIMIT and time.perf_counter() - began < time_limit / 2:
        status = Status.FEASIBLE  # the solver gave up before its time
    return dataclasses.replace(
        best, proven=jnp.asarray(bound), code=jnp.asarray(status.code), algorithm="exact"
    )


_SMALL = 12  # tasks up to which the solver is quicker than a local search before it


def _scip_works() -> bool:
    try:
        import pyscipopt  # noqa: F401
    except ImportError:
        return False
    return True


def _closed(best, bound, gap):
    return bound - float(best.objective) <= max(gap * abs(bound), 1e-12)
