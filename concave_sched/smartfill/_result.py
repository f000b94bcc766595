"""The schedule of a policy: when each job ends, how long each phase lasts, who gets how much."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._results import SolvedResult
from .._tree import pytree
from ..curves import Curve
from ._instance import Instance
from ._schedule import rates


@pytree
class Optimal:
    """Rates that follow from marginal costs and prices (sorted, as logarithms)."""

    name = "SmartFill"
    log_cost: Any
    log_price: Any

    def columns(self, instance, order, phases):
        """(jobs, len(phases)) rates, sorted."""
        log_price, budget = self.log_price[phases], instance.budget
        return rates(instance.speedup, self.log_cost, log_price, budget, phases=phases)


@pytree
class Schedule(SolvedResult):
    """What a policy of `smartfill` does with an instance. All arrays are in the caller's order.

    objective: sum w_i T_i. completion_times: (jobs,). durations: (jobs,), length of the phase that
    ends when that job does. marginal_costs: (jobs,), a_i = d(objective)/d(size_i), for the optimum
    only. order: jobs by size, largest (last to end) first.
    """

    instance: Instance
    policy: Any
    objective: Any
    completion_times: Any
    durations: Any
    order: Any
    code: Any

    @property
    def marginal_costs(self):
        if not isinstance(self.policy, Optimal):
            raise AttributeError(f"{self.policy.name} has no marginal costs: use smartfill.solve.")
        return in_caller_order(jnp.exp(self.policy.log_cost), self.order)

    @property
    def prices(self):
        """(jobs,) marginal value of budget, during the phase that ends with that job."""
        if not isinstance(self.policy, Optimal):
            raise AttributeError(f"{self.policy.name} has no prices: use smartfill.solve.")
        return in_caller_order(jnp.exp(self.policy.log_price), self.order)

    @property
    def cdr_ratios(self):
        """(jobs,) s'(theta_i)/s'(theta of the largest job): the same in every phase (CDR rule)."""
        costs = self.marginal_costs
        return costs[self.order[0]] / costs

    @property
    def rates(self):
        """(jobs, phases) budget share; column j is the phase that ends when job j does."""
        n = self.order.size
        matrix = self.policy.columns(self.instance, self.order, jnp.arange(n))
        return jnp.zeros_like(matrix).at[self.order[:, None], self.order[None, :]].set(matrix)

    def rates_during(self, job):
        """(jobs,) budget shares during the phase that ends with `job`, without the whole matrix."""
        phase = jnp.argmax(self.order == job)
        column = self.policy.columns(self.instance, self.order, phase[None])[:, 0]
        return in_caller_order(column, self.order)

    def certificate(self):
        """Recompute the claim from the instance; see `smartfill.certify`."""
        from ._certify import certify

        return certify(self)

    def _facts(self):
        return [
            ("policy", self.policy.name),
            ("jobs", np.shape(self.durations)[-1]),
            ("weighted completion time", self.objective),
            ("last completion", jnp.max(self.completion_times, axis=-1)),
            ("status", self.status),
        ]

    def to_dataframe(self):
        """One row per job: size, weight, completion time, phase length, slowdown factor."""
        import pandas as pd

        alone = self.instance.sizes / np.asarray(self.instance.speedup(self.instance.budget))
        columns = {
            "size": self.instance.sizes,
            "weight": self.instance.weights,
            "completion_time": self.completion_times,
            "phase_duration": self.durations,
            "slowdown": self.completion_times / alone,
        }
        if isinstance(self.policy, Optimal):
            columns["marginal_cost"] = self.marginal_costs
        return pd.DataFrame({k: np.asarray(v) for k, v in columns.items()})

    def plot(self, ax=None):
        """Budget shares over time as stacked areas, shortest job on top."""
        from ..plotting import rates_over_time

        return rates_over_time(self, ax)

    def plot_completion_times(self, ax=None):
        """Completion time of every job against its size."""
        from ..plotting import completion_times

        return completion_times(self, ax)


def sort_jobs(instance: Instance):
    """(order, sizes, weights, budget): largest size first, lighter first among equal sizes."""
    dtype = jnp.result_type(instance.sizes, instance.weights, instance.budget, float)
    sizes = jnp.asarray(instance.sizes, dtype)
    weights = jnp.asarray(instance.weights, dtype)
    order = jnp.lexsort((jax.lax.stop_gradient(weights), -jax.lax.stop_gradient(sizes)))
    return order, sizes[order], weights[order], jnp.asarray(instance.budget, dtype)


def in_caller_order(values, order):
    return jnp.zeros_like(values).at[order].set(values, unique_indices=True)


def typed(curve: Curve, dtype) -> Curve:
    """The curve with every parameter an array of one dtype."""
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype), curve)
