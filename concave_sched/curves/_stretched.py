"""The stretched exponential: an exponential whose rate falls as it goes."""

from __future__ import annotations

import jax.numpy as jnp

from .._checks import require
from .._tree import pytree
from ._curve import Curve
from ._regular import amount_of, clean


@pytree
class StretchedExponential(Curve):
    """scale * (1 - exp(-(t/time)**power)) with 0 < power <= 1; power 1 is the exponential.

    The distribution function of Weibull; infinite slope at 0 for power < 1.

    Example:
        >>> import concave_sched as cs
        >>> round(float(cs.curves.StretchedExponential(1.0, 4.0, 0.5)(4.0)), 12)
        0.632120558829
    """

    scale: object
    time: object
    power: object

    def __post_init__(self):
        clean(self)
        require("scale", self.scale, lambda a: a > 0, "StretchedExponential needs scale > 0.")
        require("time", self.time, lambda k: k > 0, "StretchedExponential needs time > 0.")
        require(
            "power",
            self.power,
            lambda h: (h > 0) & (h <= 1),
            "StretchedExponential is concave for 0 < power <= 1 only.",
        )

    def __call__(self, t):
        t = amount_of(t, self)
        value = -self.scale * jnp.expm1(-jnp.exp(self.power * self._log_ratio(t)))
        return jnp.where(t == 0, 0, value)

    def log_marginal(self, t):
        t = amount_of(t, self)
        zero, ratio = t == 0, self._log_ratio(t)
        rest = jnp.log(self.scale * self.power / self.time)
        gain = rest + (self.power - 1) * ratio - jnp.exp(self.power * ratio)
        return jnp.where(zero, jnp.where(self.power < 1, jnp.inf, rest), gain)

    def marginal(self, t):
        return jnp.exp(self.log_marginal(t))

    def _log_ratio(self, t):
        return jnp.log(jnp.where(t == 0, 1, t) / self.time)
