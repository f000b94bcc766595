"""Nested water-filling: a budget on every prefix."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import require, require_float64, require_shape
from .._results import Result, Status, status_of
from .._tree import as_leaf, is_concrete, pytree
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
from ._value import optimal_value
from ._waterfill import entries_shape

_STEPS_BETWEEN_SPLITS = 2
_FEW_BLOCKS = 1024  # sums over few blocks are cheaper; more blocks than these use room for all


@pytree
class NestedAllocation(Result):
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

    @property
    def status(self):
        return status_of(self.code)

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
    cap reports the price of the entries after it that share its budget.

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
    budgets = as_leaf(budgets)
    upper = float("inf") if upper is None else as_leaf(upper)
    _check(curve, budgets, upper)
    return _nested_waterfill(curve, budgets, upper)


@jax.jit
def _nested_waterfill(curve, budgets, upper):
    budgets, upper, cap = _prepare(curve, budgets, upper)
    later = jax.lax.cummin(budgets, reverse=True)
    # Caps that cannot bind are made finite; twice the budget, so that they are never met either.
    cap = jnp.minimum(cap, 2 * (later[-1] + jnp.finfo(cap.dtype).tiny))
    reach = _reachable(later, cap)
    blocks = jax.lax.stop_gradient(_blocks(*jax.lax.stop_gradient((curve, cap, reach, later))))
    log_prices, amounts = _fill(curve, cap, reach, later, *blocks)
    log_prices = jax.lax.cummax(log_prices, reverse=True)  # a block full at its caps pays the next
    value = optimal_value(
        curve, jnp.ones_like(cap), upper, later, amounts, log_prices, _multipliers(log_prices)
    )
    size = jnp.maximum(budgets[-1], jnp.finfo(cap.dtype).tiny)
    over = jnp.max(jnp.cumsum(amounts) - budgets) / size
    done = jnp.isfinite(value) & (over <= 1e-9)
    code = jnp.where(jnp.max(log_prices) == -jnp.inf, Status.SLACK.code, Status.OPTIMAL.code)
    code = jnp.where(done, code, Status.UNCONVERGED.code)
    return NestedAllocation(curve, budgets, upper, amounts, log_prices, value, code)


def _prepare(curve, budgets, upper):
    dtype = float_dtype(budgets, upper, *curve._leaves())
    budgets = jnp.asarray(budgets, dtype)
    upper = jnp.broadcast_to(jnp.asarray(upper, dtype), budgets.shape)
    cap = jnp.minimum(upper, jnp.asarray(curve.limit, dtype))
    return budgets, upper, cap


def _reachable(later, cap):
    """The most each prefix can use: reach_j = min(later_j, reach_{j-1} + cap_j).

    later: budgets, each cut to the least budget after it. An associative scan of the maps
    x -> min(x + c, b).
    """

    def then(first, second):
        (c1, b1), (c2, b2) = first, second
        return c1 + c2, jnp.minimum(b1 + c2, b2)

    steps, bounds = jax.lax.associative_scan(then, (cap, later))
    return jnp.minimum(steps, bounds)


def _rounding(sums):
    return 64 * jnp.finfo(sums.dtype).eps * jnp.max(sums)


def _blocks(curve, cap, reach, later):
    """Block number of every entry, and a log price near that of its block.

    At any price u, a prefix that exceeds its budget most, and by more than the whole block does,
    parts the entries priced at least u from those priced at most u; so a few Newton steps are
    enough between two splits. On plateaus of the marginal gain only the exact root will do.
    """
    n = cap.size
    log_weights = jnp.zeros((), cap.dtype)
    bracket = bracket_of_any_block(curve, cap, reach)

    def split_within(capacity):
        def split(state):
            ids, log_price, steps, _, count = state
            ends = _ends(ids, capacity)
            budget = _block_budgets(reach, later, ends)
            guess = log_price[ends]
            parameters = (curve, log_weights, cap, budget, ids, guess)
            blocks, moving = newton(parameters, ManyBlocks, steps, bracket)
            amounts = block_amounts(
                curve, log_weights, cap, budget, blocks, ids, exact=not curve.strictly_concave
            )
            used = jnp.cumsum(amounts)
            tolerance = _rounding(jnp.maximum(used, reach))
            over = used - reach
            whole = jnp.where(budget < jnp.inf, over[ends], -jnp.inf)
            earlier = _shifted(over[ends])
            worst = ManyBlocks.highest(over, ids, capacity)
            least = jnp.maximum(worst - tolerance, jnp.maximum(whole, earlier) + tolerance)
            # Ties count: where caps carry a binding budget on, both ends of the stretch tie.
            last = _last(ids)
            cut = (over > least[ids]) & ~last
            new = jnp.cumsum(_shifted((last | cut).astype(ids.dtype)))
            some = jnp.any(cut)
            steps = jnp.where(some & curve.strictly_concave, _STEPS_BETWEEN_SPLITS, n + 128)
            return new, blocks[ids], steps, some | jnp.any(moving), count + 1

        return split

    first = _STEPS_BETWEEN_SPLITS if curve.strictly_concave else n + 128
    ids = jnp.zeros(n, jnp.int32)
    state = (ids, jnp.zeros_like(cap), jnp.asarray(first), jnp.asarray(True), 0)
    for capacity in (min(n, _FEW_BLOCKS), n):

        def unfinished(state, capacity=capacity):
            return state[3] & (state[0][-1] < capacity) & (state[4] <= 2 * n)

        state = jax.lax.while_loop(unfinished, split_within(capacity), state)
    return state[0], state[1]


def _fill(curve, cap, reach, later, ids, near):
    """Log price and amount of every entry when each block spends exactly what it can."""

    def within(capacity):
        ends = _ends(ids, capacity)
        budget = _block_budgets(reach, later, ends)
        log_weights = jnp.zeros((), cap.dtype)
        blocks = block_log_prices(curve, log_weights, cap, budget, ids, near[ends])
        amounts = block_amounts(curve, log_weights, cap, budget, blocks, ids)
        return blocks[ids], amounts

    if cap.size <= _FEW_BLOCKS:
        return within(cap.size)
    few = ids[-1] < _FEW_BLOCKS
    return jax.lax.cond(few, lambda: within(_FEW_BLOCKS), lambda: within(cap.size))


def _ends(ids, capacity):
    """Position of the last entry of every block; of the last entry of all for absent blocks."""
    return jnp.searchsorted(ids, jnp.arange(capacity, dtype=ids.dtype), side="right") - 1


def _block_budgets(reach, later, ends):
    """What each block may spend; infinite where caps, not a budget, end it: all at their caps."""
    at_end = reach[ends]
    unbound = at_end < later[ends] - _rounding(reach)
    return jnp.where(unbound, jnp.inf, at_end - _shifted(at_end))


def _shifted(values):
    """For every place, the value at the place before it; 0 at the first."""
    return jnp.append(jnp.zeros(1, values.dtype), values[:-1])


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
