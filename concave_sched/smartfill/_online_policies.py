"""Policies that look at the jobs that are there and share the budget among them."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import numbers, require
from .._tree import pytree
from ._orders import newest_phase


class Present(NamedTuple):
    """What a policy sees. Arrays by slot; entries of slots that are not `here` are 1.

    remaining: work left; sizes: work at arrival; weights; here: booleans; budget: a number.
    jobs: `served(u, most)` and `newest(job, rate)` of every slot's speedup.
    """

    remaining: Any
    sizes: Any
    weights: Any
    here: Any
    budget: Any
    jobs: Any

    def speeds(self, rates):
        """Speed of every slot's job at a rate."""
        slot = jnp.arange(self.remaining.size)
        rates = jnp.broadcast_to(rates, slot.shape)
        found = jax.vmap(lambda j, r: self.jobs.newest(j, r)[2])(slot, rates)
        return jnp.where(rates > 0, found, 0)

    def last_first(self, key):
        """(slots,) those here by falling key, then the others."""
        return jnp.argsort(jnp.where(self.here, -key, jnp.inf))


@pytree
class EqualShare:
    """The same for every job that is there."""

    name = "equal share"

    def __call__(self, present: Present):
        count = jnp.sum(jnp.where(present.here, 1.0, 0.0))
        return jnp.where(present.here, present.budget / jnp.maximum(count, 1), 0.0)


@pytree
class ShortestFirst:
    """Everything to the job with the least time left at the whole budget (SRPT)."""

    name = "shortest first"

    def __call__(self, present: Present):
        left = present.remaining / present.speeds(present.budget)
        shortest = jnp.argmin(jnp.where(present.here, left, jnp.inf))
        mine = (jnp.arange(left.size) == shortest) & present.here
        return jnp.where(mine, present.budget, 0.0)


@pytree
class HeSRPT:
    """heSRPT for the power t**exponent; longest remaining time at the whole budget last."""

    name = "heSRPT"
    exponent: Any

    def __post_init__(self):
        object.__setattr__(self, "exponent", numbers("exponent", self.exponent))
        require(
            "exponent", self.exponent, lambda p: (p > 0) & (p < 1), "heSRPT needs 0 < exponent < 1."
        )

    def __call__(self, present: Present):
        order = present.last_first(present.remaining / present.speeds(present.budget))
        weights = jnp.where(present.here, present.weights, 0)[order]
        share = (jnp.cumsum(weights) / jnp.sum(weights)) ** (1 / (1 - self.exponent))
        part = jnp.diff(share, prepend=jnp.zeros_like(share[:1]))
        rates = jnp.zeros_like(part).at[order].set(part) * present.budget
        return jnp.where(present.here, rates, 0)


@pytree
class SmartFill:
    """The first phase of the best plan for what is left, made anew at every event.

    The plan completes jobs by falling remaining time at the whole budget over weight, the last
    first. With one speedup and weights that do not fall as remaining sizes fall that is the optimal
    order, so the plan is the optimum for the jobs that are there; so it always is with equal
    weights (flow time). With weights from the sizes at arrival (slowdown) a long job that is nearly
    done may weigh less than a new one of the same remaining size; then, and for jobs with speedups
    of their own, it is Smith's order, the limit for straight speedups, and a heuristic.
    """

    name = "SmartFill"

    def __call__(self, present: Present):
        left = present.remaining / present.speeds(present.budget)
        order = present.last_first(left / present.weights)
        count = jnp.sum(jnp.where(present.here, 1, 0))
        totals = jnp.cumsum(present.weights[order])

        def join(state):
            k, log_costs, price = state
            new = newest_phase(
                present.jobs, log_costs, present.budget, jnp.log(totals[k]), price, order[k]
            )
            return k + 1, log_costs.at[order[k]].set(new.log_cost), new.log_price

        nothing = jnp.full(order.size, -jnp.inf, totals.dtype)
        start = (0, nothing, nothing[0])
        _, log_costs, price = jax.lax.while_loop(lambda s: s[0] < count, join, start)
        known = log_costs > -jnp.inf
        at = jnp.where(known, price - jnp.where(known, log_costs, 0), 0)
        # A price of 0 is that of a lone job whose speedup saturates at the budget.
        rates = present.jobs.served(jnp.where(jnp.isfinite(at), at, 0), 2 * present.budget)[0]
        rates = jnp.where(price > -jnp.inf, rates, present.budget)
        return jnp.where(present.here & known, jnp.minimum(rates, present.budget), 0)


EQUAL_SHARE, SHORTEST_FIRST, SMARTFILL = EqualShare(), ShortestFirst(), SmartFill()


@pytree(static=("function",))
class _Function:
    """A plain function as a policy that `jit` may take."""

    function: Any

    def __call__(self, present: Present):
        return self.function(present)


def as_policy(policy):
    """A policy as a pytree, or a ValueError."""
    if not callable(policy):
        raise ValueError(f"policy = {policy!r}: a function of a smartfill.Present is needed.")
    return policy if hasattr(policy, "__dataclass_fields__") else _Function(policy)


def name_of(policy) -> str:
    return getattr(policy, "name", getattr(policy, "__name__", "policy"))


def require_fair(policy, off: float, when: str = "") -> None:
    """Raise unless the largest error of a policy's rates, relative to the budget, is rounding."""
    if not off <= 1e-6:
        raise ValueError(
            f"policy {name_of(policy)}: rates must be >= 0, finite, 0 where nobody is here, and "
            f"sum to at most the budget; they are off by {off:.3g} of it{when}."
        )


def require_progress(policy, times) -> None:
    """Raise unless every job ends."""
    if not np.all(np.isfinite(times)):
        raise ValueError(f"policy {name_of(policy)} left jobs without budget for ever.")
