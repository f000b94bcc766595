"""Nested water-filling: a budget on every prefix."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import numbers, require, require_float64, require_shape
from .._results import SolvedResult, Status
from .._tree import is_concrete, pytree
from ..curves._check import require_concave
from ..curves._numerics import float_dtype
from ._certificate import Certificate, gain_residual, relative_gap
from ._price import (
    ManyBlocks,
    block_amounts,
    block_log_prices,
    bracket_of_any_block,
    demand,
    newton,
)
from ._running_sum import places, running_count, running_sum, shifted
from ._value import optimal_value
from ._waterfill import entries_shape

_STEPS_BETWEEN_SPLITS = 2
_SHRINK, _LARGE = 4, 8192  # of so many entries, a quarter left goes on alone
# Room for a block in so many entries, before room for one in each: less room is faster, but
# budgets like j^2 need it. Each machine of several has few of the tasks, and few blocks.
_FEW, _FEW_IN_ROWS = 32, 512


@pytree
class NestedAllocation(SolvedResult):
    """What `nested_waterfill` returns. Prices never rise; where one falls, a budget binds."""

    curve: Any
    budgets: Any
    upper: Any
    amounts: Any
    log_prices: Any
    value: Any
    code: Any

    @property
    def prices(self):
        """(entries,) marginal gain that each entry off its bounds has; >= 0, nonincreasing."""
        return jnp.exp(self.log_prices)

    @property
    def multipliers(self):
        """(entries,) d(value)/d(budgets_j), >= 0: the fall of the price after entry j."""
        return _multipliers(self.log_prices)

    @property
    def objective(self):
        return self.value

    def certificate(self) -> Certificate:
        """Primal, dual and KKT residual: for any nonincreasing prices >= 0 the optimum is at most
        sum_j multiplier_j budgets_j + sum_i max_t (f_i(t) - price_i t)."""
        return _certify(self)

    def _facts(self):
        return [
            ("value", self.value),
            ("prices", self.prices),
            ("budget used", jnp.sum(self.amounts, axis=-1)),
            ("binding budgets", jnp.sum(self.multipliers > 0, axis=-1)),
            ("entries served", jnp.sum(self.amounts > 0, axis=-1)),
            ("status", self.status),
        ]

    def to_dataframe(self):
        """One row per entry: amount, price, budget of its prefix and what the prefix uses."""
        import pandas as pd

        columns = {
            "amount": self.amounts,
            "price": self.prices,
            "cap": np.broadcast_to(self.upper, self.amounts.shape),
            "budget": self.budgets,
            "used": np.cumsum(self.amounts),
            "multiplier": self.multipliers,
        }
        return pd.DataFrame({k: np.asarray(v) for k, v in columns.items()})

    def plot(self, ax=None):
        """Amounts used against the budget of every prefix, and the price of every entry."""
        from ..plotting import nested_budgets

        return nested_budgets(self, ax)


def nested_waterfill(curve, budgets, upper=None) -> NestedAllocation:
    """Share nested budgets among concave curves.

        maximise  sum_i f_i(t_i)   subject to  sum_{i<=j} t_i <= budgets_j for every j,
                                               0 <= t_i <= upper_i

    At the optimum f_i'(t_i) = price_i wherever 0 < t_i < upper_i; prices are nonincreasing and
    fall only after an entry whose budget binds.

    curve: concave; parameters shared (scalar) or one per entry (vector). budgets: (entries,), >= 0,
    by position; a later, smaller budget binds the earlier ones too, so they need not be sorted.
    upper: scalar or (entries,), >= 0, may be infinite.

    Returns a `NestedAllocation` (a pytree): amounts (entries,), prices (entries,), multipliers
    (entries,), value, status, certificate(). Pure; jit, vmap, grad; differentiable to second order
    in curve parameters, budgets and caps, at points where no further budget is about to bind.

    Degenerate cases. A budget of 0: amounts 0 up to it. Caps that leave a budget slack: its
    multiplier is 0; if all are slack, every price is 0 and the status is SLACK. An entry at its
    cap reports the price of the entries after it that share its budget. Budgets so small that the
    gain falls by less than about 1e-11 of itself over them: log prices cannot tell such amounts
    apart, and the status is UNCONVERGED unless they happen to be spent right.

    Errors: ValueError for negative, NaN or mismatched inputs, or a curve that is not concave.

    Method: decomposition. Fill with the last budget alone, split at the prefix that exceeds its
    budget most (there it must bind), refill both parts, all parts at once, until none exceeds.
    Cost: O(entries) per Newton step; splits nest typically 3 to 8 deep, at worst once per entry.

    Example:
        >>> import concave_sched as cs
        >>> a = cs.nested_waterfill(cs.curves.Logarithmic([1.0, 3.0, 1.0], 1.0), [1.0, 2.0, 6.0])
        >>> [round(float(t), 6) for t in a.amounts]
        [0.0, 2.0, 4.0]

    Source: the KKT system of "Scheduling with Fully Compressible Tasks", Section IV; decomposition
    after Fujishige (1980) and Groenevelt (1991) for separable concave functions on a polymatroid.
    """
    require_float64()
    budgets = numbers("budgets", budgets)
    upper = float("inf") if upper is None else numbers("upper", upper)
    _check(curve, budgets, upper)
    return _nested_waterfill(curve, budgets, upper)


@jax.jit
def _nested_waterfill(curve, budgets, upper):
    budgets, upper, cap = _prepare(curve, budgets, upper)
    later, cap = _effective(budgets, cap)
    log_prices, amounts = (found[0] for found in _solve(curve, later[None], cap[None]))
    value = optimal_value(
        curve, jnp.ones((), cap.dtype), upper, later, amounts, log_prices, _multipliers(log_prices)
    )
    done = jnp.isfinite(value) & _spent(amounts, later, log_prices)
    code = jnp.where(jnp.max(log_prices) == -jnp.inf, Status.SLACK.code, Status.OPTIMAL.code)
    code = jnp.where(done, code, Status.UNCONVERGED.code)
    return NestedAllocation(curve, budgets, upper, amounts, log_prices, value, code)


def nested_rows(curve, budgets, upper):
    """Many `nested_waterfill` of one length at once, as one problem: amounts, log prices, done.

    budgets, upper: (rows, entries); curve: parameters shared or (rows * entries,), row by row. No
    row waits for the one that splits most often, as it would in `vmap`. Sums run on through the
    rows, so put those of small budgets first: what is below the rounding of a sum is not seen.
    """
    budgets, upper, cap = _prepare(curve, budgets, upper)
    later, cap = jax.vmap(_effective)(budgets, cap)
    log_prices, amounts = _solve(curve, later, cap, _FEW_IN_ROWS)
    return amounts, log_prices, jax.vmap(_spent)(amounts, later, log_prices)


def _effective(budgets, cap):
    """Budgets that do not exceed later ones, and caps made finite: those that cannot bind are
    twice the budget, so that they are never met either."""
    later = jax.lax.cummin(budgets, reverse=True)
    return later, jnp.minimum(cap, 2 * (later[-1] + jnp.finfo(cap.dtype).tiny))


def _solve(curve, later, cap, share=_FEW):
    """(rows, entries) log prices and amounts."""
    rows, entries = later.shape
    reach = jax.vmap(_reachable)(later, cap)
    before = shifted(running_sum(reach[:, -1]))[:, None]
    later, reach, cap = (before + later).ravel(), (before + reach).ravel(), cap.ravel()
    row = jnp.repeat(jnp.arange(rows, dtype=jnp.int32), entries)
    blocks = _blocks(*jax.lax.stop_gradient((curve, cap, reach, later)), row, share)
    blocks = jax.lax.stop_gradient(blocks)
    log_prices, amounts = _fill(curve, cap, reach, later, *blocks, share)
    log_prices = log_prices.reshape(rows, entries)
    # A block full at its caps pays the next price.
    return jax.lax.cummax(log_prices, axis=1, reverse=True), amounts.reshape(rows, entries)


def _spent(amounts, later, log_prices):
    """Whether no prefix exceeds its budget, and those after which the price falls spend it."""
    used = running_sum(amounts)
    binds = log_prices > jnp.append(log_prices[1:], -jnp.inf)
    off = jnp.where(binds, jnp.abs(used - later), used - later)
    return jnp.max(off) <= 1e-9 * jnp.maximum(later[-1], jnp.finfo(later.dtype).tiny)


def _prepare(curve, budgets, upper):
    dtype = float_dtype(budgets, upper, *curve._leaves())
    budgets = jnp.asarray(budgets, dtype)
    upper = jnp.broadcast_to(jnp.asarray(upper, dtype), budgets.shape)
    limit = jnp.asarray(curve.limit, dtype)
    cap = jnp.minimum(upper, limit.reshape(budgets.shape) if limit.ndim else limit)
    return budgets, upper, cap


def _reachable(later, cap):
    """The most each prefix can use: reach_j = min(later_j, reach_{j-1} + cap_j).

    later: budgets, each cut to the least budget after it.
    """
    sums, bounds = _composed(cap, later)
    return jnp.minimum(sums, bounds)


def _composed(steps, bounds):
    """Prefixes of the composition of the maps x -> min(x + step, bound), in rows of 32."""
    n = steps.size
    row = min(n, 32)
    pad = (0, -n % row)
    rows = jnp.pad(steps, pad).reshape(-1, row).T, jnp.pad(bounds, pad).reshape(-1, row).T

    def then(first, second):
        (c1, b1), (c2, b2) = first, second
        both = c1 + c2, jnp.minimum(b1 + c2, b2)
        return both, both

    zeros = jnp.zeros_like(rows[0][0])
    (c, b), (sums, least) = jax.lax.scan(then, (zeros, zeros + jnp.inf), rows)
    if n > row:
        c, b = _composed(c, b)
        before = shifted(c)[None], jnp.append(jnp.full(1, jnp.inf, b.dtype), b[:-1])[None]
        sums, least = then(before, (sums, least))[0]
    return sums.T.ravel()[:n], least.T.ravel()[:n]


def _rounding(sums):
    return 64 * jnp.finfo(sums.dtype).eps * sums


def _blocks(curve, cap, reach, later, row, share):
    """Block number of every entry, and a log price near that of its block; rows stay apart."""
    bracket = bracket_of_any_block(curve, cap, reach)
    return _split(curve, cap, reach, later, row, jnp.zeros_like(cap), bracket, reach, share)


def _split(curve, cap, reach, later, ids, log_price, bracket, scale, share, large=_LARGE):
    """Split blocks until none exceeds a budget within; the new blocks and prices, as `_blocks`.

    At any price u, a prefix that exceeds its budget most, and by more than the whole block does,
    parts the entries priced at least u from those priced at most u; so a few Newton steps are
    enough between two splits. On plateaus of the marginal gain only the exact root will do. Most
    blocks are soon settled: when few entries are left in others, these go on without the rest.

    bracket: of all log prices; scale: (entries,) sums whose rounding hides differences.
    """
    n = cap.size
    log_weights = jnp.zeros((), cap.dtype)
    few = n // _SHRINK if n > large else 0

    def split_within(capacity):
        def split(state):
            ids, log_price, _, steps, count = state
            ends = _ends(ids, capacity)
            budget = _block_budgets(reach, later, ends, scale)
            parameters = (curve, log_weights, cap, budget, ids, log_price[ends])
            blocks, moving = newton(parameters, ManyBlocks, steps, bracket)
            amounts = block_amounts(
                curve, log_weights, cap, budget, blocks, ids, exact=not curve.strictly_concave
            )
            used = running_sum(amounts)
            over = used - reach
            at_end, before = over[ends], shifted(over[ends])
            # Once the price is right, what the whole block exceeds is rounding of large sums.
            whole = jnp.where(moving & (budget < jnp.inf), at_end, -jnp.inf)
            tolerance = _rounding(jnp.maximum(used, scale))
            exceeds = over > jnp.maximum(whole, before)[ids] + tolerance
            worst = ManyBlocks.highest(jnp.where(exceeds, over, -jnp.inf), ids, capacity)
            # Ties count: where caps carry a binding budget on, both ends of the stretch tie.
            last = _last(ids)
            cut = exceeds & (over > worst[ids] - tolerance) & ~last
            new = _numbered(last | cut)
            cuts = new[ends] - ids[ends]
            was_cut = cuts > shifted(cuts)
            some = jnp.any(was_cut)
            steps = jnp.where(some & curve.strictly_concave, _STEPS_BETWEEN_SPLITS, n + 128)
            return new, blocks[ids], (was_cut | moving)[ids], steps, count + 1

        return split

    first = _STEPS_BETWEEN_SPLITS if curve.strictly_concave else n + 128
    state = (ids, log_price, jnp.ones(n, bool), jnp.asarray(first), 0)
    for capacity in _capacities(n, share):

        def unfinished(state, capacity=capacity):
            ids, _, unsettled, _, count = state
            return (jnp.sum(unsettled) > few) & (ids[-1] < capacity) & (count <= 2 * n)

        state = jax.lax.while_loop(unfinished, split_within(capacity), state)
    ids, log_price, unsettled, *_ = state
    if few == 0:
        return ids, log_price
    present = jnp.arange(few) < jnp.sum(unsettled)
    index = jax.lax.cummax(places(unsettled, few))  # the last one fills the room that is left
    left = running_sum(jnp.where(unsettled, reach - shifted(reach), 0))[index]
    last = _last(ids)
    part_ids, part_prices = _split(
        curve.take(index),
        jnp.where(present, cap[index], 0),
        left,
        left + (later - reach)[index],
        _numbered(last[index] & present),
        log_price[index],
        bracket,
        scale[index],
        share,
        8 * large,  # every size is one more program to compile
    )
    place = jnp.where(present, index, n)
    last = last.at[place].set(_last(part_ids), mode="drop")
    log_price = log_price.at[place].set(part_prices, mode="drop")
    return _numbered(last), log_price


def _fill(curve, cap, reach, later, ids, near, share):
    """Log price and amount of every entry when each block spends exactly what it can."""

    def within(capacity):
        ends = _ends(ids, capacity)
        budget = _block_budgets(reach, later, ends, reach)
        log_weights = jnp.zeros((), cap.dtype)
        blocks = block_log_prices(curve, log_weights, cap, budget, ids, near[ends])
        amounts = block_amounts(curve, log_weights, cap, budget, blocks, ids)
        return blocks[ids], amounts

    few, *more = _capacities(cap.size, share)
    if not more:
        return within(few)
    return jax.lax.cond(ids[-1] < few, lambda: within(few), lambda: within(*more))


def _capacities(entries, share):
    """Numbers of blocks to make room for: sums over few blocks are several times cheaper."""
    return (entries // share, entries) if entries > 4096 else (entries,)


def _numbered(last):
    """Block number of every entry, from the marks of the last entries."""
    return running_count(shifted(last))


def _ends(ids, capacity):
    """Position of the last entry of every block; of the last entry of all for absent blocks."""
    n = ids.size
    place = jnp.where(_last(ids), ids, capacity)
    entry = jnp.arange(n, dtype=ids.dtype)
    return jnp.full(capacity, n - 1, ids.dtype).at[place].set(entry, mode="drop")


def _block_budgets(reach, later, ends, scale):
    """What each block may spend; infinite where caps, not a budget, end it: all at their caps."""
    at_end = reach[ends]
    unbound = at_end < later[ends] - _rounding(scale[ends])
    return jnp.where(unbound, jnp.inf, at_end - shifted(at_end))


def _last(ids):
    return jnp.append(ids[1:] != ids[:-1], True)


def _multipliers(log_prices):
    prices = jnp.exp(log_prices)
    return prices - jnp.append(prices[1:], 0)


def _check(curve, budgets, upper):
    if np.ndim(budgets) != 1 or np.size(budgets) == 0:
        raise ValueError(
            f"budgets has shape {np.shape(budgets)}: a vector of one budget per prefix is needed; "
            "use jax.vmap for batches."
        )
    require("budgets", budgets, lambda b: (b >= 0) & np.isfinite(b), "budgets are finite and >= 0.")
    require("upper", upper, lambda u: u >= 0, "caps are >= 0 (infinite for none).")
    shape = np.shape(budgets)
    require_shape("upper", upper, shape, "one cap per budget, or one for all.")
    largest = np.asarray(budgets).max() if is_concrete(budgets) else 1.0
    require_concave("curve", curve, largest)
    found = entries_shape(curve)
    if found not in ((1,), shape):
        raise ValueError(
            f"curve has {found} entries and budgets {shape}: one per budget is needed."
        )


@jax.jit
def _certify(a: NestedAllocation) -> Certificate:
    budgets, upper, cap = _prepare(a.curve, a.budgets, a.upper)
    prices = a.prices
    free = jnp.zeros_like(cap)
    most = jnp.minimum(cap, 2 * jnp.max(budgets))
    best = jnp.where(prices > 0, demand(a.curve, a.log_prices, free, cap, most), a.amounts)
    primal = jnp.sum(a.curve(a.amounts))
    # A price may be infinite only where the budget is 0, and then so is what it buys.
    later = jax.lax.cummin(budgets, reverse=True)
    paid = jnp.where(later > 0, jnp.minimum(_multipliers(a.log_prices), 1e300) * later, 0)
    best = jnp.where(jnp.isfinite(prices), best, 0)
    dual = jnp.sum(paid) + jnp.sum(a.curve(best) - jnp.where(best > 0, prices * best, 0))
    residual = gain_residual(a.curve, a.amounts, free, cap, a.log_prices)
    size = jnp.maximum(jnp.max(budgets), jnp.finfo(cap.dtype).tiny)
    over = jnp.max(jnp.cumsum(a.amounts) - budgets) / size
    outside = jnp.maximum(jnp.max(a.amounts - upper), -jnp.min(a.amounts)) / size
    feasibility = jnp.maximum(jnp.maximum(over, outside), 0)
    return Certificate(primal, dual, relative_gap(primal, dual), jnp.max(residual), feasibility)
