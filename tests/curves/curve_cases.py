"""One entry per family: builder, formula in 90-digit decimals, ordinary and extreme parameters.

The formulas are written from the definitions, not from the code: they share no term with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from decimal import Decimal, getcontext

import jax
import jax.numpy as jnp
import numpy as np

from concave_sched import curves

getcontext().prec = 90
getcontext().Emax, getcontext().Emin = 10**9, -(10**9)


value = jax.jit(lambda curve, t: curve(t))
marginal = jax.jit(lambda curve, t: curve.marginal(t))
inverse_marginal = jax.jit(lambda curve, price: curve.inverse_marginal(price))


@dataclasses.dataclass(frozen=True)
class Case:
    """ranges: (low, high) per parameter, drawn log-uniformly; extremes: rows of parameters."""

    name: str
    build: Callable
    value: Callable  # (t, *parameters) -> Decimal
    gain: Callable
    ranges: tuple
    extremes: tuple = ()
    reach: float = 50.0  # amounts worth looking at, in units of `unit`
    unit: Callable = lambda *parameters: 1.0
    infinite_slope: bool = False

    def __repr__(self):
        return self.name

    def parameters(self, fractions):
        """Parameters at the given fractions (each in [0, 1], rows of len(ranges)) of the ranges."""
        low, high = (np.array(side) for side in zip(*self.ranges, strict=True))
        sign = np.sign(low)
        return sign * np.abs(low) ** (1 - fractions) * np.abs(high) ** fractions

    def draw(self, n, seed=0):
        """n rows of ordinary parameters: one array per parameter."""
        return tuple(
            self.parameters(np.random.default_rng(seed).uniform(size=(n, len(self.ranges)))).T
        )

    def exact(self, what, t, *parameters):
        """The formula, entry by entry, as Decimals."""
        rows = np.broadcast_arrays(t, *parameters)
        return [what(*map(Decimal, map(float, row))) for row in zip(*rows, strict=True)]


def _log_plus_ratio(t, c):
    return jnp.log1p(t) + c * t / (1 + t)


def _over_sqrt(t, c):
    return c * t / jnp.sqrt(1 + t)


def _log_plus_sqrt(t, c):
    return jnp.log1p(t) + c * jnp.sqrt(t)


HALF = Decimal("0.5")
CASES = (
    Case(
        "Power",
        curves.Power,
        lambda t, a, p: a * t**p,
        lambda t, a, p: a * p * t ** (p - 1),
        ((0.1, 10), (0.05, 0.95)),
        ((1e-100, 1e-9), (1e100, 0.5), (1.0, 1 - 1e-9), (1.0, 0.99)),
        infinite_slope=True,
    ),
    Case(
        "ShiftedPower of positive exponent",
        curves.ShiftedPower,
        lambda t, a, z, p: a * ((t + z) ** p - z**p),
        lambda t, a, z, p: a * p * (t + z) ** (p - 1),
        ((0.1, 10), (0.1, 10), (0.05, 0.95)),
        ((1e-100, 1.0, 1e-9), (1e100, 1e-8, 0.5), (1.0, 1e8, 1 - 1e-9), (1.0, 1.0, 1e-30)),
    ),
    Case(
        "ShiftedPower of negative exponent",
        curves.ShiftedPower,
        lambda t, a, z, p: a * (z**p - (t + z) ** p),
        lambda t, a, z, p: -a * p * (t + z) ** (p - 1),
        ((0.1, 10), (0.1, 10), (-0.05, -3)),
        ((1e-100, 1.0, -1e-9), (1e100, 1e-8, -0.5), (1.0, 1.0, -50.0), (1.0, 1e8, -1.0)),
    ),
    Case(
        "Logarithmic",
        curves.Logarithmic,
        lambda t, a, b: a * (1 + b * t).ln(),
        lambda t, a, b: a * b / (1 + b * t),
        ((0.1, 10), (0.1, 10)),
        ((1e-100, 1e-12), (1e100, 1e12)),
    ),
    Case(
        "SaturatingPower",
        curves.SaturatingPower,
        lambda t, a, z, p: a * (z**p - max(z - t, 0) ** p),
        lambda t, a, z, p: a * p * max(z - t, 0) ** (p - 1),
        ((0.1, 10), (0.1, 10), (1.2, 8)),
        ((1e-100, 1.0, 1.01), (1e100, 1e-3, 2.0), (1.0, 2.0, 150.0), (1.0, 1e6, 5.0)),
        reach=1.2,
        unit=lambda a, z, p: z,
    ),
    Case(
        "Exponential",
        curves.Exponential,
        lambda t, low, high, r: low + (high - low) * (1 - (-r * t).exp()),
        lambda t, low, high, r: (high - low) * r * (-r * t).exp(),
        ((0.01, 0.5), (0.6, 10), (0.1, 10)),
        ((0.0, 1e-100, 1.0), (0.0, 1e100, 1e-8), (0.0, 1.0, 1e8)),
        reach=5.0,
        unit=lambda low, high, r: 1 / r,
    ),
    Case(
        "Hyperbolic",
        curves.Hyperbolic,
        lambda t, a, k: a * t / (t + k),
        lambda t, a, k: a * k / (t + k) ** 2,
        ((0.1, 10), (0.1, 10)),
        ((1e-100, 1e-8), (1e100, 1e8)),
    ),
    Case(
        "Hill",
        curves.Hill,
        lambda t, a, k, h: a * t**h / (t**h + k**h),
        lambda t, a, k, h: a * h * k**h * t ** (h - 1) / (t**h + k**h) ** 2,
        ((0.1, 10), (0.1, 10), (0.05, 0.95)),
        ((1e-100, 1e-8, 0.5), (1e100, 1e8, 0.01), (1.0, 1.0, 1 - 1e-9)),
        infinite_slope=True,
    ),
    Case(
        "Hill of power 1",
        lambda a, k: curves.Hill(a, k, 1.0),
        lambda t, a, k: a * t / (t + k),
        lambda t, a, k: a * k / (t + k) ** 2,
        ((0.1, 10), (0.1, 10)),
        ((1e-100, 1e-8), (1e100, 1e8)),
    ),
    Case(
        "StretchedExponential",
        curves.StretchedExponential,
        lambda t, a, k, h: a * (1 - (-((t / k) ** h)).exp()),
        lambda t, a, k, h: (
            a * h / t * (t / k) ** h * (-((t / k) ** h)).exp() if t or h < 1 else a / k
        ),
        ((0.1, 10), (0.1, 10), (0.1, 0.95)),
        ((1e-100, 1e-3, 0.5), (1e100, 1e8, 0.01), (1.0, 1.0, 1 - 1e-9)),
        infinite_slope=True,
    ),
    Case(
        "Lomax",
        curves.Lomax,
        lambda t, a, b, k: a * (1 - (1 + b * t) ** -k),
        lambda t, a, b, k: a * b * k * (1 + b * t) ** (-k - 1),
        ((0.1, 10), (0.1, 10), (0.05, 5)),
        ((1e-100, 1.0, 1e-9), (1e100, 1e-8, 1.0), (1.0, 1e-6, 1e6), (1.0, 1.0, 1e-30)),
    ),
    Case(
        "Offset",
        lambda low, a, b: curves.Logarithmic(a, b).offset(low),
        lambda t, low, a, b: low + a * (1 + b * t).ln(),
        lambda t, low, a, b: a * b / (1 + b * t),
        ((0.01, 0.5), (0.1, 10), (0.1, 10)),
    ),
    Case(
        "Custom log plus ratio",
        lambda c: curves.Custom(_log_plus_ratio, c),
        lambda t, c: (1 + t).ln() + c * t / (1 + t),
        lambda t, c: 1 / (1 + t) + c / (1 + t) ** 2,
        ((0.1, 10),),
    ),
    Case(
        "Custom t over sqrt",
        lambda c: curves.Custom(_over_sqrt, c),
        lambda t, c: c * t / (1 + t).sqrt(),
        lambda t, c: c * (1 + t / 2) / (1 + t) ** (3 * HALF),
        ((0.1, 10),),
    ),
    Case(
        "Custom log plus sqrt",
        lambda c: curves.Custom(_log_plus_sqrt, c),
        lambda t, c: (1 + t).ln() + c * t.sqrt(),
        lambda t, c: 1 / (1 + t) + c * HALF / t.sqrt(),
        ((0.1, 10),),
        infinite_slope=True,
    ),
)
