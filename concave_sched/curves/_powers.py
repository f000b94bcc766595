"""Powers: of infinite slope at 0, shifted to a finite one, and mirrored, so that they saturate."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp
import numpy as np

from .._checks import require
from .._tree import is_concrete, pytree
from ._curve import Curve
from ._numerics import expm1, float_dtype
from ._parameters import amount_of, clean, require_positive
from ._regular import Regular


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
class SaturatingPower(Regular):
    """scale * (limit**exponent - (limit - t)**exponent), exponent > 1; constant beyond the limit.

    Example:
        >>> import concave_sched as cs
        >>> float(cs.curves.SaturatingPower(1.0, 1.0, 2.0)(0.5))   # 2 t - t**2
        0.75
    """

    scale: Any
    limit: Any = dataclasses.field()  # without a default: hides that of Curve
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
