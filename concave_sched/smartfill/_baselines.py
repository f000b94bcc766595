"""Policies to compare with: heSRPT (exact for a power, fitted otherwise), equal share, SRPT.

All complete jobs shortest first, so a schedule is again a triangular table of rates, and every
policy is evaluated under the instance's own speedup.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import require, require_float64
from .._results import Status
from .._tree import pytree
from ..curves import Power
from ._instance import Instance, require_common
from ._power import log_share
from ._result import Schedule, in_caller_order, sort_jobs, typed
from ._schedule import completion_times


@pytree
class HeSRPTTable:
    """theta_ik = budget ((W_i/W_k)^q - (W_{i-1}/W_k)^q), q = 1/(1 - exponent)."""

    name = "heSRPT"
    exponent: Any

    def columns(self, instance, order, phases):
        weights = jnp.asarray(instance.weights)[order]
        totals, bend = jnp.cumsum(weights), 1 / (1 - self.exponent)
        log_total, share = jnp.log(totals), log_share(bend, weights, totals)
        scale = jnp.exp(share[:, None] + bend * (log_total[:, None] - log_total[phases][None, :]))
        active = jnp.arange(weights.size)[:, None] <= phases[None, :]
        return jnp.where(active, instance.budget * scale, 0)


@pytree
class EqualShareTable:
    """Every job that is still there gets the same."""

    name = "equal share"

    def columns(self, instance, order, phases):
        active = jnp.arange(order.size)[:, None] <= phases[None, :]
        share = instance.budget / (phases.astype(float) + 1)
        return jnp.where(active, share[None, :], 0)


@pytree
class ShortestFirstTable:
    """The shortest remaining job gets everything (SRPT, optimal for a linear speedup)."""

    name = "shortest first"

    def columns(self, instance, order, phases):
        mine = jnp.arange(order.size)[:, None] == phases[None, :]
        return jnp.where(mine, instance.budget, 0.0)


def hesrpt(instance: Instance, exponent=None) -> Schedule:
    """heSRPT: optimal for the speedup t**exponent, evaluated under the instance's speedup.

    exponent: in (0, 1); None takes the speedup's own if it is a `Power`, and otherwise that of the
    least-squares power through the origin on [0, budget] (`power_fit`). Cost: O(jobs^2).

    Example:
        >>> import concave_sched as cs
        >>> i = cs.smartfill.Instance(cs.curves.Logarithmic(1.0, 1.0), [3.0, 2.0, 1.0], budget=10.0)
        >>> r = cs.smartfill.hesrpt(i, exponent=0.48)
        >>> bool(r.objective >= cs.smartfill.solve(i).objective)
        True

    Source: Berg, Vesilo, Harchol-Balter, "heSRPT", Performance Evaluation 144 (2020).
    """
    require_float64()
    require_common(instance)
    if exponent is None:
        speedup = instance.speedup
        known = isinstance(speedup, Power)
        exponent = speedup.exponent if known else power_fit(speedup, instance.budget)
    require("exponent", exponent, lambda p: (p > 0) & (p < 1), "heSRPT needs 0 < exponent < 1.")
    return _evaluate(instance, HeSRPTTable(jnp.asarray(exponent, jnp.result_type(float))))


def equal_share(instance: Instance) -> Schedule:
    """Split the budget equally among the jobs that are left. Cost: O(jobs^2).

    Example:
        >>> import concave_sched as cs
        >>> i = cs.smartfill.Instance(cs.curves.Power(1.0, 0.5), [2.0, 1.0], budget=2.0)
        >>> [round(float(t), 4) for t in cs.smartfill.equal_share(i).completion_times]
        [1.7071, 1.0]
    """
    require_float64()
    require_common(instance)
    return _evaluate(instance, EqualShareTable())


def shortest_first(instance: Instance) -> Schedule:
    """Give the whole budget to the shortest job (SRPT). Cost: O(jobs^2).

    Example:
        >>> import concave_sched as cs
        >>> i = cs.smartfill.Instance(cs.curves.Power(1.0, 0.5), [2.0, 1.0], budget=2.0)
        >>> [round(float(t), 4) for t in cs.smartfill.shortest_first(i).completion_times]
        [2.1213, 0.7071]
    """
    require_float64()
    require_common(instance)
    return _evaluate(instance, ShortestFirstTable())


@jax.jit
def _evaluate(instance: Instance, policy) -> Schedule:
    order, sizes, weights, budget = sort_jobs(instance)
    speedup = typed(instance.speedup, sizes.dtype)
    n = sizes.size

    def body(step, state):
        duration, left = state
        k = n - 1 - step
        rate = policy.columns(instance, order, jnp.asarray(k)[None])[:, 0]
        speed = jnp.where(rate > 0, speedup(jnp.where(rate > 0, rate, 1)), 0)
        length = left[k] / speed[k]
        return duration.at[k].set(length), left - length * speed

    duration = jax.lax.fori_loop(0, n, body, (jnp.zeros_like(sizes), sizes))[0]
    times = completion_times(duration)
    valid = jnp.min(duration) >= -1e-9 * times[0]
    return Schedule(
        instance,
        policy,
        jnp.dot(weights, times),
        in_caller_order(times, order),
        in_caller_order(duration, order),
        order,
        jnp.where(valid, Status.FEASIBLE.code, Status.UNCONVERGED.code),
    )


def power_fit(speedup, budget, points: int = 1001):
    """Exponent of the power c t**p nearest to the speedup in least squares on [0, budget].

    c is eliminated exactly; p by golden section on (0, 1). Under tracing a fixed-step bisection of
    the same objective is not differentiable, so the exponent is treated as a constant.

    Example:
        >>> import concave_sched as cs
        >>> round(float(cs.smartfill.power_fit(cs.curves.Power(3.0, 0.7), budget=8.0)), 6)
        0.7
    """
    t = jnp.linspace(0, jax.lax.stop_gradient(jnp.asarray(budget, float)), points)[1:]
    y = jax.lax.stop_gradient(speedup(t))
    log_t = jnp.log(t / t[-1])

    def loss(p):
        basis = jnp.exp(p * log_t)
        return -(jnp.dot(basis, y) ** 2) / jnp.dot(basis, basis)

    golden = (np.sqrt(5) - 1) / 2

    def shrink(_, bounds):
        low, high = bounds
        left, right = high - golden * (high - low), low + golden * (high - low)
        better = loss(left) < loss(right)
        return jnp.where(better, low, left), jnp.where(better, right, high)

    low, high = jax.lax.fori_loop(0, 60, shrink, (jnp.asarray(1e-3), jnp.asarray(1 - 1e-3)))
    return (low + high) / 2
