"""Fitted parameters as functions of the data: implicit derivatives against finite differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import concave_sched as cs
from concave_sched.fitting import fit

X = np.array([1.0, 2.0, 3.0, 5.0, 8.0, 13.0])
Y = 8 * X / (X + 4) + 0.2 * np.sin(4 * X)


@pytest.mark.parametrize(("family", "at_zero"), [("Hyperbolic", 0.0), ("Exponential", None)])
def test_gradients_in_y_x_and_weights(family, at_zero):
    def predicted(x, y, w):
        return fit(family, x, y, w, at_zero).curve(6.0)

    weights = np.array([1.0, 2.0, 1.0, 0.5, 1.0, 1.0])
    at = (X, Y, weights)
    gradients = jax.jit(jax.grad(predicted, argnums=(0, 1, 2)))(*at)
    for argument, gradient in enumerate(gradients):
        for i in (0, 3, 5):
            step = 1e-4
            up = [a.copy() for a in at]
            down = [a.copy() for a in at]
            up[argument][i] += step
            down[argument][i] -= step
            slope = (predicted(*up) - predicted(*down)) / (2 * step)
            np.testing.assert_allclose(gradient[i], slope, rtol=2e-4, atol=1e-6)


def test_gradient_in_the_pinned_value():
    def predicted(pin):
        return fit("Hyperbolic", X, Y, at_zero=pin).curve(6.0)

    slope = (predicted(0.101) - predicted(0.099)) / 0.002
    np.testing.assert_allclose(jax.jit(jax.grad(predicted))(0.1), slope, rtol=1e-4)


def test_batches_by_vmap_are_the_single_fits():
    ys = np.stack([Y, 2 * Y + 1, Y + 0.3 * np.cos(X)])
    batch = jax.jit(jax.vmap(lambda y: fit("Hyperbolic", X, y).curve(6.0)))(ys)
    single = [float(fit("Hyperbolic", X, y).curve(6.0)) for y in ys]
    np.testing.assert_allclose(batch, single, rtol=1e-7)


def test_a_measurement_error_moves_an_optimal_allocation():
    """Data -> curve -> water-filling -> amounts, differentiated in one go."""
    costs = jnp.array([1.0, 2.0, 4.0])

    def first_share(y):
        curve = fit("Hyperbolic", X, y, at_zero=0.0).curve
        return cs.waterfill(curve, 9.0, weights=costs).amounts[0]

    gradient = jax.jit(jax.grad(first_share))(Y)
    step = 1e-4 * np.eye(6)[4]
    slope = (first_share(Y + step) - first_share(Y - step)) / 2e-4
    np.testing.assert_allclose(gradient[4], slope, rtol=1e-3)
    assert np.abs(gradient).max() > 1e-3
