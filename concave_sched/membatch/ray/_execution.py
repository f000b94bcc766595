"""What happened on a Ray cluster: every attempt at every task, and what was measured."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np

from ..._results import Result, Status

DONE = "done"


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One try at one task; times in seconds since the start of the run.

    `cause` is the index of the attempt whose end made room for this one, None at the start.
    """

    task: str
    device: str
    submitted: float
    start: float
    end: float
    outcome: str
    cause: int | None = None


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Execution(Result):
    """The outcome of `run` or `run_default`.

    Attributes:
        instance, schedule: what was to be run; the schedule that predicted it.
        time_scale: seconds that stood for a minute.
        attempts: all attempts, failed ones included, in order of submission.
        values: {task: what its function returned}.
        failed: {task: why} for tasks that were given up.
        events: what went wrong and what was done about it, in words.
    """

    instance: Any
    schedule: Any
    time_scale: float
    attempts: tuple[Attempt, ...]
    values: dict[str, Any]
    failed: dict[str, str]
    events: tuple[str, ...]

    @property
    def status(self) -> Status:
        """FEASIBLE if every task is done."""
        return Status.INFEASIBLE if self.failed else Status.FEASIBLE

    @functools.cached_property
    def objective(self) -> float:
        """The measured makespan in minutes of task time: seconds / time_scale."""
        return max((a.end for a in self.attempts), default=0.0) / self.time_scale

    @functools.cached_property
    def total_time(self) -> float:
        """Measured total computation time of the attempts that ended well, in minutes."""
        spent = sum(a.end - a.start for a in self.attempts if a.outcome == DONE)
        return spent / self.time_scale

    @functools.cached_property
    def overhead(self) -> float:
        """Minutes, on the chain of attempts that ends last, in which none of the chain ran.

        Each attempt is traced back to the one whose end made room for it: what lies between is
        Ray's work (dispatch, starting processes, returning results), re-planning and waiting for
        a planned release.
        """
        if not self.attempts:
            return 0.0
        last = int(np.argmax([a.end for a in self.attempts]))
        ran = 0.0
        link: int | None = last
        while link is not None:
            ran += self.attempts[link].end - self.attempts[link].start
            link = self.attempts[link].cause
        return max(self.objective - ran / self.time_scale, 0.0)

    @property
    def lost(self) -> int:
        """Attempts that did not end well; their tasks are done by another, or in `failed`."""
        return sum(a.outcome != DONE for a in self.attempts)

    def validate(self) -> None:
        """Check that nothing was lost and nothing was run twice.

        Raises:
            ValueError: if a task was done more than once, or neither done nor listed in `failed`,
                or if the measured times break a device's capacity by more than the clock's slack.
        """
        done: dict[str, int] = dict.fromkeys(self.instance.tasks, 0)
        for attempt in self.attempts:
            done[attempt.task] += attempt.outcome == DONE
        for task, times in done.items():
            if times > 1 or (times == 0) != (task in self.failed):
                raise ValueError(
                    f"task {task!r} was done {times} times"
                    + (" and is listed as failed." if task in self.failed else ".")
                )
        index = {name: i for i, name in enumerate(self.instance.tasks)}
        for j, device in enumerate(self.instance.devices):
            on = [a for a in self.attempts if a.device == device.name and a.end > a.start]
            for a in on:
                now = [index[b.task] for b in on if b.start <= a.start < b.end - 0.002]
                gpu = self.instance.gpu[now, j].sum()
                memory = self.instance.memory[now, j].sum()
                if gpu > device.gpu * (1 + 1e-6) or memory > device.memory * (1 + 1e-6):
                    raise ValueError(
                        f"device {device.name!r} ran {len(now)} tasks at {a.start:.3f} s that need "
                        f"{gpu:g} per cent of its GPU and {memory:g} MB."
                    )

    def _facts(self):
        planned = [] if self.schedule is None else [
            ("simulated makespan (min)", self.schedule.objective),
            ("measured / simulated", f"{self.objective / self.schedule.objective:.3f}"),
        ]  # fmt: skip
        trouble = [("failed tasks", ", ".join(self.failed))] if self.failed else []
        return [
            ("measured makespan (min)", self.objective),
            *planned,
            ("overhead in it (min)", self.overhead),
            ("total computation (min)", self.total_time),
            ("seconds per minute", self.time_scale),
            ("tasks done", len(self.instance.tasks) - len(self.failed)),
            ("attempts lost", self.lost),
            *trouble,
            ("status", self.status),
        ]

    def to_dataframe(self):
        """One row per attempt: task, device, start, end (minutes), outcome, attempt."""
        import pandas as pd

        seen: dict[str, int] = {}
        rows = []
        for a in self.attempts:
            seen[a.task] = seen.get(a.task, 0) + 1
            start, end = a.start / self.time_scale, a.end / self.time_scale
            rows.append((a.task, a.device, start, end, a.outcome, seen[a.task]))
        return pd.DataFrame(rows, columns=["task", "device", "start", "end", "outcome", "attempt"])

    def plot(self, ax=None):
        """Draw what was measured as a Gantt chart, lost attempts hatched; return the Axes."""
        from ...plotting._membatch import plot_execution

        return plot_execution(self, ax)
