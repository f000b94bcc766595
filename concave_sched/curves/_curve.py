"""What a concave curve is: a value, a marginal gain, and the inverse of the marginal gain."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import numbers, require
from .._tree import pytree
from ._numerics import float_dtype, implicit_root


class Curve:
    """A nondecreasing concave function f of an amount t >= 0, elementwise, with its derivatives.

    A family writes `__call__`; the marginal gain f' is `jax.grad` of it, and the inverse marginal
    gain a safeguarded root search, unless the family has a closed form for them. Parameters
    broadcast against t: a scalar is shared, a vector is one per entry. Curves are pytrees, so new
    parameters never recompile.
    """

    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field]]  # every family is a dataclass

    strictly_concave: Any = True  # False: the gain has plateaus, and equal-price ties occur
    limit: Any = float("inf")  # the amount beyond which more is worth nothing
    # How demand bends: it is linear in (e^(-bend u) - 1)/bend, u the log price. A hint for Newton's
    # method; exact for the regular families, 1 (the logarithm's) otherwise.
    bend: Any = 1.0

    def __call__(self, t):
        raise NotImplementedError

    def marginal(self, t):
        """The marginal gain f'(t), by forward differentiation of the value."""
        t = self._broadcast(t)
        return jax.jvp(self, (t,), (jnp.ones_like(t),))[1]

    def log_marginal(self, t):
        """log f'(t): -inf where nothing more is gained, +inf at an infinite slope."""
        gain = self.marginal(t)
        positive = gain > 0
        return jnp.where(positive, jnp.log(jnp.where(positive, gain, 1)), -jnp.inf)

    def inverse_marginal(self, price):
        """The amount at which the marginal gain has fallen to `price`; 0 where it starts below."""
        price = jnp.asarray(price, float_dtype(price, *self._leaves()))
        positive = price > 0
        log_price = jnp.where(positive, jnp.log(jnp.where(positive, price, 1)), -jnp.inf)
        return jnp.where(jnp.isnan(price), price, self.inverse_log_marginal(log_price))

    def inverse_log_marginal(self, log_price, cap=None):
        """`inverse_marginal` of exp(log_price), which cannot underflow.

        `cap` bounds the search where there is no closed form; a larger answer may be cut to it.
        """
        log_price = self._broadcast(log_price)
        cap = self.limit if cap is None else cap
        cap = jnp.broadcast_to(
            jnp.minimum(jnp.asarray(cap, log_price.dtype), _largest(log_price.dtype)),
            log_price.shape,
        )
        at_zero = self.log_marginal(jnp.zeros_like(cap))
        at_cap = self.log_marginal(cap)
        at_cap = jnp.where(jnp.isnan(at_cap), -jnp.inf, at_cap)
        below, above = log_price >= at_zero, log_price <= at_cap
        inside = ~(below | above)
        parameters = (self, log_price, jnp.where(inside, cap, 1), inside)
        root = implicit_root(_search, _mismatch, parameters)
        return jnp.where(inside, root, jnp.where(below, 0, cap))

    def offset(self, low) -> Curve:
        """The curve low + f(t): what is had at amount 0, for example the accuracy of a guess."""
        return Offset(self, low)

    def take(self, index) -> Curve:
        """The curve whose entry k is entry index[k] of this one; what is shared stays shared."""
        if jax.eval_shape(self, 0.0).shape == ():
            return self
        return jax.tree.map(lambda leaf: _taken(leaf, index), self)

    def envelope(self, upper, points: int = 4097) -> Curve:
        """The least concave nondecreasing curve above `points` samples of this one on [0, upper].

        A PiecewiseLinear; where this curve is itself concave it lies below by at most the
        curvature between two samples. The parameters must be scalars: envelope one curve at a
        time.
        """
        from ._piecewise import PiecewiseLinear

        require("upper", upper, lambda u: (u > 0) & np.isfinite(u), "needs a finite range > 0.")
        shape = np.broadcast_shapes(np.shape(upper), jax.eval_shape(self, 0.0).shape)
        if shape:
            raise ValueError(
                f"upper and the curve's entries have shape {shape}: an envelope is of one curve; "
                "make one from each entry's own parameters."
            )
        x = np.linspace(0.0, float(upper), points)
        return PiecewiseLinear.envelope(x, np.asarray(self(x)))

    def _leaves(self):
        return [leaf for leaf in jax.tree.leaves(self) if leaf is not None]

    def _broadcast(self, t):
        """t as a floating array of the shape of the curve's value at t."""
        shape = jax.eval_shape(self, t).shape
        return jnp.broadcast_to(jnp.asarray(t, float_dtype(t, *self._leaves())), shape)

    def __repr__(self):
        fields = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self))
        return f"{type(self).__name__}({fields})"


def _taken(leaf, index):
    return leaf if np.shape(leaf) in ((), (1,)) else jnp.asarray(leaf)[index]


def _largest(dtype):
    return jnp.sqrt(jnp.finfo(dtype).max)


def _mismatch(t, parameters):
    curve, log_price, _, inside = parameters
    safe = jnp.where(inside, t, 1)
    return jnp.where(inside, curve.log_marginal(safe) - log_price, 0)


@jax.jit
def _search(parameters):
    """Safeguarded Newton on log t: a step that leaves the bracket, or is not under half of the
    step before, is replaced by a halving (gains that fall as exp(-t) would need one per e-fold).
    """
    curve, log_price, cap, inside = parameters
    eps = jnp.finfo(cap.dtype).eps
    high = jnp.log(jnp.where(cap > 0, cap, 1))
    low = jnp.full_like(high, jnp.log(jnp.finfo(cap.dtype).tiny))

    def excess(x):
        return curve.log_marginal(jnp.exp(x)) - log_price

    def step(state):
        x, low, high, last, _, count = state
        value, slope = jax.jvp(excess, (x,), (jnp.ones_like(x),))
        low, high = jnp.where(value >= 0, x, low), jnp.where(value >= 0, high, x)
        newton = x - value / jnp.where(slope < 0, slope, -1)
        ok = (slope < 0) & (newton > low) & (newton < high) & (jnp.abs(newton - x) < last / 2)
        new = jnp.where(ok, newton, (low + high) / 2)
        moved = jnp.abs(new - x)
        moving = inside & (value != 0) & (moved > 4 * eps * (1 + jnp.abs(x)))
        return jnp.where(moving, new, x), low, high, moved, moving, count + 1

    def unfinished(state):
        return jnp.any(state[4]) & (state[5] < 200)

    start = (jnp.clip(high - 1, low, high), low, high, high - low, inside, 0)
    return jnp.exp(jax.lax.while_loop(unfinished, step, start)[0])


@pytree
class Offset(Curve):
    """low + curve(t); the marginal gain is the curve's own."""

    curve: Curve
    low: Any

    def __post_init__(self):
        object.__setattr__(self, "low", numbers("low", self.low))
        require("low", self.low, np.isfinite, "Offset needs a finite value at amount 0.")

    def __call__(self, t):
        return self.low + self.curve(t)

    def take(self, index):
        return dataclasses.replace(self, curve=self.curve.take(index), low=_taken(self.low, index))

    @property
    def strictly_concave(self):
        return self.curve.strictly_concave

    @property
    def limit(self):
        return self.curve.limit

    @property
    def bend(self):
        return self.curve.bend

    def marginal(self, t):
        return jnp.broadcast_to(self.curve.marginal(t), jax.eval_shape(self, t).shape)

    def log_marginal(self, t):
        return jnp.broadcast_to(self.curve.log_marginal(t), jax.eval_shape(self, t).shape)

    def inverse_log_marginal(self, log_price, cap=None):
        amount = self.curve.inverse_log_marginal(log_price, cap)
        return jnp.broadcast_to(amount, jax.eval_shape(self, log_price).shape)
