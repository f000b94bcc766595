"""Tasks that may be cut short, with deadlines, on machines of given speeds."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import numbers, require, require_shape
from .._tree import is_concrete, pytree
from ..allocation._waterfill import entries_shape
from ..curves import Curve
from ..curves._check import require_concave


@pytree
class Instance:
    r"""Deadline scheduling with compressible tasks (DSCT).

    Task j, run without interruption on machine r for a time t, does the work w = s_r t and is
    worth a_j(w). All tasks are present at time 0; a machine runs one at a time:

        maximise  sum_j a_j(w_j)   subject to   0 <= w_j <= max_work_j,
        sum_{i on r, d_i <= d_j} w_i / s_r <= d_j   for every task j and every machine r.

    Args:
        accuracy: concave, nondecreasing; scalar parameters are shared, vectors one per task.
        deadlines: (tasks,), >= 0, finite, in any order, in units of time.
        max_work: scalar or (tasks,), >= 0, may be infinite: the work of the uncompressed task, in
            units of time on a machine of speed 1.
        speeds: (machines,), > 0.

    Raises:
        ValueError: naming the argument, the first offending entry and the remedy; traced values
            (inside jit, vmap, grad) are not looked at.

    All results are in the order of the tasks as given. Instances are pytrees: a batch is an
    instance whose leaves have a leading axis, from `stack`, `generate(count=...)` or inside
    `jax.vmap`.

    Example:
        >>> import concave_sched as cs
        >>> accuracy = cs.curves.Exponential(0.001, 0.82, [0.3, 2.0, 0.7])
        >>> cs.dsct.Instance(accuracy, [5.0, 1.0, 3.0], max_work=10.0, speeds=[1.0, 2.5])
        Instance(tasks=3, machines=2, accuracy=Exponential)

    Source: da Silva Barros et al., "Scheduling with Fully Compressible Tasks" (CCGRID 2024),
    Section IV; different speeds as in its Section VI.
    """

    accuracy: Curve
    deadlines: Any
    max_work: Any = float("inf")
    speeds: Any = (1.0,)

    def __post_init__(self):
        deadlines = numbers("deadlines", self.deadlines)
        if np.ndim(deadlines) != 1 or np.size(deadlines) == 0:
            raise ValueError(
                f"deadlines has shape {np.shape(deadlines)}: a vector of one task or more is "
                "needed; for batches use jax.vmap or dsct.stack."
            )
        speeds = numbers("speeds", self.speeds)
        if np.ndim(speeds) != 1 or np.size(speeds) == 0:
            raise ValueError(
                f"speeds has shape {np.shape(speeds)}: a vector of one machine or more is needed."
            )
        max_work = numbers("max_work", self.max_work)
        require(
            "deadlines",
            deadlines,
            lambda d: (d >= 0) & np.isfinite(d),
            "deadlines are finite and >= 0; a task without one gets the end of the horizon.",
        )
        require("speeds", speeds, lambda s: (s > 0) & np.isfinite(s), "speeds are finite and > 0.")
        require("max_work", max_work, lambda w: w >= 0, "caps are >= 0 (infinite for none).")
        require_shape("max_work", max_work, np.shape(deadlines), "one per task, or one for all.")
        if np.ndim(max_work) != 1:
            xp = np if is_concrete(max_work) else jnp
            max_work = xp.broadcast_to(xp.asarray(max_work), np.shape(deadlines))
        for name, value in (("deadlines", deadlines), ("max_work", max_work), ("speeds", speeds)):
            object.__setattr__(self, name, value)
        self._check_accuracy()

    def _check_accuracy(self):
        known = is_concrete(self.deadlines, self.max_work, self.speeds)
        reach = 1.0
        if known:
            within = np.asarray(self.deadlines) * np.sum(self.speeds)
            reach = np.where(np.isfinite(self.max_work), self.max_work, within)
        require_concave("accuracy", self.accuracy, reach)
        found, shape = entries_shape(self.accuracy), np.shape(self.deadlines)
        if found not in ((1,), shape):
            raise ValueError(
                f"accuracy has {found} entries and deadlines {shape}: one per task is needed, or "
                "scalar parameters for all."
            )
        if is_concrete(self.accuracy):
            at_rest = self.accuracy(0.0)
            require("accuracy(0)", at_rest, np.isfinite, "a task not run needs a finite value.")

    @property
    def tasks(self) -> int:
        """Number of tasks."""
        return np.shape(self.deadlines)[-1]

    @property
    def machines(self) -> int:
        """Number of machines."""
        return np.shape(self.speeds)[-1]

    @property
    def cap(self):
        """(tasks,) the most work that is of use: max_work, cut where the accuracy saturates."""
        return jnp.minimum(self.max_work, jnp.asarray(self.accuracy.limit, self.max_work.dtype))

    def accuracies(self, work):
        """(tasks,) accuracy of every task after the given work."""
        return jnp.broadcast_to(self.accuracy(work), np.shape(work))

    def __repr__(self) -> str:
        kind = type(getattr(self.accuracy, "curve", self.accuracy)).__name__
        batch = np.shape(self.deadlines)[:-1]
        many = f", batch={batch}" if batch else ""
        return f"Instance(tasks={self.tasks}, machines={self.machines}, accuracy={kind}{many})"


def stack(instances) -> Instance:
    """A batch of instances of the same shape and family of curves, for `jax.vmap` or `run_batch`.

    Example:
        >>> import concave_sched as cs
        >>> pair = [cs.dsct.generate(5, 2, seed=seed) for seed in range(2)]
        >>> cs.dsct.stack(pair)
        Instance(tasks=5, machines=2, accuracy=Exponential, batch=(2,))
    """
    instances = list(instances) if np.iterable(instances) else []
    if not instances:
        raise ValueError("instances is empty: give a list of one or more.")
    try:
        return jax.tree.map(lambda *leaves: np.stack(leaves), *instances)
    except ValueError as error:
        raise ValueError(
            f"instances differ in tasks, machines or curves ({error}): stack those of one shape."
        ) from None


def require_instance(instance) -> None:
    """Raise unless `instance` is an `Instance`, of one problem or of a batch."""
    if not isinstance(instance, Instance):
        raise ValueError(f"instance = {type(instance).__name__}: give a dsct.Instance.")


def require_one(instance: Instance, what: str) -> None:
    """Raise unless `instance` is one concrete instance."""
    require_instance(instance)
    if not is_concrete(instance):
        raise ValueError(f"{what} looks at values: call it outside jit, vmap and grad.")
    if np.ndim(instance.deadlines) != 1:
        raise ValueError(f"{what} takes one instance: index the batch with jax.tree.map.")
