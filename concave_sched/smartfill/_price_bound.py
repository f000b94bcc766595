"""A lower bound on every schedule, whatever the order: budget bought at prices that vary in time.

At a price p(t) >= 0 for budget, each job for itself minimises w_i C + integral_0^C p theta_i dt, in
which it must do its work with rates of at most the whole budget. The sum of these minima less
budget * integral p is a lower bound for every p, by weak duality; the best p gives the bound of the
time-indexed relaxation, in which a job is split into copies with completion times of their own.
With p constant on the intervals (t_l, t_{l+1}] of length D_l, and nu the worth of a unit of work,

    job i, ending in interval l:  max_nu  nu x_i - sum_{k<l} g_i(nu, p_k) D_k
                                          + w_i t_l - (g_i(nu, p_l) - w_i)_+ D_l
    g_i(nu, p) = max_{0<=theta<=budget} nu s_i(theta) - p theta,

and the job takes the cheapest l, "after the last interval" (p = 0) included. The best nu lies
between the costs of doing the work with and without interval l, and where g_i = w_i if that is
between. Any nu gives a valid bound, so its search may stop where it likes. The bound is concave in
p; it is maximised with the minimum over l smoothed, ever less, by L-BFGS.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._tree import pytree

_SMOOTHING = (1e-2, 2e-3, 4e-4)  # parts of the mean cost of a job
_AFTER = 1.3  # the grid ends this much later than the schedule it follows
_REACH = 60.0  # e-folds searched for nu
_MOST_STEPS = 60


@pytree
class PriceBound:
    """value <= sum w_i T_i of every schedule; prices (L,) of budget between times (L + 1,)."""

    value: Any
    times: Any
    prices: Any


def price_bound(jobs, sizes, weights, budget, ends, log_prices, intervals=32, steps=40):
    """The bound with the best prices found near those of a schedule.

    ends: (jobs,) completion times of the schedule, sorted, and log_prices its prices of budget up
    to them, where the search begins. steps: L-BFGS iterations at each of three degrees of
    smoothing. Cost of one: O(jobs * intervals^2).
    """
    from scipy.optimize import minimize

    times = _grid(ends, intervals)
    place = np.searchsorted(ends, (times[1:] + times[:-1]) / 2)
    prices = np.where(place < len(ends), np.exp(log_prices[np.minimum(place, len(ends) - 1)]), 0)
    unit = float(np.sum(weights) * np.mean(ends)) / len(ends)  # about the cost of a job
    scale = float(prices.max())
    nu = _guess(jobs, sizes, weights, budget, times)
    *_, nu = _evaluate(jobs, sizes, weights, budget, times, prices, nu, unit)
    best = [-np.inf, prices]

    def loss(z, smoothing):
        nonlocal nu
        value, slope, exact, nu = _evaluate(
            jobs, sizes, weights, budget, times, z * scale, nu, smoothing * unit
        )
        if float(exact) > best[0]:
            best[:] = float(exact), z * scale
        return -float(value) / unit, -np.asarray(slope) * scale / unit

    for smoothing in _SMOOTHING:
        minimize(
            loss,
            best[1] / scale,
            args=(smoothing,),
            jac=True,
            method="L-BFGS-B",
            bounds=[(0, None)] * len(prices),
            options={"maxiter": steps, "maxcor": 20, "ftol": 1e-5},
        )
    return PriceBound(evaluate_prices(jobs, sizes, weights, budget, times, best[1]), times, best[1])


def evaluate_prices(jobs, sizes, weights, budget, times, prices) -> float:
    """The bound that given prices prove, from nothing but them and the instance."""
    nu = _guess(jobs, sizes, weights, budget, times)
    return float(_evaluate(jobs, sizes, weights, budget, times, prices, nu, 1.0)[2])


def _grid(ends, intervals):
    """Half of the times evenly spaced, half at quantiles of the completion times."""
    many = max(int(intervals * 0.8), 1)
    quantiles = np.interp(
        np.linspace(0, 1, many // 2 + 1), np.linspace(0, 1, len(ends) + 1), np.append(0, ends)
    )
    even = np.linspace(0, ends[-1], many - many // 2 + 1)[1:-1]
    inside = np.sort(np.append(quantiles, even))
    after = ends[-1] * np.linspace(1, _AFTER, intervals + 1 - len(inside) + 1)[1:]
    times = np.append(inside, after)
    return np.maximum.accumulate(times + 1e-9 * ends[-1] * np.arange(times.size) / times.size)


def _guess(jobs, sizes, weights, budget, times):
    return np.broadcast_to(np.log(weights * times[-1] / sizes), (len(times), len(sizes)))


@jax.jit
def _evaluate(jobs, sizes, weights, budget, times, prices, log_nu, smoothing):
    """(smoothed bound, its slope in the prices, the bound itself, log nu at each interval's end).

    Arrays (ends, intervals, jobs): what a job does in each interval if it ends in one.
    """
    lengths, index = jnp.diff(times), jnp.arange(sizes.size)
    size, weight = sizes[None], weights[None]
    log_prices = jnp.log(jnp.maximum(prices, jnp.finfo(prices.dtype).tiny))
    gain, _, full = jax.vmap(lambda job: jobs.newest(job, budget))(index)

    def demand(log_price, log_nu):
        u = log_price - log_nu
        rate, slope, speed = jobs.served(u, 2 * budget)
        over = (u <= gain) | (rate > budget)
        cap = lambda part, most: jnp.where(over, most, part)  # noqa: E731
        return cap(rate, budget), cap(slope, 0.0), cap(speed, full)

    every = jax.vmap(jax.vmap(demand, (0, None)), (None, 0))
    earlier = (jnp.tri(times.size, lengths.size, -1, times.dtype) * lengths[None])[:, :, None]
    own = (jnp.eye(times.size, lengths.size, dtype=times.dtype) * lengths[None])[:, :, None]
    possible = jnp.outer(times, full) > size * (1 + 1e-9)
    middle = jnp.log(weight * times[-1] / size)

    def shortfall(log_nu):
        """log(work done before each time / size) and its slope in log nu."""
        _, slope, speed = every(log_prices, log_nu)
        done = jnp.sum(earlier * speed, axis=1)
        pull = jnp.exp(log_prices[None, :, None] - log_nu[:, None, :]) * slope
        rise = jnp.sum(earlier * pull, axis=1)
        some = done > 0
        safe = jnp.where(some, done, 1)
        return jnp.where(some, jnp.log(safe / size), -jnp.inf), rise / safe

    nu = _root(shortfall, log_nu, middle - _REACH, middle + _REACH, possible)
    nu = jnp.where(possible, nu, middle + _REACH)

    def surplus(log_nu):
        """log(g/w) at each interval's price and its slope in log nu."""
        rate, _, speed = jax.vmap(demand)(log_prices, log_nu)
        worth = jnp.exp(log_nu) * speed
        value = worth - prices[:, None] * rate
        some = value > 0
        safe = jnp.where(some, value, 1)
        return jnp.where(some, jnp.log(safe / weight), -jnp.inf), worth / safe

    high = jnp.log((weight + prices[:, None] * budget) / full[None])  # the whole budget pays there
    level = _root(surplus, high, high - _REACH, high, True)
    before = jnp.concatenate([middle + _REACH, nu[1:-1]])
    at = jnp.clip(level, nu[1:], jnp.maximum(before, nu[1:]))
    at = jnp.concatenate([at, jnp.minimum(nu[-1:], jnp.log(weight / full[None]))])

    rate, _, speed = every(log_prices, at)
    value = jnp.exp(at)[:, None, :] * speed - prices[None, :, None] * rate
    cost = jnp.exp(at) * size + times[:, None] * weight
    cost -= jnp.sum(earlier * value + own * jnp.maximum(value - weight[None], 0), axis=1)
    cost = jnp.where(jnp.append(possible[1:], jnp.ones_like(possible[:1]), axis=0), cost, jnp.inf)
    # The part of the last interval that the job uses is what it then still has to do.
    rest = size - jnp.sum(earlier * speed, axis=1)
    room = jnp.sum(own * speed, axis=1)
    part = jnp.clip(rest / jnp.where(room > 0, room, 1), 0, 1)
    used = (earlier + own * part[:, None, :]) * rate

    least = jnp.min(cost, axis=0)
    share = jnp.exp((least[None] - cost) / smoothing)
    total = jnp.sum(share, axis=0)
    paid = budget * jnp.dot(prices, lengths)
    slope = jnp.einsum("lj,lkj->k", share / total[None], used) - budget * lengths
    smooth = jnp.sum(least - smoothing * jnp.log(total)) - paid
    return smooth, slope, jnp.sum(least) - paid, nu


def _root(function, start, low, high, wanted):
    """Elementwise root of a rising function (value, slope) in [low, high], safeguarded Newton."""

    def step(state):
        x, low, high, last, _, count = state
        value, slope = function(x)
        low, high = jnp.where(value <= 0, x, low), jnp.where(value >= 0, x, high)
        ok = jnp.isfinite(value) & (slope > 0)
        new = x - jnp.where(ok, value, 0) / jnp.where(ok, slope, 1)
        ok &= (new >= low) & (new <= high) & (jnp.abs(new - x) <= last / 2)
        new = jnp.where(ok, new, (low + high) / 2)
        moved = jnp.abs(new - x)
        return new, low, high, moved, jnp.any(wanted & (moved > 1e-8)), count + 1

    def unfinished(state):
        return state[4] & (state[5] < _MOST_STEPS)

    low, high = (jnp.broadcast_to(side, start.shape) for side in (low, high))
    start = jnp.clip(start, low, high)
    state = start, low, high, high - low, jnp.asarray(True), 0
    return jax.lax.while_loop(unfinished, step, state)[0]
