"""Answers known in closed form."""

import numpy as np
import pytest
from allocation_cases import FAMILIES, assert_certified, waterfill

import concave_sched as cs
from concave_sched import curves as c


@pytest.mark.parametrize(
    "curve",
    [c.Power(2.0, 0.3), c.Logarithmic(1.0, 3.0), c.Exponential(0.1, 0.9, 2.0)],
    ids=["Power", "Logarithmic", "Exponential"],
)
def test_equal_curves_share_equally(curve):
    answer = cs.waterfill(curve, 3.0, weights=np.full(7, 0.4))
    np.testing.assert_allclose(answer.amounts, 3 / 7, rtol=1e-14)
    assert float(answer.price) == pytest.approx(0.4 * float(curve.marginal(3 / 7)), rel=1e-13)


def classical_water_filling(noise, power):
    """Add power to the lowest floors until all of it stands at one level."""
    floor = np.sort(noise)
    for count in range(noise.size, 0, -1):
        level = (power + floor[:count].sum()) / count
        if level > floor[count - 1]:
            return np.maximum(level - noise, 0), 1 / level
    raise AssertionError


@pytest.mark.parametrize("power", [0.01, 1.0, 30.0])
def test_logarithms_fill_like_channels(power):
    """max sum log(1 + t/noise): one water level over all the noise."""
    noise = np.random.default_rng(0).uniform(0.1, 3, 30)
    answer = cs.waterfill(c.Logarithmic(1.0, 1 / noise), power)
    amounts, price = classical_water_filling(noise, power)
    np.testing.assert_allclose(answer.amounts, amounts, atol=1e-14, rtol=1e-13)
    assert float(answer.price) == pytest.approx(price, rel=1e-13)


@pytest.mark.parametrize("exponent", [0.05, 0.5, 0.9, 0.99])
def test_powers_share_like_powers_of_the_weights(exponent):
    """w_i p t**(p-1) = price: amounts go as w**(1/(1-p))."""
    weights = np.random.default_rng(1).uniform(0.5, 2, 12)
    bend = 1 / (1 - np.longdouble(exponent))
    share = (weights / weights.max()) ** bend
    answer = cs.waterfill(c.Power(1.0, exponent), 5.0, weights)
    np.testing.assert_allclose(answer.amounts, (5 * share / share.sum()).astype(float), rtol=1e-12)


def test_quadratics_leave_equal_shortfalls():
    """w (2 t - t**2): the marginal gains 2 w (1 - t) are equal."""
    weights, budget = np.array([1.0, 2.0, 4.0]), 2.0
    price = 2 * (3 - budget) / (1 / weights).sum()
    answer = cs.waterfill(c.SaturatingPower(1.0, 1.0, 2.0), budget, weights)
    np.testing.assert_allclose(answer.amounts, 1 - price / (2 * weights), rtol=1e-14)


def test_caps_pass_the_rest_on():
    answer = waterfill(c.Logarithmic(1.0, 1.0), 4.0, np.ones(4), [0.5, np.inf, 0.25, np.inf])
    np.testing.assert_allclose(answer.amounts, [0.5, 1.625, 0.25, 1.625], rtol=1e-15)
    assert float(answer.price) == pytest.approx(1 / 2.625, rel=1e-15)


def test_offsets_add_to_the_value_alone():
    curve = FAMILIES["Logarithmic"]
    plain = waterfill(curve, 1.0, np.ones(4), np.inf)
    lifted = waterfill(curve.offset([1.0, 2.0, 3.0, 4.0]), 1.0, np.ones(4), np.inf)
    np.testing.assert_array_equal(plain.amounts, lifted.amounts)
    assert float(lifted.value) == pytest.approx(float(plain.value) + 10, rel=1e-15)


def test_many_entries():
    rng = np.random.default_rng(2)
    curve = c.Logarithmic(rng.uniform(0.1, 10, 20_000), rng.uniform(0.1, 10, 20_000))
    assert_certified(cs.waterfill(curve, 500.0), kkt=1e-11)


def test_results_print_and_export():
    answer = cs.waterfill(c.Logarithmic([1.0, 2.0], 1.0), 3.0)
    assert "price" in answer.summary() and "OPTIMAL" in repr(answer)
    assert answer._repr_html_().startswith("<table>")
    table = answer.to_dataframe()
    assert list(table.columns) == ["amount", "weight", "gain", "cap"]
    np.testing.assert_allclose(table["gain"], float(answer.price), rtol=1e-14)
    assert float(answer.objective) == float(answer.value)
    assert answer.certificate().to_dataframe().shape == (1, 5)
