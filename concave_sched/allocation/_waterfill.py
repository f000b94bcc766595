"""Water-filling: one budget, equal marginal gains."""

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
from ._price import block_amounts, block_log_prices, demand
from ._value import optimal_value


@pytree
class Allocation(SolvedResult):
    """What `waterfill` returns. price >= 0 is d(value)/d(budget), to the right at a kink."""

    curve: Any
    weights: Any
    budget: Any
    upper: Any
    amounts: Any
    log_price: Any
    value: Any
    code: Any

    @property
    def price(self):
        """The marginal gain that every entry off its bounds has."""
        return jnp.exp(self.log_price)

    @property
    def objective(self):
        return self.value

    def certificate(self) -> Certificate:
        """Primal, dual and KKT residual, by weak duality: for any price, the optimum is at most
        price * budget + sum_i max_t (w_i f_i(t) - price t). Cost: one evaluation of the curve."""
        return _certify(self)

    def _facts(self):
        return [
            ("value", self.value),
            ("price", self.price),
            ("budget used", jnp.sum(self.amounts, axis=-1)),
            ("entries served", jnp.sum(self.amounts > 0, axis=-1)),
            ("status", self.status),
        ]

    def to_dataframe(self):
        """One row per entry: amount, weight, marginal gain times weight, cap."""
        import pandas as pd

        gain = self.weights * self.curve.marginal(self.amounts)
        columns = {"amount": self.amounts, "weight": self.weights, "gain": gain, "cap": self.upper}
        return pd.DataFrame({k: np.broadcast_to(v, self.amounts.shape) for k, v in columns.items()})

    def plot(self, ax=None):
        """The bottles and their common water level (the paper's Figs 2 and 3)."""
        from ..plotting import bottles

        return bottles(self, ax)


def waterfill(curve, budget, weights=None, upper=None) -> Allocation:
    """Share a budget among concave curves: the General Water-Filling (GWF) problem.

        maximise  sum_i w_i f_i(t_i)   subject to  sum_i t_i <= budget,  0 <= t_i <= upper_i

    At the optimum w_i f_i'(t_i) = price wherever 0 < t_i < upper_i.

    curve: a concave curve; parameters are shared (scalar) or one per entry (vector).
    budget: >= 0, may be infinite if all caps are finite. weights: (entries,), >= 0, default 1.
    upper: caps, scalar or (entries,), >= 0, may be infinite; default none. The number of entries
    is that of the longest of parameters, weights and upper.

    Returns an `Allocation` (a pytree): amounts (entries,), price, value, status, certificate().
    Pure; works under jit, vmap and grad, differentiable to second order in curve parameters,
    budget, weights and upper.

    Degenerate cases. budget 0: amounts 0, price max_i w_i f_i'(0), possibly infinite. Caps (or the
    curves' limits) that sum to at most the budget: every amount at its cap, price 0, status SLACK.
    Weight 0: amount 0. Ties on a plateau of a piecewise linear curve: shared in proportion to the
    room each has there. Derivatives at a kink are one-sided. Prices are found as logarithms, so
    gains that spread over hundreds of decades neither overflow nor vanish.

    Errors: ValueError for negative, NaN or mismatched inputs, or a curve that is not concave and
    nondecreasing on [0, budget]; RuntimeError if JAX is set to 32 bits.

    Cost: O(entries) per Newton step, typically 5 to 10 steps, no sort; each step of a curve
    without closed inverse adds a vectorised root search.

    Example:
        >>> import concave_sched as cs
        >>> a = cs.waterfill(cs.curves.Logarithmic(1.0, 1.0), 3.0, weights=[1.0, 2.0, 0.1])
        >>> [round(float(t), 6) for t in a.amounts]
        [0.666667, 2.333333, 0.0]
        >>> round(float(a.price), 6)
        0.6

    Source: "Optimal Parallel Scheduling under Concave Speedup Functions", Section 4 (GWF).
    """
    require_float64()
    weights = 1.0 if weights is None else numbers("weights", weights)
    upper = float("inf") if upper is None else numbers("upper", upper)
    budget = numbers("budget", budget)
    _check(curve, budget, weights, upper)
    return _waterfill(curve, budget, weights, upper)


@jax.jit
def _waterfill(curve, budget, weights, upper):
    curve, budget, weights, upper, log_weights, cap = _prepare(curve, budget, weights, upper)
    total = jnp.reshape(budget, (1,))
    log_price = block_log_prices(curve, log_weights, cap, total)
    amounts = block_amounts(curve, log_weights, cap, total, log_price)
    slack = jnp.sum(cap) <= budget
    if not curve.strictly_concave:  # where all rest on kinks, any price between two slopes serves
        rises = amounts < cap
        right = jnp.where(rises, log_weights + curve.log_marginal(amounts), -jnp.inf)
        log_price = jnp.where(slack, log_price, jnp.max(right, keepdims=True, initial=-jnp.inf))
    value = optimal_value(
        curve,
        weights,
        upper,
        total,
        amounts,
        jnp.broadcast_to(log_price, cap.shape),
        jnp.exp(log_price),
    )
    code = jnp.where(slack, Status.SLACK.code, Status.OPTIMAL.code)
    done = jnp.isfinite(value) & (slack | (jnp.abs(jnp.sum(amounts) - budget) <= 1e-9 * budget))
    code = jnp.where(done, code, Status.UNCONVERGED.code)
    return Allocation(curve, weights, budget, upper, amounts, log_price[0], value, code)


def _prepare(curve, budget, weights, upper):
    dtype = float_dtype(budget, weights, upper, *curve._leaves())
    shape = entries_shape(curve, weights, upper)
    budget = jnp.asarray(budget, dtype)
    weights = jnp.broadcast_to(jnp.asarray(weights, dtype), shape)
    upper = jnp.broadcast_to(jnp.asarray(upper, dtype), shape)
    log_weights = safe_log(weights)
    cap = jnp.where(weights > 0, jnp.minimum(upper, jnp.asarray(curve.limit, dtype)), 0)
    return curve, budget, weights, upper, log_weights, cap


def entries_shape(curve, *others):
    """(entries,): the common shape of a curve's values at a scalar and the other arguments."""
    value = jax.eval_shape(curve, jnp.zeros((), float_dtype(*others, *curve._leaves())))
    shape = jnp.broadcast_shapes(value.shape, *[jnp.shape(o) for o in others])
    return shape if shape else (1,)


def safe_log(x):
    positive = x > 0
    return jnp.where(positive, jnp.log(jnp.where(positive, x, 1)), -jnp.inf)


def _check(curve, budget, weights, upper):
    if budget is None:
        raise ValueError("budget = None: give one number.")
    if np.ndim(budget) != 0:
        raise ValueError(f"budget has shape {np.shape(budget)}: one number; use jax.vmap for many.")
    for name, value in (("weights", weights), ("upper", upper)):
        if np.size(value) == 0:
            raise ValueError(f"{name} is empty: one per entry, or a number for all.")
    require_concave(
        "curve", curve, np.minimum(budget, upper) if is_concrete(budget, upper) else 1.0
    )
    require("budget", budget, lambda b: b >= 0, "a budget is a number >= 0.")
    require("weights", weights, lambda w: (w >= 0) & np.isfinite(w), "weights are finite and >= 0.")
    require("upper", upper, lambda u: u >= 0, "caps are >= 0 (infinite for none).")
    shape = jax.eval_shape(curve, 0.0).shape
    for name, value in (("weights", weights), ("upper", upper)):
        shape = shape or np.shape(value)
        require_shape(name, value, shape, "one per entry, or a number for all.")
    shape = shape or (1,)
    if len(shape) != 1:
        raise ValueError(f"entries have shape {shape}: use vectors, and jax.vmap for batches.")
    if is_concrete(curve, budget, weights, upper) and np.isinf(np.asarray(budget)):
        cap = np.broadcast_to(np.minimum(upper, curve.limit), shape)
        require("upper", cap, np.isfinite, "with an infinite budget every cap must be finite.")


@jax.jit
def _certify(a: Allocation) -> Certificate:
    curve, budget, weights, upper, log_weights, cap = _prepare(
        a.curve, a.budget, a.weights, a.upper
    )
    usable = a.price < jnp.inf
    price = jnp.where(usable, a.price, 0)
    best = demand(curve, a.log_price, log_weights, cap, jnp.minimum(cap, 2 * budget + 1))
    best = jnp.where(usable & (price > 0) & (budget > 0), best, a.amounts)
    primal = jnp.sum(jnp.where(weights > 0, weights * curve(a.amounts), 0))
    dual = price * budget + jnp.sum(jnp.where(weights > 0, weights * curve(best), 0) - price * best)
    dual = jnp.where(usable & (price > 0), dual, primal)
    residual = gain_residual(curve, a.amounts, log_weights, cap, a.log_price)
    size = jnp.where(budget > 0, budget, 1)
    over = jnp.maximum(jnp.sum(a.amounts) - budget, 0) / size
    outside = jnp.maximum(jnp.max(a.amounts - upper), -jnp.min(a.amounts)) / size
    return Certificate(
        primal, dual, relative_gap(primal, dual), jnp.max(residual), jnp.maximum(over, outside)
    )
