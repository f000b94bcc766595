"""Families without a closed inverse marginal gain, and curves that are the user's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from .._checks import numbers, require
from .._tree import pytree
from ._curve import Curve
from ._parameters import amount_of, clean, require_positive


@pytree
class Hill(Curve):
    """scale * t**power / (t**power + half**power): concave for 0 < power <= 1.

    With power > 1 it is S-shaped: it may be fitted, and scheduled through `.envelope(upper)`.

    Example:
        >>> import concave_sched as cs
        >>> float(cs.curves.Hill(1.0, 2.0, 0.5)(2.0))
        0.5
    """

    scale: Any
    half: Any
    power: Any

    def __post_init__(self):
        clean(self)
        require_positive(self, "scale", "half", "power")

    def __call__(self, t):
        t = amount_of(t, self)
        zero = t == 0
        # At 0 the value is 0 and the derivative that of (t/half)**power, which may be infinite.
        first = jnp.minimum(-self.power * jnp.log(self.half), jnp.log(jnp.finfo(t.dtype).max) - 1)
        share = jnp.exp(-jnp.logaddexp(0, -self.power * self._ratio(t)))
        at_zero = jnp.power(jnp.where(zero, t, 1), self.power) * jnp.exp(first)
        return self.scale * jnp.where(zero, at_zero, share)

    def log_marginal(self, t):
        t = amount_of(t, self)
        ratio = self._ratio(t)
        rest = jnp.log(self.scale * self.power) - jnp.log(self.half)
        gain = rest + (self.power - 1) * ratio - 2 * jnp.logaddexp(0, self.power * ratio)
        at_zero = jnp.where(self.power == 1, rest, jnp.where(self.power < 1, jnp.inf, -jnp.inf))
        return jnp.where(t == 0, at_zero, gain)

    def marginal(self, t):
        return jnp.exp(self.log_marginal(t))

    def _ratio(self, t):
        """log(t/half); -log(half) at 0."""
        return jnp.log(jnp.where(t == 0, 1, t)) - jnp.log(self.half)


@pytree
class UniversalScalability(Curve):
    """scale * t / (1 + contention * (t - 1) + coherency * t * (t - 1)): Gunther's law.

    Throughput falls beyond sqrt((1 - contention)/coherency) processors, so it is not monotone and
    need not be concave: fit it, and schedule with `.envelope(upper)`.

    Example:
        >>> import concave_sched as cs
        >>> float(cs.curves.UniversalScalability(3.0, 0.1, 0.01)(1.0))
        3.0
    """

    scale: Any
    contention: Any
    coherency: Any

    def __post_init__(self):
        clean(self)
        require_positive(self, "scale")
        name = type(self).__name__
        share = lambda a: (a >= 0) & (a < 1)  # noqa: E731
        require("contention", self.contention, share, f"{name} needs 0 <= contention < 1.")
        cost = lambda b: (b >= 0) & np.isfinite(b)  # noqa: E731
        require("coherency", self.coherency, cost, f"{name} needs a finite coherency >= 0.")

    def __call__(self, t):
        t = amount_of(t, self)
        return self.scale * t / (1 + self.contention * (t - 1) + self.coherency * t * (t - 1))


@pytree(static=("function",))
class Custom(Curve):
    """function(t, *parameters) for any elementwise JAX function that is concave and increasing.

    Concavity is checked where it is used, on the range in use (`check_concave`). The function is
    part of the compiled program: reuse one function object, and pass numbers as parameters.

    Example:
        >>> import jax.numpy as jnp, concave_sched as cs
        >>> curve = cs.curves.Custom(lambda t, c: jnp.log1p(t) + c * jnp.sqrt(t), 0.5)
        >>> round(float(curve.inverse_marginal(curve.marginal(2.0))), 6)
        2.0
    """

    function: Callable
    parameters: tuple

    def __init__(self, function: Callable, *parameters):
        if not callable(function):
            raise ValueError(
                f"function = {function!r}: Custom needs a function of (t, *parameters)."
            )
        object.__setattr__(self, "function", function)
        object.__setattr__(self, "parameters", tuple(numbers("parameters", p) for p in parameters))

    def __call__(self, t):
        return self.function(amount_of(t, self), *self.parameters)
