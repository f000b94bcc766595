"""What every concave curve satisfies, whatever its parameters."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from curve_cases import CASES, inverse_marginal, marginal, value
from hypothesis import given, settings
from hypothesis import strategies as st

N = 6  # one shape throughout, so that nothing is compiled twice
fraction = st.floats(0, 1)
fractions = st.lists(fraction, min_size=N, max_size=N).map(np.array)
derivative = jax.jit(lambda curve, t: jax.jvp(curve, (t,), (jnp.ones(N),))[1])
log_marginal = jax.jit(lambda curve, t: curve.log_marginal(t))
few = settings(max_examples=10, deadline=None, derandomize=True)


def drawn(data, case):
    rows = np.stack([data.draw(fractions) for _ in case.ranges], axis=1)
    parameters = tuple(case.parameters(rows).T)
    reach = case.reach * np.broadcast_to(case.unit(*parameters), N)
    return parameters, case.build(*parameters), lambda: data.draw(fractions) ** 3 * reach


@pytest.mark.parametrize("case", CASES, ids=repr)
@few
@given(data=st.data())
def test_concave_and_nondecreasing(case, data):
    _, curve, amounts = drawn(data, case)
    a, b, part = amounts(), amounts(), data.draw(fraction)
    low, high = np.minimum(a, b), np.maximum(a, b)
    f_low, f_high, g_low, g_high = map(
        np.asarray,
        (value(curve, low), value(curve, high), marginal(curve, low), marginal(curve, high)),
    )
    size = 1e-13 * np.abs(f_high)
    assert np.all(f_low <= f_high + size)
    assert np.all(g_high >= 0)
    assert np.all(g_high <= g_low * (1 + 1e-12))
    between = np.asarray(value(curve, (1 - part) * low + part * high))
    assert np.all(between >= (1 - part) * f_low + part * f_high - size)
    with np.errstate(invalid="ignore"):
        tangent = f_low + np.where(high > low, g_low * (high - low), 0)
    assert np.all(tangent >= f_high - size)


@pytest.mark.parametrize("case", CASES, ids=repr)
@few
@given(data=st.data())
def test_marginal_is_the_derivative(case, data):
    _, curve, amounts = drawn(data, case)
    t = amounts()
    slope = derivative(curve, t)
    gain = marginal(curve, t)
    np.testing.assert_allclose(gain, slope, rtol=3e-12)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(log_marginal(curve, t), np.log(gain), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("case", CASES, ids=repr)
@few
@given(data=st.data())
def test_inverse_marginal_inverts(case, data):
    """The gain returns; and more is bought at a lower price."""
    _, curve, amounts = drawn(data, case)
    t = amounts()
    price = np.asarray(marginal(curve, t))
    back = np.asarray(inverse_marginal(curve, price))
    np.testing.assert_allclose(marginal(curve, back), price, rtol=1e-11, atol=1e-300)
    cheaper = np.where(np.isfinite(price), price, 1e300) * data.draw(fractions)
    assert np.all(np.asarray(inverse_marginal(curve, cheaper)) >= back * (1 - 1e-12))
    dear = np.asarray(inverse_marginal(curve, price * 2))
    assert np.all(dear <= back * (1 + 1e-12))


@pytest.mark.parametrize("case", CASES, ids=repr)
@few
@given(data=st.data())
def test_a_vector_curve_is_its_scalar_curves(case, data):
    parameters, curve, amounts = drawn(data, case)
    t = amounts()
    price = np.asarray(marginal(curve, t))
    together = value(curve, t), marginal(curve, t), inverse_marginal(curve, price)
    for i in range(2):
        one = case.build(*(float(p[i]) for p in parameters))
        apart = value(one, t[i]), marginal(one, t[i]), inverse_marginal(one, price[i])
        for all_of_them, single in zip(together, apart, strict=True):
            np.testing.assert_allclose(all_of_them[i], single, rtol=1e-12, atol=1e-14)
