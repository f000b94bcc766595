"""Closed forms, invariances and bad data of a single fit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import concave_sched as cs
from concave_sched.fitting import Fit, FitStatus, fit, fit_many
from concave_sched.fitting._fit import _solve_quickly

AMOUNTS = np.array([0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0])
TRUTH = {
    "Power": cs.curves.Power(2.0, 0.6),
    "Logarithmic": cs.curves.Logarithmic(3.0, 0.7),
    "Exponential": cs.curves.Exponential(0.0, 5.0, 0.2),
    "Hyperbolic": cs.curves.Hyperbolic(8.0, 4.0),
    "Hill": cs.curves.Hill(8.0, 4.0, 0.7),
    "Lomax": cs.curves.Lomax(5.0, 0.5, 1.5),
    "ShiftedPower": cs.curves.ShiftedPower(2.0, 1.5, 0.4),
    "StretchedExponential": cs.curves.StretchedExponential(4.0, 5.0, 0.6),
    "SaturatingPower": cs.curves.SaturatingPower(0.02, 30.0, 2.0),
    "UniversalScalability": cs.curves.UniversalScalability(2.0, 0.05, 0.002),
}
TWO_PARAMETERS = ("Power", "Logarithmic", "Exponential", "Hyperbolic")


@pytest.mark.parametrize("name", TRUTH)
def test_a_speedup_without_noise_is_recovered(name):
    truth = TRUTH[name]
    found = fit(name, AMOUNTS, np.asarray(truth(AMOUNTS)), at_zero=0.0)
    assert found.sse <= 1e-12 * found.report["sst"]
    assert type(found.curve) is type(truth)
    assert float(found.curve(0.0)) == 0.0
    np.testing.assert_allclose(found.curve(AMOUNTS), truth(AMOUNTS), rtol=1e-5)
    np.testing.assert_allclose(found.residuals, 0, atol=1e-5 * float(truth(21.0)))


@pytest.mark.parametrize("name", TWO_PARAMETERS)
def test_offset_is_recovered_with_the_parameters(name):
    truth = TRUTH[name].offset(40.0)
    found = fit(name, AMOUNTS, np.asarray(truth(AMOUNTS)))
    np.testing.assert_allclose(found.curve(0.0), 40.0, rtol=1e-6)
    assert found.status is FitStatus.CONVERGED
    own = TRUTH[name]
    for field in own.__dataclass_fields__:
        shift = 40.0 if field in ("low", "high") else 0.0
        np.testing.assert_allclose(found.parameters[field], getattr(own, field) + shift, rtol=1e-5)


@pytest.mark.parametrize("name", ("Power", "Exponential", "Hyperbolic"))
def test_the_answer_does_not_depend_on_the_units(name):
    y = np.asarray(TRUTH[name](AMOUNTS)) + 0.1 * np.sin(5 * AMOUNTS)
    one = fit(name, AMOUNTS, y)
    other = fit(name, 1e9 * AMOUNTS, 1e-6 * y)
    np.testing.assert_allclose(other.curve(1e9 * AMOUNTS), 1e-6 * one.curve(AMOUNTS), rtol=1e-7)
    np.testing.assert_allclose(other.r2, one.r2, rtol=1e-9)


def test_order_of_points_and_integer_weights_mean_nothing_more():
    y = np.asarray(TRUTH["Hyperbolic"](AMOUNTS)) + 0.1 * np.cos(AMOUNTS)
    weights = np.array([1.0, 2, 1, 1, 3, 1, 1, 1])
    weighted = fit("Hyperbolic", AMOUNTS[::-1], y[::-1], weights[::-1], at_zero=0.0)
    repeated = fit(
        "Hyperbolic",
        np.repeat(AMOUNTS, weights.astype(int)),
        np.repeat(y, weights.astype(int)),
        at_zero=0.0,
    )
    np.testing.assert_allclose(weighted.curve(7.0), repeated.curve(7.0), rtol=1e-8)
    np.testing.assert_allclose(weighted.sse, repeated.sse, rtol=1e-8)


def test_pinned_value_is_exact_and_schedulable():
    y = 70 + np.asarray(TRUTH["Hyperbolic"](AMOUNTS))
    found = fit("Hyperbolic", AMOUNTS, y, at_zero=0.1, chance=0.1)
    assert float(found.curve(0.0)) == 0.1
    assert not found.below_chance
    speedup = fit("Hyperbolic", AMOUNTS, y - 70, at_zero=0.0).curve
    assert isinstance(speedup, cs.curves.Hyperbolic)
    shares = cs.waterfill(speedup, 10.0, weights=np.ones(4))
    np.testing.assert_allclose(shares.amounts, 2.5)


def test_free_offset_below_chance_is_told():
    x = np.array([10.0, 20, 30, 40, 50])
    found = fit("Exponential", x, np.array([20.0, 45, 60, 69, 75]), chance=0.1)
    assert found.below_chance and "below chance" in found.summary()


def test_new_data_of_the_same_padded_length_do_not_recompile():
    y = np.asarray(TRUTH["Hyperbolic"](AMOUNTS))
    fit("Hyperbolic", AMOUNTS, y)
    compiled = _solve_quickly._cache_size()
    for points in (3, 5, 8):
        fit("Hyperbolic", AMOUNTS[:points] * 3, y[:points] + 1, at_zero=0.5)
    fit("Hyperbolic", AMOUNTS, y, np.ones(8))
    assert _solve_quickly._cache_size() == compiled


def test_robust_losses_ignore_a_wrong_point():
    y = np.asarray(TRUTH["Hyperbolic"](AMOUNTS))
    wrong = y + np.where(AMOUNTS == 5.0, 4.0, 0.01 * np.sin(AMOUNTS))
    truth, errors = float(TRUTH["Hyperbolic"](10.0)), {}
    for loss in ("squares", "huber", "cauchy"):
        found = fit("Hyperbolic", AMOUNTS, wrong, at_zero=0.0, loss=loss)
        errors[loss] = abs(float(found.curve(10.0)) - truth)
    assert errors["cauchy"] < 0.02 < errors["squares"]
    assert errors["huber"] < errors["squares"] / 3


def test_decreasing_and_constant_series_are_flagged():
    for y in (AMOUNTS[::-1], np.full(8, 3.0), np.zeros(8)):
        found = fit("Exponential", AMOUNTS, y)
        assert found.status is FitStatus.FLAT
        np.testing.assert_allclose(found.curve(AMOUNTS), np.mean(y), atol=1e-9)
        assert found.summary() and found._repr_html_()


def test_too_few_points_are_flagged_and_have_no_error_estimate():
    found = fit("Hyperbolic", [1.0, 2.0, 4.0], [1.0, 1.8, 2.9])
    assert found.status is FitStatus.SATURATED
    assert np.isnan(found.covariance).all()
    assert np.isnan(found.aicc)
    assert "SATURATED" in found.summary()


def test_a_straight_line_is_at_the_limit_of_every_family():
    found = fit("Exponential", AMOUNTS, 2 * AMOUNTS)
    assert found.bound_hits == {"rate": "lower"}
    assert found.status is FitStatus.AT_LIMIT and "straight line" in found.summary()
    np.testing.assert_allclose(found.curve(AMOUNTS), 2 * AMOUNTS, rtol=1e-4)


def test_hill_of_any_power_is_fitted_and_refused_by_the_scheduler():
    truth = cs.curves.Hill(1.0, 5.0, 3.0)
    found = fit("Hill", AMOUNTS, np.asarray(truth(AMOUNTS)), at_zero=0.0, concave=False)
    np.testing.assert_allclose(found.parameters["power"], 3.0, rtol=1e-5)
    with pytest.raises(ValueError, match="envelope"):
        cs.waterfill(found.curve, 10.0, weights=np.ones(3))
    envelope = found.curve.envelope(21.0)
    assert float(cs.waterfill(envelope, 10.0, weights=np.ones(3)).value) > 0


def test_the_universal_scalability_law_is_refused_until_enveloped():
    truth = TRUTH["UniversalScalability"]
    raw = fit("UniversalScalability", AMOUNTS, np.asarray(truth(AMOUNTS)), at_zero=0.0).curve
    with pytest.raises(ValueError, match="UniversalScalability"):
        cs.waterfill(raw, 100.0, weights=np.ones(3))
    top = float(raw(np.sqrt((1 - 0.05) / 0.002)))
    np.testing.assert_allclose(raw.envelope(60.0)(60.0), top, rtol=1e-3)


def test_a_knee_below_the_data_is_told_and_does_not_run_away():
    """5 - x^(-1/2) has no value at 0: its offset is minus infinity."""
    found = fit("Hill", AMOUNTS, 5 - AMOUNTS**-0.5)
    assert "half" in found.bound_hits and found.status is FitStatus.AT_LIMIT
    assert -1e6 < float(found.curve(0.0)) < 0
    assert found.r2 > 0.999


def test_regression_is_a_fit_like_the_others():
    found = fit(cs.curves.PiecewiseLinear, AMOUNTS, np.asarray(TRUTH["Hill"](AMOUNTS)))
    assert found.r2 > 1 - 1e-9 and isinstance(found, Fit)
    assert found.summary() and len(found.to_dataframe()) == 8


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        ([1.0, np.nan], [1.0, 2.0], {}, r"x\[1\] = nan"),
        ([1.0, 2.0], [1.0, np.inf], {}, r"y\[1\] = inf"),
        ([-1.0, 2.0], [1.0, 2.0], {}, r"x\[0\] = -1"),
        ([1.0], [1.0], {}, "1 points"),
        ([1.0, 2.0, 3.0], [1.0, 2.0], {}, "shapes"),
        ([0.0, 0.0], [1.0, 2.0], {}, "every amount is 0"),
        ([1.0, 2.0], [1.0, 2.0], {"weights": [1.0, -1.0]}, r"weights\[1\]"),
        ([1.0, 2.0], [1.0, 2.0], {"weights": [1.0, 0.0]}, "fewer than 2"),
        ([1.0, 2.0], [1.0, 2.0], {"at_zero": np.nan}, "at_zero"),
        ([1.0, 2.0], [1.0, 2.0], {"chance": "low"}, "chance = 'low': give numbers"),
        ([1.0, "two"], [1.0, 2.0], {}, "x = .*give numbers"),
        ([1.0, 2.0], [1.0, 2.0], {"loss": "absolute"}, "absolute"),
    ],
)
def test_bad_data_are_named(x, y, options, message):
    with pytest.raises(ValueError, match=message):
        fit("Hyperbolic", x, y, **options)


@pytest.mark.parametrize(
    ("series", "options", "message"),
    [
        ([([1.0, 2.0], [1.0, 2.0])], {}, "series is a list"),
        ({"a": 3.0}, {}, "series 'a': give"),
        ({"a": ([1.0, 2.0], [1.0])}, {}, "series 'a': x, y have shapes"),
        ({"a": ([1.0, 2.0], [1.0, 2.0])}, {"at_zero": {"b": 0.0}}, "at_zero has no entry 'a'"),
        ({"a": ([1.0, 2.0], [1.0, 2.0])}, {"loss": "absolute"}, "absolute"),
    ],
)
def test_bad_series_are_named(series, options, message):
    with pytest.raises(ValueError, match=message):
        fit_many(series, **options)


def test_unknown_family_is_named():
    with pytest.raises(ValueError, match="Sigmoid"):
        fit("Sigmoid", [1.0, 2.0], [1.0, 2.0])


def test_duplicated_and_zero_amounts_are_measurements_like_others():
    x = np.array([0.0, 1.0, 1.0, 2.0, 4.0])
    for name in ("Power", "Hill", "StretchedExponential"):
        found = fit(name, x, np.array([0.1, 1.0, 1.2, 1.7, 2.2]))
        assert np.isfinite(found.sse) and np.isfinite(np.asarray(found.residuals)).all()
        assert found.r2 > 0.9


def test_float32_is_refused():
    with jax.enable_x64(False), pytest.raises(RuntimeError, match="jax_enable_x64"):
        fit("Hyperbolic", AMOUNTS, AMOUNTS)


def test_table_and_picture():
    y = np.asarray(TRUTH["Hyperbolic"](AMOUNTS)) + 0.05 * np.sin(3 * AMOUNTS)
    found = fit("Hyperbolic", AMOUNTS, y)
    table = found.to_dataframe()
    assert (table.band_low < table.fitted).all() and (table.fitted < table.band_high).all()
    np.testing.assert_allclose(table.fitted + table.residual, y)
    ax = found.plot()
    assert len(ax.lines) >= 3
    import matplotlib.pyplot as plt

    plt.close(ax.figure)


def test_jnp_inputs_are_accepted():
    found = fit("Hyperbolic", jnp.asarray(AMOUNTS), jnp.asarray(TRUTH["Hyperbolic"](AMOUNTS)))
    np.testing.assert_allclose(found.parameters["half"], 4.0, rtol=1e-5)
