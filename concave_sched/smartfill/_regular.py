"""SmartFill for a regular speedup: one pass up for the marginal costs, one down for the durations.

Jobs are sorted by size, largest first, and phase k serves jobs 0..k. Every phase spends its budget
so that a_i s'(theta_ik) equals the phase's price on all jobs it serves, and

    F_k(a_0..a_k) = max { sum_{i<=k} a_i s(theta_i) : sum theta_i = budget } = W_k

fixes the one new unknown a_k. Since a is nondecreasing, phase k serves a window m_k..k whose start
never moves back, so sums over the window can be kept while the window slides. With s normalised as
in `curves._regular` (amplitude A, decay, bend) and r_i = log(a_i/price),

    theta_i = expm1(bend r_i)/bend/decay,     s(theta_i) = A expm1(beta r_i)/beta,  beta = bend - 1.

A speedup with negative bend (`SaturatingPower`) is not served here: its sums are dominated by the
oldest jobs, so taking those out cancels all digits; `_general` serves it.

Everything is kept relative to the newest a, in logarithms, so weights that spread over tens of
decades, and exponents near 1, neither overflow nor cancel.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from ..curves._numerics import expm1_ratio, log1p_ratio

_MOST_STEPS = 40


class Window(NamedTuple):
    """Sums over the jobs start..k-1 with d_i = log(a_i/a_newest) <= 0."""

    start: jax.Array
    count: jax.Array
    widths: jax.Array  # sum expm1(bend d)/bend
    costs: jax.Array  # sum e^d
    gains: jax.Array  # sum e^d expm1(beta d)/beta


def marginal_costs(speedup, cumulative_weights, budget):
    """(log a, log price relative to the slope at 0) of every phase; cost O(jobs)."""
    bend = jnp.asarray(speedup.bend, budget.dtype)
    beta = bend - 1
    room = speedup.decay * budget
    log_work = jnp.log(cumulative_weights) - jnp.log(speedup.amplitude)
    # The newest job alone with the whole budget; infinite where the speedup saturates there.
    alone = _log1p_or_inf(bend, room)
    log_alone = jnp.log(expm1_ratio(beta, alone))
    first = log_work[0] - log_alone

    def shifted(window: Window, shift):
        """The same window relative to an a that is e^shift times as large."""
        widths = window.widths * jnp.exp(-bend * shift) + window.count * expm1_ratio(bend, -shift)
        costs = window.costs * jnp.exp(-shift)
        gains = jnp.exp(-bend * shift) * window.gains + costs * expm1_ratio(beta, -shift)
        return window._replace(widths=widths, costs=costs, gains=gains)

    def without(window: Window, offset):
        return Window(
            window.start + 1,
            window.count - 1,
            window.widths - expm1_ratio(bend, offset),
            window.costs - jnp.exp(offset),
            window.gains - jnp.exp(offset) * expm1_ratio(beta, offset),
        )

    def unserved(window: Window, offset, target):
        """Whether the oldest job gets nothing, and log(a_k/a_newest) where it just would."""
        taken = jnp.exp(-bend * offset) * (window.widths - window.count * expm1_ratio(bend, offset))
        left = room - taken
        shift = offset + _log1p_or_inf(bend, jnp.maximum(left, 0))
        others = jnp.exp(-beta * offset) * (window.gains - expm1_ratio(beta, offset) * window.costs)
        value = others + jnp.exp(shift) * expm1_ratio(beta, shift - offset)
        return (window.count > 0) & ~((left > 0) & (value >= jnp.exp(target))), shift

    def phase_value(window: Window, shift):
        """F_k/a_k and log(a_k/price) when a_k = e^shift a_newest joins the window."""
        moved = shifted(window, shift)
        free = (room - moved.widths) / (moved.count + 1 + bend * moved.widths)
        served = jnp.where(window.count > 0, _log1p_or_inf(bend, free), alone)
        others = jnp.where(window.count > 0, jnp.exp(beta * served) * moved.gains, 0)
        return others + expm1_ratio(beta, served) * (moved.costs + 1), served, moved

    def newest_cost(window: Window, target, low, high, guess, wanted):
        """log(a_k/a_newest) with F_k = W_k: safeguarded Newton on log F, convex in log a_k."""

        def newton(state):
            shift, low, high, _, count = state
            value, served, _ = phase_value(window, shift)
            excess = jnp.log(value) + shift - target
            low, high = jnp.where(excess <= 0, shift, low), jnp.where(excess >= 0, shift, high)
            new = shift - excess * value / expm1_ratio(beta, served)
            new = jnp.where((new >= low) & (new <= high), new, (low + high) / 2)
            # Convergence is quadratic: after a step this small the next would be below rounding.
            return new, low, high, jnp.abs(new - shift) > 1e-9, count + 1

        def unfinished(state):
            return state[3] & (state[4] < _MOST_STEPS)

        start = (jnp.clip(guess, low, high), low, high, wanted, 0)
        return jax.lax.while_loop(unfinished, newton, start)[0]

    def event(_, state):
        """Either drop the oldest job of the window, or solve phase k and let job k join it."""
        k, log_cost, log_price, window, newest, guess, low = state
        target = log_work[jnp.minimum(k, n - 1)] - newest
        offset = log_cost[jnp.minimum(window.start, n - 1)] - newest
        idle, threshold = unserved(window, offset, target)
        idle &= k < n
        most = target - log_alone
        high = jnp.minimum(most, jnp.where(window.count > 0, threshold, jnp.inf))
        low = jnp.minimum(low, high)
        shift = newest_cost(window, target, low, high, guess, ~idle & (k < n))
        shift = jnp.where(window.count > 0, shift, most)
        _, served, moved = phase_value(window, shift)
        joined = moved._replace(count=moved.count + 1, costs=moved.costs + 1)
        joined = _where(window.count > 0, joined, _single(window))
        write = jnp.where(idle, n, k)  # writes beyond the end are dropped
        floor = jnp.where(idle & (threshold < jnp.inf), jnp.maximum(low, threshold), low)
        return (
            jnp.where(idle, k, k + 1),
            log_cost.at[write].set(newest + shift, mode="drop"),
            log_price.at[write].set(newest + shift - served, mode="drop"),
            _where(idle, without(window, offset), joined),
            jnp.where(idle, newest, newest + shift),
            jnp.where(idle, guess, shift),
            jnp.where(idle, floor, 0),
        )

    n = cumulative_weights.size
    zero = jnp.zeros((), budget.dtype)
    log_cost = jnp.zeros(n, budget.dtype).at[0].set(first)
    log_price = jnp.zeros(n, budget.dtype).at[0].set(first - alone)
    window = Window(jnp.zeros((), jnp.int32), zero + 1, zero, zero + 1, zero)
    state = (jnp.ones((), jnp.int32), log_cost, log_price, window, first, zero, zero)
    # Each job joins once and is dropped at most once. A fixed count of scalar events, none of
    # which hands the arrays to an inner loop, lets XLA update them in place.
    return jax.lax.fori_loop(0, 2 * (n - 1), event, state)[1:3]


def phase_durations(speedup, log_cost, log_price, sizes):
    """Back substitution of sum_{k>=i} s(theta_ik) d_k = x_i from the last job; cost O(jobs).

    done = sum d_k expm1(beta r_ik)/beta over the phases i+1..latest that serve job i; the window of
    phases slides with i like the window of jobs above. done is x_i/A after each job, so rounding
    does not pile up.
    """
    beta = jnp.asarray(speedup.bend, sizes.dtype) - 1
    work = sizes / speedup.amplitude
    n = sizes.size

    def event(_, state):
        """Either drop the latest phase, which job i sits out, or find the length of phase i."""
        i, duration, spent, done, latest, last = state
        job = jnp.maximum(i, 0)
        cost = log_cost[job]
        gain = expm1_ratio(beta, cost - log_price[latest])
        idle = (latest > i) & (cost <= log_price[latest])
        done = jnp.where(latest > i, done, 0)
        length = (work[job] - done) / expm1_ratio(beta, cost - log_price[job])
        below = jnp.where(latest > i, spent, 0) + length
        shift = log_cost[jnp.maximum(i - 1, 0)] - cost
        next_done = work[job] + (below + beta * work[job]) * expm1_ratio(beta, shift)
        write = jnp.where(idle | (i < 0), n, job)  # the extra place at the end is never read
        duration = jax.lax.dynamic_update_index_in_dim(duration, length, write, 0)
        latest = jnp.where(idle, latest - 1, latest)
        return (
            jnp.where(idle, i, i - 1),
            duration,
            jnp.where(idle, spent - last, below),
            jnp.where(idle, done - last * gain, next_done),
            latest,
            # Read after the write: reading the old array would make XLA copy it on every event.
            jax.lax.dynamic_index_in_dim(duration, latest, keepdims=False),
        )

    zero = jnp.zeros((), sizes.dtype)
    last_job = jnp.asarray(n - 1, jnp.int32)
    state = (last_job, jnp.zeros(n + 1, sizes.dtype), zero, zero, last_job, zero)
    return jax.lax.fori_loop(0, 2 * n - 1, event, state)[1][:n]


def _where(condition, yes: Window, no: Window) -> Window:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), yes, no)


def _single(window: Window):
    one = jnp.ones_like(window.costs)
    return window._replace(
        count=one, costs=one, widths=jnp.zeros_like(one), gains=jnp.zeros_like(one)
    )


def _log1p_or_inf(bend, y):
    """log1p_ratio, infinite where a saturating speedup has nothing left to give."""
    ended = 1 + bend * y <= 0
    return jnp.where(ended, jnp.inf, log1p_ratio(bend, jnp.where(ended, 0, y)))
