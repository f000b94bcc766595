"""How far a schedule is from the consistent derivative ratio (CDR) rule, by its allocation."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._results import Result, Status
from .._tree import pytree
from ._general_result import GeneralSchedule
from ._result import Schedule


@pytree(static=("policy_name",))
class CDRViolation(Result):
    """What `cdr_violation` returns.

    matrix: (jobs, jobs), symmetric, >= 0: the least e such that one ratio of marginal gains,
    widened by a factor e**(e/2) both ways, would do for the pair at all times; 0: the rule holds;
    infinite: a job with infinite slope at 0 was left without budget. worst: its maximum, at `pair`.
    order: jobs, last to complete first.
    """

    policy_name: str
    matrix: Any
    order: Any

    @property
    def worst(self) -> float:
        return float(np.max(self.matrix))

    @property
    def objective(self) -> float:
        """The worst violation."""
        return self.worst

    @property
    def status(self) -> Status:
        return Status.OPTIMAL if self.worst <= 1e-6 else Status.FEASIBLE

    @property
    def pair(self) -> tuple[int, int]:
        place = np.unravel_index(np.argmax(self.matrix), self.matrix.shape)
        return int(place[0]), int(place[1])

    def _facts(self):
        pairs = self.matrix[np.triu_indices(len(self.order), 1)]
        return [
            ("policy", self.policy_name),
            ("jobs", len(self.order)),
            ("worst violation", self.worst),
            ("between jobs", f"{self.pair[0]} and {self.pair[1]}"),
            ("pairs above 1e-6", f"{int(np.sum(pairs > 1e-6))} of {pairs.size}"),
            ("CDR rule", "holds" if self.worst <= 1e-6 else "broken: not optimal"),
        ]

    def to_dataframe(self):
        """One row per pair of jobs, the worst first."""
        import pandas as pd

        one, other = np.triu_indices(len(self.order), 1)
        table = pd.DataFrame({"job": one, "other": other, "violation": self.matrix[one, other]})
        return table.sort_values("violation", ascending=False, ignore_index=True)

    def plot(self, ax=None):
        """The matrix as a picture."""
        from ..plotting import cdr_matrix

        return cdr_matrix(self, ax)

    def validate(self) -> None:
        """Raise unless the matrix is symmetric and >= 0."""
        matrix = np.asarray(self.matrix)
        if np.any(np.isnan(matrix)) or np.any(matrix < 0) or np.any(matrix != matrix.T):
            raise ValueError("matrix: not symmetric and >= 0.")


def cdr_violation(schedule) -> CDRViolation:
    """Measure, pair by pair, how far a schedule is from the CDR rule.

    At an optimum there is one constant c_ij per pair such that in every phase in which both jobs
    are still there

        s_i'(theta_i)/s_j'(theta_j)  = c_ij   if both are served,
                                    <= c_ij   if only j is, and >= c_ij if only i is.

    Each phase so bounds log c_ij from below, from above, or both; the violation of the pair is by
    how much the largest lower bound exceeds the smallest upper one, 0 if they are compatible. It is
    computed from rates, lengths and speedups alone, never from multipliers. The rule is necessary,
    not sufficient: serving one job at a time obeys it wherever slopes at 0 are finite.

    schedule: a `Schedule` or `GeneralSchedule` of any policy. Phases shorter than 1e-12 of the
    whole are left out. Cost: O(jobs^2 * phases) time, O(jobs^2) memory.

    Example: equal shares break the rule as soon as speedups differ.
        >>> import concave_sched as cs
        >>> speedups = [cs.curves.Power(1.0, 0.9), cs.curves.Logarithmic(2.0, 1.0)] * 2
        >>> sizes = [3.0, 2.0, 1.0, 4.0]
        >>> i = cs.smartfill.GeneralInstance(speedups, sizes, budget=4.0)
        >>> cs.smartfill.cdr_violation(cs.smartfill.solve_general(i)).worst < 1e-6
        True
        >>> equal = cs.smartfill.run_policy(i, cs.smartfill.EQUAL_SHARE)
        >>> cs.smartfill.cdr_violation(equal).worst > 0.1
        True
    """
    if not isinstance(schedule, (Schedule, GeneralSchedule)):
        name = type(schedule).__name__
        raise ValueError(f"schedule is a {name}: give a schedule of smartfill.")
    if np.ndim(schedule.objective):
        raise ValueError("cdr_violation() takes one schedule: index the batch with jax.tree.map.")
    order = np.asarray(schedule.order)
    times = np.asarray(schedule.completion_times)
    if isinstance(schedule, GeneralSchedule):
        lengths, rates = np.asarray(schedule.interval_durations), schedule.interval_rates
        log_marginal, name = schedule.instance.speedups.log_marginal, schedule.policy_name
    else:
        first = order[::-1]
        lengths, rates = np.asarray(schedule.durations)[first], np.asarray(schedule.rates)[:, first]
        log_marginal, name = schedule.instance.speedup.log_marginal, schedule.policy.name
    rates, ends = np.asarray(rates), np.cumsum(lengths)
    gains = np.asarray(log_marginal(rates.T)).T
    jobs = len(order)
    low, high = np.full((jobs, jobs), -np.inf), np.full((jobs, jobs), np.inf)
    for k in range(len(lengths)):
        if lengths[k] <= 1e-12 * ends[-1]:
            continue
        here = np.flatnonzero(times >= ends[k] * (1 - 1e-12))
        served, gain = rates[here, k] > 0, gains[here, k]
        with np.errstate(invalid="ignore"):
            ratio = gain[:, None] - gain[None, :]
        # Two infinite slopes at 0 say nothing about each other.
        block = np.ix_(here, here)
        low[block] = np.maximum(low[block], np.where(served[None, :], ratio, -np.inf))
        high[block] = np.minimum(high[block], np.where(served[:, None], ratio, np.inf))
    bounded = np.isfinite(low) & np.isfinite(high)
    matrix = np.zeros((jobs, jobs))
    matrix[bounded] = np.maximum(low[bounded] - high[bounded], 0.0)
    matrix[(low == np.inf) | (high == -np.inf)] = np.inf
    np.fill_diagonal(matrix, 0.0)
    return CDRViolation(name, np.maximum(matrix, matrix.T), order)
