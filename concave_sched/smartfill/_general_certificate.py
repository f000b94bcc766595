"""Recompute what a schedule of jobs with their own speedups claims."""

from __future__ import annotations

import numpy as np

from ._branch_and_bound import branch_and_bound
from ._general_instance import StepBudget
from ._general_result import GeneralCertificate, GeneralSchedule
from ._price_bound import evaluate_prices
from ._speedups import jobs_of
from ._stationary import stationarity_of

BY_ENUMERATION = "every order, by branch and bound"
BY_THEOREM = "shortest first is optimal for one common speedup"
BY_PRICES = "budget at prices that vary in time"
NO_BOUND = "no bound"


def certify_general(schedule: GeneralSchedule) -> GeneralCertificate:
    """Check a schedule of jobs with their own speedups from the instance alone.

    Work done, budget and order of completions are recomputed from the rates; the optimality
    conditions from the marginal gains of the rates held (they prove the best schedule of this
    order of completions); the bound on every order by what the schedule names in `bound_by`.

    Example:
        >>> import concave_sched as cs
        >>> speedups = [cs.curves.Power(1.0, 0.9), cs.curves.Logarithmic(2.0, 1.0)]
        >>> i = cs.smartfill.GeneralInstance(speedups, [3.0, 2.0], [1.0, 1.0], budget=4.0)
        >>> bool(cs.smartfill.certify_general(cs.smartfill.solve_general(i)).gap < 1e-9)
        True
    """
    if not isinstance(schedule, GeneralSchedule):
        name = type(schedule).__name__
        raise ValueError(f"schedule is a {name}: give a smartfill.GeneralSchedule.")
    instance = schedule.instance
    weights, sizes = np.asarray(instance.weights), np.asarray(instance.sizes)
    lengths, rates = np.asarray(schedule.interval_durations), np.asarray(schedule.interval_rates)
    ends, budgets = schedule.interval_ends, schedule.interval_budgets
    times = np.asarray(schedule.completion_times)
    speeds = np.asarray(instance.speedups(rates.T)).T
    # Nobody is served after its end, up to rounding of the end itself.
    inside = ends[None, :] <= times[:, None] * (1 + 1e-9)
    work = np.where(inside, speeds, 0) @ lengths
    undone = np.max(np.abs(work - sizes) / sizes)
    over = np.max(rates.sum(axis=0) / budgets - 1)
    feasibility = max(undone, over, -float(rates.min()) / budgets.max(), 0.0)
    primal = float(weights @ times)
    dual = residual = gap = stationarity = np.nan
    if schedule.log_costs is not None:
        active = times[:, None] >= ends[None, :] * (1 - 1e-12)
        residual = _kkt(schedule, rates, active, lengths)
        if isinstance(instance.budget, StepBudget):
            stationarity = stationarity_of(schedule)
        else:
            dual = _order_dual(schedule, weights, sizes)
            gap = abs(primal - dual) / primal
    bound = _bound_again(schedule, primal, dual)
    return GeneralCertificate(
        primal,
        dual,
        gap,
        residual,
        feasibility,
        float(lengths.min()),
        bound,
        (primal - bound) / primal,
        stationarity,
    )


def _kkt(schedule, rates, active, lengths):
    """Largest difference of log a_i s_i'(theta_i) from the log price, where phases have length."""
    gains = np.asarray(schedule.instance.speedups.log_marginal(rates.T)).T
    gains = gains + np.asarray(schedule.log_costs)[:, None] - np.asarray(schedule.log_prices)
    residual = np.where(rates > 0, np.abs(gains), np.maximum(gains, 0))
    counted = (
        active & (lengths > 1e-12 * lengths.sum()) & np.isfinite(np.asarray(schedule.log_prices))
    )
    return float(np.max(np.where(counted, residual, 0), initial=0.0))


def _order_dual(schedule, weights, sizes):
    """a . x over the largest F_l(a)/W_l; F_l from above by weak duality at the phase's price."""
    instance, order = schedule.instance, np.asarray(schedule.order)
    costs, budget = np.exp(np.asarray(schedule.log_costs)), float(instance.budget)
    log_prices = np.asarray(schedule.log_prices)[::-1]  # last phase first, as the order
    ratio = 1.0
    for k, log_price in enumerate(log_prices):
        here = order[: k + 1]
        if not np.isfinite(log_price):  # a lone job whose speedup saturates at the budget
            value = costs[here] @ np.asarray(instance.speedups(budget))[here]
        else:
            at = np.asarray(
                instance.speedups.inverse_log_marginal(
                    log_price - np.asarray(schedule.log_costs), 2 * budget
                )
            )
            worth = costs * np.asarray(instance.speedups(at)) - np.exp(log_price) * at
            value = worth[here].sum() + np.exp(log_price) * budget
        ratio = max(ratio, value / weights[here].sum())
    return float(costs @ sizes) / ratio


def _bound_again(schedule, primal, dual):
    instance = schedule.instance
    numbers = np.asarray(instance.sizes), np.asarray(instance.weights), instance.budget
    if schedule.bound_by == BY_PRICES:
        prices = schedule.bound_prices
        return evaluate_prices(jobs_of(instance.speedups), *numbers, prices.times, prices.prices)
    if schedule.bound_by == BY_ENUMERATION:
        jobs = jobs_of(instance.speedups)
        return branch_and_bound(jobs, *numbers, primal * (1 + 1e-9), np.inf).bound
    return dual if schedule.bound_by == BY_THEOREM else np.nan
