"""What the fitter knows of each family: its shape, the box of its shape parameters, its nesting.

A fitted curve is low + amplitude * shape(u, x) with shape(u, 0) = 0. Amplitude and low enter
linearly and are solved exactly; only u, one or two numbers (logarithms of rates and half-values,
exponents), is searched for. x arrives divided by its geometric mean, so that one grid of starts
serves milliseconds and megaflops alike.

A face is a line of starts on the edge of the box, where the family has shrunk to a smaller one
(Hill with power 1 is Hyperbolic). The search keeps to a face once it is on it, so the smaller
family is fitted along with the larger, and the larger can never come out worse.
"""

from __future__ import annotations

import itertools

import jax.numpy as jnp
import numpy as np

from ..curves import (
    Exponential,
    Hill,
    Hyperbolic,
    Logarithmic,
    Lomax,
    Power,
    SaturatingPower,
    ShiftedPower,
    StretchedExponential,
    UniversalScalability,
)
from ..curves._numerics import expm1_ratio
from ._family import Family

NEAR_ONE = 1 - 1e-6  # exponents end here: the curves need exponent < 1, their limit is a line


def _grid(*axes):
    return tuple(itertools.product(*axes))


def _spread(low, high, count):
    return tuple(float(v) for v in np.linspace(low, high, count))


_RATES = _spread(-7.0, 6.0, 14)
_COARSE = _spread(-5.0, 5.0, 6)


def _power_or_zero(function):
    """x = 0 is measured too: the shape is 0 there, and log(0) must not reach the derivative."""

    def shape(u, x, x_scale):
        zero = x == 0
        return jnp.where(zero, 0, function(u, jnp.where(zero, 1, x)))

    return shape


def _hill_shape(u, x):
    ratio = u[1] * (jnp.log(x) - u[0])
    return 1 / (1 + jnp.exp(-ratio))


def _hill(key, highest, powers, faces, concave):
    return Family(
        curve=Hill,
        key=key,
        names=("scale", "half", "power"),
        shape=_power_or_zero(_hill_shape),
        natural=lambda u, c, s: (c, jnp.exp(u[0]) * s, u[1]),
        box=((-60.0, 60.0), (0.01, highest)),
        starts=_grid(_COARSE, powers),
        faces=faces,
        concave=concave,
        limits=(("half", "Power"), ("power", "Hyperbolic" if concave else "a step")),
    )


def _lomax_shape(u, x, x_scale):
    shape = jnp.exp(u[1])
    return -jnp.expm1(-shape * jnp.log1p(jnp.exp(u[0]) * x / (1 + shape)))


def _saturating_shape(u, x, x_scale):
    exponent = 1 + jnp.exp(u[1])
    part = x / (jnp.exp(u[0]) * exponent)
    inside = part < 1
    return jnp.where(inside, -jnp.expm1(exponent * jnp.log1p(-jnp.where(inside, part, 0))), 1)


def _scalability_shape(u, x, x_scale):
    contention, coherency = jnp.exp(u[0]), jnp.exp(u[1])
    return x / (1 + (contention - coherency / x_scale) * x + coherency * x**2)


def _scalability(u, c, s):
    contention = jnp.exp(u[0]) / s
    serial = contention / (1 + contention)
    return c / s * (1 - serial), serial, jnp.exp(u[1]) / s**2 * (1 - serial)


def _shifted_shape(u, x, x_scale):
    # The factor keeps the shape near x**exponent as the shift goes to 0, where it would overflow.
    return expm1_ratio(u[1], jnp.log1p(x * jnp.exp(-u[0]))) * jnp.exp(jnp.maximum(u[1], 0) * u[0])


def _shifted(u, c, s):
    # |exponent| < 1e-7 is the logarithm to rounding, and the curve's scale divides by it.
    p = jnp.where(jnp.abs(u[1]) < 1e-7, 1e-7, u[1])
    return c / jnp.abs(p) * jnp.exp(jnp.maximum(-p, 0) * u[0]) * s**-p, jnp.exp(u[0]) * s, p


POWER = Family(
    curve=Power,
    key="Power",
    names=("scale", "exponent"),
    shape=_power_or_zero(lambda u, x: jnp.exp(u[0] * jnp.log(x))),
    natural=lambda u, c, s: (c * s ** -u[0], u[0]),
    box=((0.02, NEAR_ONE),),
    starts=_grid((0.03, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)),
    limits=(("exponent", "a straight line or log(t)"),),
)
LOGARITHMIC = Family(
    curve=Logarithmic,
    key="Logarithmic",
    names=("scale", "rate"),
    shape=lambda u, x, s: jnp.log1p(jnp.exp(u[0]) * x),
    natural=lambda u, c, s: (c, jnp.exp(u[0]) / s),
    box=((-14.0, 60.0),),
    starts=_grid((*_RATES, 12.0, 25.0)),
    limits=(("rate", "a straight line or log(t)"),),
    knee_is_low=False,
)
EXPONENTIAL = Family(
    curve=Exponential,
    key="Exponential",
    names=("low", "high", "rate"),
    shape=lambda u, x, s: -jnp.expm1(-jnp.exp(u[0]) * x),
    natural=lambda u, c, s: (c, jnp.exp(u[0]) / s),
    box=((-14.0, 14.0),),
    starts=_grid(_RATES),
    own_low=True,
    limits=(("rate", "a straight line or a constant"),),
    knee_is_low=False,
)
HYPERBOLIC = Family(
    curve=Hyperbolic,
    key="Hyperbolic",
    names=("scale", "half"),
    shape=lambda u, x, s: x / (x + jnp.exp(u[0])),
    natural=lambda u, c, s: (c, jnp.exp(u[0]) * s),
    box=((-20.0, 16.0),),
    starts=_grid(_RATES),
    limits=(("half", "a straight line or a constant"),),
)
HILL = _hill("Hill", 1.0, (0.1, 0.3, 0.6, 0.9), _grid(_RATES, (1.0,)), True)
HILL_ANY = _hill("Hill (any power)", 8.0, (0.2, 0.6, 1.5, 3.0, 6.0), _grid(_COARSE, (8.0,)), False)
LOMAX = Family(
    curve=Lomax,
    key="Lomax",
    names=("scale", "rate", "shape"),
    shape=_lomax_shape,
    natural=lambda u, c, s: (c, jnp.exp(u[0]) / (1 + jnp.exp(u[1])) / s, jnp.exp(u[1])),
    box=((-14.0, 60.0), (-12.0, 14.0)),
    starts=_grid((*_COARSE, 12.0), (-2.5, 0.0, 2.5)),
    faces=(*_grid(_RATES, (-12.0,)), *_grid(_RATES, (14.0,))),
    limits=(("rate", "a straight line or log(t)"), ("shape", "Logarithmic or Exponential")),
    knee_is_low=False,
)
SHIFTED_POWER = Family(
    curve=ShiftedPower,
    key="ShiftedPower",
    names=("scale", "shift", "exponent"),
    shape=_shifted_shape,
    natural=_shifted,
    box=((-650.0, 30.0), (-20.0, NEAR_ONE)),
    starts=_grid((-9.0, -4.0, -1.5, 0.5, 3.0), (-3.0, -1.0, -0.2, 0.2, 0.5, 0.8)),
    faces=_grid((-650.0,), (0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)),
    limits=(("shift", "Power or a straight line"), ("exponent", "a straight line or Exponential")),
)
STRETCHED = Family(
    curve=StretchedExponential,
    key="StretchedExponential",
    names=("scale", "time", "power"),
    shape=_power_or_zero(lambda u, x: -jnp.expm1(-jnp.exp(u[1] * (jnp.log(x) - u[0])))),
    natural=lambda u, c, s: (c, jnp.exp(u[0]) * s, u[1]),
    box=((-60.0, 60.0), (0.01, 1.0)),
    starts=_grid(_COARSE, (0.1, 0.3, 0.6, 0.9)),
    faces=_grid(_RATES, (1.0,)),
    limits=(("time", "Power or a constant"), ("power", "Exponential")),
)
SATURATING_POWER = Family(
    curve=SaturatingPower,
    key="SaturatingPower",
    names=("scale", "limit", "exponent"),
    shape=_saturating_shape,
    natural=lambda u, c, s: (
        c * (jnp.exp(u[0]) * (1 + jnp.exp(u[1])) * s) ** -(1 + jnp.exp(u[1])),
        jnp.exp(u[0]) * (1 + jnp.exp(u[1])) * s,
        1 + jnp.exp(u[1]),
    ),
    box=((-9.0, 14.0), (-9.0, 3.0)),
    starts=_grid((*_COARSE, 0.3), (-2.5, -0.5, 0.5, 1.5)),
    faces=_grid(_RATES, (-9.0,)),
    limits=(("limit", "a straight line or a constant"), ("exponent", "a ramp or Exponential")),
)
SCALABILITY = Family(
    curve=UniversalScalability,
    key="UniversalScalability",
    names=("scale", "contention", "coherency"),
    shape=_scalability_shape,
    natural=_scalability,
    box=((-16.0, 16.0), (-24.0, 16.0)),
    starts=_grid((-6.0, -3.0, -1.0, 1.0, 3.0), (-8.0, -5.0, -3.0, -1.0, 1.0)),
    faces=(*_grid(_RATES, (-24.0,)), *_grid((-16.0,), _RATES)),
    concave=False,
    limits=(("contention", "0 or 1"), ("coherency", "0, which is Hyperbolic")),
)

_ALL = (
    POWER,
    LOGARITHMIC,
    EXPONENTIAL,
    HYPERBOLIC,
    HILL,
    HILL_ANY,
    LOMAX,
    SHIFTED_POWER,
    STRETCHED,
    SATURATING_POWER,
    SCALABILITY,
)
CONCAVE = (POWER, LOGARITHMIC, EXPONENTIAL, HYPERBOLIC, HILL, LOMAX, SHIFTED_POWER, STRETCHED)


def family_of(family, concave: bool = True) -> Family:
    """The fitter's entry of a curve class or of its name.

    concave: with False, Hill's power may exceed 1 (S-shaped); other families have one form.
    """
    if isinstance(family, Family):
        return family
    for known in _ALL:
        if family is known.curve or family in (known.key, known.curve.__name__):
            return HILL_ANY if known is HILL and not concave else known
    names = ", ".join(sorted({f.curve.__name__ for f in _ALL} | {"PiecewiseLinear"}))
    raise ValueError(f"family = {family!r}: no such family to fit; choose one of {names}.")
