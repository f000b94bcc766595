"""The regular families: marginal gains that are q-exponentials, and so rectangular bottles.

    f'(t) = slope0 * exp_q(-decay t),   exp_q(u) = [1 + (1 - q) u]_+^(1/(1 - q))

With bend = q - 1 and r = log(slope0 / price) both directions are one line,

    t = expm1(bend r)/bend/decay,   r = log1p(bend decay t)/bend,
    f(t) = amplitude * expm1((bend - 1) r)/(bend - 1),   amplitude = slope0/decay,

so that bend is 0 for the exponential, 1 for the logarithm, 1/(1 - p) for powers, negative for
curves that saturate at a finite amount. The power itself is the limit of infinite slope at 0.
Paper: "Optimal Parallel Scheduling under Concave Speedup Functions", Section 4.5.1 and Table 1.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np

from .._checks import require
from .._tree import as_leaf, is_concrete, pytree
from ._curve import Curve
from ._numerics import expm1, expm1_ratio, float_dtype, log1p_ratio


class Regular(Curve):
    """A curve with f(0) = 0, finite slope at 0 and (amplitude, decay, bend) as described above."""

    @property
    def amplitude(self):
        raise NotImplementedError

    @property
    def decay(self):
        raise NotImplementedError

    @property
    def log_slope(self):
        """log f'(0)."""
        return jnp.log(self.amplitude * self.decay)

    def __call__(self, t):
        t = amount_of(t, self)
        return self.amplitude * expm1_ratio(self.bend - 1.0, self._log_gain_lost(t))

    def marginal(self, t):
        return jnp.exp(self.log_marginal(t))

    def log_marginal(self, t):
        t = amount_of(t, self)
        return self.log_slope - self._log_gain_lost(t)

    def inverse_log_marginal(self, log_price, cap=None):
        lost = self.log_slope - jnp.asarray(log_price, float_dtype(log_price, *self._leaves()))
        positive = lost > 0
        amount = expm1_ratio(self.bend, jnp.where(positive, lost, 0)) / self.decay
        return jnp.where(positive, amount, 0)

    def _log_gain_lost(self, t):
        return log1p_ratio(self.bend, self.decay * t)


@pytree
class Power(Curve):
    """scale * t**exponent with 0 < exponent < 1: infinite slope at 0, never saturates.

    Example:
        >>> import concave_sched as cs
        >>> float(cs.curves.Power(2.0, 0.5)(9.0))
        6.0
    """

    scale: Any
    exponent: Any

    def __post_init__(self):
        clean(self)
        require_positive(self, "scale")
        require(
            "exponent",
            self.exponent,
            lambda p: (p > 0) & (p < 1),
            "Power is strictly concave for 0 < exponent < 1 only.",
        )

    @property
    def bend(self):
        return 1 / (1 - self.exponent)

    def __call__(self, t):
        t = amount_of(t, self)
        return self.scale * jnp.power(t, jnp.asarray(self.exponent, t.dtype))

    def marginal(self, t):
        t = amount_of(t, self)
        zero = t == 0
        gain = self.scale * self.exponent * jnp.where(zero, 1, t) ** (self.exponent - 1)
        return jnp.where(zero, jnp.inf, gain)

    def log_marginal(self, t):
        t = amount_of(t, self)
        zero = t == 0
        log_t = jnp.log(jnp.where(zero, 1, t))
        return jnp.where(
            zero, jnp.inf, jnp.log(self.scale * self.exponent) + (self.exponent - 1) * log_t
        )

    def inverse_log_marginal(self, log_price, cap=None):
        log_price = jnp.asarray(log_price, float_dtype(log_price, *self._leaves()))
        return jnp.exp((jnp.log(self.scale * self.exponent) - log_price) * self.bend)


@pytree
class ShiftedPower(Regular):
    """scale * sign(exponent) * ((t + shift)**exponent - shift**exponent), exponent < 1, not 0.

    Example:
        >>> import concave_sched as cs
        >>> round(float(cs.curves.ShiftedPower(1.0, 4.0, 0.5)(5.0)), 12)   # sqrt(9) - 2
        1.0
    """

    scale: Any
    shift: Any
    exponent: Any

    def __post_init__(self):
        clean(self)
        require_positive(self, "scale")
        require_positive(self, "shift", advice=" Without a shift use Power.")
        require(
            "exponent",
            self.exponent,
            lambda p: (p < 1) & (p != 0) & np.isfinite(p),
            "ShiftedPower needs exponent < 1 and not 0; its limit at 0 is Logarithmic.",
        )
        _require_finite_power(self, "shift")

    @property
    def bend(self):
        return 1 / (1 - self.exponent)

    @property
    def amplitude(self):
        p = self.exponent
        return self.scale * jnp.abs(p) * self.shift**p / (1 - p)

    @property
    def decay(self):
        return (1 - self.exponent) / self.shift

    @property
    def log_slope(self):
        p = self.exponent
        return jnp.log(self.scale * jnp.abs(p)) - (1 - p) * jnp.log(self.shift)


@pytree
class Logarithmic(Regular):
    """scale * log(1 + rate * t).

    Example:
        >>> import concave_sched as cs
        >>> round(float(cs.curves.Logarithmic(1.0, 1.0).marginal(3.0)), 12)
        0.25
    """

    scale: Any
    rate: Any

    def __post_init__(self):
        clean(self)
        require_positive(self, "scale", "rate")

    bend = 1.0

    @property
    def amplitude(self):
        return self.scale

    @property
    def decay(self):
        return self.rate


@pytree
class SaturatingPower(Regular):
    """scale * (limit**exponent - (limit - t)**exponent), exponent > 1; constant beyond the limit.

    Example:
        >>> import concave_sched as cs
        >>> float(cs.curves.SaturatingPower(1.0, 1.0, 2.0)(0.5))   # 2 t - t**2
        0.75
    """

    scale: Any
    limit: Any = dataclasses.field()  # no default: hides the class attribute of Curve
    exponent: Any

    def __post_init__(self):
        clean(self)
        require_positive(self, "scale", "limit")
        require(
            "exponent",
            self.exponent,
            lambda p: (p > 1) & np.isfinite(p),
            "SaturatingPower needs a finite exponent > 1.",
        )
        _require_finite_power(self, "limit")

    @property
    def bend(self):
        return 1 / (1 - self.exponent)

    @property
    def amplitude(self):
        p = self.exponent
        return self.scale * p * self.limit**p / (p - 1)

    @property
    def decay(self):
        return (self.exponent - 1) / self.limit

    @property
    def log_slope(self):
        p = self.exponent
        return jnp.log(self.scale * p) + (p - 1) * jnp.log(self.limit)

    def __call__(self, t):
        t = amount_of(t, self)
        inside = t < self.limit
        top = self.scale * self.limit**self.exponent
        return jnp.where(inside, -top * expm1(self.exponent * self._log_left(t)), top)

    def marginal(self, t):
        gain = self.log_marginal(t)
        positive = gain > -jnp.inf
        return jnp.where(positive, jnp.exp(jnp.where(positive, gain, 0)), 0)

    def log_marginal(self, t):
        t = amount_of(t, self)
        inside = t < self.limit
        gain = self.log_slope + (self.exponent - 1) * self._log_left(t)
        return jnp.where(inside, gain, -jnp.inf)

    def _log_left(self, t):
        """log(1 - t/limit), exact at both ends; 0 beyond the limit, where nobody asks."""
        first = t < self.limit / 2
        second = ~first & (t < self.limit)
        left = jnp.where(second, self.limit - t, self.limit) / self.limit
        return jnp.where(first, jnp.log1p(-jnp.where(first, t, 0) / self.limit), jnp.log(left))

    def inverse_log_marginal(self, log_price, cap=None):
        lost = self.log_slope - jnp.asarray(log_price, float_dtype(log_price, *self._leaves()))
        inside = (lost > 0) & (lost < jnp.inf)
        part = -expm1(jnp.where(inside, lost, 0) * self.bend)
        return jnp.where(lost == jnp.inf, self.limit, self.limit * part)


@pytree
class Exponential(Regular):
    """low + (high - low) * (1 - exp(-rate * t)): accuracy of a network that may be shrunk.

    Example:
        >>> import concave_sched as cs
        >>> float(cs.curves.Exponential(0.1, 0.8, 2.0)(0.0))
        0.1
    """

    low: Any
    high: Any
    rate: Any

    def __post_init__(self):
        clean(self)
        require("low", self.low, np.isfinite, "Exponential needs a finite value at 0.")
        require("high", self.high, np.isfinite, "Exponential needs a finite limit value.")
        require_positive(self, "rate")
        if is_concrete(self.low, self.high):
            span = np.subtract(self.high, self.low)
            require("high - low", span, lambda s: s > 0, "Exponential needs high > low.")

    bend = 0.0

    @property
    def amplitude(self):
        return self.high - self.low

    @property
    def decay(self):
        return self.rate

    def __call__(self, t):
        return self.low - self.amplitude * expm1(-self.rate * amount_of(t, self))


@pytree
class Hyperbolic(Regular):
    """scale * t / (t + half): Amdahl's law, Michaelis and Menten's; half of scale at t = half.

    Example:
        >>> import concave_sched as cs
        >>> float(cs.curves.Hyperbolic(8.0, 2.0)(2.0))
        4.0
    """

    scale: Any
    half: Any

    def __post_init__(self):
        clean(self)
        require_positive(self, "scale", "half")

    bend = 0.5

    @property
    def amplitude(self):
        return self.scale / 2

    @property
    def decay(self):
        return 2 / self.half


@pytree
class Lomax(Regular):
    """scale * (1 - (1 + rate * t)**(-shape)): between the logarithm (0) and the exponential (inf).

    Example:
        >>> import concave_sched as cs
        >>> float(cs.curves.Lomax(1.0, 1.0, 1.0)(3.0))
        0.75
    """

    scale: Any
    rate: Any
    shape: Any

    def __post_init__(self):
        clean(self)
        require_positive(self, "scale", "rate", "shape")

    @property
    def bend(self):
        return 1 / (1 + self.shape)

    @property
    def amplitude(self):
        return self.scale * self.shape / (1 + self.shape)

    @property
    def decay(self):
        return (1 + self.shape) * self.rate


def clean(curve):
    """Turn a new curve's parameters into floating leaves that broadcast against each other."""
    names, family = tuple(curve.__dataclass_fields__), type(curve).__name__
    for name in names:
        value = getattr(curve, name)
        try:
            leaf = as_leaf(value)
        except (TypeError, ValueError):
            leaf = None
        if leaf is None:
            raise ValueError(f"{name} = {value!r}: {family} needs a number, or one per entry.")
        object.__setattr__(curve, name, leaf)
    shapes = [np.shape(getattr(curve, name)) for name in names]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        found = ", ".join(f"{n} {s}" for n, s in zip(names, shapes, strict=True))
        raise ValueError(
            f"parameters of {family} have shapes {found}: give each as a scalar or one per entry."
        ) from None


def require_positive(curve, *names, advice=""):
    """Raise unless the named parameters are finite and > 0."""
    for name in names:
        remedy = f"{type(curve).__name__} needs a finite {name} > 0.{advice}"
        require(name, getattr(curve, name), lambda v: (v > 0) & np.isfinite(v), remedy)


def _require_finite_power(curve, base):
    """Raise unless the curve's scale of value, base**exponent, is a normal float."""
    values = getattr(curve, base), curve.exponent
    if is_concrete(*values):
        kind = np.finfo(jnp.result_type(float))
        with np.errstate(over="ignore", under="ignore"):
            power = np.power(*(np.asarray(v, float) for v in values))
        remedy = f"out of the range of floats; measure amounts in units nearer to the {base}."
        fits = lambda v: (v >= kind.tiny) & (v <= kind.max)  # noqa: E731
        require(f"{base}**exponent", power, fits, remedy)


def amount_of(t, curve):
    """t as a float, negative amounts as 0 (`maximum` would halve the derivative at 0)."""
    t = jnp.asarray(t, float_dtype(t, *curve._leaves()))
    return jnp.where(t < 0, 0, t)
