"""Minimum weighted completion time of parallel jobs, as a perspective program."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from .._checks import numbers, require
from .._results import Status
from ._cones import hypograph, pick
from ._conic import solve_conic
from ._waterfill import _values


@dataclasses.dataclass(frozen=True)
class SmartFillReference:
    """The optimum for one completion order; arrays by job, in the caller's order.

    marginal_costs: duals of the work constraints, d objective / d size. order: jobs, last to
    complete first. durations: (M,), phase l has the first l jobs of the order active.
    """

    objective: float
    completion_times: np.ndarray
    marginal_costs: np.ndarray
    durations: np.ndarray
    order: np.ndarray
    status: Status


def smartfill(
    speedup, sizes, weights=None, budget=1.0, order=None, solver="CLARABEL", **options
) -> SmartFillReference:
    """The best rates for a given completion order.

        min   sum_l d_l W_l
        s.t.  sum_{l>=i} d_l s_i(R_il/d_l) >= x_i    for every job i     (dual: marginal cost)
              sum_{i<=l} R_il <= budget * d_l        for every phase l;  d, R >= 0

    with jobs numbered last completed first, d_l the length of phase l, in which jobs 1..l are
    active, R_il = d_l * rate, and W_l the weight of jobs 1..l. Perspectives make it convex.

    speedup: a curve with s(0) = 0, one per job where parameters are vectors; a tuple means a sum.
    sizes: (M,), > 0. weights: (M,), > 0, default 1/size. order: all jobs, last completed first;
    default by falling size and, at ties, rising weight. Units of time, work and budget are
    normalised away before the solver sees the numbers.

    Paper: "Optimal Parallel Scheduling under Concave Speedup Functions", problem OPT.

    Example: two equal jobs, speedup sqrt.
        >>> from concave_sched import curves, reference
        >>> found = reference.smartfill(curves.Power(1.0, 0.5), [1.0, 1.0], [1.0, 1.0])
        >>> round(found.objective, 6)   # 1 + sqrt(3)
        2.732051
    """
    import cvxpy as cp

    sizes, weights, order = _instance(sizes, weights, budget, order)
    speedup, x, w = pick(speedup, order), sizes[order], weights[order]
    m = x.size
    alone = x / _values(speedup, np.full(m, float(budget)))
    unit, worth = alone.max(), w.sum()
    job, phase = np.triu_indices(m)

    lengths = cp.Variable(m, nonneg=True)
    parts = cp.Variable(job.size, nonneg=True)
    work, cones = hypograph(pick(speedup, job), budget * parts, lengths[phase])
    by_job = (job == np.arange(m)[:, None]) / x[:, None]
    by_phase = (phase == np.arange(m)[:, None]).astype(float)
    done = unit * (by_job @ work) >= 1
    shared = by_phase @ parts <= lengths
    objective = cp.Minimize(np.cumsum(w) / worth @ lengths)
    problem = cp.Problem(objective, [done, shared, *cones])
    status = solve_conic(problem, solver, **options)
    back = np.argsort(order)
    if lengths.value is None:
        nothing = np.full(m, np.nan)
        return SmartFillReference(np.nan, nothing, nothing, nothing, order, status)
    durations = unit * lengths.value
    return SmartFillReference(
        objective=float(np.cumsum(w) @ durations),
        completion_times=np.cumsum(durations[::-1])[::-1][back],
        marginal_costs=(np.maximum(done.dual_value, 0) * unit * worth / x)[back],
        durations=durations,
        order=order,
        status=status,
    )


def smartfill_all_orders(
    speedup, sizes, weights=None, budget=1.0, solver="CLARABEL", **options
) -> SmartFillReference:
    """The best rates over all completion orders: M! programs, so M <= 5.

    Example: shortest first is optimal when weights do not rise with size.
        >>> from concave_sched import curves, reference
        >>> curve = curves.Logarithmic(1.0, 1.0)
        >>> reference.smartfill_all_orders(curve, [2.0, 1.0]).order.tolist()
        [0, 1]
    """
    m = np.size(sizes)
    if m > 5:
        raise ValueError(f"sizes has {m} jobs: {m}! programs; at most 5 jobs, or give an order.")
    found = [
        smartfill(speedup, sizes, weights, budget, order, solver, **options)
        for order in itertools.permutations(range(m))
    ]
    return min(found, key=lambda f: np.inf if np.isnan(f.objective) else f.objective)


def _instance(sizes, weights, budget, order):
    sizes = np.asarray(numbers("sizes", sizes))
    if sizes.ndim != 1 or sizes.size == 0:
        raise ValueError(f"sizes has shape {sizes.shape}: a vector of one job or more needed.")
    require("sizes", sizes, lambda x: (x > 0) & np.isfinite(x), "sizes must be finite and > 0.")
    weights = 1 / sizes if weights is None else np.asarray(numbers("weights", weights))
    if weights.shape != sizes.shape:
        raise ValueError(f"weights has shape {weights.shape}, not {sizes.shape}: one per job.")
    require("weights", weights, lambda w: (w > 0) & np.isfinite(w), "must be finite and > 0.")
    require("budget", budget, lambda b: (b > 0) & np.isfinite(b), "must be finite and > 0.")
    natural = np.lexsort((weights, -sizes))
    order = natural if order is None else np.asarray(numbers("order", order))
    if not np.array_equal(np.sort(order, axis=None), np.arange(sizes.size)):
        raise ValueError(f"order = {order}: each job once, last completed first.")
    return sizes, weights, order.astype(int)
