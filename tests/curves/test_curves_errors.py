"""Bad parameters: the message names the argument, the entry and the remedy."""

import re

import numpy as np
import pytest

from concave_sched import curves as c

POSITIVE = {
    c.Power: ("scale",),
    c.ShiftedPower: ("scale", "shift"),
    c.Logarithmic: ("scale", "rate"),
    c.SaturatingPower: ("scale", "limit"),
    c.Hyperbolic: ("scale", "half"),
    c.Hill: ("scale", "half", "power"),
    c.Lomax: ("scale", "rate", "shape"),
    c.StretchedExponential: ("scale", "time"),
    c.UniversalScalability: ("scale",),
}
GOOD = {
    c.Power: {"scale": 1.0, "exponent": 0.5},
    c.ShiftedPower: {"scale": 1.0, "shift": 1.0, "exponent": 0.5},
    c.Logarithmic: {"scale": 1.0, "rate": 1.0},
    c.SaturatingPower: {"scale": 1.0, "limit": 1.0, "exponent": 2.0},
    c.Exponential: {"low": 0.0, "high": 1.0, "rate": 1.0},
    c.Hyperbolic: {"scale": 1.0, "half": 1.0},
    c.Hill: {"scale": 1.0, "half": 1.0, "power": 0.5},
    c.Lomax: {"scale": 1.0, "rate": 1.0, "shape": 1.0},
    c.StretchedExponential: {"scale": 1.0, "time": 1.0, "power": 0.5},
    c.UniversalScalability: {"scale": 1.0, "contention": 0.1, "coherency": 0.01},
}


@pytest.mark.parametrize("family", GOOD)
def test_good_parameters_pass_in_every_form(family):
    for form in (float, np.float64, lambda v: [v, v], lambda v: np.array([v, v])):
        family(**{name: form(value) for name, value in GOOD[family].items()})


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan, np.inf])
@pytest.mark.parametrize(
    ("family", "name"), [(f, n) for f, names in POSITIVE.items() for n in names]
)
def test_positive_parameters(family, name, bad):
    message = re.escape(f"{name} = {bad}: {family.__name__} needs a finite {name} > 0.")
    with pytest.raises(ValueError, match=message):
        family(**{**GOOD[family], name: bad})
    with pytest.raises(ValueError, match=re.escape(f"{name}[1] = {bad}: ")):
        family(**{**GOOD[family], name: [GOOD[family][name], bad]})


@pytest.mark.parametrize(
    ("family", "name", "bad", "remedy"),
    [
        (c.Power, "exponent", 0.0, "0 < exponent < 1"),
        (c.Power, "exponent", 1.0, "0 < exponent < 1"),
        (c.Power, "exponent", np.nan, "0 < exponent < 1"),
        (c.ShiftedPower, "exponent", 1.0, "exponent < 1 and not 0"),
        (c.ShiftedPower, "exponent", 0.0, "limit at 0 is Logarithmic"),
        (c.ShiftedPower, "exponent", -np.inf, "exponent < 1"),
        (c.ShiftedPower, "shift", 0.0, "Without a shift use Power"),
        (c.SaturatingPower, "exponent", 1.0, "exponent > 1"),
        (c.SaturatingPower, "exponent", np.inf, "finite exponent"),
        (c.Exponential, "low", np.nan, "finite value at 0"),
        (c.Exponential, "high", np.inf, "finite limit value"),
        (c.Exponential, "rate", -1.0, "rate > 0"),
        (c.StretchedExponential, "power", 1.5, "0 < power <= 1"),
        (c.UniversalScalability, "contention", 1.0, "0 <= contention < 1"),
        (c.UniversalScalability, "coherency", -0.1, "coherency >= 0"),
        (c.UniversalScalability, "coherency", np.nan, "coherency >= 0"),
    ],
)
def test_other_ranges(family, name, bad, remedy):
    with pytest.raises(ValueError, match=rf"{name} = .*{re.escape(remedy)}"):
        family(**{**GOOD[family], name: bad})
    with pytest.raises(ValueError, match=rf"{name}\[2\] = .*{re.escape(remedy)}"):
        family(**{**GOOD[family], name: [GOOD[family][name]] * 2 + [bad]})


def test_exponential_must_rise():
    with pytest.raises(ValueError, match=r"high - low\[1\] = -0.5: Exponential needs high > low"):
        c.Exponential([0.0, 1.0], [1.0, 0.5], 1.0)


@pytest.mark.parametrize("family", GOOD)
def test_not_a_number_at_all(family):
    name = next(iter(GOOD[family]))
    for bad in (None, "one", {}):
        with pytest.raises(ValueError, match=f"{name} = .*{family.__name__} needs a number"):
            family(**{**GOOD[family], name: bad})


def test_shapes_that_do_not_broadcast():
    with pytest.raises(ValueError, match=r"Power have shapes scale \(2,\), exponent \(3,\)"):
        c.Power([1.0, 2.0], [0.1, 0.2, 0.3])


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (lambda: c.SaturatingPower(1.0, 1e3, 1e3), "limit**exponent = inf"),
        (lambda: c.SaturatingPower(1.0, [1.0, 1e-3], 1e3), "limit**exponent[1] = 0.0"),
        (lambda: c.ShiftedPower(1.0, 1e-3, -200.0), "shift**exponent = inf"),
    ],
)
def test_powers_out_of_range(build, name):
    with pytest.raises(ValueError, match=re.escape(name) + ".*measure amounts in units nearer"):
        build()


def test_offset_and_custom():
    curve = c.Logarithmic(1.0, 1.0)
    with pytest.raises(ValueError, match=r"low\[1\] = nan: Offset needs a finite value"):
        curve.offset([0.1, np.nan])
    np.testing.assert_allclose(curve.offset([0.1, 0.2])(0.0), [0.1, 0.2])
    with pytest.raises(ValueError, match="function = 3: Custom needs a function"):
        c.Custom(3)
    with pytest.raises(ValueError, match="parameters = 'a': give numbers"):
        c.Custom(np.sqrt, "a")


def test_envelope_of_one_curve_on_a_finite_range():
    with pytest.raises(ValueError, match=r"shape \(2,\): an envelope is of one curve"):
        c.Logarithmic([1.0, 2.0], 1.0).envelope(3.0)
    for upper in (0.0, -1.0, np.inf, np.nan, "wide"):
        with pytest.raises(ValueError, match="upper = .*finite range > 0"):
            c.Logarithmic(1.0, 1.0).envelope(upper)
