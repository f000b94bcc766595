"""expm1(r x)/r and log1p(r x)/r, exact where r goes to 0, and an implicitly differentiated root."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

_SMALL = 0.01  # below this the Taylor series of order 7 is exact to double precision


@jax.custom_jvp
def expm1(x):
    """exp(x) - 1 with derivative exp(x); JAX takes expm1(x) + 1, which is lost below x = -36."""
    return jnp.expm1(x)


expm1.defjvps(lambda tangent, _, x: tangent * jnp.exp(x))


def expm1_ratio(rate, x):
    """expm1(rate x)/rate, which is x at rate 0: the q-logarithm of e^x with 1 - q = rate."""
    if isinstance(rate, float):
        return x if rate == 0.0 else expm1(rate * x) / rate
    zero = rate == 0
    z = jnp.where(zero, 0, rate * jnp.where(zero, 0, x))
    small = jnp.abs(z) < _SMALL
    s = jnp.where(small, z, 0)
    series = 1 + s / 2 * (1 + s / 3 * (1 + s / 4 * (1 + s / 5 * (1 + s / 6 * (1 + s / 7)))))
    return jnp.where(small, x * series, expm1(jnp.where(small, 1, z)) / jnp.where(zero, 1, rate))


def log1p_ratio(rate, y):
    """log1p(rate y)/rate, the inverse of `expm1_ratio` in its second argument; y at rate 0."""
    if isinstance(rate, float):
        return y if rate == 0.0 else jnp.log1p(rate * y) / rate
    zero = rate == 0
    z = jnp.where(zero, 0, rate * jnp.where(zero, 0, y))
    small = jnp.abs(z) < _SMALL
    s = jnp.where(small, z, 0)
    tail = 1 / 5 - s * (1 / 6 - s * (1 / 7 - s / 8))
    series = 1 - s * (1 / 2 - s * (1 / 3 - s * (1 / 4 - s * tail)))
    return jnp.where(
        small, y * series, jnp.log1p(jnp.where(small, 1, z)) / jnp.where(zero, 1, rate)
    )


@partial(jax.custom_jvp, nondiff_argnums=(0, 1))
def implicit_root(solve, residual, parameters):
    """The root x of residual(x, parameters) = 0 found by `solve(parameters)`, differentiable.

    The residual must be elementwise in x (entry i depends on x_i alone, and on all parameters).
    Derivatives follow from the implicit function theorem and are exact to any order, because the
    rule below calls this function again; `solve` itself is never differentiated, which matters
    because JAX differentiates a bisection to 0 without a word. Where the residual is flat in x
    the derivative is defined as 0. `solve` and `residual` must not close over traced values.
    """
    return solve(parameters)


@implicit_root.defjvp
def _implicit_root_jvp(solve, residual, primals, tangents):
    (parameters,), (directions,) = primals, tangents
    root = implicit_root(solve, residual, parameters)
    _, slope = jax.jvp(lambda x: residual(x, parameters), (root,), (jnp.ones_like(root),))
    _, drift = jax.jvp(lambda p: residual(root, p), (parameters,), (directions,))
    flat = (slope == 0) | ~jnp.isfinite(slope)
    return root, jnp.where(flat, 0, -drift / jnp.where(flat, 1, slope))


def float_dtype(*values):
    """The floating dtype that the values have in common (integers and Python numbers yield)."""
    floating = [v for v in values if jnp.issubdtype(jnp.result_type(v), jnp.floating)]
    return jnp.result_type(*floating) if floating else jnp.result_type(float)
