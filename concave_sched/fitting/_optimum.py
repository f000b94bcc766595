"""The fitted parameters as a differentiable function of the data."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

from ._solve import Problem, best_start, project, reweighted, stationarity, to_box


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def optimum(family, problem: Problem, start):
    """(low, amplitude, u) at the minimum reached from `start`, differentiable in the problem.

    Derivatives are implicit: the gradient of the sum of squares stays 0 as the data move, so
    d(optimum) = -Hessian^-1 d(gradient), restricted to the parameters that are not held at a
    bound; exact to any order, because the rule calls this function again. The search that found
    `start` is never differentiated.
    """
    low, amplitude, _ = project(family, problem, to_box(family, start))
    return jnp.concatenate([jnp.stack([low, amplitude]), to_box(family, start)])


@optimum.defjvp
def _optimum_jvp(family, primals, tangents):
    problem, start = primals
    found = optimum(family, problem, start)
    continuous = ("x", "y", "weights", "pin", "x_scale")
    moving = {name: getattr(problem, name) for name in continuous}
    directions = {name: getattr(tangents[0], name) for name in continuous}
    free = stationarity(family, problem, found)[1]

    def gradient(p, moving):
        return jnp.where(free, stationarity(family, problem._replace(**moving), p)[0], 0)

    hessian = jax.jacfwd(gradient)(found, moving)
    size = jnp.abs(jnp.diagonal(hessian))
    free = free & (size > 0)  # a parameter that changes nothing any more does not move
    hessian = jnp.where(free[:, None] & free[None, :], hessian, jnp.eye(found.shape[0]))
    size = jnp.sqrt(jnp.where(free, size, 1))
    # A pinned low moves with its pin and takes the others along.
    pin_moves = jnp.zeros_like(found).at[0].set(jnp.where(problem.pinned, directions["pin"], 0))
    _, drift = jax.jvp(gradient, (found, moving), (pin_moves, directions))
    step = jnp.linalg.solve(hessian / size[:, None] / size[None, :], -drift / size) / size
    return found, pin_moves + jnp.where(free, step, 0)


def search(family, loss, problem: Problem):
    """The optimum, and the weights it is the least-squares optimum of (robust losses change them).

    With a robust loss the weights are held in the derivative: it is that of the reweighted fit.
    """
    still = jax.tree.map(jax.lax.stop_gradient, problem)
    start = best_start(family, still)
    weights = problem.weights
    if loss != "squares":
        start, weights = reweighted(family, loss, still, start)
    return optimum(family, problem._replace(weights=weights), jax.lax.stop_gradient(start)), weights
