"""The fractional relaxation: one machine with all speeds together."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from .._checks import require_float64
from .._results import Result, status_of
from .._tree import pytree
from ..allocation import NestedAllocation
from ..allocation._nested import _nested_waterfill
from ._entries import order_of, over_batch, put_back
from ._instance import Instance, require_instance, require_one


@pytree
class Relaxation(Result):
    """What `upper_bound` returns; arrays are in the caller's order.

    Attributes:
        instance: what was relaxed.
        order: (tasks,) the tasks by deadline, the order of both allocations.
        plain: the `NestedAllocation` of UB. capped: that of UB+.
    """

    instance: Instance
    order: Any
    plain: NestedAllocation
    capped: NestedAllocation

    @property
    def objective(self):
        """UB, the paper's DSCT-UB: the sum of the accuracies of the relaxation."""
        return self.plain.value

    @property
    def bound(self):
        """UB+ <= UB: no task may do more work than the fastest machine can by its deadline."""
        return self.capped.value

    @property
    def status(self):
        return status_of(self.capped.code)

    @property
    def work(self):
        """(tasks,) work of each task in UB, over all machines."""
        return self._by_task(self.plain.amounts)

    @property
    def prices(self):
        """(tasks,) prices of work in UB: the marginal accuracy of each task off its limits."""
        return self._by_task(self.plain.prices)

    @property
    def times(self):
        """(tasks, machines) in UB each task runs as long on every machine, at once."""
        share = self.work / jnp.sum(jnp.asarray(self.instance.speeds), axis=-1, keepdims=True)
        shape = (*share.shape, self.instance.machines)
        return jnp.broadcast_to(share[..., None], shape)

    @property
    def accuracies(self):
        """(tasks,) accuracies in UB."""
        each = over_batch(Instance.accuracies, np.ndim(self.objective))
        return each(self.instance, self.work)

    def certificate(self):
        """The `Certificate` of UB+: its dual is an upper bound by weak duality alone."""
        require_one(self.instance, "certificate")
        return self.capped.certificate()

    def _by_task(self, values):
        return over_batch(put_back, np.ndim(self.objective))(values, self.order)

    def _facts(self):
        return [
            ("tasks", self.instance.tasks),
            ("machines", self.instance.machines),
            ("UB (objective)", self.objective),
            ("UB+ (bound)", self.bound),
            ("status", self.status),
        ]

    def to_dataframe(self):
        """One row per task: deadline, work and price in UB, work in UB+."""
        import pandas as pd

        require_one(self.instance, "to_dataframe")
        columns = {
            "deadline": self.instance.deadlines,
            "work": self.work,
            "price": self.prices,
            "accuracy": self.accuracies,
            "work_capped": self._by_task(self.capped.amounts),
        }
        frame = pd.DataFrame({k: np.asarray(v) for k, v in columns.items()})
        return frame.rename_axis("task")

    def plot(self, ax=None):
        """Work used against the work that all machines can do by every deadline."""
        require_one(self.instance, "plot")
        ax = self.plain.plot(ax)
        ax.set_xlabel("task, in the order of the deadlines")
        ax.set_ylabel("work (time at speed 1)")
        return ax


def upper_bound(instance: Instance) -> Relaxation:
    r"""Two bounds on the best sum of accuracies, UB and UB+.

    UB lets every task run on all machines at once, in parts:

        maximise  sum_j a_j(w_j)   subject to   sum_{d_i <= d_j} w_i <= S d_j,
                                                0 <= w_j <= max_work_j,   S = sum_r s_r,

    one machine of speed S. UB+ keeps in mind that a task runs on one machine, and so does at most
    max_r s_r d_j: it caps w_j by that too.

    Returns a `Relaxation`: objective (UB), bound (UB+), work, times (tasks, machines), prices,
    accuracies, certificate(). Pure; jit, vmap and grad. OPT <= UB+ <= UB.

    Cost: two `nested_waterfill` (one if there is one machine).

    Example:
        >>> import concave_sched as cs
        >>> accuracy = cs.curves.Exponential(0.0, 0.8, 0.5)
        >>> r = cs.dsct.upper_bound(cs.dsct.Instance(accuracy, [1.0, 4.0], speeds=[1.0, 1.0]))
        >>> round(float(r.objective), 6), round(float(r.bound), 6)
        (1.265867, 1.006507)

    Source: Section VI-A, Algorithm 2 (with its line 9 and Lemma 2 corrected: t_jr = w_j / S, and
    deadlines scale by S while caps do not); UB+ is ours.
    """
    require_float64()
    require_instance(instance)
    run = over_batch(_upper_bound, np.ndim(instance.deadlines) - 1)
    return run(instance, order_of(instance.deadlines))


def _upper_bound(i: Instance, order) -> Relaxation:
    plain = relax(i, order)
    capped = relax(i, order, capped=True) if i.machines > 1 else plain
    return Relaxation(i, order, plain, capped)


def best_bound(i: Instance):
    """UB+ alone."""
    return relax(i, order_of(i.deadlines), capped=i.machines > 1).value


def relax(i: Instance, order, capped=False) -> NestedAllocation:
    """The relaxation in order of the deadlines."""
    deadlines = jnp.asarray(i.deadlines)[order]
    cap = jnp.asarray(i.max_work)[order]
    speeds = jnp.asarray(i.speeds)
    if capped:
        cap = jnp.minimum(cap, jnp.max(speeds) * deadlines)
    return _nested_waterfill(i.accuracy.take(order), jnp.sum(speeds) * deadlines, cap)
