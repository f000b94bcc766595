"""The one primitive: the price at which demands meet a budget, for one block or for many.

    demand_i(u) = argmax_{0 <= t <= cap_i} w_i f_i(t) - e^u t = min(f_i'^{-1}(e^u / w_i), cap_i)

falls in the log price u, so each block has one root of  sum_i demand_i(u) = budget. In the
coordinate e^(-bend u) the demand of a regular curve is linear between its bounds (rectangular
bottles), so Newton's method in that coordinate solves the closed form of the current active set at
every step and is exact, after finitely many, for them; for other curves it is plain Newton. Steps
that leave the bracket, or are not under half of the step before, are replaced by halving.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ..curves._numerics import implicit_root, log1p_ratio
from ._running_sum import places

_MOST_STEPS = 128


class OneBlock:
    """Sums and broadcasts when all entries share one budget."""

    @staticmethod
    def total(values, ids, count):
        return jnp.sum(values, keepdims=True)

    @staticmethod
    def highest(values, ids, count):
        return jnp.max(values, keepdims=True, initial=-jnp.inf)

    @staticmethod
    def spread(blocks, ids):
        return blocks


class ManyBlocks:
    """Sums and broadcasts over consecutive blocks of entries, numbered by `ids`."""

    @staticmethod
    def total(values, ids, count):
        return _over_blocks(jax.ops.segment_sum, jnp.sum, 0, values, ids, count)

    @staticmethod
    def highest(values, ids, count):
        return _over_blocks(jax.ops.segment_max, jnp.max, -jnp.inf, values, ids, count)

    @staticmethod
    def spread(blocks, ids):
        return blocks[ids]


def _over_blocks(by_segment, by_row, nothing, values, ids, count):
    """A reduction of every block. XLA reduces segments one entry after another, and rows several
    times faster: so rows of 16 first, and entries only where a block ends within a row."""
    n, row = values.size, 16
    if n < 2 * row * count:
        return by_segment(values, ids, count, indices_are_sorted=True)
    values = jnp.pad(values, (0, -n % row), constant_values=nothing).reshape(-1, row)
    ids = jnp.pad(ids, (0, -n % row), mode="edge").reshape(-1, row)
    first, mixed = ids[:, 0], ids[:, 0] != ids[:, -1]
    rows = jnp.where(mixed, nothing, by_row(values, axis=1))
    whole = by_segment(rows, first, count, indices_are_sorted=True)
    some = places(mixed, count)
    present = (jnp.arange(count) < jnp.sum(mixed))[:, None]
    parts = jnp.where(present, values[some], nothing)
    part_ids = jnp.where(present, ids[some], count - 1)
    parted = by_segment(parts.ravel(), part_ids.ravel(), count, indices_are_sorted=True)
    return by_row(jnp.stack([whole, parted]), axis=0)


def demand(curve, log_price, log_weights, cap, most=None):
    """What each entry takes at a log price. `most` bounds the search of curves without inverse."""
    amount = curve.inverse_log_marginal(log_price - log_weights, cap if most is None else most)
    return jnp.where(amount < cap, amount, cap)


def block_log_prices(curve, log_weights, cap, budget, ids=None, guess=None):
    """The log price of every block, differentiable in all but `ids` and `guess`.

    cap: (entries,), at most the curve's limit and 0 where the weight is 0; budget: (blocks,);
    ids: block of each entry, nondecreasing, or None for a single block; guess: (blocks,) where
    the search starts. A block whose caps sum to at most its budget has log price -inf; one with
    budget 0 the largest marginal gain at 0.
    """
    blocks = OneBlock if ids is None else ManyBlocks
    parameters = (curve, log_weights, cap, budget, ids, guess)
    log_price = implicit_root(_SOLVE[blocks], _RESIDUAL[blocks], parameters)
    gain_at_zero = log_weights + curve.log_marginal(jnp.zeros_like(cap))
    first = blocks.highest(
        jnp.where(log_weights > -jnp.inf, gain_at_zero, -jnp.inf), ids, budget.size
    )
    first = jax.lax.stop_gradient(first)  # where slopes at 0 are infinite, so are derivatives
    slack = budget >= blocks.total(cap, ids, budget.size)
    return jnp.where(slack, -jnp.inf, jnp.where(budget <= 0, first, log_price))


def block_amounts(curve, log_weights, cap, budget, log_price, ids=None, exact=True):
    """Demands at the solved log prices; `exact`: the last rounding error of each budget handed out.

    Where the marginal gain has plateaus, entries tied at the price share what is left in
    proportion to their room there.
    """
    blocks = OneBlock if ids is None else ManyBlocks
    slack = budget >= blocks.total(cap, ids, budget.size)
    live = (budget > 0) & ~slack
    spent = blocks.spread(live, ids)
    safe = jnp.where(live, log_price, 0)
    if curve.strictly_concave:
        most = _search_bound(cap, budget, blocks, ids)
        amounts = demand(curve, blocks.spread(safe, ids), log_weights, cap, most)
        if exact:
            amounts = amounts + jax.lax.stop_gradient(
                _correction(curve, log_weights, cap, budget, safe, ids, blocks, amounts)
            )
    else:
        margin = 16 * jnp.finfo(cap.dtype).eps * (1 + jnp.abs(jax.lax.stop_gradient(safe)))
        least = demand(curve, blocks.spread(safe + margin, ids), log_weights, cap)
        most = demand(curve, blocks.spread(safe - margin, ids), log_weights, cap)
        room = blocks.total(most - least, ids, budget.size)
        missing = budget - blocks.total(least, ids, budget.size)
        share = jnp.where(room > 0, missing / jnp.where(room > 0, room, 1), 0)
        amounts = least + blocks.spread(share, ids) * (most - least)
    return jnp.where(spent, amounts, jnp.where(blocks.spread(slack, ids), cap, 0))


def _correction(curve, log_weights, cap, budget, log_price, ids, blocks, amounts):
    most = _search_bound(cap, budget, blocks, ids)

    def at(u):
        return demand(curve, blocks.spread(u, ids), log_weights, cap, most)

    _, slope = jax.jvp(at, (log_price,), (jnp.ones_like(log_price),))
    slope = jnp.where(jnp.isfinite(slope), slope, 0)
    total = blocks.total(slope, ids, budget.size)
    missing = budget - blocks.total(amounts, ids, budget.size)
    step = jnp.where(total < 0, missing / jnp.where(total < 0, total, 1), 0)
    return jnp.clip(amounts + blocks.spread(step, ids) * slope, 0, cap) - amounts


def _search_bound(cap, budget, blocks, ids):
    """Twice the budget: never binding, so that it leaves prices and derivatives alone."""
    return jnp.minimum(cap, 2 * blocks.spread(budget, ids))


def _bracket(curve, log_weights, cap, budget, total, ids, blocks):
    """Log prices at which every block surely demands at least, and at most, its budget.

    If every price were below w f'(t) with t = budget, or, for caps under the budget, t = cap minus
    an equal share of the surplus, demand would exceed the budget; above max w f'(budget/count) no
    entry takes its equal share. Blocks share one bracket: it only guards Newton's method, and
    extremes of all entries cost less than those of each block.
    """
    live = (budget > 0) & (budget < total)
    whole = blocks.spread(budget, ids)
    surplus = blocks.spread(jnp.where(live, total - budget, 0), ids) / cap.size
    most = jnp.where(cap > whole, whole, jnp.clip(cap - surplus, 0, whole))
    served = (log_weights > -jnp.inf) & blocks.spread(live, ids)
    share = jnp.where(served, whole / cap.size, 1)
    return _extreme_gains(curve, log_weights, served, most, share)


def bracket_of_any_block(curve, cap, reach):
    """The same for all blocks of nested budgets at once, wherever they begin and end.

    Their budgets lie between the least rise of `reach`, what prefixes can use, and its end.
    """
    rise = jnp.diff(reach, prepend=jnp.zeros(1, reach.dtype))
    least = jnp.min(jnp.where(rise > 0, rise, reach[-1]))
    most = jnp.minimum(cap, reach[-1])
    return _extreme_gains(curve, jnp.zeros((), cap.dtype), cap > 0, most, least / cap.size)


def _extreme_gains(curve, log_weights, served, most, share):
    """(least, largest) log gain w f'(t) of the entries served, at t = most, at t = share."""
    weights = jnp.where(served, log_weights, 0)
    low = jnp.min(jnp.where(served, weights + curve.log_marginal(most), jnp.inf))
    high = jnp.max(jnp.where(served, weights + curve.log_marginal(share), -jnp.inf))
    low = jnp.where(low == -jnp.inf, high - 1500, low)  # the gain underflows: e^-1500 is nothing
    margin = 16 * jnp.finfo(most.dtype).eps
    return low - margin * (1 + jnp.abs(low)), high + margin * (1 + jnp.abs(high))


def newton(parameters, blocks, most_steps=_MOST_STEPS, bracket=None):
    """Log price of every block after at most so many steps, and which blocks still move."""
    curve, log_weights, cap, budget, ids, guess = parameters
    dtype = cap.dtype
    eps = jnp.finfo(dtype).eps
    total = blocks.total(cap, ids, budget.size)
    live = (budget > 0) & (budget < total)
    if bracket is None:
        bracket = _bracket(curve, log_weights, cap, budget, total, ids, blocks)
    low, high = (jnp.where(live, end, 0) for end in bracket)
    bends = curve.bend if isinstance(curve.bend, float) else jnp.asarray(curve.bend, dtype)
    most = _search_bound(cap, budget, blocks, ids)
    noise = 4 * eps * cap.size**0.5

    def at(log_prices):
        return demand(curve, log_prices, log_weights, cap, most)

    def step(state):
        u, low, high, last, _, count = state
        log_prices = blocks.spread(u, ids)
        amounts, slopes = jax.jvp(at, (log_prices,), (jnp.ones_like(log_prices),))
        missing = budget - blocks.total(amounts, ids, budget.size)
        slope = -blocks.total(slopes, ids, budget.size)
        low, high = jnp.where(missing <= 0, u, low), jnp.where(missing >= 0, u, high)
        usable = (slope > 0) & (slope < jnp.inf)
        relative = missing / jnp.where(usable, slope, 1)
        bend = bends
        if jnp.ndim(bends):  # weighted so that the second derivative of the demand is right
            bent = -blocks.total(bends * slopes, ids, budget.size)
            bend = jnp.where(usable, bent / jnp.where(usable, slope, 1), 0)
        usable &= 1 + bend * relative > 0
        next_u = u - log1p_ratio(bend, jnp.where(usable, relative, 0))
        # Rounding of a sum, or of u itself: the bracket has nothing more to say.
        precision = 2 * eps * (1 + jnp.abs(u))
        settled = jnp.abs(missing) <= noise * budget
        settled |= usable & (jnp.abs(next_u - u) <= precision)
        usable &= (next_u > low) & (next_u < high) & (jnp.abs(next_u - u) < last / 2)
        new = jnp.where(usable, next_u, jnp.where(settled, u, (low + high) / 2))
        moved = jnp.abs(new - u)
        moving = live & ~settled & (moved > precision) & (high - low > precision)
        return jnp.where(live, new, u), low, high, moved, moving, count + 1

    def unfinished(state):
        return jnp.any(state[4]) & (state[5] < most_steps)

    first = low if guess is None else jnp.where(live, jnp.clip(guess, low, high), 0)
    start = (first, low, high, 2 * (high - low), live, 0)
    end = jax.lax.while_loop(unfinished, step, start)
    return end[0], end[4]


def _residual(log_price, parameters, blocks):
    curve, log_weights, cap, budget, ids, _ = parameters
    live = (budget > 0) & (budget < blocks.total(cap, ids, budget.size))
    safe = jnp.where(live, log_price, 0)
    most = jax.lax.stop_gradient(_search_bound(cap, budget, blocks, ids))
    amounts = demand(curve, blocks.spread(safe, ids), log_weights, cap, most)
    return jnp.where(live, blocks.total(amounts, ids, budget.size) - budget, 0)


# One function object per kind of block: `implicit_root` compares them when it caches traces.
_SOLVE = {blocks: (lambda p, b=blocks: newton(p, b)[0]) for blocks in (OneBlock, ManyBlocks)}
_RESIDUAL = {
    blocks: (lambda x, p, b=blocks: _residual(x, p, b)) for blocks in (OneBlock, ManyBlocks)
}
