"""Compressible tasks with deadlines on one machine: the conic program and Kelley's method."""

from __future__ import annotations

import dataclasses

import numpy as np

from .._checks import require
from .._results import Status
from ._cones import pick
from ._waterfill import nested_waterfill


@dataclasses.dataclass(frozen=True)
class DsctReference:
    """objective: sum of accuracies; bound: no schedule is better; work (tasks,), in the caller's
    order; price (tasks,): marginal accuracy of work, where the method has it; rounds; status."""

    objective: float
    bound: float
    work: np.ndarray
    price: np.ndarray
    rounds: int
    status: Status


def dsct_single(instance, solver="CLARABEL", **options) -> DsctReference:
    """One machine as a conic program: problem (1) of the paper.

        max  sum_j a_j(w_j)    s.t.  sum_{d_i <= d_j} w_i <= s d_j,  0 <= w_j <= max_work_j

    Tasks of deadline 0 are left out before solving. Example:
        >>> import concave_sched as cs
        >>> i = cs.dsct.generate(5, 1, seed=0)
        >>> found = cs.reference.dsct_single(i)
        >>> bool(abs(found.objective - cs.dsct.solve_single(i).objective) < 1e-8)
        True
    """
    order, budgets, cap = _sorted(instance)
    live = order[budgets > 0]
    work, price = np.zeros(instance.tasks), np.full(instance.tasks, np.nan)
    status = Status.OPTIMAL
    if live.size:
        budgets = budgets[budgets > 0]
        found = nested_waterfill(
            pick(instance.accuracy, live), budgets, upper=cap[live], solver=solver, **options
        )
        work[live], price[live], status = found.amounts, found.price, found.status
    objective = float(np.sum(np.asarray(instance.accuracies(work))))
    return DsctReference(objective, objective, work, price, 1, status)


def dsct_kelley(instance, tolerance: float = 1e-9, rounds: int = 200) -> DsctReference:
    """One machine by Kelley's cutting planes, which the paper names: linear programs (HiGHS).

    Every accuracy is at most each of its tangents; the best work under those found so far is an
    upper bound, and the tangents there are added, until accuracies and bound agree to `tolerance`,
    relative. Slow and accurate to about 1e-9 only. Example:
        >>> import concave_sched as cs
        >>> found = cs.reference.dsct_kelley(cs.dsct.generate(5, 1, seed=0))
        >>> found.status.name, bool(found.bound >= found.objective)
        ('OPTIMAL', True)
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array, hstack, vstack

    require("tolerance", tolerance, lambda t: t > 0, "a relative tolerance is > 0.")
    order, budgets, cap = _sorted(instance)
    n, horizon = instance.tasks, max(float(budgets.max()), np.finfo(float).tiny)
    most = np.minimum(cap[order], np.minimum.accumulate(budgets[::-1])[::-1]) / horizon

    def accuracy(part, function):
        given = np.empty(n)
        given[order] = part * horizon
        return np.broadcast_to(np.asarray(function(given)), (n,))[order]

    base = accuracy(np.zeros(n), instance.accuracies)
    prefix = csr_array(np.tril(np.ones((n, n))))
    nothing = csr_array((n, n))
    rows, limits = [hstack([prefix, nothing])], [budgets / horizon]
    identity = csr_array(np.eye(n))
    best, bound, part = -np.inf, np.inf, most / n
    status, work = Status.UNCONVERGED, np.zeros(n)
    while len(rows) <= rounds:
        at = np.clip(part, 1e-12 * most, None) + 1e-300
        slope = horizon * accuracy(at, instance.accuracy.marginal)
        level = accuracy(at, instance.accuracies) - base - slope * at
        rows.append(hstack([csr_array(np.diag(-slope)), identity]))
        limits.append(level)
        bounds = [*zip(np.zeros(n), most, strict=True), *[(0, None)] * n]
        found = linprog(
            np.append(np.zeros(n), -np.ones(n)),
            A_ub=vstack(rows),
            b_ub=np.concatenate(limits),
            bounds=bounds,
            method="highs",
            options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
        )
        if found.x is None:
            break
        part, bound = found.x[:n], min(bound, base.sum() - found.fun)
        value = float(accuracy(part, instance.accuracies).sum())
        if value > best:
            best, work = value, part * horizon
        if bound - best <= tolerance * max(abs(bound), 1e-300):
            status = Status.OPTIMAL
            break
    given = np.zeros(n)
    given[order] = work
    return DsctReference(best, max(bound, best), given, np.full(n, np.nan), len(rows) - 1, status)


def _sorted(instance):
    if instance.machines != 1:
        raise ValueError(f"speeds has {instance.machines} machines: the program is of one machine.")
    deadlines = np.asarray(instance.deadlines, float)
    order = np.argsort(deadlines, kind="stable")
    speed = float(instance.speeds[0])
    cap = np.broadcast_to(np.asarray(instance.cap, float), deadlines.shape)
    return order, speed * deadlines[order], cap
