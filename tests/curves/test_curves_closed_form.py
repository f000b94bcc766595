"""Value, marginal gain and inverse marginal gain against 90-digit formulas."""

from decimal import Decimal

import numpy as np
import pytest
from curve_cases import CASES, inverse_marginal, marginal, value

FRACTIONS = np.array([0.0, 1e-14, 1e-7, 1e-3, 0.03, 0.2, 0.5, 0.8])


def table(case):
    """Parameters and amounts, every row of parameters with every amount."""
    rows = np.column_stack(case.draw(6))
    if case.extremes:
        rows = np.vstack([rows, case.extremes])
    rows = np.repeat(rows, FRACTIONS.size, axis=0)
    parameters = tuple(rows.T)
    unit = np.broadcast_to(case.unit(*parameters), rows.shape[0])
    return np.tile(FRACTIONS, rows.shape[0] // FRACTIONS.size) * case.reach * unit, parameters


def error(found, exact):
    """Largest error relative to the exact number; 0 must be found as 0."""
    pairs = zip(np.asarray(found), exact, strict=True)
    return max(float(abs(Decimal(float(f)) - e) / abs(e)) if e else float(abs(f)) for f, e in pairs)


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_value(case):
    t, parameters = table(case)
    found = value(case.build(*parameters), t)
    assert error(found, case.exact(case.value, t, *parameters)) < 2e-14


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_marginal(case):
    t, parameters = table(case)
    found = np.asarray(marginal(case.build(*parameters), t))
    if case.infinite_slope:
        assert np.all(found[t == 0] == np.inf)
    inside = (t > 0) | (not case.infinite_slope)
    parameters = tuple(p[inside] for p in parameters)
    exact = case.exact(case.gain, t[inside], *parameters)
    assert error(found[inside], exact) < 2e-13  # exp of a logarithm of up to 500


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_inverse_marginal(case):
    """The exact gain at the amount found is the price; a flat gain leaves the amount uncertain."""
    t, curve_parameters = table(case)
    curve = case.build(*curve_parameters)
    price = np.asarray(marginal(curve, t))
    found = np.asarray(inverse_marginal(curve, price))
    inside = (t > 0) & (price > 0)
    parameters = tuple(p[inside] for p in curve_parameters)
    exact = case.exact(case.gain, found[inside], *parameters)
    elasticity = np.abs(np.log(price[inside])) + 100
    miss = [
        float(abs(Decimal(float(p)) / e - 1)) for p, e in zip(price[inside], exact, strict=True)
    ]
    assert np.max(miss / elasticity) < 1e-14
    unit = np.broadcast_to(case.unit(*curve_parameters), t.shape)
    assert np.all(found[t == 0] <= 1e-14 * case.reach * unit[t == 0])


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_prices_beyond_the_range(case):
    parameters = case.draw(5)
    curve = case.build(*parameters)
    top = np.asarray(marginal(curve, np.zeros(5)))
    if not case.infinite_slope:
        assert np.all(np.asarray(inverse_marginal(curve, top * 1.001)) == 0)
    assert np.all(np.asarray(inverse_marginal(curve, np.full(5, np.inf))) == 0)
    for nothing in (0.0, -1.0):
        most = np.asarray(inverse_marginal(curve, np.full(5, nothing)))
        limit = np.broadcast_to(np.asarray(curve.limit), 5)
        searched = np.sqrt(np.finfo(float).max)  # stands for infinity where roots are searched
        assert np.all(
            most == np.where(np.isfinite(limit), limit, np.where(most < np.inf, searched, most))
        )
    assert np.all(np.isnan(np.asarray(inverse_marginal(curve, np.full(5, np.nan)))))
