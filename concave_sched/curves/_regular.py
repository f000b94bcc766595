"""The regular families: marginal gains that are q-exponentials, and so rectangular bottles.

    f'(t) = slope0 * exp_q(-decay t),   exp_q(u) = [1 + (1 - q) u]_+^(1/(1 - q))

With bend = q - 1 and r = log(slope0 / price) both directions are one line,

    t = expm1(bend r)/bend/decay,   r = log1p(bend decay t)/bend,
    f(t) = amplitude * expm1((bend - 1) r)/(bend - 1),   amplitude = slope0/decay,

so that bend is 0 for the exponential, 1 for the logarithm, 1/(1 - p) for powers, negative for
curves that saturate at a finite amount. Powers are in `_powers`; the power itself is the limit of
infinite slope at 0.
Paper: "Optimal Parallel Scheduling under Concave Speedup Functions", Section 4.5.1 and Table 1.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from .._checks import require
from .._tree import is_concrete, pytree
from ._curve import Curve
from ._numerics import expm1, expm1_ratio, float_dtype, log1p_ratio
from ._parameters import amount_of, clean, require_positive


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
