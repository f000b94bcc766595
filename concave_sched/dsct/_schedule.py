"""The schedule of every algorithm: who runs where, from when, for how long, and how well."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._results import Result, status_of
from .._tree import pytree
from ._entries import over_batch
from ._instance import Instance, require_one


@pytree(static=("algorithm", "finish"))
class Schedule(Result):
    """What an algorithm of `dsct` does with an instance. Arrays are in the caller's order.

    Attributes:
        instance: what was scheduled.
        machine: (tasks,) the machine of each task, counted from 0 (also of tasks that do not run).
        start: (tasks,) when each begins, in units of time.
        work: (tasks,) speed of the machine times the time given.
        objective: sum of the accuracies.
        log_prices: (tasks,) logarithms of `prices`, where every machine is optimal on its own
            (`solve_single`, `polish`), else None.
        proven: an upper bound found by the algorithm itself, else None; see `bound`.
        code: see `status`.
        algorithm: what found it.
        finish: "deadline"; or "start" where a task may end late if it began in time.
    """

    instance: Any
    machine: Any
    start: Any
    work: Any
    objective: Any
    code: Any
    log_prices: Any = None
    proven: Any = None
    algorithm: str = ""
    finish: str = "deadline"

    @property
    def status(self):
        return status_of(self.code)

    @property
    def duration(self):
        """(tasks,) the time each task runs."""
        return self.work / jnp.take_along_axis(
            jnp.asarray(self.instance.speeds), self.machine, axis=-1
        )

    @property
    def end(self):
        """(tasks,) when each is done."""
        return self.start + self.duration

    @property
    def times(self):
        """(tasks, machines) the time each task gets on each machine."""
        return self.duration[..., None] * jax.nn.one_hot(
            self.machine, self.instance.machines, dtype=self.work.dtype
        )

    @property
    def accuracies(self):
        """(tasks,) the accuracy of each task; its mean is `objective / tasks`."""
        return self._each(Instance.accuracies, self.instance, self.work)

    @property
    def compression(self):
        """(tasks,) the part of `max_work` left out: 0 in full, 1 not run, NaN if infinite."""
        cap = self._each(Instance.cap.fget, self.instance)
        usable = jnp.isfinite(cap) & (cap > 0)
        left = 1 - self.work / jnp.where(usable, cap, 1)
        return jnp.where(usable, left, jnp.where(cap > 0, jnp.nan, 0))

    @functools.cached_property
    def bound(self):
        """No schedule is better: the solver's bound, or else UB+; first use solves a relaxation."""
        if self.proven is not None:
            return self.proven
        from ._relaxation import best_bound

        return self._each(best_bound, self.instance)

    @property
    def gap(self):
        """(bound - objective) / bound, or 0 where the bound is 0."""
        bound = self.bound
        return jnp.where(bound > 0, 1 - self.objective / jnp.where(bound > 0, bound, 1), 0)

    @property
    def prices(self):
        """(tasks,) the marginal accuracy per unit of work that each task off its limits has."""
        if self.log_prices is None:
            raise AttributeError(
                f"{self.algorithm} has no prices: use solve_single, or approximate(polish=True)."
            )
        return jnp.exp(self.log_prices)

    @property
    def deadline_prices(self):
        """(tasks,) d objective / d deadline, with the machines of all tasks kept; >= 0.

        Of tasks with one deadline on one machine the last in order carries the price of all.
        """
        from ._polish import deadline_prices

        return self._each(deadline_prices, self.instance, self.machine, self.prices)

    def validate(self) -> float:
        """Replay the schedule from machine, start and work alone; returns the sum of accuracies.

        Raises:
            ValueError: if a task exceeds its deadline or its cap, two tasks overlap, or the
                objective is not the sum of accuracies. Tolerance: 1e-12 of the largest of each.
        """
        from ._certify import validate

        return validate(self)

    def certificate(self):
        """Replay the schedule and bound the optimum from the instance; see `dsct.certify`."""
        from ._certify import certify

        return certify(self)

    def kkt(self):
        """The optimality conditions, task by task, as a table a person can read; see `dsct.kkt`."""
        from ._kkt import kkt

        return kkt(self)

    def _each(self, function, *arguments):
        return over_batch(function, np.ndim(self.objective))(*arguments)

    def _facts(self):
        facts = [
            ("algorithm", self.algorithm),
            ("tasks", self.instance.tasks),
            ("machines", self.instance.machines),
            ("sum of accuracies", self.objective),
            ("mean accuracy", self.objective / self.instance.tasks),
        ]
        if self.finish == "deadline":
            facts += [("bound", self.bound), ("relative gap", self.gap)]
        facts += [("tasks run", jnp.sum(self.work > 0, axis=-1))]
        return [*facts, ("status", self.status)]

    def to_dataframe(self):
        """One row per task: deadline, machine, start, time, end, work, accuracy, compression."""
        import pandas as pd

        require_one(self.instance, "to_dataframe")
        columns = {
            "deadline": self.instance.deadlines,
            "machine": self.machine,
            "start": self.start,
            "time": self.duration,
            "end": self.end,
            "work": self.work,
            "max_work": self.instance.max_work,
            "accuracy": self.accuracies,
            "compression": self.compression,
        }
        if self.log_prices is not None:
            columns["price"] = self.prices
            columns["deadline_price"] = self.deadline_prices
        frame = pd.DataFrame({k: np.asarray(v) for k, v in columns.items()})
        return frame.rename_axis("task")

    def plot(self, ax=None, unit=""):
        """Gantt chart: a lane per machine, colour is accuracy, ticks are deadlines."""
        from ..plotting._dsct import schedule

        require_one(self.instance, "plot")
        return schedule(self, ax, unit)

    def plot_accuracies(self, ax=None):
        """Histogram of the accuracies."""
        from ..plotting._dsct import accuracy_histogram

        return accuracy_histogram(self, ax)
