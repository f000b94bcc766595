"""The certificate of a concave allocation: primal, dual, gap and the worst optimality residual."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from .._results import Result
from .._tree import pytree


@pytree
class Certificate(Result):
    """Evidence recomputed from the instance alone, by weak duality.

    primal: value of the answer; dual: bound that no feasible answer can pass; gap: their distance
    relative to the larger; kkt_residual: largest violation of the optimality conditions, measured
    as |log(marginal gain / price)| where a marginal gain should equal a price (one-sided at a
    bound); feasibility: largest relative violation of a constraint.
    """

    primal: Any
    dual: Any
    gap: Any
    kkt_residual: Any
    feasibility: Any

    def _facts(self):
        return [
            ("primal", self.primal),
            ("dual bound", self.dual),
            ("relative gap", self.gap),
            ("largest KKT residual", self.kkt_residual),
            ("largest constraint violation", self.feasibility),
        ]

    def to_dataframe(self):
        import pandas as pd

        return pd.DataFrame({label: [float(value)] for label, value in self._facts()})


def relative_gap(primal, dual):
    """|dual - primal| over the larger magnitude; 0 if both are 0."""
    size = jnp.maximum(jnp.abs(primal), jnp.abs(dual))
    return jnp.where(size > 0, jnp.abs(dual - primal) / jnp.where(size > 0, size, 1), 0)


def gain_residual(curve, amounts, log_weights, cap, log_prices):
    """How far each marginal gain is from its price, in logarithms; one-sided at 0 and at the cap.

    At a kink any price between the slopes on both sides is right, so a curve that is not strictly
    concave is looked at from both sides.
    """
    side = 0.0 if curve.strictly_concave else 1e-9
    served = log_weights > -jnp.inf
    weights = jnp.where(served, log_weights, 0)
    above = weights + curve.log_marginal(amounts * (1 - side)) - log_prices
    below = weights + curve.log_marginal(amounts * (1 + side)) - log_prices
    too_much = jnp.where(amounts > 0, jnp.maximum(-above, 0), 0)
    too_little = jnp.where(amounts < cap, jnp.maximum(below, 0), 0)
    worst = jnp.maximum(too_much, too_little)
    return jnp.where(served & jnp.isfinite(worst), worst, 0)
