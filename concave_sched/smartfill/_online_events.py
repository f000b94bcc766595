"""The events of an online simulation: jobs come and go, and the budget is shared anew."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from ._online_policies import Present


def run_seeds(policy, table, budget, slots, shared, block):
    """(completion times, most jobs at once, largest error of the rates) by seed, as NumPy arrays.

    table: the speedup of every slot if `shared`, else that of every kind of job, as kernels take
    them. block: arrival times, sizes, weights and kinds, (seeds, jobs) each.
    """
    return tuple(map(np.asarray, _run(policy, table, budget, slots, shared, block)))


@partial(jax.jit, static_argnums=(3, 4))
def _run(policy, table, budget, slots, shared, block):
    return jax.vmap(lambda *one: _simulate(policy, one, table, budget, slots, shared))(*block)


def _simulate(policy, data, table, budget, slots, shared):
    """One seed; two events a job. The error of the rates is relative to the budget."""
    times, sizes, weights, kinds = data
    count, place = times.size, jnp.arange(slots)
    start = jnp.append(times, jnp.inf)

    def event(_, state):
        time, next_job, left, job, here, ends, most, over = state
        mine = jnp.where(here, job, 0)
        jobs = table if shared else jax.tree.map(lambda leaf: leaf[kinds[mine]], table)
        at = lambda values: jnp.where(here, values[mine], 1)  # noqa: E731
        present = Present(jnp.where(here, left, 1), at(sizes), at(weights), here, budget, jobs)
        rates = policy(present)
        bad = jnp.maximum(jnp.sum(rates) / budget - 1, -jnp.min(rates) / budget)
        bad = jnp.maximum(bad, jnp.max(jnp.where(here, 0, jnp.abs(rates))) / budget)
        over = jnp.where(
            jnp.any(here), jnp.maximum(over, jnp.where(bad == bad, bad, jnp.inf)), over
        )
        rates = jnp.where(here, rates, 0)
        speeds = present.speeds(rates)
        wait = jnp.where(here & (speeds > 0), left / jnp.where(speeds > 0, speeds, 1), jnp.inf)
        first = jnp.argmin(wait)
        arrival = start[next_job]
        leaves = time + wait[first] <= arrival
        now = jnp.where(leaves, time + wait[first], arrival)
        step = jnp.where(jnp.isfinite(now), now - time, 0)
        left = jnp.maximum(left - speeds * step, 0)
        departs = leaves & jnp.isfinite(now)
        ends = ends.at[jnp.where(departs, job[first], count)].set(now, mode="drop")
        here = here & ~(departs & (place == first))
        comes = ~leaves & (next_job < count)
        free = jnp.argmin(here)
        most = jnp.maximum(most, jnp.sum(here) + jnp.where(comes, 1, 0))
        new = comes & (place == free) & ~here
        left = jnp.where(new, sizes[jnp.minimum(next_job, count - 1)], left)
        job = jnp.where(new, next_job, job)
        time = jnp.where(jnp.isfinite(now), now, time)
        return (
            time,
            jnp.where(comes, next_job + 1, next_job),
            left,
            job,
            here | new,
            ends,
            most,
            over,
        )

    zero = jnp.zeros_like(times[0])
    state = (
        zero,
        jnp.zeros((), int),
        jnp.ones(slots, times.dtype),
        jnp.zeros(slots, int),
        jnp.zeros(slots, bool),
        jnp.full(count, jnp.inf, times.dtype),
        jnp.zeros((), int),
        zero,
    )
    state = jax.lax.fori_loop(0, 2 * count, event, state)
    return state[5], state[6], state[7]
