"""Derivatives of value and inverse marginal gain, to second order, jitted and batched."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from curve_cases import CASES
from jax.test_util import check_grads

SPECIAL = "Hill of power 1", "Offset"  # the same formulas as others


@pytest.mark.parametrize("case", [c for c in CASES if c.name not in SPECIAL], ids=repr)
def test_second_order_under_jit_and_vmap(case):
    """In amount, price and every parameter, for curves built inside the transformation."""

    @jax.jit
    @jax.vmap
    def answers(t, price, *parameters):
        curve = case.build(*parameters)
        return jnp.stack([curve(t), jnp.log(curve.inverse_marginal(price))])

    parameters = tuple(np.array(p) for p in case.draw(2, seed=3))
    unit = np.broadcast_to(case.unit(*parameters), 2)
    t = np.array([0.3, 0.7]) * unit
    price = np.asarray(case.build(*parameters).marginal(t[::-1]))
    check_grads(answers, (t, price, *parameters), order=2, modes=("rev",), rtol=1e-3, eps=1e-5)
