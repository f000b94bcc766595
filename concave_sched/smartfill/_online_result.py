"""What became of jobs that arrived over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._results import Result, Status
from .._tree import pytree
from ._arrivals import Arrivals


@pytree(static=("policy_name",))
class OnlineResult(Result):
    """What `simulate_online` returns: times by seed and job, and their means by seed.

    completion_times, flow_times, slowdowns: (seeds, jobs); the slowdown is the flow time over what
    the job alone would take with the whole budget. most_present: the most jobs there at once.
    """

    policy_name: str
    arrivals: Arrivals
    completion_times: Any
    slowdowns: Any
    most_present: int

    @property
    def flow_times(self):
        return self.completion_times - self.arrivals.times

    @property
    def mean_slowdown(self) -> float:
        return float(np.mean(self.slowdowns))

    @property
    def mean_flow_time(self) -> float:
        return float(np.mean(self.flow_times))

    @property
    def objective(self) -> float:
        """The mean slowdown."""
        return self.mean_slowdown

    @property
    def status(self) -> Status:
        done = np.all(np.isfinite(self.completion_times))
        return Status.FEASIBLE if done else Status.UNCONVERGED

    def interval(self, values="slowdowns", level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of a mean over seeds ("slowdowns" or "flow_times"), by Student's t.

        Jobs of one seed depend on each other; seeds do not. One seed gives no interval (NaN).
        """
        from scipy.stats import t

        means = np.mean(getattr(self, values), axis=1)
        if len(means) < 2:
            return np.nan, np.nan
        half = t.ppf((1 + level) / 2, len(means) - 1) * means.std(ddof=1) / np.sqrt(len(means))
        return float(means.mean() - half), float(means.mean() + half)

    def validate(self) -> None:
        """Raise unless every job ends, no earlier than it could with the whole budget alone."""
        bad = ~(self.slowdowns >= 1 - 1e-9)
        if bad.any():
            seed, job = np.argwhere(bad)[0]
            raise ValueError(
                f"slowdowns[{seed}, {job}] = {self.slowdowns[seed, job]}: no job is so fast."
            )

    def _facts(self):
        (low, high), (first, last) = self.interval(), self.interval("flow_times")
        return [
            ("policy", self.policy_name),
            ("seeds x jobs", f"{self.slowdowns.shape[0]} x {self.slowdowns.shape[1]}"),
            ("mean slowdown", f"{self.mean_slowdown:.6g} (95 %: {low:.6g} to {high:.6g})"),
            ("mean flow time", f"{self.mean_flow_time:.6g} (95 %: {first:.6g} to {last:.6g})"),
            ("most jobs at once", self.most_present),
            ("status", self.status),
        ]

    def to_dataframe(self):
        """One row per seed: mean slowdown, mean flow time, 99th percentile of slowdown."""
        import pandas as pd

        return pd.DataFrame(
            {
                "mean_slowdown": self.slowdowns.mean(axis=1),
                "mean_flow_time": self.flow_times.mean(axis=1),
                "slowdown_99": np.quantile(self.slowdowns, 0.99, axis=1),
            }
        )

    def plot(self, ax=None):
        """Share of jobs whose slowdown exceeds a value."""
        from ..plotting import slowdown_tail

        return slowdown_tail(self, ax)
