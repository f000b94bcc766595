"""What must hold for every instance: random numbers, extreme numbers, any order."""

import jax
import numpy as np
import pytest
from allocation_cases import NO_CAPS, assert_certified, waterfill
from hypothesis import given, settings
from hypothesis import strategies as st

from concave_sched import curves as c

few = settings(deadline=None, derandomize=True, max_examples=25)
price_by_grad = jax.jit(
    jax.grad(lambda budget, curve, weights, upper: waterfill(curve, budget, weights, upper).value)
)

FAMILIES = {
    "Power": lambda a, b, e: c.Power(a, 0.05 + 0.9 * e),
    "Logarithmic": lambda a, b, e: c.Logarithmic(a, b),
    "ShiftedPower": lambda a, b, e: c.ShiftedPower(a, b, 0.05 + 0.9 * e),
    "Exponential": lambda a, b, e: c.Exponential(0 * a, a, b),
    "Hill": lambda a, b, e: c.Hill(a, b, 0.2 + 0.8 * e),
}


def numbers(low, high):
    """Four numbers spread evenly over the decades from 10**low to 10**high."""
    return st.lists(st.floats(low, high), min_size=4, max_size=4).map(lambda v: 10.0 ** np.array(v))


unit = st.lists(st.floats(0, 1), min_size=4, max_size=4).map(np.array)


@pytest.mark.parametrize("name", FAMILIES)
def test_budget_certificate_price_and_order(name):
    @few
    @given(
        numbers(-2, 2),
        numbers(-1, 1),
        unit,
        numbers(-2, 2),
        numbers(-1, 2),
        st.floats(0.02, 0.95),
        st.permutations(range(4)),
    )
    def check(scale, rate, shape, weights, caps, part, order):
        curve = FAMILIES[name](scale, rate, shape)
        budget = part * caps.sum()
        answer = waterfill(curve, budget, weights, caps)
        assert float(answer.amounts.sum()) == pytest.approx(budget, rel=1e-14)
        assert_certified(answer)
        slope = price_by_grad(budget, curve, weights, caps)
        assert float(slope) == pytest.approx(float(answer.price), rel=1e-13)
        order = np.array(order)
        moved = waterfill(
            jax.tree.map(lambda v: v[order], curve), budget, weights[order], caps[order]
        )
        np.testing.assert_allclose(moved.amounts, answer.amounts[order], rtol=1e-9, atol=1e-12)
        assert float(moved.value) == pytest.approx(float(answer.value), rel=1e-14)

    check()


@pytest.mark.parametrize("name", FAMILIES)
def test_value_is_monotone_and_concave_in_the_budget(name):
    rng = np.random.default_rng(3)
    curve = FAMILIES[name](rng.uniform(0.1, 10, 4), rng.uniform(0.1, 10, 4), rng.uniform(size=4))
    weights, caps = rng.uniform(0.1, 10, 4), rng.uniform(0.1, 10, 4)
    answers = [waterfill(curve, b, weights, caps) for b in np.linspace(0, 1.2 * caps.sum(), 30)]
    values = np.array([float(a.value) for a in answers])
    rises = np.diff(values)
    assert np.all(rises >= -1e-13 * values[-1])
    assert np.all(np.diff(rises) <= 1e-13 * values[-1])
    prices = np.array([float(a.price) for a in answers])
    assert np.all(np.diff(prices[1:]) <= 0) and prices[-1] == 0


@few
@given(numbers(-5, 5), numbers(-4, 4), numbers(-5, 5), st.floats(-6, 6))
def test_gains_over_ten_decades_and_rates_over_eight(scale, rate, weights, log_budget):
    budget = 10.0**log_budget
    answer = waterfill(c.Logarithmic(scale, rate), budget, weights, NO_CAPS)
    assert_certified(answer)
    assert float(answer.amounts.sum()) == pytest.approx(budget, rel=1e-14)


@few
@given(numbers(-5, 5), numbers(-4, 4), st.floats(-6, 6))
def test_exponentials_whose_gain_underflows(high, rate, log_budget):
    """At a budget of many lifetimes 1/rate the price is below the smallest double."""
    budget = 10.0**log_budget
    answer = waterfill(c.Exponential(0.0, high, rate), budget, np.ones(4), NO_CAPS)
    assert float(answer.amounts.sum()) == pytest.approx(budget, rel=1e-14)
    assert np.isfinite(answer.log_price) and answer.certificate().gap <= 1e-12


@few
@given(st.floats(0.001, 0.999), numbers(-10, 10))
def test_piecewise_ties_meet_the_budget(part, weights):
    curve = c.PiecewiseLinear([0.0, 1.0, 2.0, 4.0], [0.0, 2.0, 3.0, 3.5])
    for w in (np.ones(4), weights, np.array([1.0, 2.0, 2.0, 4.0])):
        answer = waterfill(curve, 16 * part, w, NO_CAPS)
        assert float(answer.amounts.sum()) == pytest.approx(16 * part, rel=1e-14)
        assert_certified(answer, kkt=1e-9)
