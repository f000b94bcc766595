"""The optimal value of an allocation, differentiated by the envelope theorem."""

from __future__ import annotations

import jax
import jax.numpy as jnp


@jax.custom_jvp
def optimal_value(curve, weights, upper, budgets, amounts, log_prices, multipliers):
    """sum_i w_i f_i(amounts_i), whose derivative at an optimum is that of the Lagrangian.

    log_prices: (entries,) log price each entry faces; multipliers: of `budgets`, same shape. The
    rule is exact, needs no derivative of the amounts, and at a kink gives the derivative on the
    side that the multipliers describe; differentiating it again uses those of amounts and prices.
    """
    return jnp.sum(weights * curve(amounts))


@optimal_value.defjvp
def _optimal_value_jvp(primals, tangents):
    curve, weights, upper, budgets, amounts, log_prices, multipliers = primals
    d_curve, d_weights, d_upper, d_budgets, *_ = tangents
    value = optimal_value(*primals)
    # Amounts at exactly 0 stay there: their (perhaps infinite) slope must not meet a derivative.
    positive = amounts > 0
    inside = jnp.where(positive, amounts, 1)

    def gains(c):
        return jnp.where(positive, c(inside), c(jnp.zeros_like(amounts)))

    gain, d_gain = jax.jvp(gains, (curve,), (d_curve,))
    capped = (amounts >= upper) & (upper > 0)
    price = jnp.exp(log_prices)
    worth = jnp.where(capped, weights * curve.marginal(inside) - price, 0)
    worth = jnp.where(capped & (worth > 0), worth, 0)
    finite = jnp.minimum(multipliers, jnp.finfo(amounts.dtype).max)
    return value, (
        jnp.sum(weights * d_gain)
        + jnp.sum(gain * d_weights)
        + jnp.sum(worth * jnp.where(capped, d_upper, 0))
        + jnp.sum(finite * d_budgets)
    )
