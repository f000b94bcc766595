"""PiecewiseLinear: staircase gains, hulls against brute force, regression against a cone solver."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from concave_sched import curves
from concave_sched.curves import PiecewiseLinear

AT = np.arange(0, 26, 0.5)
few = settings(max_examples=25, deadline=None, derandomize=True)
points = st.integers(2, 12).flatmap(
    lambda n: st.tuples(
        arrays(float, n, elements=st.integers(0, 20).map(float)),
        arrays(float, n, elements=st.integers(-50, 50).map(float)),
    )
)


def least_concave(x, y, at):
    """The hull by definition: the best chord around each amount, and the running maximum."""
    chords = [
        np.where(
            (x[i] <= at) & (at <= x[j]), y[i] + (y[j] - y[i]) * (at - x[i]) / (x[j] - x[i]), -np.inf
        )
        for i in range(x.size)
        for j in range(x.size)
        if x[i] < x[j]
    ]
    singles = np.where(x[:, None] == at, y[:, None], -np.inf)
    hull = np.max(np.vstack([*chords, singles]), axis=0)
    peak = x[np.argmax(y)]
    return np.where(at >= peak, y.max(), hull)


@few
@given(points)
def test_envelope_is_the_hull(xy):
    x, y = xy
    curve = PiecewiseLinear.envelope(x, y)
    known = AT >= x.min()
    expected = least_concave(x, y, AT)[known]
    np.testing.assert_allclose(np.asarray(curve(AT))[known], expected, rtol=1e-12, atol=1e-12)


@few
@given(points, st.integers(-60, 60))
def test_envelope_with_a_value_at_zero(xy, at_zero):
    x, y = np.append(xy[0], 0.0), np.append(xy[1], at_zero)
    curve = PiecewiseLinear.envelope(*xy, at_zero=at_zero)
    np.testing.assert_allclose(curve(AT), least_concave(x, y, AT), rtol=1e-12, atol=1e-12)


def concave_fit(x, y, weights, at_zero):
    """The regression as a quadratic program over values and slopes at the distinct amounts."""
    import cvxpy as cp

    grid = np.unique(x) if at_zero is None else np.unique(np.append(x, 0.0))
    f = cp.Variable(grid.size)
    slopes = cp.multiply(f[1:] - f[:-1], 1 / np.diff(grid))
    rules = [slopes >= 0] + ([slopes[1:] <= slopes[:-1]] if grid.size > 2 else [])
    rules += [] if at_zero is None else [f[0] == at_zero]
    loss = cp.sum(cp.multiply(weights, cp.square(f[np.searchsorted(grid, x)] - y)))
    cp.Problem(cp.Minimize(loss), rules).solve(
        solver="CLARABEL", tol_gap_abs=1e-11, tol_gap_rel=1e-11, tol_feas=1e-11
    )
    return grid, f.value


@pytest.mark.parametrize("at_zero", [None, -0.2])
@pytest.mark.parametrize("first", [0.0, 0.7])
@pytest.mark.parametrize("seed", range(3))
def test_regression_is_the_least_squares_optimum(seed, first, at_zero):
    rng = np.random.default_rng(seed)
    x = np.append(first + rng.integers(0, 12, 18) / 2, first)
    y = np.log1p(x) + rng.normal(scale=0.3, size=x.size)
    weights = rng.uniform(0.5, 2, x.size)
    grid, expected = concave_fit(x, y, weights, at_zero)
    curve = PiecewiseLinear.regression(x, y, weights, at_zero)
    found = np.asarray(curve(grid))
    loss = lambda f: np.sum(weights * (f[np.searchsorted(grid, x)] - y) ** 2)  # noqa: E731
    assert loss(found) <= loss(expected) * (1 + 1e-8)
    np.testing.assert_allclose(found, expected, atol=2e-4)
    if at_zero is not None:
        assert float(curve(0.0)) == at_zero
    assert curves.check_concave(curve, 10.0)


def test_regression_reproduces_concave_points_and_large_offsets():
    x = np.array([1.0, 2.0, 4.0, 8.0])
    for offset in (0.0, 1e6):
        curve = PiecewiseLinear.regression(x, offset + np.sqrt(x))
        np.testing.assert_allclose(curve(x), offset + np.sqrt(x), rtol=1e-9 if offset else 1e-12)
        slope = np.sqrt(2) - 1
        np.testing.assert_allclose(curve(0.0), offset + 1 - slope, rtol=1e-9)


def test_staircase():
    x, y = np.array([0.0, 1.0, 2.0, 5.0]), np.array([1.0, 4.0, 5.0, 5.0])
    curve = PiecewiseLinear(x, y)
    t = np.array([0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 9.0, np.inf])
    gains = [3.0, 3.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    np.testing.assert_array_equal(curve(t), [1.0, 2.5, 4.0, 4.5, 5.0, 5.0, 5.0, 5.0, 5.0])
    np.testing.assert_array_equal(curve.marginal(t), gains)
    np.testing.assert_array_equal(jax.vmap(jax.grad(curve))(t[:-1]), gains[:-1])
    prices = np.array([4.0, 3.0, 2.0, 1.0, 0.5])
    np.testing.assert_array_equal(curve.inverse_marginal(prices), [0.0, 1.0, 1.0, 2.0, 2.0])
    assert float(curve.limit) == 2.0


def test_gradients_in_the_points():
    x, y = np.array([0.0, 1.0, 4.0]), np.array([0.0, 2.0, 3.5])
    value = lambda x, y: PiecewiseLinear(x, y)(2.0)  # noqa: E731
    in_x, in_y = jax.grad(value, (0, 1))(x, y)
    np.testing.assert_allclose(in_y, [0, 2 / 3, 1 / 3], atol=1e-15)
    np.testing.assert_allclose(in_x, [0, -1 / 3, -1 / 6], atol=1e-15)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([0.0], [1.0], "two points or more"),
        ([0.0, 1.0], [1.0, 2.0, 3.0], "two vectors of the same length"),
        ([0.0, np.nan], [1.0, 2.0], r"x\[1\] = nan: knots must be finite"),
        ([0.0, 1.0], [1.0, np.inf], r"y\[1\] = inf: values must be finite"),
        ([1.0, 2.0], [1.0, 2.0], r"x\[0\] = 1.0: the first knot must be 0"),
        ([0.0, 1.0, 1.0], [0.0, 1.0, 2.0], "knots must increase"),
        ([0.0, 1.0, 2.0], [0.0, 1.0, 0.5], r"slope\[1\] = -0.5: .*envelope or .regression"),
        ([0.0, 1.0, 2.0], [0.0, 1.0, 3.0], r"change of slope\[0\] = 1.0: .*envelope"),
    ],
)
def test_bad_knots(x, y, message):
    with pytest.raises(ValueError, match=message):
        PiecewiseLinear(x, y)


@pytest.mark.parametrize("make", [PiecewiseLinear.envelope, PiecewiseLinear.regression])
def test_bad_points(make):
    with pytest.raises(ValueError, match=r"shapes \(2,\), \(3,\): two vectors of one length"):
        make([0.0, 1.0], [0.0, 1.0, 2.0])
    with pytest.raises(ValueError, match=r"x\[1\] = -1.0: amounts must be finite and >= 0"):
        make([0.0, -1.0], [0.0, 1.0])
    with pytest.raises(ValueError, match=r"y\[0\] = nan: values must be finite"):
        make([0.0, 1.0], [np.nan, 1.0])
    with pytest.raises(ValueError, match="at_zero = nan"):
        make([1.0, 2.0], [0.0, 1.0], at_zero=np.nan)


def test_bad_regressions():
    with pytest.raises(ValueError, match="one distinct amount"):
        PiecewiseLinear.regression([2.0, 2.0], [1.0, 2.0])
    with pytest.raises(ValueError, match=r"weights\[0\] = 0.0: must be finite and > 0"):
        PiecewiseLinear.regression([1.0, 2.0], [1.0, 2.0], weights=[0.0, 1.0])
    with pytest.raises(ValueError, match=r"weights has shape \(3,\), not \(2,\)"):
        PiecewiseLinear.regression([1.0, 2.0], [1.0, 2.0], weights=np.ones(3))


@pytest.mark.parametrize("upper", [5.0, 9.0, 60.0])
def test_envelope_of_universal_scalability(upper):
    """Concave up to its peak: the envelope is the curve, then its greatest value."""
    curve = curves.UniversalScalability(3.0, 0.1, 0.01)
    peak = np.sqrt(0.9 / 0.01)
    hull = curve.envelope(upper)
    t = np.linspace(0, upper, 101)
    expected = np.where(t < peak, curve(t), curve(peak))
    np.testing.assert_allclose(hull(t), expected, rtol=1e-4)
    assert np.all(np.asarray(hull(t)) <= expected * (1 + 1e-12))
    assert abs(float(hull.limit) - min(peak, upper)) <= upper / 4096
    assert curves.check_concave(hull, upper)


def test_envelope_of_an_s_shape_starts_with_a_straight_line():
    hill = curves.Hill(1.0, 2.0, 3.0)
    hull = hill.envelope(20.0)
    # the tangent through 0 touches where f(t) = t f'(t): (t/2)**3 = 2
    touch = 2 * 2 ** (1 / 3)
    np.testing.assert_allclose(hull.marginal(0.0), hill(touch) / touch, rtol=1e-6)
    np.testing.assert_allclose(hull(10.0), hill(10.0), rtol=1e-6)
