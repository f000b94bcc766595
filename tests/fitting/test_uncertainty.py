"""Covariance, intervals and bands: against least squares theory and by simulation."""

import numpy as np
import pytest

import concave_sched as cs
from concave_sched.fitting import fit, fit_many

X = np.array([1.0, 2.0, 4.0, 6.0, 9.0, 14.0, 20.0, 30.0])


def test_covariance_is_that_of_scipy_curve_fit():
    from scipy.optimize import curve_fit

    y = 8 * X / (X + 4) + 0.1 * np.sin(9 * X)
    found = fit("Hyperbolic", X, y, at_zero=0.0)
    best, covariance = curve_fit(lambda x, c, k: c * x / (x + k), X, y, p0=[8.0, 4.0])
    np.testing.assert_allclose(list(found.parameters.values()), best, rtol=1e-6)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-4)


@pytest.mark.parametrize(
    ("truth", "at_zero"),
    [
        (cs.curves.Hyperbolic(8.0, 6.0), 0.0),
        (cs.curves.Exponential(2.0, 9.0, 0.15), None),
        (cs.curves.Power(2.0, 0.6), 0.0),
    ],
)
def test_intervals_of_95_percent_cover_90_to_98_percent(truth, at_zero):
    noise = np.random.default_rng(7).normal(0, 0.08, (1000, X.size))
    value = np.asarray(truth(X))
    data = {str(i): (X, value + row) for i, row in enumerate(noise)}
    family = type(truth)
    fits = fit_many(data, [family], at_zero=at_zero)
    covered = {name: 0 for name in truth.__dataclass_fields__}
    for found in fits.values():
        for name, (low, high) in found.confidence_intervals().items():
            covered[name] += low <= getattr(truth, name) <= high
    for name, count in covered.items():
        assert 900 <= count <= 980, (name, count)


def test_band_covers_the_curve_and_widens_away_from_the_data():
    truth = cs.curves.Hyperbolic(8.0, 6.0)
    noise = np.random.default_rng(3).normal(0, 0.08, (300, X.size))
    value = np.asarray(truth(X))
    data = {str(i): (X, value + row) for i, row in enumerate(noise)}
    fits = list(fit_many(data, ["Hyperbolic"], at_zero=0.0).values())
    at = np.array([3.0, 60.0])
    bands = [found.band(at) for found in fits]
    inside = np.mean([(low <= truth(at)) & (truth(at) <= high) for low, high in bands], axis=0)
    assert np.all(inside > 0.9) and np.all(inside < 0.99)
    low, high = fits[0].band(np.array([20.0, 200.0]))
    assert high[1] - low[1] > high[0] - low[0]
    wide = fits[0].band(at, new_measurement=True)
    assert np.all(wide[1] - wide[0] > np.subtract(*bands[0][::-1]))


def test_trusted_range_surrounds_the_data_and_shrinks_with_noise():
    quiet = fit("Hyperbolic", X, 8 * X / (X + 6) + 0.01 * np.sin(7 * X), at_zero=0.0)
    loud = fit("Hyperbolic", X, 8 * X / (X + 6) + 0.15 * np.sin(7 * X), at_zero=0.0)
    low, high = quiet.extrapolation_range()
    assert low <= 1.0 and high >= 30.0
    assert loud.extrapolation_range()[1] <= high


def test_concavity_violation_is_zero_for_concave_data_only():
    from concave_sched.fitting import concavity_violation

    assert concavity_violation(X, np.sqrt(X)) < 1e-8
    assert concavity_violation(X, X**2) > 0.05
    assert concavity_violation(X, np.where(X == 9, 0, np.sqrt(X))) > 0.2
