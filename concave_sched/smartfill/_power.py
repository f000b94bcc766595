"""SmartFill for a power speedup: heSRPT's closed form, in logarithms."""

from __future__ import annotations

import jax.numpy as jnp


def marginal_costs(speedup, weights, cumulative_weights, budget):
    """(log a, log price) with a_k = (W_k^q - W_{k-1}^q)^(1/q)/s(budget), q = 1/(1 - exponent)."""
    bend = jnp.asarray(speedup.bend, budget.dtype)
    log_total = jnp.log(cumulative_weights)
    log_cost = log_total + log_share(bend, weights, cumulative_weights) / bend
    log_cost = log_cost - jnp.log(speedup(budget))
    log_price = log_total - jnp.log(speedup(budget)) + speedup.log_marginal(budget)
    return log_cost, log_price


def phase_durations(speedup, weights, cumulative_weights, sizes, budget):
    """d_i = (x_i - x_{i+1} (share_i/share_{i+1})^exponent)/s(theta_ii), one vectorised line."""
    bend = jnp.asarray(speedup.bend, sizes.dtype)
    share = log_share(bend, weights, cumulative_weights)
    log_total = bend * jnp.log(cumulative_weights)
    speed = speedup(budget * jnp.exp(share))
    rise = (share + log_total)[:-1] - (share + log_total)[1:]
    already = jnp.append(sizes[1:] * jnp.exp(speedup.exponent * rise), 0)
    return (sizes - already) / speed


def log_share(bend, weights, cumulative_weights):
    """log(1 - (W_{k-1}/W_k)^q): the share of the budget that the shortest job gets in phase k."""
    ratio = jnp.minimum(weights / cumulative_weights, 1)
    alone = ratio >= 1
    loss = bend * jnp.log1p(-jnp.where(alone, 0.5, ratio))
    return jnp.where(alone, 0, jnp.log(-jnp.expm1(jnp.where(alone, -1, loss))))
