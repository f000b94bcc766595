"""Nested water-filling: random instances, degenerate budgets and caps, results."""

import jax
import numpy as np
import pytest
from allocation_cases import FAMILIES, NO_CAPS, assert_certified, nested
from hypothesis import given, settings
from hypothesis import strategies as st

import concave_sched as cs
from concave_sched import curves as c
from concave_sched._results import Status

few = settings(deadline=None, derandomize=True, max_examples=25)
four = lambda low, high: st.lists(st.floats(low, high), min_size=4, max_size=4).map(np.array)  # noqa: E731
slopes_of = jax.jit(jax.grad(lambda b, curve, upper: nested(curve, b, upper).value))


@few
@given(four(-2, 2), four(-1, 1), four(0.01, 1), four(0.05, 2))
def test_random_instances(scale, rate, steps, caps):
    curve = c.Logarithmic(10.0**scale, 10.0**rate)
    budgets = np.cumsum(steps)[[0, 2, 1, 3]]
    for upper in (NO_CAPS, caps):
        answer = nested(curve, budgets, upper)
        assert_certified(answer, feasibility=1e-13)
        assert answer.status in (Status.OPTIMAL, Status.SLACK)
        assert np.all(np.diff(answer.prices) <= 0)
        assert np.all(np.cumsum(answer.amounts) <= budgets * (1 + 1e-13) + 1e-14)


@pytest.mark.parametrize("name", FAMILIES)
def test_multipliers_are_derivatives(name):
    """d value/d budgets_j is the fall of the price after entry j."""
    budgets = np.array([0.3, 0.65, 1.0, 1.9])
    answer = nested(FAMILIES[name], budgets, NO_CAPS)
    slopes = slopes_of(budgets, FAMILIES[name], NO_CAPS)
    np.testing.assert_allclose(slopes, answer.multipliers, rtol=1e-12, atol=1e-14)


def test_equal_curves_fill_the_greatest_convex_minorant():
    budgets = np.array([1.0, 5.0, 6.0, 12.0])
    answer = nested(c.Power(1.0, 0.5), budgets, NO_CAPS)
    np.testing.assert_allclose(answer.amounts, [1.0, 2.5, 2.5, 6.0], rtol=1e-13)
    np.testing.assert_allclose(answer.prices, 0.5 / np.sqrt([1.0, 2.5, 2.5, 6.0]), rtol=1e-13)


@pytest.mark.parametrize("tiny", [1e-12, 1e-100])
def test_a_tiny_budget_binds_before_a_large_one(tiny):
    """Each prefix has a rounding of its own: that of the largest budget must not hide it."""
    curve = c.Power([3.0, 1.0, 2.0, 1.0], 0.2)
    answer = cs.nested_waterfill(curve, [tiny, 2 * tiny, 1.0, 1e3])
    np.testing.assert_allclose(answer.amounts, [tiny, tiny, 1 - 2 * tiny, 999.0], rtol=1e-13)


@pytest.mark.parametrize("less", [1e-4, 1e-8, 1e-12])
def test_a_budget_that_binds_by_a_hair(less):
    answer = cs.nested_waterfill(c.Power(1.0, 0.5), [1.0 - less, 2.0, 3.0, 9.0])
    np.testing.assert_allclose(
        answer.amounts, [1 - less, 1 + less / 2, 1 + less / 2, 6], rtol=1e-15
    )
    assert answer.multipliers[0] > 0


def test_what_rounding_hides_is_never_called_optimal():
    """Below rate * budget of about 1e-11 log prices cannot tell amounts apart."""
    rng = np.random.default_rng(0)
    budgets = np.sort(10.0 ** rng.uniform(-17, -6, (2000, 1)) * rng.uniform(size=(2000, 4)), axis=1)
    heights, rates = 10.0 ** rng.uniform(-1, 3, (2000, 4)), rng.uniform(0.1, 10, (2000, 4))
    solve = jax.vmap(lambda h, r, b: cs.nested_waterfill(c.Exponential(0.0, h, r), b))
    answers = solve(heights, rates, budgets)
    gaps = jax.vmap(lambda a: a.certificate().gap)(answers)
    best = answers.code == Status.OPTIMAL.code
    assert best.sum() > 1000 and not best.all()
    assert gaps[best].max() <= 1e-12


@pytest.mark.parametrize("name", FAMILIES)
def test_no_budgets(name):
    answer = nested(FAMILIES[name], np.zeros(4), NO_CAPS)
    np.testing.assert_array_equal(answer.amounts, np.zeros(4))
    assert answer.certificate().feasibility == 0
    at_rest = np.broadcast_to(FAMILIES[name](0.0), 4).sum()
    assert float(answer.value) == pytest.approx(at_rest, abs=1e-15)


@pytest.mark.parametrize("name", FAMILIES)
def test_leading_budgets_of_zero(name):
    answer = nested(FAMILIES[name], [0.0, 0.0, 0.4, 0.9], NO_CAPS)
    np.testing.assert_array_equal(answer.amounts[:2], [0.0, 0.0])
    assert float(answer.amounts.sum()) == pytest.approx(0.9, rel=1e-14)
    assert_certified(answer, feasibility=1e-13)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_last_budget_of_zero_empties_all(name):
    answer = nested(FAMILIES[name], [1.0, 2.0, 3.0, 0.0], NO_CAPS)
    np.testing.assert_array_equal(answer.amounts, np.zeros(4))


def test_caps_that_leave_every_budget_slack():
    caps = np.array([0.1, 0.2, 0.0, 0.3])
    answer = nested(FAMILIES["Logarithmic"], [1.0, 2.0, 3.0, 4.0], caps)
    np.testing.assert_array_equal(answer.amounts, caps)
    np.testing.assert_array_equal(answer.prices, np.zeros(4))
    assert answer.status is Status.SLACK
    assert_certified(answer)


def test_capped_entries_pay_the_price_of_those_who_share_their_budget():
    answer = nested(c.Logarithmic(1.0, 1.0), [4.0, 4.0, 4.0, 4.0], [0.1, np.inf, np.inf, 0.5])
    np.testing.assert_allclose(answer.amounts, [0.1, 1.7, 1.7, 0.5], rtol=1e-14)
    np.testing.assert_allclose(answer.prices[:3], 1 / 2.7, rtol=1e-14)
    assert_certified(answer)


def test_zero_caps_and_infinite_caps():
    answer = nested(c.Power(1.0, 0.5), [1.0, 2.0, 3.0, 4.0], [0.0, np.inf, 0.0, np.inf])
    np.testing.assert_allclose(answer.amounts, [0.0, 2.0, 0.0, 2.0], rtol=1e-14)
    assert_certified(answer)


def test_budgets_need_not_be_sorted():
    unsorted = nested(FAMILIES["Hyperbolic"], [0.9, 0.3, 2.0, 1.2], NO_CAPS)
    cut = nested(FAMILIES["Hyperbolic"], [0.3, 0.3, 1.2, 1.2], NO_CAPS)
    np.testing.assert_allclose(unsorted.amounts, cut.amounts, rtol=1e-12, atol=1e-14)
    assert float(unsorted.value) == pytest.approx(float(cut.value), rel=1e-14)


@pytest.mark.parametrize("spread", [1e-10, 1e10])
@pytest.mark.parametrize("rate", [1e-4, 1e4])
def test_spreads(spread, rate):
    for curve in (
        c.Logarithmic([1.0, spread, 1.0, spread], rate),
        c.Power([1.0, spread, 1.0, spread], [0.5, 0.5, 0.99, 0.01]),
    ):
        for scale in (1e-6, 1.0, 1e6):
            answer = nested(curve, scale * np.array([1.0, 1.5, 1.6, 4.0]), NO_CAPS)
            assert answer.status is Status.OPTIMAL
            assert answer.certificate().gap <= 1e-12
            assert answer.certificate().feasibility <= 1e-13


@pytest.mark.parametrize("kind", ["every budget binds", "random walk"])
def test_many_entries(kind):
    rng = np.random.default_rng(0)
    n = 2000
    curve = c.Exponential(np.zeros(n), rng.uniform(0.5, 1, n), rng.uniform(0.5, 5, n))
    steps = np.linspace(0.1, 1, n) ** 2 if kind == "every budget binds" else rng.uniform(0, 1, n)
    answer = cs.nested_waterfill(curve, np.cumsum(steps), np.full(n, 3.0))
    assert answer.status is Status.OPTIMAL
    assert_certified(answer, feasibility=1e-13)


def test_results_print_and_export():
    answer = cs.nested_waterfill(c.Logarithmic([1.0, 3.0, 1.0], 1.0), [1.0, 2.0, 6.0])
    assert "binding budgets" in answer.summary() and "OPTIMAL" in repr(answer)
    assert answer._repr_html_().startswith("<table>")
    table = answer.to_dataframe()
    assert list(table.columns) == ["amount", "price", "cap", "budget", "used", "multiplier"]
    assert np.all(table["used"] <= table["budget"] + 1e-12)
    assert float(answer.objective) == float(answer.value)
