"""Curves are pytrees: new numbers never recompile, and transformations pass through them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from curve_cases import CASES

from concave_sched import curves


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_new_numbers_do_not_recompile(case):
    traces = 0

    @jax.jit
    def f(curve, t):
        nonlocal traces
        traces += 1
        return curve(t), curve.marginal(t), curve.inverse_marginal(0.1)

    for seed in range(3):
        for parameters in (case.draw(3, seed), tuple(float(p[0]) for p in case.draw(1, seed))):
            f(case.build(*parameters), 0.5)
    assert traces == 2  # one for vectors, one for scalars


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_flatten_and_back(case):
    curve = case.build(*(float(p[0]) for p in case.draw(1)))
    leaves, tree = jax.tree.flatten(curve)
    again = jax.tree.unflatten(tree, leaves)
    assert type(again) is type(curve) and repr(again) == repr(curve)
    jax.tree.unflatten(tree, [None] * len(leaves))  # placeholders are not validated
    named = jax.tree_util.tree_flatten_with_path(curve)[0]
    assert len(named) == len(leaves) and all(str(path[0]).startswith(".") for path, _ in named)


def test_integers_and_floats_share_a_program():
    assert jax.tree.structure(curves.Power(2, 0.5)) == jax.tree.structure(curves.Power(2.0, 0.5))
    assert isinstance(curves.Power(2, 0.5).scale, float)
    assert curves.Power([1, 2], 0.5).scale.dtype == float


def test_vmap_over_curves_and_gradients_of_a_curve():
    scales = np.array([1.0, 2.0, 3.0])
    curve = curves.Logarithmic(scales, 1.0)
    axes = curves.Logarithmic(0, None) if False else jax.tree.map(np.ndim, curve)
    axes = jax.tree.map(lambda n: 0 if n else None, axes, is_leaf=lambda n: isinstance(n, int))
    found = jax.vmap(lambda c, t: c(t), in_axes=(axes, 0))(curve, np.arange(3.0))
    np.testing.assert_allclose(found, scales * np.log1p(np.arange(3.0)), rtol=1e-15)

    gradient = jax.grad(lambda c: jnp.sum(c(np.arange(3.0))))(curve)
    assert isinstance(gradient, curves.Logarithmic)
    np.testing.assert_allclose(gradient.scale, np.log1p(np.arange(3.0)), rtol=1e-15)
    np.testing.assert_allclose(gradient.rate, scales @ (np.arange(3) / np.arange(1, 4)), rtol=1e-14)


@pytest.mark.parametrize("exponents", [(0.3, 0.5, 0.9), (-0.3, 0.5, -2.0)])
def test_shifted_power_built_under_vmap(exponents):
    """One batched program serves exponents of both signs."""
    p = np.array(exponents)
    t = np.array([0.1, 1.0, 10.0])

    def of(p, t):
        curve = curves.ShiftedPower(2.0, 4.0, p)
        return curve(t), curve.inverse_marginal(curve.marginal(t))

    value, back = jax.vmap(of)(p, t)
    np.testing.assert_allclose(value, 2 * np.sign(p) * ((t + 4) ** p - 4**p), rtol=1e-13)
    np.testing.assert_allclose(back, t, rtol=1e-12)


def test_validation_is_silent_inside_a_transformation():
    assert np.isnan(jax.jit(lambda a: curves.Power(a, 0.5)(1.0))(np.nan))


def test_custom_with_one_function_compiles_once():
    traces = 0

    def function(t, c):
        nonlocal traces
        traces += 1
        return jnp.log1p(t) + c * t

    f = jax.jit(lambda curve, t: curve(t))
    f(curves.Custom(function, 1.0), 1.0)
    first = traces
    f(curves.Custom(function, 2.0), 3.0)
    assert traces == first
