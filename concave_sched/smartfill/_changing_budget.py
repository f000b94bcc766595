"""Jobs with their own speedups under a budget that changes: local optima.

For given costs a the CDR policy fills a_i s_i(theta_i) at every moment, and jobs end when they end.
A completion time T_k is stationary if what the job adds to the value at T_k is its weight,

    F_{S+k}(a; B(T_k)) - F_S(a; B(T_k)) = w_k,    S: the jobs that end later,

so if the budgets b_k = B(T_k) were known, the costs would follow one by one, last job first. Hence
the alternation: costs from the order and b; then, at these costs, the convex programs of all
moments, which give new times, a new order and a new b; until nothing changes. Where the budget
rises two such points can exist, one before and one after. Where it falls, a job may end exactly at
the step: then b_k is what makes it so, between the two budgets.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np

from .._checks import require_float64
from .._results import Status
from ._fill import ByCosts, fill_jit
from ._general_instance import GeneralInstance, StepBudget
from ._general_result import GeneralSchedule
from ._order_search import first_orders, search_orders
from ._run_policy import run_policy
from ._speedups import jobs_of
from ._stationary import costs_of, stationarity_of, times_of

_ROUNDS = 40
_SCALES = (1.0, 0.5, 0.7, 1.4, 2.0)


def solve_changing_budget(
    instance: GeneralInstance, starts: int = 8, seed: int = 0, progress: bool = False
) -> GeneralSchedule:
    """The best local optimum found for a `StepBudget`; `solve_general` calls it.

    starts: completion orders to start from, each with completion times guessed five times over, so
    that jobs begin on either side of budget steps. From the best end, single jobs are then moved
    across steps and neighbours in the order swapped, as long as that helps. Status LOCAL if the
    result is stationary (certificate().stationarity and kkt_residual at rounding level), never
    OPTIMAL: the problem is not convex, even for one order. Cost: thousands of simulations of
    jobs + steps events: a second for 6 jobs, half a minute for 20.

    Errors: as `GeneralInstance`; ValueError if the budget is a number.

    Example: one job, and a budget that doubles too late to wait for.
        >>> import concave_sched as cs
        >>> budget = cs.smartfill.StepBudget([0.0, 5.0], [1.0, 2.0])
        >>> i = cs.smartfill.GeneralInstance(cs.curves.Power(1.0, 0.5), [2.0], budget=budget)
        >>> cs.smartfill.solve_changing_budget(i).completion_times.tolist()
        [2.0]
    """
    from tqdm import tqdm

    require_float64()
    if not isinstance(instance.budget, StepBudget):
        raise ValueError("budget: a StepBudget is needed; solve_general takes numbers too.")
    search = _Search(instance)
    with tqdm(disable=not progress, desc="local optima", unit="start") as bar:
        for order in _first_orders(instance, search.jobs, starts, seed):
            guess = search.times_at_constant(order)
            for scale in _SCALES:
                search.descend(order, instance.budget.at(scale * guess))
                bar.update()
        search.improve(bar)
    return search.result()


class _Search:
    def __init__(self, instance):
        self.instance = instance
        self.steps = instance.budget
        self.jobs = jobs_of(instance.speedups)
        self.weights = np.asarray(instance.weights, float)
        self.seen: dict[bytes, None] = {}
        self.best: Any = None  # the best schedule so far: a stationary one, once one was found
        self.stationary = False

    def costs(self, order, levels):
        return np.asarray(costs_of(self.jobs, self.weights, order, levels))

    def times(self, log_costs):
        sizes = np.asarray(self.instance.sizes, float)
        return np.asarray(
            times_of(self.jobs, sizes, log_costs, self.steps.starts, self.steps.values)
        )

    def times_at_constant(self, order):
        """Completion times if the costs were those of the budget's mean over the steps."""
        level = np.full(len(order), float(np.mean(self.steps.values)))
        return self.times(self.costs(order, level))

    def descend(self, order, levels):
        """Alternate from an order and the budget at each completion; keep what is stationary."""
        order, levels, pins, visited = np.asarray(order), np.array(levels, float), {}, set()
        for _ in range(_ROUNDS):
            key = order.tobytes() + levels.tobytes()
            if not pins and key in self.seen:
                return
            self.seen[key] = None
            levels = self._pinned(order, levels, pins)
            log_costs = self.costs(order, levels)
            times = self.times(log_costs)
            new_order = np.argsort(-times, kind="stable")
            at = self.steps.at(times)
            flips = {}
            for job in np.flatnonzero((at != levels) & ~np.isin(np.arange(len(at)), [*pins])):
                step = self._crossed(times[job], levels[job], at[job])
                if step is not None and (job, step) in visited:
                    flips[job] = step
                visited.add((job, step))
            self._keep(times, log_costs)
            loose = [job for job in pins if not self._holds(levels[job], pins[job])]
            for job in loose:
                levels[job] = at[job]
                del pins[job]
            same = np.array_equal(new_order, order)
            free = ~np.isin(np.arange(len(at)), [*pins])
            if same and not flips and not loose and np.array_equal(at[free], levels[free]):
                return
            levels = np.where(free, at, levels)
            pins |= flips
            order = new_order

    def improve(self, bar):
        """Move single jobs across neighbouring steps and swap neighbours, from the best end."""
        best = None
        while self.stationary and self.best is not best:
            best = self.best
            order, times = best.order, best.completion_times
            levels = self.steps.at(times)
            for k in range(len(order)):
                place = np.searchsorted(self.steps.starts, times[k], side="right") - 1
                for other in (place - 1, place + 1):
                    if 0 <= other < len(self.steps.values):
                        moved = levels.copy()
                        moved[k] = self.steps.values[other]
                        self.descend(order, moved)
                if k + 1 < len(order):
                    swapped = order.copy()
                    swapped[[k, k + 1]] = swapped[[k + 1, k]]
                    self.descend(swapped, levels)
                bar.update()

    def result(self) -> GeneralSchedule:
        status = Status.LOCAL if self.stationary else Status.UNCONVERGED
        return dataclasses.replace(self.best, code=status.code)

    def _keep(self, times, log_costs):
        objective = float(self.weights @ times)
        if self.best is not None and objective >= self.best.objective * (1 - 1e-12):
            return
        found = run_policy(self.instance, ByCosts(jnp.asarray(log_costs)))
        prices = self._prices(found, log_costs)
        found = dataclasses.replace(found, log_costs=log_costs, log_prices=prices)
        stationary = stationarity_of(found) < 1e-6
        if stationary or not self.stationary:
            self.best, self.stationary = found, stationary

    def _prices(self, found, log_costs):
        active = found.completion_times[:, None] >= found.interval_ends[None, :] * (1 - 1e-12)
        return np.array(
            [
                float(fill_jit(self.jobs, log_costs, here, budget)[1])
                for here, budget in zip(active.T, found.interval_budgets, strict=True)
            ]
        )

    def _crossed(self, time, before, after):
        """The step of falling budget between the level assumed and the level found, or None."""
        values = self.steps.values
        falls = np.flatnonzero(np.diff(values) < 0) + 1
        for step in falls[np.argsort(np.abs(self.steps.starts[falls] - time))]:
            if {before, after} == {values[step - 1], values[step]}:
                return int(step)
        return None

    def _holds(self, level, step):
        low, high = self.steps.values[step], self.steps.values[step - 1]
        return low * (1 - 1e-9) <= level <= high * (1 + 1e-9)

    def _pinned(self, order, levels, pins):
        """Levels of the pinned jobs that end them at their steps, by Broyden's method."""
        if not pins:
            return levels
        from scipy.optimize import root

        jobs, steps = np.array([*pins]), np.array([*pins.values()])
        low, high = self.steps.values[steps], self.steps.values[steps - 1]
        goal = self.steps.starts[steps]

        def miss(part):
            trial = levels.copy()
            trial[jobs] = np.maximum(low + part * (high - low), 1e-3 * low)
            return self.times(self.costs(order, trial))[jobs] / goal - 1

        start = np.full(len(jobs), 0.5)
        if len(jobs) == 1:  # later with the larger budget: a bracket, unless the pin is loose
            from scipy.optimize import brentq

            ends = [miss(np.array([side]))[0] for side in (0.0, 1.0)]
            if ends[0] < 0 < ends[1]:
                part = np.array([brentq(lambda z: miss(np.array([z]))[0], 0, 1, xtol=1e-15)])
            else:
                part = np.array([1.5 if ends[1] <= 0 else -0.5])
        else:
            part = root(miss, start, method="hybr", options={"xtol": 1e-13, "maxfev": 100}).x
        levels = levels.copy()
        levels[jobs] = np.maximum(low + part * (high - low), 1e-3 * low)
        return levels


def _first_orders(instance, jobs, starts, seed):
    sizes, weights = np.asarray(instance.sizes, float), np.asarray(instance.weights, float)
    orders = []
    for budget in np.unique(instance.budget.values):
        numbers = jobs, sizes, weights, float(budget), instance.speedups
        orders.append(search_orders(*numbers, 4, seed).order[None])
        orders.append(first_orders(instance.speedups, sizes, weights, budget, starts, seed))
    return np.unique(np.concatenate(orders), axis=0)[: max(starts, 1)]
