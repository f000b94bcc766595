"""The best schedule of jobs with their own speedups."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._checks import require_float64, require_whole
from .._results import Status
from .._tree import is_concrete
from ._branch_and_bound import branch_and_bound
from ._general_certificate import BY_ENUMERATION, BY_PRICES, BY_THEOREM, NO_BOUND
from ._general_instance import GeneralInstance, StepBudget, as_general
from ._general_result import GeneralSchedule
from ._instance import read_order
from ._order_search import search_orders
from ._orders import evaluate_orders
from ._price_bound import price_bound
from ._speedups import jobs_of

_MOST_ENUMERATED = 12


def solve_general(
    instance,
    order=None,
    starts: int | None = None,
    nodes: int = 10_000,
    intervals: int | None = None,
    seed: int = 0,
    progress: bool = False,
) -> GeneralSchedule:
    """Minimise the weighted completion time of parallel jobs, each with its own speedup.

        minimise  sum_i w_i T_i   over rates theta_i(t) >= 0 with sum_i theta_i(t) <= budget(t),
        where job i ends at T_i when the integral of s_i(theta_i(t)) reaches its size.

    For a given completion order this is convex, and SmartFill's recursion solves it: the weighted
    marginal gains a_i s_i'(theta_i) of the jobs served are equal at every moment (CDR rule), with
    costs a_i that stay the same. What is left is the order.

    instance: a `GeneralInstance`, or an `Instance`. Its budget decides what is returned:

    - Constant, speedups equal up to a factor, and weights that do not fall as size/factor falls:
      shortest first is optimal, by theorem. Status OPTIMAL.
    - Constant, up to 12 jobs: search, then branch and bound over all orders, up to `nodes`
      prefixes. If it ends, status OPTIMAL and gap 0.
    - Constant otherwise: multi-start search with swaps and insertions. Status FEASIBLE, with a
      lower bound on every schedule (`PriceBound`); the gap is typically 0.3 % for 5 jobs and 1 to
      2 % for 50, most of it the bound's.
    - A `StepBudget`: not convex even for a given order. The best of several local optima, status
      LOCAL, no bound; see `solve_changing_budget`.

    order: jobs, last to complete first; given, only this order is solved (constant budget), and a
    ValueError says if no schedule completes in it. starts: orders that the search descends from;
    default 8 up to 30 jobs, 4 beyond.
    intervals: pieces of the price function of the bound (0: no bound); default 48 up to 12 jobs, 32
    up to 30, 24 beyond. seed: of the search's random starts. progress: show tqdm bars.

    Not for use inside jit, vmap or grad; `marginal_costs` and `completion_times` are the
    derivatives of the objective in sizes and weights. Cost on two cores, after compilation: 0.2 s
    for 8 jobs, about a second for 20, 5 for 50; families without closed inverse (Hill, Custom)
    take some ten times as long.

    Example: two jobs of different families; job 0 completes last.
        >>> import concave_sched as cs
        >>> speedups = [cs.curves.Power(1.0, 0.9), cs.curves.Logarithmic(2.0, 1.0)]
        >>> i = cs.smartfill.GeneralInstance(speedups, [3.0, 2.0], [1.0, 1.0], budget=4.0)
        >>> r = cs.smartfill.solve_general(i)
        >>> r.order.tolist(), r.status.name, r.gap
        ([0, 1], 'OPTIMAL', 0.0)

    Source: "Optimal Parallel Scheduling under Concave Speedup Functions", Section 7, leaves this
    open; its CDR rule holds. Orders, branch and bound and lower bound are ours.
    """
    require_float64()
    instance = as_general(instance)
    if not is_concrete(instance):
        raise ValueError("solve_general looks at values: call it outside jit, vmap and grad.")
    if starts is None:
        starts = 8 if len(instance.sizes) <= 30 else 4
    if intervals is None:
        intervals = 48 if len(instance.sizes) <= 12 else 32 if len(instance.sizes) <= 30 else 24
    starts = require_whole("starts", starts, 1, "a whole number of orders, at least 1")
    nodes = require_whole("nodes", nodes, 0, "a whole number of prefixes, >= 0")
    intervals = require_whole("intervals", intervals, 0, "a whole number of pieces, >= 0")
    seed = require_whole("seed", seed, 0, "a whole number, >= 0")
    if isinstance(instance.budget, StepBudget):
        if order is not None:
            raise ValueError("order: with a StepBudget only the search over orders is offered.")
        steps = instance.budget.merged()
        if len(steps.values) > 1:
            from ._changing_budget import solve_changing_budget

            return solve_changing_budget(instance, starts=starts, seed=seed, progress=progress)
        instance = GeneralInstance(
            instance.speedups, instance.sizes, instance.weights, float(steps.values[0])
        )
    sizes, weights = np.asarray(instance.sizes, float), np.asarray(instance.weights, float)
    numbers = jobs_of(instance.speedups), sizes, weights, float(instance.budget)
    if order is not None:
        return _one_order(instance, numbers, order)
    by_theorem = shortest_first_order(instance)
    if by_theorem is not None:
        return schedule_of(instance, numbers, by_theorem, BY_THEOREM)
    found = search_orders(*numbers, instance.speedups, starts, seed, progress)
    if len(sizes) <= _MOST_ENUMERATED:
        proof = branch_and_bound(*numbers, found.value, nodes, progress)
        best = found.order if proof.order is None else proof.order
        if proof.complete:
            return schedule_of(instance, numbers, best, BY_ENUMERATION)
        found = found._replace(order=best)
    if not intervals:
        return schedule_of(instance, numbers, found.order, NO_BOUND)
    first = evaluate_orders(*numbers, found.order[None])
    ends = np.cumsum(first.durations[0][::-1])
    bound = price_bound(*numbers, ends, first.log_prices[0][::-1], intervals)
    return schedule_of(instance, numbers, found.order, BY_PRICES, bound)


def schedule_of(
    instance: GeneralInstance, numbers: tuple[Any, Any, Any, Any], order, bound_by: str, bound=None
) -> GeneralSchedule:
    """The schedule of a completion order under a constant budget.

    numbers: the instance as kernels take it: jobs, sizes, weights, budget.
    """
    _, sizes, weights, budget = numbers
    order = np.asarray(order, int)
    found = evaluate_orders(*numbers, order[None])
    lengths, log_prices = found.durations[0][::-1], found.log_prices[0][::-1]
    times = np.empty(len(sizes))
    times[order[::-1]] = np.cumsum(lengths)
    rates = _rates(instance, order, found.log_costs[0], log_prices, budget)
    objective = float(weights @ times)
    real = lengths.min() >= -1e-9 * times.max()
    good = real and abs(objective - found.values[0]) <= 1e-8 * objective
    exact = bound_by in (BY_ENUMERATION, BY_THEOREM)
    status = (Status.OPTIMAL if exact else Status.FEASIBLE) if good else Status.UNCONVERGED
    value = objective if exact else np.nan if bound is None else bound.value
    return GeneralSchedule(
        instance=instance,
        policy_name="SmartFill, own speedups",
        objective=objective,
        bound=value,
        bound_by=bound_by,
        bound_prices=bound,
        completion_times=times,
        order=order,
        interval_durations=lengths,
        interval_rates=rates,
        log_costs=found.log_costs[0],
        log_prices=log_prices,
        code=status.code,
    )


def shortest_first_order(instance: GeneralInstance):
    """The optimal order where all speedups are multiples of one and the weights agree, or None."""
    budget = float(instance.budget)
    grid = budget * np.append(np.linspace(0.01, 1, 100), np.geomspace(1e-9, 1e-2, 30))
    speeds = np.asarray(instance.speedups(grid[:, None] * np.ones(len(instance.sizes))))
    factors = speeds[99]
    if np.max(np.abs(speeds / factors - (speeds / factors)[:, :1]) / (speeds / factors)) > 1e-13:
        return None
    sizes, weights = np.asarray(instance.sizes) / factors, np.asarray(instance.weights)
    order = np.lexsort((weights, -sizes))
    return order if np.all(np.diff(weights[order]) >= 0) else None


def _rates(instance, order, log_costs, log_prices, budget):
    """(jobs, intervals); the newest job gets what is left, so that the budget is met exactly."""
    rates = np.zeros((len(order), len(order)))
    for interval, log_price in enumerate(log_prices):
        here = order[: len(order) - interval]
        newest = here[-1]
        if np.isfinite(log_price):
            at = log_price - log_costs
            rate = np.asarray(instance.speedups.inverse_log_marginal(at, 2 * budget))
            rates[here, interval] = rate[here]
        rates[newest, interval] = max(budget - rates[here[:-1], interval].sum(), 0.0)
    return rates


def _one_order(instance, numbers, order):
    order = read_order(order, len(numbers[1]))
    found = schedule_of(instance, numbers, order, NO_BOUND)
    if np.min(found.interval_durations) < -1e-9 * np.max(found.completion_times):
        early = int(np.argmin(found.interval_durations))
        raise ValueError(
            f"order = {order}: no optimal schedule completes in this order (job "
            f"{order[::-1][early]} would have to end before the one before it); swap neighbours, "
            "or leave the order to solve_general."
        )
    return found
