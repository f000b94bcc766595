"""Jobs that share a divisible server under one concave speedup."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._checks import numbers, require, require_shape
from .._tree import is_concrete, pytree
from ..curves import Curve
from ..curves._check import require_concave


@pytree
class Instance:
    """All jobs are present at time 0; a job that gets theta of the budget runs at s(theta).

    speedup: one strictly concave, increasing curve with s(0) = 0, shared by all jobs. sizes:
    (jobs,), > 0, work in units of s times time. weights: (jobs,), > 0, default 1/sizes, so that the
    objective sum w_i T_i is the total slowdown; equal weights give total flow time. budget: > 0.

    Several speedups (a tuple of curves, or one curve with a vector of parameters) or a `StepBudget`
    make a `GeneralInstance`, for `solve_general`; its weights are 1/sizes too then.

    Shortest-first is optimal only if a shorter job never weighs less: sizes sorted downwards must
    give weights that do not fall. Any order of jobs may be given.

    Errors: ValueError names the argument, the first offending entry and the remedy. Traced values
    (inside jit, vmap or grad) are not looked at.

    Example:
        >>> import concave_sched as cs
        >>> i = cs.smartfill.Instance(cs.curves.Logarithmic(1.0, 1.0), [4.0, 2.0, 1.0], budget=10.0)
        >>> [float(w) for w in i.weights]
        [0.25, 0.5, 1.0]
    """

    speedup: Curve
    sizes: Any
    weights: Any = None
    budget: Any = 1.0

    def __new__(cls, speedup: Any = None, sizes: Any = None, weights: Any = None, budget=1.0):
        if not (is_changing(budget) or has_several(speedup, sizes, budget)):
            return super().__new__(cls)
        from ._general_instance import GeneralInstance

        if weights is None:
            weights = 1 / numbers("sizes", sizes)
        return GeneralInstance(speedup, sizes, weights, budget)

    def __repr__(self) -> str:
        return f"Instance(jobs={np.shape(self.sizes)[-1]}, speedup={type(self.speedup).__name__})"

    def __post_init__(self):
        sizes = read_sizes(self.sizes)
        weights = read_weights(1 / sizes if self.weights is None else self.weights, sizes)
        budget = read_budget(self.budget)
        for name, value in (("sizes", sizes), ("weights", weights), ("budget", budget)):
            object.__setattr__(self, name, value)
        require_concave("speedup", self.speedup, budget)
        require_strictly_concave("speedup", self.speedup)
        if is_concrete(self.speedup):
            require_rest("speedup", self.speedup)
        if is_concrete(self.speedup, budget):
            require_room("speedup", self.speedup, np.asarray(budget))
        _check_agreeable(sizes, weights)


def has_several(speedup, sizes, budget) -> bool:
    """Whether there is one speedup per job: several curves, or vectors of parameters."""
    if isinstance(speedup, (tuple, list)):
        return True
    if not isinstance(speedup, Curve) or np.ndim(sizes) > 1 or np.ndim(budget):
        return False
    return speedup.strictly_concave and any(np.ndim(leaf) for leaf in speedup._leaves())


def is_changing(budget) -> bool:
    from ._general_instance import StepBudget

    return isinstance(budget, StepBudget)


def require_common(instance) -> None:
    """Raise unless all jobs share one speedup and one budget."""
    if not isinstance(instance, Instance):
        raise ValueError(
            f"instance = {type(instance).__name__}: this needs one speedup for all jobs and a "
            "constant budget; use smartfill.solve_general, or run_policy for policies."
        )
    for name, axes in (("sizes", 1), ("weights", 1), ("budget", 0)):
        shape = np.shape(getattr(instance, name))
        if len(shape) != axes:
            raise ValueError(
                f"{name} has shape {shape}: one instance is solved here; use jax.vmap for many."
            )


def read_sizes(sizes):
    """(..., jobs) finite numbers > 0."""
    sizes = numbers("sizes", sizes)
    if np.ndim(sizes) == 0 or np.shape(sizes)[-1] == 0:
        raise ValueError(f"sizes has shape {np.shape(sizes)}: a vector of one job or more needed.")
    require("sizes", sizes, lambda x: (x > 0) & np.isfinite(x), "sizes are finite and > 0.")
    return sizes


def read_weights(weights, sizes):
    """Finite numbers > 0 in the shape of the sizes."""
    weights, shape = numbers("weights", weights), np.shape(sizes)
    require("weights", weights, lambda w: (w > 0) & np.isfinite(w), "weights are finite and > 0.")
    if np.ndim(weights) > len(shape):
        raise ValueError(f"weights has shape {np.shape(weights)} and sizes {shape}: one per job.")
    require_shape("weights", weights, shape, "one weight per job, or a number for all.")
    return weights if np.shape(weights) == shape else np.broadcast_to(weights, shape)


def read_budget(budget):
    """A finite number > 0."""
    budget = numbers("budget", budget)
    if budget is None:
        raise ValueError("budget = None: a budget is a finite number > 0.")
    require("budget", budget, lambda b: (b > 0) & np.isfinite(b), "a budget is finite and > 0.")
    return budget


def read_order(order, jobs: int):
    """(jobs,) all jobs, the last to complete first."""
    read = np.asarray(numbers("order", order))
    if read.ndim != 1 or not np.array_equal(np.sort(read), np.arange(jobs)):
        raise ValueError(f"order = {order}: each of the {jobs} jobs once, last completed first.")
    return read.astype(int)


def require_strictly_concave(name, curve) -> None:
    """Raise if a curve has linear pieces."""
    if not curve.strictly_concave:
        raise ValueError(
            f"{name} = {type(curve).__name__} has linear pieces; SmartFill needs a strictly "
            "concave speedup: fit a family to the points with concave_sched.fit."
        )


def require_rest(name, speedup) -> None:
    """Raise unless a job without resources rests."""
    remedy = "a job without resources must rest; fit with at_zero=0.0."
    require(f"{name}(0)", speedup(0.0), lambda s: s == 0, remedy)


def require_room(name, speedup, budget) -> None:
    """Raise unless the speedup grows up to the budget at least."""
    remedy = f"the speedup stops growing before the budget {budget}; lower the budget to the limit."
    limit = np.asarray(speedup.limit)
    limit = np.broadcast_to(limit, np.broadcast_shapes(limit.shape, budget.shape))
    require(f"{name}.limit", limit, lambda z: z >= budget, remedy)


def _check_agreeable(sizes, weights):
    if not is_concrete(sizes, weights) or np.ndim(sizes) != 1:
        return
    sizes, weights = np.asarray(sizes), np.asarray(weights)
    order = np.lexsort((weights, -sizes))
    fall = np.flatnonzero(np.diff(weights[order]) < 0)
    if fall.size:
        long, short = order[fall[0]], order[fall[0] + 1]
        raise ValueError(
            f"weights[{short}] = {weights[short]} is less than weights[{long}] = {weights[long]} "
            f"although job {short} is no longer ({sizes[short]} <= {sizes[long]}): shortest-first "
            "order is then not optimal. Weights must not fall as sizes fall, as 1/size or 1 do; "
            "for others give one speedup per job (a tuple) and use solve_general."
        )
