"""Numbers at the edge of what doubles can say, and the smallest instances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smartfill_cases import RANDOM, assert_certified

import concave_sched as cs
from concave_sched import curves as c
from concave_sched._results import Status

few = settings(deadline=None, derandomize=True, max_examples=8)


def solve(speedup, sizes, weights=None, budget=1.0):
    return cs.smartfill.solve(cs.smartfill.Instance(speedup, sizes, weights, budget))


@pytest.mark.parametrize(
    "speedup",
    [
        c.Power(1.0, 0.99),
        c.Power(1.0, 0.05),
        c.ShiftedPower(1.0, 1e-3, 0.99),
        c.ShiftedPower(1.0, 1.0, -5.0),
        c.Logarithmic(1.0, 1.0),
        c.Exponential(0.0, 1.0, 1.0),
        c.Hill(1.0, 1.0, 0.5),
    ],
    ids=repr,
)
def test_sizes_over_24_decades(speedup):
    sizes = 10.0 ** np.linspace(12, -12, 60)
    found = solve(speedup, sizes, budget=3.0)
    assert found.status is Status.OPTIMAL
    assert np.all(np.isfinite(found.marginal_costs)) and np.all(found.durations >= 0)
    assert_certified(found, gap=1e-11, kkt=1e-8, feasibility=1e-9)


def test_weights_over_24_decades_at_equal_sizes():
    weights = 10.0 ** np.linspace(-12, 12, 60)
    for speedup in (c.Power(1.0, 0.99), c.Logarithmic(1.0, 1.0)):
        found = solve(speedup, np.ones(60), weights, 3.0)
        assert found.status is Status.OPTIMAL
        assert_certified(found, kkt=1e-8, feasibility=1e-9)


@pytest.mark.parametrize("speedup", [c.Logarithmic(1.0, 1.0), c.Hill(1.0, 1.0, 1.0)], ids=repr)
def test_a_tiny_budget_is_shortest_first(speedup):
    """Below the budget at which a second job is worth serving, s is linear and SRPT optimal."""
    sizes, weights = np.array([4.0, 3.0, 2.0, 1.0]), np.array([0.1, 0.2, 0.4, 0.9])
    i = cs.smartfill.Instance(speedup, sizes, weights, 1e-6)
    found, srpt = cs.smartfill.solve(i), cs.smartfill.shortest_first(i)
    assert float(found.objective) == pytest.approx(float(srpt.objective), rel=1e-12)
    np.testing.assert_allclose(found.rates, 1e-6 * np.eye(4), atol=1e-20)
    # A rate is log(cost/price)/rate: at this budget it keeps ten digits, the objective all.
    np.testing.assert_allclose(found.completion_times, srpt.completion_times, rtol=1e-9)
    assert_certified(found, gap=1e-9, feasibility=1e-9)


def test_a_large_budget_of_an_exponential():
    """Speeds are within e^-budget/count of the limit: all jobs run alone, side by side."""
    sizes = np.array([4.0, 3.0, 2.0, 1.0])
    found = solve(c.Exponential(0.0, 2.0, 1.0), sizes, budget=500.0)
    np.testing.assert_allclose(found.completion_times, sizes / 2, rtol=1e-12)
    assert found.status is Status.OPTIMAL
    assert found.certificate().gap <= 1e-12


def test_a_speedup_that_saturates_at_the_budget():
    """s'(budget) = 0: the last phase has one job and price 0."""
    sizes = np.array([4.0, 3.0, 2.5, 1.0])
    found = solve(c.SaturatingPower(0.5, 10.0, 2.0), sizes, budget=10.0)
    assert found.status is Status.OPTIMAL
    assert float(found.prices[0]) == 0
    np.testing.assert_allclose(found.rates[:, 0], [10.0, 0.0, 0.0, 0.0], rtol=1e-14)
    assert_certified(found)


@pytest.mark.parametrize("name", RANDOM)
def test_one_job(name):
    speedup = RANDOM[name](0.5, 0.5, 0.5)
    found = solve(speedup, [3.0], [2.0], 4.0)
    time = 3 / float(speedup(4.0))
    assert float(found.objective) == pytest.approx(2 * time, rel=1e-13)
    assert float(found.marginal_costs[0]) == pytest.approx(2 / float(speedup(4.0)), rel=1e-13)
    np.testing.assert_allclose(found.rates, [[4.0]], rtol=1e-13)
    assert_certified(found)


@pytest.mark.parametrize("name", ["Power", "Logarithmic", "log plus sqrt"])
def test_equal_jobs_end_in_any_order(name):
    """The set of completion times does not depend on the labels; the objective is theirs."""
    sizes = np.array([2.0, 2.0, 1.0, 2.0, 1.0])
    speedup = RANDOM[name](0.5, 0.5, 0.5)
    first, second = solve(speedup, sizes, budget=3.0), solve(speedup, sizes[::-1], budget=3.0)
    assert float(first.objective) == pytest.approx(float(second.objective), rel=1e-14)
    np.testing.assert_allclose(
        np.sort(first.completion_times), np.sort(second.completion_times), rtol=1e-13
    )
    assert_certified(first)


def test_nearly_equal_jobs():
    sizes = 1 + 1e-13 * np.arange(8)
    found = solve(c.Logarithmic(1.0, 1.0), sizes, np.ones(8), 3.0)
    level = solve(c.Logarithmic(1.0, 1.0), np.ones(8), np.ones(8), 3.0)
    assert float(found.objective) == pytest.approx(float(level.objective), rel=1e-11)
    assert_certified(found)


@few
@given(
    st.lists(st.floats(-8, 8), min_size=6, max_size=6),
    st.floats(-4, 4),
    st.floats(-4, 4),
    st.floats(0, 1),
)
def test_random_scales(log_sizes, log_rate, log_budget, shape):
    sizes = 10.0 ** np.array(log_sizes)
    rate, budget = 10.0**log_rate, 10.0**log_budget
    for speedup in (
        c.Logarithmic(1.0, rate),
        c.ShiftedPower(1.0, 1 / rate, 0.01 + 0.98 * shape),
        c.Power(rate, 0.01 + 0.98 * shape),
    ):
        found = solve(speedup, sizes, budget=budget)
        assert np.all(found.durations >= -1e-12 * float(np.max(found.completion_times)))
        # Rates are differences of logarithms: a budget far below 1/rate costs them digits.
        room = 1.0 if isinstance(speedup, c.Power) else min(rate * budget, 1.0)
        assert found.status is Status.OPTIMAL or room < 1e-4
        proof = found.certificate()
        assert max(proof.gap, proof.feasibility) <= 1e-11 + 3e-14 / room


def test_units_cancel():
    sizes, weights = np.array([3.0, 2.0, 1.0]), np.array([0.3, 0.6, 1.0])
    plain = solve(c.Logarithmic(1.0, 2.0), sizes, weights, 2.0)
    scaled = solve(c.Logarithmic(1e-6, 2e-9), sizes * 1e9, weights * 1e5, 2e9)
    assert float(scaled.objective) == pytest.approx(float(plain.objective) * 1e20, rel=1e-12)
