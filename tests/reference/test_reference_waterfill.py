"""The reference programs against answers known in closed form, and their own optimality."""

import cvxpy as cp
import numpy as np
import pytest

from concave_sched import curves as c
from concave_sched import reference
from concave_sched._results import Status

FAMILIES = {
    "Power": c.Power([1.0, 2.0, 0.5], [0.5, 0.3, 0.9]),
    "ShiftedPower positive": c.ShiftedPower([1.0, 2.0, 0.5], [1.0, 0.5, 4.0], [0.5, 0.3, 0.9]),
    "ShiftedPower negative": c.ShiftedPower([1.0, 2.0, 0.5], [1.0, 0.5, 4.0], [-1.0, -0.3, -2.0]),
    "Logarithmic": c.Logarithmic([1.0, 2.0, 0.5], [1.0, 0.5, 4.0]),
    "SaturatingPower": c.SaturatingPower([1.0, 2.0, 0.5], [1.0, 1.5, 2.0], [2.0, 1.5, 3.0]),
    "Exponential": c.Exponential([0.1, 0.2, 0.0], [0.9, 0.8, 1.0], [1.0, 2.0, 0.5]),
    "Hyperbolic": c.Hyperbolic([1.0, 2.0, 0.5], [1.0, 0.5, 4.0]),
    "Hill": c.Hill([1.0, 2.0, 0.5], [1.0, 0.5, 4.0], [0.5, 0.9, 1.0]),
    "Lomax": c.Lomax([1.0, 2.0, 0.5], [1.0, 0.5, 4.0], [0.5, 1.0, 3.0]),
    "PiecewiseLinear": c.PiecewiseLinear([0.0, 1.0, 2.0, 4.0], [0.5, 2.0, 3.0, 3.5]),
    "Offset": c.Power([1.0, 2.0, 0.5], 0.5).offset([0.1, 0.2, 0.3]),
    "sum": (c.Logarithmic(1.0, 1.0), c.Hyperbolic([0.5, 1.0, 2.0], 1.0)),
}


def value_of(curve, t):
    return sum(np.asarray(f(t)) for f in (curve if isinstance(curve, tuple) else (curve,)))


def gain_of(curve, t):
    return sum(np.asarray(f.marginal(t)) for f in (curve if isinstance(curve, tuple) else (curve,)))


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("scale", [1.0, np.array([0.3, 1.0, 7.0])])
def test_hypograph_is_the_perspective(name, scale):
    """At fixed amounts the greatest feasible gain is scale * f(amount/scale)."""
    t = np.array([0.01, 0.4, 2.6])
    amount = cp.Variable(3)
    gain, cones = reference.hypograph(FAMILIES[name], amount, scale)
    problem = cp.Problem(cp.Maximize(cp.sum(gain)), [*cones, amount == t])
    assert reference.solve_conic(problem) is Status.OPTIMAL
    np.testing.assert_allclose(gain.value, scale * value_of(FAMILIES[name], t / scale), atol=2e-8)


@pytest.mark.parametrize("name", FAMILIES)
def test_waterfill_is_optimal(name):
    """The value is attained, and every gain is the price where the amount is at no bound."""
    curve, weights, upper = FAMILIES[name], np.array([1.0, 0.7, 2.0]), np.array([0.5, 2.0, np.inf])
    found = reference.waterfill(curve, 1.3, weights, upper)
    assert found.status is Status.OPTIMAL
    t, gain = found.amounts, weights * gain_of(curve, found.amounts)
    assert t.sum() == pytest.approx(1.3, abs=1e-9)
    assert np.all(t >= -1e-9) and np.all(t <= upper + 1e-9)
    assert found.value == pytest.approx(weights @ value_of(curve, t), rel=1e-8)
    if name == "PiecewiseLinear":
        return
    inside = (t > 1e-5) & (t < upper - 1e-5)
    assert inside.any()
    np.testing.assert_allclose(gain[inside], found.price, rtol=1e-5)
    assert np.all(gain[t <= 1e-5] <= found.price * (1 + 1e-5))
    assert np.all(gain[t >= upper - 1e-5] >= found.price * (1 - 1e-5))


def test_waterfill_of_square_roots():
    """Amounts in the ratio of the squared weights; price = sqrt(sum of squares / budget)/2."""
    weights, budget = np.array([1.0, 2.0, 3.0]), 7.0
    found = reference.waterfill(c.Power(1.0, 0.5), budget, weights)
    np.testing.assert_allclose(found.amounts, weights**2 / 14 * budget, atol=1e-5)
    assert found.value == pytest.approx(np.sqrt(14 * budget), rel=1e-9)
    assert found.price == pytest.approx(np.sqrt(14 / budget) / 2, rel=1e-5)


def test_waterfill_of_logarithms_leaves_the_dear_one_dry():
    """w_i/(1 + t_i) = price: levels w_i/price - 1, the third below the water's ground."""
    found = reference.waterfill(c.Logarithmic(1.0, 1.0), 2.0, [2.0, 1.0, 0.1])
    np.testing.assert_allclose(found.amounts, [5 / 3, 1 / 3, 0], atol=1e-6)
    assert found.price == pytest.approx(3 / 4, rel=1e-7)


def test_budget_left_over_costs_nothing():
    found = reference.waterfill(c.Logarithmic(1.0, 1.0), 5.0, upper=[1.0, 2.0])
    np.testing.assert_allclose(found.amounts, [1.0, 2.0], atol=1e-7)
    assert found.price == pytest.approx(0.0, abs=1e-8)


def test_nested_waterfill_of_equal_curves_is_a_hull():
    """Equal gains: amounts are the slopes of the greatest convex minorant of the budgets."""
    found = reference.nested_waterfill(c.Power(1.0, 0.5), [1.0, 5.0, 6.0, 12.0])
    np.testing.assert_allclose(found.amounts, [1.0, 2.5, 2.5, 6.0], atol=1e-4)
    np.testing.assert_allclose(found.price, 0.5 / np.sqrt([1.0, 2.5, 2.5, 6.0]), rtol=1e-5)
    assert np.all(np.diff(found.price) <= 1e-9)


def test_ecos_agrees_where_it_has_the_cone():
    curve = c.Logarithmic([1.0, 2.0], 1.0)
    clarabel = reference.waterfill(curve, 2.0)
    ecos = reference.waterfill(curve, 2.0, solver="ECOS")
    assert ecos.value == pytest.approx(clarabel.value, rel=1e-8)
    with pytest.raises(ValueError, match="'ECOS' has no power cone.*use CLARABEL"):
        reference.waterfill(c.Power([1.0, 2.0], 0.5), 2.0, solver="ECOS")
    with pytest.raises(ValueError, match="solver = 'SCS': use 'CLARABEL'"):
        reference.waterfill(curve, 2.0, solver="SCS")


def test_the_status_says_when_it_failed():
    t = cp.Variable(1, nonneg=True)
    gain, cones = reference.hypograph(c.Logarithmic(1.0, 1.0), t)
    impossible = cp.Problem(cp.Maximize(cp.sum(gain)), [*cones, t <= -1])
    assert reference.solve_conic(impossible) is Status.INFEASIBLE
    hurried = cp.Problem(cp.Maximize(cp.sum(gain)), [*cones, t <= 1])
    assert reference.solve_conic(hurried, max_iter=1) is Status.UNCONVERGED


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: reference.waterfill(c.Power(1.0, 0.5), 1.0), "give size=n"),
        (lambda: reference.waterfill(c.Power(1.0, 0.5), 0.0, size=2), "budget = 0.0"),
        (lambda: reference.waterfill(c.Power(1.0, 0.5), 1.0, [1.0, -1.0]), r"weights\[1\] = -1.0"),
        (lambda: reference.waterfill(c.Power(1.0, 0.5), 1.0, upper=[1.0, np.nan]), r"upper\[1\]"),
        (lambda: reference.nested_waterfill(c.Power(1.0, 0.5), [1.0, -2.0]), r"budgets\[1\] = -2"),
        (lambda: reference.waterfill(c.Hill(1.0, 1.0, 2.0), 1.0, size=2), "Hill is not concave"),
        (lambda: reference.waterfill(c.Custom(np.log1p), 1.0, size=2), "Custom: .*tuple of curves"),
        (lambda: reference.waterfill(3.0, 1.0, size=2), "curve = 3.0 is not a curve"),
        (lambda: reference.nested_waterfill(c.Power(1.0, 0.5), "all"), "budgets = 'all'"),
        (lambda: reference.hypograph(c.Power(1.0, 0.5), cp.Variable((2, 2))), "needs a vector"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
