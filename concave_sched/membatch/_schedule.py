"""The result of every scheduler: a plan and its execution by the simulator."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np

from .._results import Result, Status


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class Schedule(Result):
    """A plan and what the simulator made of it.

    Attributes:
        instance, plan: what was executed.
        start, end: (tasks,) in minutes.
        proven_bound: a lower bound on every plan's makespan that the solver proved, or None.
        status: OPTIMAL where that bound is reached.
        algorithm: what made the plan.
        runtime: seconds the scheduler took, without the simulation of the final plan.
    """

    instance: Any
    plan: Any
    start: Any
    end: Any
    proven_bound: float | None = None
    status: Status = Status.FEASIBLE
    algorithm: str = "plan"
    runtime: float = 0.0

    @functools.cached_property
    def objective(self) -> float:
        """The makespan in minutes, by the simulator."""
        return float(self.end.max())

    @functools.cached_property
    def bound(self) -> float:
        """A proven lower bound on every plan's makespan: the solver's, or else `lower_bound`."""
        from ._bound import lower_bound

        return lower_bound(self.instance) if self.proven_bound is None else self.proven_bound

    @property
    def gap(self) -> float:
        """objective / bound - 1: how far, at most, the makespan is above the optimum."""
        return self.objective / self.bound - 1.0

    @property
    def total_time(self) -> float:
        """Total computation time: the sum of all tasks' times, in minutes."""
        return float((self.end - self.start).sum())

    @property
    def device(self) -> np.ndarray:
        """(tasks,) index of the device of each task."""
        return self.plan.device

    @functools.cached_property
    def utilisation(self):
        """GPU use in per cent of capacity: a DataFrame, one row per device.

        `mean` is over time from 0 to the makespan, `max` the largest at any instant, `busy` the
        part of the time with any task running (per cent), `tasks` their number.
        """
        import pandas as pd

        rows = []
        for j, device in enumerate(self.instance.devices):
            at, gpu, _, count = self._profile(j)
            width = np.diff(np.append(at, max(self.objective, at[-1])))
            mean = float(gpu @ width) / self.objective
            busy = float(width[count > 0].sum()) / self.objective
            tasks = int((self.plan.device == j).sum())
            rows.append((device.name, mean, float(gpu.max()), 100 * busy, tasks))
        columns = ["device", "mean", "max", "busy", "tasks"]
        return pd.DataFrame(rows, columns=columns).set_index("device")

    def utilisation_over_time(self):
        """Use of GPU and memory in per cent of capacity: one row per device and interval."""
        import pandas as pd

        parts = []
        for j, device in enumerate(self.instance.devices):
            at, gpu, memory, count = self._profile(j)
            end = np.append(at[1:], max(self.objective, at[-1]))
            parts.append(
                pd.DataFrame(
                    {
                        "device": device.name,
                        "start": at,
                        "end": end,
                        "gpu": gpu,
                        "memory": memory,
                        "tasks": count,
                    }
                )
            )
        table = pd.concat(parts, ignore_index=True)
        return table[table.end > table.start].reset_index(drop=True)

    def _profile(self, j):
        """Times, and from each on the GPU and memory use in per cent and the tasks running."""
        mine = np.flatnonzero(self.plan.device == j)
        start, end = self.start[mine], self.end[mine]
        at = np.unique(np.concatenate([[0.0], start, end]))
        into, out = np.searchsorted(at, start), np.searchsorted(at, end)
        scales = (100 / self.instance.device_gpu[j], 100 / self.instance.device_memory[j], 1.0)
        use = (self.instance.gpu[mine, j], self.instance.memory[mine, j], np.ones(mine.size))
        steps = []
        for amount, scale in zip(use, scales, strict=True):
            change = np.bincount(into, amount, at.size) - np.bincount(out, amount, at.size)
            steps.append(np.cumsum(change) * scale)
        gpu, memory, count = steps
        count = np.rint(count).astype(int)
        return at, np.where(count > 0, gpu, 0.0), np.where(count > 0, memory, 0.0), count

    def validate(self) -> float:
        """The makespan recomputed from the table alone; see `membatch.validate`.

        Raises ValueError also where `bound` exceeds it.
        """
        from ._validate import validate

        makespan = validate(self.instance, self.to_dataframe())
        if self.bound > makespan * (1 + 1e-9):
            raise ValueError(f"bound = {self.bound} exceeds the makespan {makespan}.")
        return makespan

    def _facts(self):
        instance = self.instance
        facts = [
            ("makespan (min)", self.objective),
            ("lower bound (min)", self.bound),
            ("gap", f"{100 * max(self.gap, 0.0):.3g} %"),
            ("total computation (min)", self.total_time),
            ("mean GPU use", f"{self.utilisation['mean'].mean():.1f} %"),
            ("tasks", len(instance.tasks)),
            ("devices", len(instance.devices)),
        ]
        if instance.averaged.any():
            names = sorted({instance.workloads[i] for i in np.flatnonzero(instance.averaged)})
            count = int(instance.averaged.sum())
            facts += [("average profile used", f"{count} tasks of {', '.join(names)}")]
        return [
            *facts,
            ("algorithm", self.algorithm),
            ("scheduler runtime (s)", f"{self.runtime:.3g}"),
            ("status", self.status),
        ]

    def to_dataframe(self):
        """One row per task: task, device, start, end (min), workload, parent, averaged profile."""
        import pandas as pd

        names = np.array([d.name for d in self.instance.devices], object)
        return pd.DataFrame(
            {
                "task": np.array(self.instance.tasks, object),
                "device": names[self.plan.device],
                "start": self.start,
                "end": self.end,
                "workload": np.array(self.instance.workloads, object),
                "parent": np.array(self.instance.parents, object),
                "averaged": self.instance.averaged,
            }
        )

    def plot(self, ax=None):
        """Draw a Gantt chart, one lane per device; return the Axes."""
        from ..plotting._membatch import plot_schedule

        return plot_schedule(self, ax)
