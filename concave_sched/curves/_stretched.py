"""The stretched exponential: an exponential whose rate falls as it goes."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from .._checks import require
from .._tree import pytree
from ._curve import Curve
from ._numerics import expm1
from ._parameters import amount_of, clean, require_positive


@pytree
class StretchedExponential(Curve):
    """scale * (1 - exp(-(t/time)**power)) with 0 < power <= 1; power 1 is the exponential.

    The distribution function of Weibull; infinite slope at 0 for power < 1.

    Example:
        >>> import concave_sched as cs
        >>> round(float(cs.curves.StretchedExponential(1.0, 4.0, 0.5)(4.0)), 12)
        0.632120558829
    """

    scale: Any
    time: Any
    power: Any

    def __post_init__(self):
        clean(self)
        require_positive(self, "scale", "time")
        require(
            "power",
            self.power,
            lambda h: (h > 0) & (h <= 1),
            "StretchedExponential is concave for 0 < power <= 1 only.",
        )

    def __call__(self, t):
        t = amount_of(t, self)
        zero = t == 0
        value = -expm1(-jnp.exp(self.power * self._log_ratio(t)))
        # At 0 the value is 0 and the derivative that of (t/time)**power, which may be infinite.
        first = jnp.minimum(-self.power * jnp.log(self.time), jnp.log(jnp.finfo(t.dtype).max) - 1)
        at_zero = jnp.power(jnp.where(zero, t, 1), self.power) * jnp.exp(first)
        return self.scale * jnp.where(zero, at_zero, value)

    def log_marginal(self, t):
        t = amount_of(t, self)
        zero, ratio = t == 0, self._log_ratio(t)
        rest = jnp.log(self.scale * self.power) - jnp.log(self.time)
        gain = rest + (self.power - 1) * ratio - jnp.exp(self.power * ratio)
        return jnp.where(zero, jnp.where(self.power < 1, jnp.inf, rest), gain)

    def marginal(self, t):
        return jnp.exp(self.log_marginal(t))

    def _log_ratio(self, t):
        """log(t/time); -log(time) at 0."""
        return jnp.log(jnp.where(t == 0, 1, t)) - jnp.log(self.time)
