"""Water-filling with given costs: who gets what of a budget, its price, and what it is worth."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from .._tree import pytree

_MOST_STEPS = 100


def fill(jobs, log_costs, here, budget):
    """(rates, log price, value) of max sum a_i s_i(theta_i) with sum theta_i = budget.

    here: booleans, at least one. At the optimum nobody holds more than the budget and somebody an
    equal share of it, which brackets the price.
    """
    eps, count = jnp.finfo(log_costs.dtype).eps, jnp.sum(jnp.where(here, 1.0, 0.0))
    costs = jnp.where(here, log_costs, 0)
    index = jnp.arange(costs.size)
    gains = lambda rate: jax.vmap(lambda j: jobs.newest(j, rate)[0])(index)  # noqa: E731
    highest = lambda g: jnp.max(jnp.where(here, costs + g, -jnp.inf))  # noqa: E731
    high = highest(gains(budget / count))
    low = jnp.maximum(highest(gains(budget)), high - 1500)

    def at(v):
        rates, slopes, speeds = jobs.served(v - costs, 2 * budget)
        return tuple(jnp.where(here, part, 0) for part in (rates, slopes, speeds))

    def newton(state):
        v, low, high, last, _, count = state
        rates, slopes, _ = at(v)
        over, slope = jnp.sum(rates) - budget, jnp.sum(slopes)
        low, high = jnp.where(over >= 0, v, low), jnp.where(over <= 0, v, high)
        new = v + over / jnp.where(slope > 0, slope, 1)
        good = (slope > 0) & (new >= low) & (new <= high) & (jnp.abs(new - v) < last / 2)
        new = jnp.where(good, new, (low + high) / 2)
        step = jnp.abs(new - v)
        return new, low, high, step, step > 2 * eps * (1 + jnp.abs(v)), count + 1

    def unfinished(state):
        return state[4] & (state[5] < _MOST_STEPS)

    start = ((low + high) / 2, low, high, 2 * (high - low), high > low, 0)
    v = jax.lax.while_loop(unfinished, newton, start)[0]
    rates, slopes, _ = at(v)
    # The last rounding error of the budget goes to those who would take it.
    missing, slope = budget - jnp.sum(rates), jnp.sum(slopes)
    rates = rates + slopes * missing / jnp.where(slope > 0, slope, 1)
    rates = jnp.where(here & (rates > 0), jnp.minimum(rates, budget), 0)
    speeds = jax.vmap(lambda j, r: jobs.newest(j, r)[2])(index, rates)
    value = jnp.sum(jnp.where(rates > 0, jnp.exp(costs) * speeds, 0))
    return rates, v, value


@pytree
class ByCosts:
    """The CDR policy of given costs: at every moment the budget goes where a_i s_i' is largest."""

    name = "SmartFill, changing budget"
    log_costs: Any

    def __call__(self, present):
        return fill(present.jobs, self.log_costs, present.here, present.budget)[0]


fill_jit = jax.jit(fill)
