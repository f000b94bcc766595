"""What the fitter knows of one family, and how it turns numbers into a curve."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import jax.numpy as jnp


@dataclasses.dataclass(frozen=True, eq=False)
class Family:
    """One family, as the fitter sees it; compared by identity, so a static argument of `jit`.

    shape(u, x, x_scale): the curve of amplitude 1, x already divided by x_scale.
    natural(u, amplitude, x_scale): the curve's own parameters; Exponential's are completed by low.
    box: (lower, upper) of each u; starts: interior grid; faces: grid on the box's edge.
    limits: parameter and what the family is at its bound; knee_is_low: whether the knee moves
    below the data as the first u falls (a half-value) or as it grows (a rate).
    """

    curve: type
    key: str
    names: tuple[str, ...]
    shape: Callable
    natural: Callable
    box: tuple[tuple[float, float], ...]
    starts: tuple[tuple[float, ...], ...]
    faces: tuple[tuple[float, ...], ...] = ()
    concave: bool = True
    own_low: bool = False
    limits: tuple[tuple[str, str], ...] = ()
    knee_is_low: bool = True

    @property
    def size(self) -> int:
        """Number of parameters with a free offset."""
        return 2 + len(self.box)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names in the order of `Fit.parameters`: the curve's own, and `low` unless among them."""
        return self.names if self.own_low else (*self.names, "low")

    def vector(self, u, amplitude, low, x_scale):
        """All parameters, in the order of `parameter_names`."""
        own = self.natural(u, amplitude, x_scale)
        if self.own_low:
            return jnp.stack([low, low + own[0], *own[1:]])
        return jnp.stack([*own, low])

    def build(self, vector, at_zero=None):
        """The curve of a parameter vector; pinned at 0 it carries no offset and is a speedup."""
        if self.own_low:
            return self.curve(*vector)
        curve = self.curve(*vector[:-1])
        pinned_at_zero = isinstance(at_zero, (int, float)) and at_zero == 0
        return curve if pinned_at_zero else curve.offset(vector[-1])
