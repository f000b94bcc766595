"""The optimal schedule of sorted jobs, and its derivatives, for any speedup.

`schedule` and `objective` are the two differentiable functions; the recursions behind them are
never differentiated. The rules use only what the optimum satisfies,

    (1) sum_i a_i s(theta_ik) = W_k
    (2) sum_i theta_ik = budget
    (3) sum_k s(theta_ik) d_k = x_i,

with theta_ik the inverse marginal gain at log price_k - log a_i; they are right to any order.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from ..curves import Power, SaturatingPower
from ..curves._regular import Regular
from . import _general, _power, _regular


class Schedule(NamedTuple):
    """Sorted by size, largest first: log a_k, log price of phase k, length of phase k."""

    log_cost: jax.Array
    log_price: jax.Array
    duration: jax.Array


def _solve(speedup, sizes, weights, budget):
    totals = jnp.cumsum(weights)
    if isinstance(speedup, Power):
        log_cost, log_price = _power.marginal_costs(speedup, weights, totals, budget)
        duration = _power.phase_durations(speedup, weights, totals, sizes, budget)
    elif isinstance(speedup, Regular) and not isinstance(speedup, SaturatingPower):
        log_cost, relative = _regular.marginal_costs(speedup, totals, budget)
        duration = _regular.phase_durations(speedup, log_cost, relative, sizes)
        log_price = relative + speedup.log_slope
    else:
        log_cost, log_price = _general.marginal_costs(speedup, totals, budget)
        duration = _general.phase_durations(speedup, log_cost, log_price, sizes, budget)
    return Schedule(log_cost, log_price, duration)


@jax.custom_jvp
def schedule(speedup, sizes, weights, budget) -> Schedule:
    """The optimal schedule. Derivatives cost O(jobs^2) memory, only where they are asked for."""
    return _solve(speedup, sizes, weights, budget)


@schedule.defjvp
def _schedule_jvp(primals, tangents):
    out = schedule(*primals)
    # Recomputed when transposed: a gradient of the objective alone never builds these matrices.
    return out, jax.checkpoint(_schedule_tangent)(out, primals, tangents)


def _schedule_tangent(out, primals, tangents):
    speedup, sizes, weights, budget = primals
    d_speedup, d_sizes, d_weights, d_budget = tangents
    cost = jnp.exp(out.log_cost)

    def speeds_at(log_cost, log_price, curve):
        rate = rates(curve, log_cost, log_price, budget)
        return rate, jnp.where(rate > 0, curve(jnp.where(rate > 0, rate, 1)), 0)

    def along(d_cost, d_price, d_curve):
        at = (out.log_cost, out.log_price, speedup)
        return jax.jvp(speeds_at, at, (d_cost, d_price, d_curve))[1]

    none = jnp.zeros_like(out.log_cost)
    still = jax.tree.map(jnp.zeros_like, d_speedup)
    rate, speed = speeds_at(out.log_cost, out.log_price, speedup)
    rate_by_price, _ = along(none, jnp.ones_like(none), still)
    rate_by_curve, _ = along(none, none, d_speedup)
    served = rate > 0
    _, speed_by_curve = jax.jvp(
        lambda c: jnp.where(served, c(jnp.where(served, rate, 1)), 0), (speedup,), (d_speedup,)
    )

    # (1) by the envelope theorem: prices are the derivatives in the budget.
    right = (
        jnp.cumsum(d_weights)
        - jnp.exp(out.log_price) * d_budget
        - jnp.sum(cost[:, None] * speed_by_curve, axis=0)
    )
    d_log_cost = jax.scipy.linalg.solve_triangular(speed.T, right, lower=True) / cost
    # (2): raising a log cost acts on a rate like lowering the log price.
    flat = jnp.sum(rate_by_price, axis=0)
    needed = d_budget - jnp.sum(rate_by_curve, axis=0) + d_log_cost @ rate_by_price
    d_log_price = jnp.where(flat < 0, needed / jnp.where(flat < 0, flat, 1), 0)
    # (3)
    _, d_speed = along(d_log_cost, d_log_price, d_speedup)
    d_duration = jax.scipy.linalg.solve_triangular(
        speed, d_sizes - d_speed @ out.duration, lower=False
    )
    return Schedule(d_log_cost, d_log_price, d_duration)


def rates(speedup, log_cost, log_price, budget, jobs=None, phases=None):
    """theta (jobs, phases): in phase k job i gets theta[i, k] of the budget if i <= k, else 0.

    log_cost: of the jobs, log_price: of the phases, whose places in the order are `jobs` and
    `phases`; default all of them.
    """
    jobs = jnp.arange(log_cost.size) if jobs is None else jobs
    phases = jnp.arange(log_price.size) if phases is None else phases
    job, phase = jobs[:, None], phases[None, :]
    finite = log_price > -jnp.inf
    active = (job <= phase) & finite[None, :]
    at = jnp.where(active, jnp.where(finite, log_price, 0)[None, :] - log_cost[:, None], 0)
    rate = jnp.where(active, speedup.inverse_log_marginal(at, 2 * budget), 0)
    # A price of 0 is that of a speedup that saturates at the budget, which then has one job.
    return jnp.where(finite[None, :], rate, jnp.where(job == phase, budget, 0))


@jax.custom_jvp
def objective(speedup, sizes, weights, budget, solved: Schedule):
    """sum of weighted completion times = a . x, differentiated by the envelope theorem:

        dJ = a . dx + T . dw - sum_k d_k (price_k dB + sum_i a_i ds(theta_ik)).

    Cost of a gradient: O(jobs) in sizes, weights and budget; O(jobs^2) time and O(jobs) memory in
    the parameters of the speedup.
    """
    return jnp.dot(jnp.exp(solved.log_cost), sizes)


def _objective_jvp(primals, tangents):
    speedup, sizes, weights, budget, solved = primals
    d_speedup, d_sizes, d_weights, d_budget, _ = tangents
    value = objective(*primals)
    cost, price = jnp.exp(solved.log_cost), jnp.exp(solved.log_price)
    terms = [jnp.zeros_like(value)]
    if not _is_zero(d_sizes):
        terms.append(jnp.dot(cost, d_sizes))
    if not _is_zero(d_weights):
        terms.append(jnp.dot(completion_times(solved.duration), d_weights))
    if not _is_zero(d_budget):
        terms.append(-jnp.dot(solved.duration, price) * d_budget)
    leaves, shape = jax.tree.flatten(speedup)
    moves = jax.tree.leaves(d_speedup, is_leaf=_is_zero)
    if not all(_is_zero(move) for move in moves):
        moves = [
            jnp.zeros_like(leaf) if _is_zero(move) else move
            for leaf, move in zip(leaves, moves, strict=True)
        ]
        terms.append(-_speed_change(speedup, shape.unflatten(moves), budget, solved))
    return value, jnp.stack(terms).sum()


objective.defjvp(_objective_jvp, symbolic_zeros=True)


def _speed_change(speedup, d_speedup, budget, solved):
    """sum_k d_k sum_i a_i ds(theta_ik), a column at a time."""
    cost = jnp.exp(solved.log_cost)

    @jax.checkpoint
    def column(k):
        price = solved.log_price[k][None]
        rate = rates(speedup, solved.log_cost, price, budget, phases=k[None])[:, 0]
        served = rate > 0
        _, change = jax.jvp(
            lambda c: jnp.where(served, c(jnp.where(served, rate, 1)), 0), (speedup,), (d_speedup,)
        )
        return jnp.dot(cost, change)

    return jnp.dot(jax.lax.map(column, jnp.arange(cost.size)), solved.duration)


def completion_times(duration):
    """T_i = d_i + d_{i+1} + ...: phase k ends when job k does."""
    return jnp.cumsum(duration[::-1])[::-1]


def _is_zero(tangent):
    return isinstance(tangent, jax.custom_derivatives.SymbolicZero)
