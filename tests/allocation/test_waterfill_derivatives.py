"""Derivatives to second order against differences, under jit and vmap, where nothing is about to
enter or leave a bound."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from allocation_cases import FAMILIES
from jax.test_util import check_grads

import concave_sched as cs

WEIGHTS = np.array([1.0, 0.7, 1.4, 1.1])
CAPS = np.array([0.1, 9.0, 9.0, 9.0])  # the first entry is at its cap
SMOOTH = ["Power", "ShiftedPower negative", "Exponential", "Hill", "Custom"]


def _all(answer, price):
    return answer.value, answer.amounts, price


waterfill = jax.jit(
    lambda curve, budget, weights, upper: (lambda a: _all(a, a.log_price))(
        cs.waterfill(curve, budget, weights, upper)
    )
)
nested = jax.jit(
    lambda curve, budgets, upper: (lambda a: _all(a, a.prices))(
        cs.nested_waterfill(curve, budgets, upper)
    )
)


def arrays(curve):
    return jax.tree.map(lambda leaf: jnp.broadcast_to(jnp.asarray(leaf, float), 4), curve)


@pytest.mark.parametrize("name", SMOOTH)
def test_waterfill_in_everything(name):
    arguments = arrays(FAMILIES[name]), 1.3, WEIGHTS, CAPS
    _, amounts, _ = waterfill(*arguments)
    assert float(amounts[0]) == 0.1 and np.all((amounts == 0) | (amounts > 1e-3))
    check_grads(waterfill, arguments, order=2, modes=["fwd"], atol=1e-5, rtol=1e-5, eps=1e-5)


@pytest.mark.parametrize("name", ["Logarithmic", "Hill"])
def test_nested_in_everything(name):
    arguments = arrays(FAMILIES[name]), np.array([0.4, 2.0, 2.05, 3.0]), CAPS
    check_grads(nested, arguments, order=2, modes=["fwd"], atol=1e-5, rtol=1e-5, eps=1e-5)


def test_reverse_mode_and_batches():
    """Gradients and Hessians of a batch equal those of its members, and forward mode's."""
    curve = arrays(FAMILIES["ShiftedPower positive"])
    value = lambda b, w: cs.waterfill(curve, b, w, CAPS).value  # noqa: E731
    slopes = jax.jit(jax.grad(value, argnums=(0, 1)))
    bends = jax.jit(jax.hessian(value, argnums=(0, 1)))
    budgets, weights = np.array([1.3, 2.0, 0.9]), WEIGHTS * np.array([[1.0], [1.2], [0.8]])
    many = jax.jit(jax.vmap(jax.grad(value, argnums=(0, 1))))(budgets, weights)
    for k in range(3):
        for one, row in zip(slopes(budgets[k], weights[k]), many, strict=True):
            np.testing.assert_allclose(row[k], one, rtol=1e-12, atol=1e-14)
    (bb, bw), (wb, ww) = bends(1.3, WEIGHTS)
    assert float(bb) < 0 and np.allclose(bw, wb, rtol=1e-11) and np.allclose(ww, ww.T, rtol=1e-11)
    step = 1e-5
    up, down = slopes(1.3 + step, WEIGHTS), slopes(1.3 - step, WEIGHTS)
    np.testing.assert_allclose(bb, (up[0] - down[0]) / (2 * step), rtol=1e-7)
    np.testing.assert_allclose(wb, (up[1] - down[1]) / (2 * step), rtol=1e-7)


def test_nested_batches():
    curve = arrays(FAMILIES["Hyperbolic"])
    budgets = np.array([[0.4, 2.0, 2.05, 3.0], [1.0, 0.5, 3.0, 2.0], [0.0, 1.0, 1.5, 1.6]])
    solve = lambda b: cs.nested_waterfill(curve, b, CAPS)  # noqa: E731
    many = jax.jit(jax.vmap(lambda b: _all(solve(b), solve(b).prices)))(budgets)
    for k in range(3):
        value, amounts, prices = nested(curve, budgets[k], CAPS)
        np.testing.assert_allclose(many[0][k], value, rtol=1e-13)
        np.testing.assert_allclose(many[1][k], amounts, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(many[2][k], prices, rtol=1e-12)
