"""What makes completion times stationary under a budget that changes; see `_changing_budget`."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ._fill import fill, fill_jit
from ._orders import newest_phase
from ._speedups import jobs_of

_AT_STEP = 1e-8  # relative distance at which a job counts as ending at a budget step


@jax.jit
def costs_of(jobs, weights, order, levels):
    """log a by job, from the budget at each job's completion."""

    def join(k, log_costs):
        job = order[k]
        budget, here = levels[job], log_costs > -jnp.inf
        _, price, value = fill(jobs, log_costs, here, budget)
        value, price = jnp.where(k > 0, value, 0), jnp.where(k > 0, price, -jnp.inf)
        total = jnp.log(value + weights[job])
        new = newest_phase(jobs, log_costs, budget, total, price, job)
        return log_costs.at[job].set(new.log_cost)

    return jax.lax.fori_loop(0, order.size, join, jnp.full(order.size, -jnp.inf, weights.dtype))


@jax.jit
def times_of(jobs, sizes, log_costs, starts, values):
    """Completion times under the CDR policy of the costs; one event per completion or step."""
    step_ends = jnp.append(starts[1:], jnp.inf)

    def event(state):
        time, step, left, here, times = state
        rates = fill(jobs, log_costs, here, values[step])[0]
        speeds = jax.vmap(lambda j, r: jobs.newest(j, r)[2])(jnp.arange(sizes.size), rates)
        served = here & (rates > 0)
        wait = jnp.where(served, left / jnp.where(served, speeds, 1), jnp.inf)
        first = jnp.argmin(wait)
        ends = time + wait[first] <= step_ends[step]
        now = jnp.where(ends, time + wait[first], step_ends[step])
        left = jnp.maximum(left - jnp.where(served, speeds, 0) * (now - time), 0)
        done = ends & (jnp.arange(sizes.size) == first)
        times = jnp.where(done, now, times)
        return now, jnp.where(ends, step, step + 1), left, here & ~done, times

    zero = jnp.zeros((), sizes.dtype)
    start = zero, 0, sizes, jnp.ones(sizes.size, bool), jnp.zeros_like(sizes)
    return jax.lax.while_loop(lambda state: jnp.any(state[3]), event, start)[4]


def stationarity_of(schedule) -> float:
    """Largest relative difference between a weight and what the job adds to F when it ends.

    At a step the job may add more than its weight just before and less just after.
    """
    instance = schedule.instance
    jobs, steps = jobs_of(instance.speedups), instance.budget
    costs, times = np.asarray(schedule.log_costs), np.asarray(schedule.completion_times)
    weights = np.asarray(instance.weights)

    def value(here, budget):
        return float(fill_jit(jobs, costs, here, budget)[2]) if here.any() else 0.0

    worst = 0.0
    for job, time in enumerate(times):
        near = np.flatnonzero(np.abs(steps.starts[1:] - time) <= _AT_STEP * time) + 1
        others = np.arange(len(times)) != job
        if near.size:
            step, end = near[0], steps.starts[near[0]]
            later = others & (times > end * (1 + _AT_STEP))
            together = others & (times >= end * (1 - _AT_STEP))
            own = ~others
            gain_before, gain_after = (
                value(base | own, budget) - value(base, budget)
                for base, budget in (
                    (together, steps.values[step - 1]),
                    (later, steps.values[step]),
                )
            )
            off = max(weights[job] - gain_before, gain_after - weights[job], 0.0)
        else:
            later, budget = others & (times > time), steps.at(time)
            off = abs(value(later | ~others, budget) - value(later, budget) - weights[job])
        worst = max(worst, off / weights[job])
    return worst
