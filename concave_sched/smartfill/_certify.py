"""The certificate of a schedule, recomputed from the instance phase by phase."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._results import show
from .._tree import is_concrete, pytree
from ..allocation import Certificate
from ._result import Optimal, Schedule, sort_jobs, typed
from ._schedule import rates

_CHUNK = 256  # phases looked at together


@pytree
class ScheduleCertificate(Certificate):
    """A `Certificate` of a minimisation: dual <= optimum <= primal.

    primal: objective of the schedule as replayed; dual: a . x, with the costs a scaled down until
    F_l(a) <= W_l holds in every phase, which makes it a bound for every schedule that ends
    shortest first; shortest_phase: smallest duration, negative if the schedule is not realisable.
    kkt_residual covers every phase (NaN for a policy without marginal costs).
    """

    shortest_phase: Any

    def _facts(self):
        return [*Certificate._facts(self), ("shortest phase", show(self.shortest_phase))]


def certify(result: Schedule) -> ScheduleCertificate:
    """Replay a schedule and bound the optimum; see `ScheduleCertificate`.

    Checked for every phase: the budget is spent; the jobs served share one a_i s'(theta_i); jobs
    not served would gain less; F_k(a) = W_k; and over all phases every job's work is done. For a
    policy other than SmartFill the dual is SmartFill's, so the gap says how far it is from optimal.
    Cost: O(jobs * window) for the optimum, O(jobs^2) for other policies; not for use inside jit.

    Example:
        >>> import concave_sched as cs
        >>> i = cs.smartfill.Instance(cs.curves.Power(1.0, 0.5), [2.0, 1.0], budget=2.0)
        >>> cs.smartfill.certify(cs.smartfill.solve(i)).gap < 1e-12
        True
    """
    if not isinstance(result, Schedule):
        raise ValueError(f"result is a {type(result).__name__}: give a smartfill.Schedule.")
    if not is_concrete(result):
        raise ValueError("certificate() looks at values: call it outside jit, vmap and grad.")
    if np.ndim(result.objective):
        raise ValueError("certificate() takes one schedule: index the batch with jax.tree.map.")
    if isinstance(result.policy, Optimal):
        return _certify_optimal(result)
    from ._solve import solve

    bound = _certify_optimal(solve(result.instance)).dual
    order, sizes, weights, budget = sort_jobs(result.instance)
    duration = jnp.asarray(result.durations)[order]
    primal, work, over = _replay(result, order, weights, budget, duration)
    feasibility = max(over, float(jnp.max(jnp.abs(work - sizes) / sizes)))
    gap = float((primal - bound) / primal)
    return ScheduleCertificate(
        primal, bound, gap, float("nan"), feasibility, float(jnp.min(duration))
    )


def _certify_optimal(result: Schedule) -> ScheduleCertificate:
    order, sizes, weights, budget = sort_jobs(result.instance)
    speedup = typed(result.instance.speedup, sizes.dtype)
    log_cost, log_price = result.policy.log_cost, result.policy.log_price
    duration = jnp.asarray(result.durations)[order]
    totals = jnp.cumsum(weights)
    n = sizes.size
    # Costs never fall, so the jobs served in a phase are the last ones: find where they begin.
    slope = speedup.log_marginal(jnp.zeros_like(budget))
    begins = np.asarray(jnp.searchsorted(log_cost, log_price - slope, side="left"))
    worst, ratio, over = float(jnp.max(-jnp.diff(log_cost), initial=0.0)), 1.0, 0.0
    work = jnp.zeros_like(sizes)
    for first in range(0, n, _CHUNK):
        last = min(first + _CHUNK, n)
        begin = max(int(begins[first:last].min()) - 1, 0)
        width = min(1 << int(np.ceil(np.log2(last - begin))), n)
        begin = min(begin, n - width)
        phases = jnp.minimum(jnp.arange(first, first + _CHUNK), n - 1)
        part = _look(width, speedup, budget, log_cost, log_price, totals, duration, phases, begin)
        worst, ratio, over = (
            max(worst, float(part[0])),
            max(ratio, float(part[1])),
            max(over, float(part[2])),
        )
        counted = jnp.where(jnp.arange(first, first + _CHUNK) < n, 1.0, 0.0)
        work = work.at[begin : begin + width].add(part[3] @ counted)
    times = jnp.cumsum(duration[::-1])[::-1]
    primal = float(jnp.dot(weights, times))
    dual = float(jnp.dot(jnp.exp(log_cost), sizes)) / ratio
    feasibility = max(over, float(jnp.max(jnp.abs(work - sizes) / sizes)))
    gap = abs(primal - dual) / max(abs(primal), abs(dual))
    return ScheduleCertificate(primal, dual, gap, worst, feasibility, float(jnp.min(duration)))


@partial(jax.jit, static_argnums=0)
def _look(width, speedup, budget, log_cost, log_price, totals, duration, phases, begin):
    """Worst KKT residual, F/W ratio and budget error of some phases, and the work they do."""
    log_cost, log_price = jax.lax.dynamic_slice(log_cost, (begin,), (width,)), log_price[phases]
    jobs = begin + jnp.arange(width)
    rate = rates(speedup, log_cost, log_price, budget, jobs, phases)
    cost, price = log_cost[:, None], log_price[None, :]
    active, finite, served = jobs[:, None] <= phases[None, :], price > -jnp.inf, rate > 0
    gain = cost + speedup.log_marginal(rate) - price
    # The last digits of a huge rate move a steep gain little: compare where the gain is finite.
    residual = jnp.where(served, jnp.abs(gain), jnp.where(active, jnp.maximum(gain, 0), 0))
    residual = jnp.where(jnp.isfinite(residual) & finite, residual, 0)
    speed = jnp.where(served, speedup(jnp.where(served, rate, 1)), 0)
    value = jnp.sum(jnp.exp(cost) * speed, axis=0)
    over = jnp.abs(jnp.sum(rate, axis=0) - budget) / budget
    ratio = jnp.max(value / totals[phases])
    return jnp.max(residual), ratio, jnp.max(over), speed * duration[phases][None, :]


def _replay(result, order, weights, budget, duration):
    n = order.size
    speedup = typed(result.instance.speedup, duration.dtype)
    work, over = jnp.zeros_like(duration), 0.0
    for first in range(0, n, _CHUNK):
        phases = jnp.arange(first, min(first + _CHUNK, n))
        rate = result.policy.columns(result.instance, order, phases)
        speed = jnp.where(rate > 0, speedup(jnp.where(rate > 0, rate, 1)), 0)
        work = work + speed @ duration[phases]
        over = max(over, float(jnp.max(jnp.sum(rate, axis=0) / budget - 1)))
    times = jnp.cumsum(duration[::-1])[::-1]
    return float(jnp.dot(weights, times)), work, over
