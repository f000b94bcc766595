"""What a fit knows about itself: sums of squares, covariance, limits reached, prediction band."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from ._solve import Problem, is_steep, project


def report(family, problem: Problem, optimum, scales, pin):
    """Natural parameters, covariance and diagnostics of an optimum, as a dictionary of arrays.

    The covariance is s^2 (J' W J)^-1 with s^2 = SSE/(points - free parameters), computed in the
    scaled parameters and carried over by the delta method. A parameter at its limit is held: its
    row is 0. Directions the data say nothing about get a huge, finite variance.
    """
    x_scale, y_scale, y_mean = scales
    x, y, w, _, pinned, _ = problem
    counts = w > 0
    fitted = _value(family, optimum, x, x_scale)
    error = jnp.where(counts, y - fitted, 0)
    sse = jnp.sum(w * error**2)
    mean = jnp.sum(w * y) / jnp.sum(w)
    sst = jnp.sum(w * (y - mean) ** 2)
    at_lower, at_upper = _limits_reached(family, problem, optimum, sse, sst)
    first = np.arange(len(family.box)) == 0
    steep = is_steep(family, problem, optimum[2:]) & first & ~at_lower & ~at_upper
    at_lower, at_upper = (
        at_lower | (steep & family.knee_is_low),
        at_upper | (steep & (not family.knee_is_low)),
    )
    flat = optimum[1] <= 0
    free = jnp.concatenate(
        [jnp.stack([~pinned, ~flat]), ~(at_lower | at_upper) & ~flat],
    )
    slopes = jax.jacfwd(lambda p: _value(family, p, x, x_scale))(optimum)
    covariance, identified, angle = _covariance(slopes, free, w, error)

    def natural(p):
        low = jnp.where(pinned, pin, y_mean + y_scale * p[0])
        # Curves need a positive amplitude that survives being added to low.
        floor = jnp.where(p[1] > 0, 1e-15 * jnp.abs(low), 1e-10 * (y_scale + jnp.abs(low)))
        amplitude = jnp.maximum(y_scale * p[1], floor)
        return family.vector(p[2:], amplitude, low, x_scale)

    carry = jax.jacfwd(natural)(optimum)
    return {
        "vector": natural(optimum),
        "covariance": carry @ covariance @ carry.T,
        "sse": sse * y_scale**2,
        "sst": sst * y_scale**2,
        "residuals": error * y_scale,
        "factors": w,
        "free": free,
        "at_lower": at_lower,
        "at_upper": at_upper,
        "flat": flat,
        "identified": identified,
        "converged": (angle < 1e-4) | (sse <= 1e-16 * sst),
        "scaled": optimum,
        "scaled_covariance": covariance,
        "scales": jnp.stack(scales),
    }


def _value(family, p, x, x_scale):
    return p[0] + p[1] * family.shape(p[2:], x, x_scale)


def _limits_reached(family, problem, optimum, sse, sst):
    """Whether each shape parameter may go to the edge of its box without the fit noticing."""
    u = optimum[2:]
    tolerance = 1e-6 * sse + 1e-8 * sst

    size = len(family.box)
    edges = np.array(family.box).T.reshape(2, 1, size)
    moved = jnp.where(np.eye(size, dtype=bool)[None], edges, u[None, None, :]).reshape(-1, size)
    errors = jax.vmap(lambda one: project(family, problem, one)[2])(moved)
    worse = jnp.sum(problem.weights[None, :] * errors**2, axis=1) - sse
    lower, upper = (worse <= tolerance).reshape(2, size)
    return lower, upper & ~lower


def _covariance(slopes, free, weights, error):
    points = jnp.sum(weights > 0, dtype=weights.dtype)
    number = jnp.sum(free, dtype=weights.dtype)
    slopes = jnp.where(free[None, :], slopes, 0) * jnp.sqrt(weights)[:, None]
    error = error * jnp.sqrt(weights)
    size = jnp.sqrt(jnp.sum(slopes**2, axis=0))
    size = jnp.where(size > 0, size, 1)
    unit = slopes / size[None, :]
    angle = jnp.max(jnp.abs(unit.T @ error)) / jnp.sqrt(jnp.maximum(error @ error, 1e-300))
    gram = unit.T @ unit + jnp.diag(jnp.where(free, 0.0, 1.0))
    values, vectors = jnp.linalg.eigh(gram)
    inverse = (vectors / jnp.maximum(values, 1e-14)[None, :]) @ vectors.T
    inverse = jnp.where(free[:, None] & free[None, :], inverse, 0)
    freedom = points - number
    variance = (error @ error) / jnp.maximum(freedom, 1)
    variance = jnp.where(freedom > 0, variance, jnp.nan)
    covariance = variance * inverse / size[:, None] / size[None, :]
    return covariance, values[0] > 1e-12, angle


@partial(jax.jit, static_argnums=0)
def band_error(family, t, scaled, covariance, scales):
    """Standard error of the fitted curve at each t, by the delta method."""
    x_scale, y_scale, _ = scales
    slopes = jax.jacfwd(lambda p: _value(family, p, t / x_scale, x_scale))(scaled)
    variance = jnp.sum((slopes @ covariance) * slopes, axis=1)
    return y_scale * jnp.sqrt(jnp.maximum(variance, 0))


def student_quantile(level, freedom):
    """The two-sided Student quantile, for example 1.96 at level 0.95 and many points."""
    from scipy.stats import t

    if not 0 < level < 1:
        raise ValueError(f"level = {level}: a confidence level lies between 0 and 1.")
    return float(t.ppf((1 + level) / 2, freedom)) if freedom > 0 else np.nan
