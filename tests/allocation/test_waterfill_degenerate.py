"""The degenerate cases that the docstring defines."""

import jax
import numpy as np
import pytest
from allocation_cases import CAPS, FAMILIES, NO_CAPS, WEIGHTS, assert_certified, waterfill

import concave_sched as cs
from concave_sched import curves as c
from concave_sched._results import Status

STEPS = c.PiecewiseLinear([0.0, 1.0, 3.0], [0.0, 2.0, 4.0])


@pytest.mark.parametrize("name", FAMILIES)
def test_no_budget(name):
    curve = FAMILIES[name]
    answer = waterfill(curve, 0.0, WEIGHTS, NO_CAPS)
    np.testing.assert_array_equal(answer.amounts, np.zeros(4))
    steepest = np.max(WEIGHTS * np.asarray(curve.marginal(np.zeros(4))))
    assert float(answer.price) == pytest.approx(steepest, rel=1e-14)
    at_rest = WEIGHTS @ np.broadcast_to(curve(0.0), 4)
    assert float(answer.value) == pytest.approx(at_rest, abs=1e-15)
    assert answer.status is Status.OPTIMAL
    assert answer.certificate().gap <= 1e-15


@pytest.mark.parametrize("name", FAMILIES)
def test_caps_below_the_budget(name):
    caps = np.array([0.5, 0.2, 0.0, 0.3])
    answer = waterfill(FAMILIES[name], 3.0, WEIGHTS, caps)
    np.testing.assert_array_equal(answer.amounts, caps)
    assert float(answer.price) == 0 and answer.status is Status.SLACK
    assert_certified(answer, gap=0)


def test_the_limits_of_saturating_curves_are_caps():
    curve = c.SaturatingPower(1.0, [1.0, 2.0, 3.0], 2.0)
    answer = cs.waterfill(curve, 6.0)
    np.testing.assert_array_equal(answer.amounts, [1.0, 2.0, 3.0])
    assert float(answer.price) == 0 and answer.status is Status.SLACK
    answer = cs.waterfill(STEPS, 100.0, np.ones(3))
    np.testing.assert_array_equal(answer.amounts, [3.0, 3.0, 3.0])
    assert answer.status is Status.SLACK


def test_an_infinite_budget_fills_finite_caps():
    answer = cs.waterfill(c.Power(1.0, 0.5), np.inf, upper=[1.0, 4.0])
    np.testing.assert_array_equal(answer.amounts, [1.0, 4.0])
    assert float(answer.value) == 3 and answer.status is Status.SLACK
    with pytest.raises(ValueError, match=r"upper\[1\] = inf: with an infinite budget"):
        cs.waterfill(c.Power(1.0, 0.5), np.inf, upper=[1.0, np.inf])


def test_no_weight_no_amount():
    answer = waterfill(c.Power(1.0, 0.5), 3.0, [0.0, 1.0, 0.0, 2.0], NO_CAPS)
    np.testing.assert_allclose(answer.amounts, [0.0, 0.6, 0.0, 2.4], rtol=1e-14)
    assert_certified(answer)
    nobody = waterfill(c.Power(1.0, 0.5), 3.0, np.zeros(4), NO_CAPS)
    np.testing.assert_array_equal(nobody.amounts, np.zeros(4))
    assert float(nobody.price) == 0 and nobody.status is Status.SLACK
    assert nobody.certificate().gap == 0


def test_zero_caps_take_nothing():
    answer = waterfill(c.Power(1.0, 0.5), 2.0, np.ones(4), [0.0, np.inf, 0.0, np.inf])
    np.testing.assert_allclose(answer.amounts, [0.0, 1.0, 0.0, 1.0], rtol=1e-15)
    assert_certified(answer)


def test_one_entry_takes_all():
    answer = cs.waterfill(c.Logarithmic(1.0, 1.0), 2.0)
    np.testing.assert_array_equal(answer.amounts, [2.0])
    assert float(answer.price) == pytest.approx(1 / 3, rel=1e-15)


def test_ties_share_by_room():
    """Slope 1 on the second stretch of every entry: rooms 2, 2, 0.5 share what is left of 5."""
    answer = cs.waterfill(STEPS, 5.0, np.ones(3), [np.inf, np.inf, 1.5])
    np.testing.assert_allclose(answer.amounts, 1 + 2 * np.array([2.0, 2.0, 0.5]) / 4.5, rtol=1e-14)
    assert float(answer.price) == pytest.approx(1, rel=1e-14)
    assert_certified(answer)


@pytest.mark.parametrize("budget", [1.0, 2.0, 3.0, 4.0])
def test_kinks_meet_exactly(budget):
    """At a kink the price is the slope to the right, as is the derivative of the value."""
    answer = cs.waterfill(STEPS, budget, [1.0, 1.0])
    assert float(answer.price) == pytest.approx(2.0 if budget == 1 else 1.0, rel=1e-14)
    assert float(answer.amounts.sum()) == pytest.approx(budget, rel=1e-15)
    slope = jax.grad(lambda b: cs.waterfill(STEPS, b, [1.0, 1.0]).value)(budget)
    assert float(slope) == pytest.approx(float(answer.price), rel=1e-14)


@pytest.mark.parametrize("spread", [1e-10, 1e-5, 1.0, 1e5, 1e10])
@pytest.mark.parametrize("rate", [1e-4, 1.0, 1e4])
def test_spreads(spread, rate):
    for curve in (
        c.Logarithmic([1.0, spread, 1.0, spread], rate),
        c.Power([1.0, spread, 1.0, spread], [0.5, 0.5, 0.99, 0.01]),
        c.Exponential(0.0, [1.0, spread, 1.0, spread], [rate, 1.0, 1.0, rate]),
        c.Hyperbolic([1.0, spread, 1.0, spread], rate),
    ):
        for budget in (1e-8, 1.0, 1e8):
            answer = waterfill(curve, budget, np.ones(4), NO_CAPS)
            assert float(answer.amounts.sum()) == pytest.approx(budget, rel=1e-14)
            assert answer.certificate().gap <= 1e-12
            assert np.all(answer.amounts >= 0)


def test_derivatives_are_finite_where_nothing_moves():
    """At budget 0, under caps, with zero weights: no NaN."""
    value = lambda b, w, u: waterfill(FAMILIES["Logarithmic"], b, w, u).value  # noqa: E731
    slopes = jax.jit(jax.grad(value, argnums=(0, 1, 2)))
    for budget, weights, upper in [
        (0.0, WEIGHTS, NO_CAPS),
        (9.0, WEIGHTS, np.array([1.0, 1.0, 0.0, 2.0])),
        (1.0, np.array([0.0, 1.0, 0.0, 1.0]), CAPS),
        (1.0, np.zeros(4), CAPS),
    ]:
        for slope in slopes(budget, weights, upper):
            assert np.all(np.isfinite(slope))
