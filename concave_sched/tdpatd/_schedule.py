"""The result of every algorithm: explicit sequences with copies, times, bound, table, drawing."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np

from .._results import Result, Status
from ._instance import Instance

ROUNDING = 1e-9


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Schedule(Result):
    """Which processor runs which tasks, in which order and when; a task may have copies.

    Attributes:
        instance: what was scheduled.
        task, processor: (copies,) the copies, grouped by processor and in the order they run.
        start, end: (copies,) their times.
        algorithm: what found it; for `solve` the name of the winner.
        status: OPTIMAL where the makespan meets the lower bound.
        parts: (tasks,) the partition that was used, if one was.
        members: {name: makespan} of everything `solve` tried.
        runtime: seconds it took, compilation apart, where measured.
    """

    instance: Instance
    task: np.ndarray
    processor: np.ndarray
    start: np.ndarray
    end: np.ndarray
    algorithm: str
    parts: Any = None
    members: dict[str, float] | None = None
    runtime: float | None = None
    limited: bool = False

    @property
    def objective(self) -> float:
        """The makespan: the latest finish of any copy."""
        return float(self.end.max())

    makespan = objective

    @property
    def bound(self) -> float:
        """The best proven lower bound on every schedule's makespan; see `lower_bounds`."""
        return self.instance.bounds.best

    @property
    def gap(self) -> float:
        """(objective - bound) / objective: the most that any schedule could still save."""
        return max(0.0, 1 - self.bound / self.objective) if self.objective > 0 else 0.0

    @property
    def status(self) -> Status:
        if self.gap <= ROUNDING:
            return Status.OPTIMAL
        return Status.TIME_LIMIT if self.limited else Status.FEASIBLE

    @functools.cached_property
    def offsets(self) -> np.ndarray:
        """(processors + 1,) the copies of processor p are offsets[p] : offsets[p + 1]."""
        count = np.bincount(self.processor, minlength=self.instance.processors)
        return np.concatenate([[0], np.cumsum(count)])

    @functools.cached_property
    def duplicate(self) -> np.ndarray:
        """(copies,) true for every copy of a task but its earliest."""
        earliest = np.lexsort((self.processor, self.end, self.task))
        first = np.ones(self.task.size, bool)
        first[1:] = np.diff(self.task[earliest]) != 0
        duplicate = np.empty(self.task.size, bool)
        duplicate[earliest] = ~first
        return duplicate

    @property
    def sequences(self) -> list[list[int]]:
        """The tasks of every processor, in the order they run."""
        return [part.tolist() for part in np.split(self.task, self.offsets[1:-1])]

    @property
    def duplicated_tasks(self) -> np.ndarray:
        """The tasks that run more than once."""
        return np.unique(self.task[self.duplicate])

    @property
    def utilisation(self) -> np.ndarray:
        """(processors,) share of the makespan each processor is busy, copies included."""
        busy = np.bincount(self.processor, self.end - self.start, self.instance.processors)
        return busy / self.objective if self.objective else busy

    def critical_path(self):
        """The chain of copies that decides the makespan, with what each one waited for.

        A table with one row per copy, first to last: task, name, processor, start, end, and
        `waits_for`: "data" (its parent's data came last), "processor" or "nothing".
        """
        from ._explain import critical_path

        return critical_path(self)

    def bottlenecks(self):
        """The data transfers that delayed a start on the critical path, longest first.

        A table: source and target task with names, the two processors, the time of the transfer
        and `saving`, how much earlier the target could have started without it.
        """
        from ._explain import bottlenecks

        return bottlenecks(self)

    def duplicates(self):
        """The tasks that run more than once: task, name, copies, processors, weight, work added."""
        from ._explain import duplicates

        return duplicates(self)

    def validate(self) -> float:
        """The makespan recomputed from the instance and the claimed times alone.

        Raises:
            ValueError: if a task never runs, a processor runs two copies of a task or two copies
                at once, a copy starts before its data arrive, the order on the processors
                deadlocks, an end is not start plus weight, or the bound is above the makespan.
        """
        from ._validate import validate

        return validate(self)

    def to_dataframe(self):
        """One row per copy: task, name, processor, start, end, duplicate; in order of time."""
        import pandas as pd

        graph = self.instance.graph
        frame = pd.DataFrame(
            {
                "task": self.task,
                "name": [graph.name(i) for i in self.task],
                "processor": self.processor,
                "start": self.start,
                "end": self.end,
                "duplicate": self.duplicate,
            }
        )
        return frame.sort_values(["start", "processor"], kind="stable", ignore_index=True)

    def plot(self, ax=None, arrows: bool = False, critical: bool = False, unit: str = ""):
        """Gantt chart: duplicates hatched, coloured by part if there are parts.

        arrows: draw every transfer between processors that a copy uses. critical: outline the
        critical path. unit: of time, for the label. Beyond 1,500 copies neither edges nor labels
        are drawn.
        """
        from ..plotting._tdpatd import plot_schedule
        from ._explain import critical_copies, transfers

        pairs = transfers(self) if arrows else None
        chain = [copy for copy, _, _ in critical_copies(self)] if critical else None
        return plot_schedule(self, pairs, chain, ax, unit)

    def _facts(self):
        graph = self.instance.graph
        facts = [
            ("objective", self.objective),
            ("lower bound", self.bound),
            ("gap", f"{100 * self.gap:.3g} %"),
            ("algorithm", self.algorithm),
            ("tasks", graph.tasks),
            ("processors used", f"{np.unique(self.processor).size} of {self.instance.processors}"),
            ("duplicates", int(self.duplicate.sum())),
            ("status", self.status),
        ]
        return facts if self.runtime is None else [*facts, ("runtime", f"{self.runtime:.3g} s")]


def from_order(instance: Instance, task, processor, algorithm: str, **extra) -> Schedule:
    """A schedule from copies in any global order: those of one processor run in this order."""
    by_processor = np.argsort(processor, kind="stable")
    count = np.bincount(processor, minlength=instance.processors)
    offsets = np.concatenate([[0], np.cumsum(count)])
    return from_rows(instance, np.asarray(task)[by_processor], offsets, algorithm, **extra)


def from_rows(instance: Instance, task, offsets, algorithm: str, **extra) -> Schedule:
    """A schedule from the tasks of all processors, processor p at offsets[p] : offsets[p + 1]."""
    from ._simulate_kernels import replay_events

    task = np.asarray(task, np.int64)
    start, end = replay_events(instance.graph.csr, offsets, task)
    processor = np.repeat(np.arange(instance.processors), np.diff(offsets))
    stuck = np.flatnonzero(np.isnan(end))
    if stuck.size:
        c = int(stuck[0])
        raise ValueError(
            f"sequences deadlock: task {instance.graph.name(task[c])} on processor {processor[c]} "
            "waits for data of tasks that never run or come later; change the order."
        )
    return Schedule(instance, task, processor, start, end, algorithm, **extra)
