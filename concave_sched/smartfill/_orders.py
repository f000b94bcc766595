"""SmartFill for a given completion order of jobs with their own speedups, batched over orders.

With jobs in the order of completion, last first, F_k(a_1..a_k) = W_k fixes one new cost a_k per
phase, as for one common speedup; but costs need not rise, so every phase fills all k bottles. As a
function of the log price v of the phase, what the earlier jobs leave of the budget is the newest
job's, and its cost follows from a_k s_k'(theta_k) = e^v: one equation in v, safeguarded Newton. All
arrays are by job, whatever the order, so one table of curve parameters serves every order.

a . x bounds the best schedule of the order from below, and is its value if no phase is negative.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

_MOST_STEPS = 80
LANES = 64  # orders in step: more of them leave the cache and wait longer for each other


class Phase(NamedTuple):
    """What the newest job of a phase costs, at what price the phase sells, everybody's speed."""

    log_cost: jax.Array
    log_price: jax.Array
    speeds: jax.Array


class Evaluated(NamedTuple):
    """values: a . x; log_costs: by job; log_prices, durations: by position, last job first."""

    values: Any
    durations: Any
    log_costs: Any
    log_prices: Any


def newest_phase(jobs, log_costs, budget, log_total, previous, job) -> Phase:
    """The phase in which `job` joins those of finite log cost, so that F = e^log_total.

    previous: log price of the phase without the job, -inf for the first.
    """
    eps = jnp.finfo(log_costs.dtype).eps
    here = log_costs > -jnp.inf
    costs = jnp.where(here, log_costs, 0)
    newest = jnp.arange(costs.size) == job

    def at(v):
        rates, slopes, speeds = jobs.served(v - costs, 2 * budget)
        speeds = jnp.where(here, speeds, 0)
        left = budget - jnp.sum(jnp.where(here, rates, 0))
        gain, bent, speed = jobs.newest(job, jnp.clip(left, jnp.finfo(eps.dtype).tiny, budget))
        cost = v - gain
        worth = jnp.exp(cost) * speed
        total = jnp.sum(jnp.exp(costs) * speeds) + worth
        # Envelope theorem: the value moves with the newest cost alone.
        slope = worth * (1 - bent * jnp.sum(jnp.where(here, slopes, 0))) / total
        slope = jnp.where((left > 0) & jnp.isfinite(slope), slope, 0)
        excess = jnp.where(left <= 0, -1.0, jnp.log(total) - log_total)
        return excess, slope, cost, jnp.where(newest, speed, speeds)

    def newton(state):
        v, low, high, last, _, count = state
        excess, slope, _, _ = at(v)
        low, high = jnp.where(excess <= 0, v, low), jnp.where(excess >= 0, v, high)
        new = v - excess / jnp.where(slope > 0, slope, 1)
        # A step not under half of the one before may go back and forth for ever: halve instead.
        good = (slope > 0) & (new > low) & (new < high) & (jnp.abs(new - v) < last / 2)
        new = jnp.where(good, new, (low + high) / 2)
        step = jnp.abs(new - v)
        # Newton's error after a step is about the step squared; halving has no such promise.
        enough = jnp.where(good, 1e-9, 2 * eps) * (1 + jnp.abs(v))
        return new, low, high, step, (step > enough) & (excess != 0), count + 1

    def unfinished(state):
        return state[4] & (state[5] < _MOST_STEPS)

    # The newest job alone has a closed form, which also covers a slope of 0 at the budget.
    gain, _, speed = jobs.newest(job, budget)
    lonely = log_total - jnp.log(speed)
    alone = jnp.all(jnp.where(here, lonely + gain >= log_costs + jobs.log_slopes(), True))
    # F is concave in the budget, so the price is at most F/budget; it rises with every job.
    high = log_total - jnp.log(budget)
    low = jnp.minimum(jnp.maximum(previous, high - 1500), high)
    high = high + 16 * eps * (1 + jnp.abs(high))
    start = (high - (high - low) / 10, low, high, 2 * (high - low), ~alone, 0)
    v = jax.lax.while_loop(unfinished, newton, start)[0]
    _, _, cost, speeds = at(v)
    return Phase(
        jnp.where(alone, lonely, cost),
        jnp.where(alone, lonely + gain, v),
        jnp.where(alone, jnp.where(newest, speed, 0), speeds),
    )


def evaluate(jobs, sizes, weights, budget, order) -> Evaluated:
    """One order (jobs, last completed first): O(jobs^2) per Newton step."""
    n = sizes.size
    log_totals = jnp.log(jnp.cumsum(weights[order]))

    def join(k, state):
        log_costs, log_prices, speeds = state
        previous = log_prices[jnp.maximum(k - 1, 0)]
        new = newest_phase(jobs, log_costs, budget, log_totals[k], previous, order[k])
        return (
            log_costs.at[order[k]].set(new.log_cost),
            log_prices.at[k].set(new.log_price),
            speeds.at[k].set(new.speeds),
        )

    nothing = jnp.full(n, -jnp.inf, sizes.dtype)
    state = (nothing, nothing, jnp.zeros((n, n), sizes.dtype))
    log_costs, log_prices, speeds = jax.lax.fori_loop(0, n, join, state)

    def back(step, state):
        left, durations = state
        k = n - 1 - step
        length = left[order[k]] / speeds[k, order[k]]
        return left - length * speeds[k], durations.at[k].set(length)

    durations = jax.lax.fori_loop(0, n, back, (sizes, jnp.zeros_like(sizes)))[1]
    return Evaluated(jnp.dot(jnp.exp(log_costs), sizes), durations, log_costs, log_prices)


@jax.jit
def _evaluate_lanes(jobs, sizes, weights, budget, orders):
    lanes = jax.vmap(evaluate, in_axes=(None, None, None, None, 0))
    return lanes(jobs, sizes, weights, budget, orders)


def evaluate_orders(jobs, sizes, weights, budget, orders) -> Evaluated:
    """Many orders (orders, jobs), in blocks of `LANES`, each block on a core of its own.

    Returns NumPy arrays. XLA runs loops of small kernels on one core; blocks release the
    interpreter, so threads use the others.
    """
    orders = np.asarray(orders, np.int64)
    blocks = [orders[i : i + LANES] for i in range(0, len(orders), LANES)]
    last = len(blocks[-1])
    blocks[-1] = np.concatenate([blocks[-1], np.repeat(blocks[-1][-1:], LANES - last, axis=0)])
    run = partial(_evaluate_lanes, jobs, sizes, weights, budget)
    if len(blocks) == 1:
        found = [run(blocks[0])]
    else:
        with ThreadPoolExecutor() as pool:
            found = list(pool.map(lambda block: jax.block_until_ready(run(block)), blocks))
    parts = zip(*(jax.tree.map(np.asarray, part) for part in found), strict=True)
    return Evaluated(*(np.concatenate(part)[: len(orders)] for part in parts))
