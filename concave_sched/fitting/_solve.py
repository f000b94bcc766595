"""The optimisation: variable projection, many starts under vmap, Adam, Levenberg-Marquardt.

For data scaled by x_scale and y_scale the problem is

    min over u in a box, amplitude >= 0, low   sum_i w_i (y_i - low - amplitude * shape(u, x_i))^2

and for each u the best amplitude and low are a line fit in closed form, which leaves a search
over one or two numbers. The box is a reparametrisation, u = lower + width * sin^2(s / width): a
step of s in the middle of the box is a step of u of about the same length, and the edges, where
families turn into their limits, are attained at a finite s with derivative 0.

Source: Golub and Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares
problems whose variables separate", SIAM J. Numer. Anal. 10 (1973).
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

ADAM_STEPS, POLISH_STEPS, CANDIDATES = 40, 50, 5
STEEPEST = 1e-5  # a free offset lies at most about 1e5 ranges of y below the data
LOSSES = ("squares", "huber", "cauchy")


class Problem(NamedTuple):
    """One padded, scaled data set; padding has weight 0. `pin` is the value at 0 if `pinned`."""

    x: jax.Array
    y: jax.Array
    weights: jax.Array
    pin: jax.Array
    pinned: jax.Array
    x_scale: jax.Array


def _box(family):
    lower, upper = np.array(family.box).T
    return lower, upper - lower


def to_box(family, s):
    """The point u of the box that the unbounded s stands for."""
    lower, width = _box(family)
    return lower + width * jnp.sin(s / width) ** 2


def from_box(family, u):
    """An unbounded s for each u (NumPy)."""
    lower, width = _box(family)
    return width * np.arcsin(np.sqrt(np.clip((np.asarray(u) - lower) / width, 0, 1)))


def off_edge(family, s):
    """Which coordinates may move: on an edge du/ds is 0 but for rounding, which is no direction."""
    width = np.broadcast_to(_box(family)[1], s.shape)
    return jnp.abs(jnp.sin(2 * s / width)) > 1e-7


def project(family, problem: Problem, u):
    """Best (low, amplitude) for given u and the residuals y - low - amplitude * shape."""
    x, y, w, pin, pinned, x_scale = problem
    shape = family.shape(u, x, x_scale)
    total = jnp.sum(w)
    shape_mean = jnp.where(pinned, 0, jnp.sum(w * shape) / total)
    y_mean = jnp.where(pinned, pin, jnp.sum(w * y) / total)
    centred, target = shape - shape_mean, y - y_mean
    spread = jnp.sum(w * centred**2)
    varies = spread > STEEPEST**2 * jnp.sum(w * shape**2)
    amplitude = jnp.sum(w * centred * target) / jnp.where(varies, spread, 1)
    amplitude = jnp.where(varies & (amplitude > 0), amplitude, 0)
    return y_mean - amplitude * shape_mean, amplitude, target - amplitude * centred


def is_steep(family, problem, u):
    """Whether a free offset has run away from the data, the knee of the curve lying below them.

    In the limit low - amplitude * (knee/x)^p fits as well, and low goes to minus infinity.
    """
    x, _, w, _, pinned, x_scale = problem
    shape = family.shape(u, x, x_scale)
    centred = shape - jnp.sum(w * shape) / jnp.sum(w)
    return ~pinned & (jnp.sum(w * centred**2) < (10 * STEEPEST) ** 2 * jnp.sum(w * shape**2))


def residuals(family, problem, s):
    """Weighted residuals as a function of the unbounded s alone."""
    return jnp.sqrt(problem.weights) * project(family, problem, to_box(family, s))[2]


def _small_solve(matrix, vector):
    if vector.shape[0] == 1:
        return vector / matrix[0]
    determinant = matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]
    adjugate = jnp.array([[matrix[1, 1], -matrix[0, 1]], [-matrix[1, 0], matrix[0, 0]]])
    return adjugate @ vector / jnp.where(determinant == 0, 1, determinant)


def _errors_and_slopes(family, problem, s):
    """Weighted residuals and their Jacobian in one pass (one instance to compile)."""

    def twice(s):
        error = residuals(family, problem, s)
        return error, error

    slopes, error = jax.jacfwd(twice, has_aux=True)(s)
    return error, slopes


def _levenberg_marquardt(family, problem, start, steps):
    """Damped Gauss-Newton steps that never raise the sum of squares; a face is never left."""

    reach = np.minimum(4.0, _box(family)[1] * (np.pi / 8))

    def step(_, state):
        s, sse, square, downhill, damping, trial = state
        error, slopes = _errors_and_slopes(family, problem, trial)
        new_sse = jnp.sum(error**2)
        better = new_sse < sse
        s, sse = jnp.where(better, trial, s), jnp.where(better, new_sse, sse)
        square = jnp.where(better, slopes.T @ slopes, square)
        downhill = jnp.where(better, -slopes.T @ error, downhill)
        damping = jnp.clip(jnp.where(better, damping * 0.2, damping * 5), 1e-12, 1e8)
        size = jnp.diagonal(square)
        moves = off_edge(family, s) & (size > 1e-300)
        damped = jnp.where(moves[:, None] & moves[None, :], square, 0)
        damped = damped + jnp.diag(jnp.where(moves, damping * size, 1))
        move = _small_solve(damped, jnp.where(moves, downhill, 0))
        return s, sse, square, downhill, damping, s + jnp.clip(move, -reach, reach)

    infinite, first = jnp.asarray(jnp.inf, start.dtype), jnp.asarray(1e-2, start.dtype)
    state = (start, infinite, jnp.eye(start.shape[0]), jnp.zeros_like(start), first, start)
    return jax.lax.fori_loop(0, steps, step, state)[:2]


def _descend(family, problem, starts):
    """The optax stage: all starts take Adam steps at once on the projected sum of squares."""
    import optax

    rule = optax.adam(optax.cosine_decay_schedule(0.4, ADAM_STEPS))

    def step(_, state):
        s, best, least, memory = state
        error, slopes = jax.vmap(lambda one: _errors_and_slopes(family, problem, one))(s)
        sse = jnp.sum(error**2, axis=1)
        better = sse < least
        best, least = jnp.where(better[:, None], s, best), jnp.where(better, sse, least)
        slope = jnp.where(off_edge(family, s), jnp.sum(slopes * error[:, :, None], axis=1), 0)
        # optax mixes integer counts with floats, which strict dtype promotion forbids.
        with jax.numpy_dtype_promotion("standard"):
            update, memory = rule.update(jnp.where(jnp.isfinite(slope), slope, 0), memory)
        return optax.apply_updates(s, update), best, least, memory

    infinite = jnp.full(starts.shape[0], jnp.inf)
    state = (starts, starts, infinite, rule.init(starts))
    return jax.lax.fori_loop(0, ADAM_STEPS, step, state)[1:3]


def best_start(family, problem):
    """Multi-start search for the s of least squares: the best interior starts and the best faces.

    Two rounds of polish. The second repeats the best from just inside its edges, because an
    optimum on an edge is stationary by construction.
    """
    inner, faces = len(family.starts), len(family.faces)
    starts = jnp.asarray(from_box(family, np.array((*family.starts, *family.faces))))
    ends, sse = _descend(family, problem, starts)
    _, best = jax.lax.top_k(-sse[:inner], min(CANDIDATES, inner))
    if faces:
        _, best_faces = jax.lax.top_k(-sse[inner:], min(CANDIDATES, faces))
        best = jnp.concatenate([best, inner + best_faces])
    _, width = _box(family)

    def polish(_, state):
        candidates = state[0]
        moved, sse = jax.vmap(lambda s: _levenberg_marquardt(family, problem, s, POLISH_STEPS))(
            candidates
        )
        leader = moved[jnp.argmin(jnp.where(jnp.isfinite(sse), sse, jnp.inf))]
        part = leader / width / (np.pi / 2)
        part = jnp.abs(part - 2 * jnp.round(part / 2))
        part = jnp.where(part > 0.99, 0.96, jnp.where(part < 0.01, 0.04, part))
        inside = part * width * (np.pi / 2)
        candidates = jnp.broadcast_to(leader[None, :], candidates.shape).at[1].set(inside)
        return candidates, leader

    _, leader = jax.lax.fori_loop(0, 2, polish, (ends[best], ends[0]))
    return leader


def _scale_of(error, weights):
    """1.4826 times the median absolute residual, over the points that count."""
    counts = weights > 0
    ordered = jnp.sort(jnp.where(counts, jnp.abs(error), jnp.inf))
    number = jnp.sum(counts)
    middle = (ordered[(number - 1) // 2] + ordered[number // 2]) / 2
    return jnp.maximum(1.4826 * middle, 1e-9)


def robust_weights(loss, error, weights):
    """Factors psi(r)/r of the loss at its usual tuning (95 % efficiency for normal errors)."""
    ratio = jnp.abs(error) / _scale_of(error, weights)
    if loss == "huber":
        return jnp.where(ratio > 1.345, 1.345 / jnp.where(ratio > 1.345, ratio, 1), 1.0)
    return 1 / (1 + (ratio / 2.385) ** 2)


def reweighted(family, loss, problem, s, rounds=20):
    """Iteratively reweighted least squares from s; returns the final weights as well."""

    def fixed(_, state):
        s, factors = state
        weights = problem.weights * factors
        s, _ = _levenberg_marquardt(family, problem._replace(weights=weights), s, 6)
        error = project(family, problem._replace(weights=weights), to_box(family, s))[2]
        return s, robust_weights(loss, error * jnp.sqrt(problem.weights), problem.weights)

    s, factors = jax.lax.fori_loop(0, rounds, fixed, (s, jnp.ones_like(problem.weights)))
    weights = problem.weights * factors
    return s, weights


def stationarity(family, problem, optimum):
    """Half the gradient of the sum of squares in (low, amplitude, u), and which of them are free.

    Held: a pinned low, an amplitude at 0, an u at an edge of its box, a knee that ran away.
    """
    lower, width = _box(family)

    def value(p):
        error = problem.y - p[0] - p[1] * family.shape(p[2:], problem.x, problem.x_scale)
        return jnp.sum(problem.weights * error**2) / 2

    u = optimum[2:]
    free_u = (u > lower + 1e-7 * width) & (u < lower + (1 - 1e-7) * width) & (optimum[1] > 0)
    free_u = free_u & ~(is_steep(family, problem, u) & (np.arange(len(family.box)) == 0))
    free = jnp.concatenate([jnp.stack([~problem.pinned, optimum[1] > 0]), free_u])
    return jax.grad(value)(optimum), free
