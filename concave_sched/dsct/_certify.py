"""A schedule replayed from the instance alone, and the bound that no schedule passes."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from ..allocation import Certificate
from ..allocation._certificate import gain_residual
from ._instance import require_one
from ._relaxation import relax
from ._schedule import Schedule

TOLERANCE = 1e-12


def violations(schedule: Schedule) -> dict[str, tuple[float, int]]:
    """{constraint: (largest violation, task)}, relative to the last deadline or the cap."""
    i = schedule.instance
    machine, start = np.asarray(schedule.machine), np.asarray(schedule.start, float)
    work = np.asarray(schedule.work, float)
    if machine.dtype.kind not in "iu" or ((machine < 0) | (machine >= i.machines)).any():
        raise ValueError(f"machine: integers from 0 to {i.machines - 1} are needed.")
    duration = work / np.asarray(i.speeds, float)[machine]
    deadlines = np.asarray(i.deadlines, float)
    horizon = max(deadlines.max(), np.finfo(float).tiny)
    runs = duration > 0
    must_meet = start + (duration if schedule.finish == "deadline" else 0)
    found = {
        "negative work": -work / horizon,
        "start before 0": -start / horizon,
        "work above its cap": (work - np.asarray(i.max_work)) / np.maximum(work, horizon),
        "late": np.where(runs, must_meet - deadlines, 0) / horizon,
    }
    by_time = np.flatnonzero(runs)
    by_time = by_time[np.lexsort((start[by_time], machine[by_time]))]
    overlap = np.zeros_like(start)
    ends = start[by_time] + duration[by_time]
    same = machine[by_time][1:] == machine[by_time][:-1]
    overlap[by_time[1:]] = np.where(same, ends[:-1] - start[by_time][1:], 0) / horizon
    found["overlap"] = overlap
    return {name: (float(v.max()), int(v.argmax())) for name, v in found.items()}


def validate(schedule: Schedule) -> float:
    """The objective recomputed, or a ValueError; see `Schedule.validate`."""
    require_one(schedule.instance, "validate")
    for name, (size, task) in violations(schedule).items():
        if not size <= TOLERANCE:
            raise ValueError(
                f"task {task}: {name} by {size:.3g} of the last deadline (machine "
                f"{int(schedule.machine[task])}, start {float(schedule.start[task])}, "
                f"work {float(schedule.work[task])})."
            )
    total = float(np.sum(np.asarray(schedule.instance.accuracies(schedule.work))))
    if not abs(total - float(schedule.objective)) <= 1e-10 * max(abs(total), 1e-300):
        raise ValueError(f"objective = {schedule.objective}, but the accuracies sum to {total}.")
    return total


def certify(schedule: Schedule) -> Certificate:
    """Replay a schedule and bound the optimum, from the instance alone.

    primal: sum of accuracies as replayed. dual: for one machine the bound of the schedule's own
    prices; for several that of UB+, so that the gap includes the relaxation's (a bound proven by
    `solve_exact` is `schedule.bound`, and rests on the solver). feasibility: the largest
    violation of a deadline, a cap or a machine's capacity, relative to the last deadline.
    kkt_residual: the largest departure from equal marginal accuracies on any machine; NaN where
    the machines are not optimal on their own. Where tasks may end late (finish="start") no
    schedule within the deadlines is bounded by it: the gap is NaN.

    Example:
        >>> import concave_sched as cs
        >>> accuracy = cs.curves.Exponential(0.0, [0.9, 0.4, 0.6], [0.3, 2.0, 0.7])
        >>> i = cs.dsct.Instance(accuracy, [5.0, 1.0, 3.0], [10.0, 10.0, 0.2])
        >>> cs.dsct.certify(cs.dsct.solve_single(i)).gap < 1e-9
        True
    """
    i = schedule.instance
    require_one(i, "certificate")
    primal = float(np.sum(np.asarray(i.accuracies(schedule.work))))
    feasibility = max(max(size for size, _ in violations(schedule).values()), 0.0)
    order = np.argsort(np.asarray(i.deadlines), kind="stable")
    residual = float("nan")
    if schedule.log_prices is not None:
        worst = gain_residual(
            i.accuracy, schedule.work, jnp.zeros_like(schedule.work), i.cap, schedule.log_prices
        )
        residual = float(jnp.max(worst))
    if i.machines == 1 and schedule.log_prices is not None:
        relaxed = _as_allocation(schedule, order)
    else:
        relaxed = relax(i, order, capped=i.machines > 1)
    dual = float(relaxed.certificate().dual)
    size = max(abs(primal), abs(dual))
    gap = abs(dual - primal) / size if size else 0.0
    if schedule.finish != "deadline":
        gap = float("nan")
    return Certificate(primal, dual, gap, residual, feasibility)


def _as_allocation(schedule, order):
    """The schedule of one machine as what `nested_waterfill` would return."""
    import dataclasses

    a = relax(schedule.instance, order)
    work, log_prices = (jnp.asarray(v)[order] for v in (schedule.work, schedule.log_prices))
    return dataclasses.replace(a, amounts=work, log_prices=log_prices)
