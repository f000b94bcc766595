"""SmartFill for any concave speedup: water-filling over suffix windows, in blocks of jobs.

Given the log price v of phase k, every earlier job's rate is the inverse marginal gain at
v - log a_i; what is left is the newest job's, and its cost follows from a_k s'(theta_k) = e^v. So
F_k = W_k is one equation in v. It rises from W_{k-1} at the previous price, and the price is at
most W_k/budget because F_k is concave in the budget: a bracket for safeguarded Newton. Jobs are
visited newest first in blocks, and the visit stops at the first block that gets nothing.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

_BLOCK = 64
_MOST_STEPS = 80


def marginal_costs(speedup, cumulative_weights, budget):
    """(log a, log price) of every phase; cost O(jobs * window * steps)."""
    n = cumulative_weights.size
    eps = jnp.finfo(budget.dtype).eps
    log_work = jnp.log(cumulative_weights)
    log_slope = speedup.log_marginal(jnp.zeros_like(budget))

    def earlier(log_cost, k, v):
        """Rates, their fall with v, and costs times speeds, summed over the jobs before k."""

        def visit(state):
            end, rate, fall, value, _ = state
            index = end - 1 - jnp.arange(_BLOCK)
            mine = index >= 0
            cost = jnp.where(mine, log_cost[jnp.maximum(index, 0)], -jnp.inf)
            at = jnp.where(mine, v - jnp.where(mine, cost, 0), 0)
            rates, slopes = jax.jvp(
                lambda p: speedup.inverse_log_marginal(p, 2 * budget), (at,), (jnp.ones_like(at),)
            )
            rates, slopes = jnp.where(mine, rates, 0), jnp.where(mine, slopes, 0)
            speeds = jnp.where(rates > 0, jnp.exp(cost) * speedup(rates), 0)
            more = (rates[-1] > 0) & (end > _BLOCK)
            sums = rate + jnp.sum(rates), fall - jnp.sum(slopes), value + jnp.sum(speeds)
            return end - _BLOCK, *sums, more

        zero = jnp.zeros_like(v)
        start = (k, zero, zero, zero, jnp.asarray(True))
        return jax.lax.while_loop(lambda s: s[4], visit, start)[1:4]

    def phase(log_cost, log_price, k):
        target, previous = log_work[k], log_price[jnp.maximum(k - 1, 0)]

        def at(v):
            rate, fall, value = earlier(log_cost, k, v)
            left = budget - rate
            mine = jnp.clip(left, 0, budget)
            gain, bent = jax.jvp(speedup.log_marginal, (mine,), (jnp.ones_like(mine),))
            cost = v - gain
            speed = speedup(mine)
            total = value + jnp.exp(cost) * speed
            # Envelope theorem: the value moves with the newest cost alone.
            slope = jnp.exp(cost) * speed * (1 - bent * fall) / total
            excess = jnp.where(left <= 0, -1.0, jnp.log(total) - target)
            return excess, jnp.where((left > 0) & jnp.isfinite(slope), slope, 0), cost

        def newton(state):
            v, low, high, last, _, count = state
            excess, slope, _ = at(v)
            low, high = jnp.where(excess <= 0, v, low), jnp.where(excess >= 0, v, high)
            new = v - excess / jnp.where(slope > 0, slope, 1)
            # A step not under half of the one before may go back and forth for ever: halve instead.
            inside = (slope > 0) & (new > low) & (new < high) & (jnp.abs(new - v) < last / 2)
            new = jnp.where(inside, new, (low + high) / 2)
            # Newton's error after a step is about the step squared; halving has no such promise.
            enough = jnp.where(inside, 1e-9, 2 * eps) * (1 + jnp.abs(v))
            moved = jnp.abs(new - v)
            return new, low, high, moved, (moved > enough) & (excess != 0), count + 1

        def unfinished(state):
            return state[4] & (state[5] < _MOST_STEPS)

        high = target - jnp.log(budget)
        low = jnp.minimum(jnp.maximum(previous, high - 1500), high)
        high = high + 16 * eps * (1 + jnp.abs(high))
        guess = previous + (previous - log_price[jnp.maximum(k - 2, 0)])
        guess = jnp.where((k > 2) & (guess > low) & (guess < high), guess, high - (high - low) / 10)
        start = (guess, low, high, jnp.full_like(guess, jnp.inf), jnp.asarray(True), 0)
        v = jax.lax.while_loop(unfinished, newton, start)[0]
        # The newest job alone has a closed form, which also covers a slope of 0 at the budget.
        lonely = target - jnp.log(speedup(budget))
        lonely_price = lonely + speedup.log_marginal(budget)
        alone = (k == 0) | (lonely_price >= log_cost[jnp.maximum(k - 1, 0)] + log_slope)
        return jnp.where(alone, lonely, at(v)[2]), jnp.where(alone, lonely_price, v)

    def body(k, state):
        log_cost, log_price = state
        cost, price = phase(log_cost, log_price, k)
        return log_cost.at[k].set(cost), log_price.at[k].set(price)

    log_cost = jnp.zeros(n, budget.dtype)
    log_price = jnp.full(n, -jnp.inf, budget.dtype)
    return jax.lax.fori_loop(0, n, body, (log_cost, log_price))


def phase_durations(speedup, log_cost, log_price, sizes, budget):
    """Back substitution of sum_{k>=i} s(theta_ik) d_k = x_i, phase by phase; cost as above."""
    n = sizes.size
    # Padded so that the last, partial block may be read and written as a whole.
    left = jnp.append(jnp.zeros(_BLOCK, sizes.dtype), sizes)
    costs = jnp.append(jnp.full(_BLOCK, -jnp.inf, sizes.dtype), log_cost)

    def body(step, state):
        duration, left = state
        k = n - 1 - step
        own = jnp.minimum(speedup.inverse_log_marginal(log_price[k] - log_cost[k], budget), budget)
        length = left[k + _BLOCK] / speedup(own)

        def serve(state):
            end, left, _ = state
            at = end  # padded position of the block that ends before job `end`
            cost = jax.lax.dynamic_slice(costs, (at,), (_BLOCK,))
            job = cost > -jnp.inf
            price = jnp.where(job, log_price[k] - jnp.where(job, cost, 0), 0)
            rates = jnp.where(job, speedup.inverse_log_marginal(price, 2 * budget), 0)
            speeds = jnp.where(rates > 0, speedup(rates), 0)
            rest = jax.lax.dynamic_slice(left, (at,), (_BLOCK,)) - length * speeds
            return (
                end - _BLOCK,
                jax.lax.dynamic_update_slice(left, rest, (at,)),
                ((rates[0] > 0) & (end > _BLOCK)),
            )

        left = jax.lax.while_loop(lambda s: s[2], serve, (k, left, k > 0))[1]
        return duration.at[k].set(length), left

    return jax.lax.fori_loop(0, n, body, (jnp.zeros_like(sizes), left))[0]
