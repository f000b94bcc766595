"""The schedule of jobs with their own speedups: an explicit allocation, and what it proves."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._results import SolvedResult
from .._tree import pytree
from ..allocation import Certificate
from ._general_instance import GeneralInstance, StepBudget


@pytree(static=("policy_name", "bound_by"))
class GeneralSchedule(SolvedResult):
    """What a policy does with jobs of their own speedups. Arrays by job are in the caller's order.

    objective: sum w_i T_i. bound: a lower bound on it for every schedule whatsoever (NaN if none
    was asked for), bound_by how it was found, bound_prices the `PriceBound` if that was by prices.
    completion_times: (jobs,). order: jobs, last to complete first. interval_durations (intervals,)
    and interval_rates (jobs, intervals): who holds how much of the budget, in the order of time;
    intervals end at completions and budget steps. log_costs: (jobs,), log of d(objective)/d(size),
    log_prices: (intervals,), log of the value of budget; None for policies that have none.
    """

    instance: GeneralInstance
    policy_name: str
    objective: Any
    bound: Any
    bound_by: str
    bound_prices: Any
    completion_times: Any
    order: Any
    interval_durations: Any
    interval_rates: Any
    log_costs: Any
    log_prices: Any
    code: Any

    @property
    def gap(self):
        """(objective - bound)/objective: how much better any schedule can be, at most."""
        return max(float(self.objective - self.bound) / float(self.objective), 0.0)

    @property
    def interval_ends(self):
        return np.cumsum(self.interval_durations)

    @property
    def interval_budgets(self):
        budget = self.instance.budget
        if not isinstance(budget, StepBudget):
            return np.full(len(self.interval_durations), float(budget))
        return budget.at(self.interval_ends - np.asarray(self.interval_durations) / 2)

    @property
    def durations(self):
        """(jobs,) time from the completion before to that of the job."""
        last_first = np.asarray(self.completion_times)[self.order]
        lengths = np.empty(len(last_first))
        lengths[self.order] = last_first - np.append(last_first[1:], 0.0)
        return lengths

    @property
    def marginal_costs(self):
        """(jobs,) a_i = d(objective)/d(size_i) while the order stays."""
        if self.log_costs is None:
            raise AttributeError(f"{self.policy_name} has no marginal costs: use solve_general.")
        return np.exp(self.log_costs)

    @property
    def rates(self):
        """(jobs, phases) budget shares; column j is the phase that ends when job j does."""
        jobs = len(self.order)
        if len(self.interval_durations) != jobs:
            raise AttributeError("phases have budget steps inside: use interval_rates.")
        matrix = np.empty((jobs, jobs))
        matrix[:, np.asarray(self.order)[::-1]] = self.interval_rates
        return matrix

    def certificate(self) -> GeneralCertificate:
        """Replay the allocation and test it; see `GeneralCertificate`."""
        from ._general_certificate import certify_general

        return certify_general(self)

    def _facts(self):
        return [
            ("policy", self.policy_name),
            ("jobs", len(self.order)),
            ("weighted completion time", float(self.objective)),
            ("lower bound", f"{float(self.bound):.10g} ({self.bound_by})"),
            ("gap", f"{100 * self.gap:.3g} %" if self.bound == self.bound else "no bound"),
            ("last completion", float(np.max(self.completion_times))),
            ("status", self.status),
        ]

    def to_dataframe(self):
        """One row per job: family, size, weight, completion time, slowdown, marginal cost."""
        import pandas as pd

        one = self.instance
        alone = one.sizes / np.asarray(one.speedups(one.most_budget))
        columns = {
            "family": one.speedups.names(),
            "size": one.sizes,
            "weight": one.weights,
            "completion_time": self.completion_times,
            "slowdown": np.asarray(self.completion_times) / alone,
        }
        if self.log_costs is not None:
            columns["marginal_cost"] = self.marginal_costs
        return pd.DataFrame({k: np.asarray(v) for k, v in columns.items()})

    def plot(self, ax=None):
        """Budget shares over time as stacked areas, the first to complete on top."""
        from ..plotting import shares_over_time

        return shares_over_time(self, ax)


@pytree
class GeneralCertificate(Certificate):
    """Replayed from the instance and the allocation alone.

    primal: the objective. dual: a . x with the costs a scaled down until F_l(a) <= W_l in every
    phase, a bound for every schedule with this completion order (NaN without costs, and for budgets
    that change); gap, kkt_residual (every phase: a_i s_i'(theta_i) = price on the jobs served, no
    more on the others) and shortest_phase belong to that order. bound: recomputed lower bound on
    all schedules, whatever their order. feasibility: work undone and budget overspent, relative.
    stationarity: for budgets that change, how far any completion time is from a stationary point.
    """

    shortest_phase: Any
    bound: Any
    global_gap: Any
    stationarity: Any

    def _facts(self):
        return [
            *Certificate._facts(self),
            ("shortest phase", self.shortest_phase),
            ("bound on every order", self.bound),
            ("gap to it", self.global_gap),
            ("stationarity in time", self.stationarity),
        ]
