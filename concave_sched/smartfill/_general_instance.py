"""Jobs with their own speedups, and budgets that change at known times."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._checks import numbers, require
from .._tree import is_concrete, pytree
from ..curves._check import require_concave
from ._instance import (
    Instance,
    read_budget,
    read_sizes,
    read_weights,
    require_common,
    require_rest,
    require_room,
    require_strictly_concave,
)
from ._speedups import Speedups, own_speedups


@pytree
class StepBudget:
    """A budget that is values[j] from starts[j] until starts[j + 1], the last for ever.

    starts: (steps,), increasing from 0. values: (steps,), > 0 and finite.

    Example: eight machines, four of which are lost after two hours and come back after five.
        >>> import concave_sched as cs
        >>> b = cs.smartfill.StepBudget([0.0, 2.0, 5.0], [8.0, 4.0, 8.0])
        >>> [float(b.at(t)) for t in (1.0, 2.0, 9.0)]
        [8.0, 4.0, 8.0]
    """

    starts: Any
    values: Any

    def __post_init__(self):
        starts = np.asarray(numbers("starts", self.starts))
        values = np.asarray(numbers("values", self.values))
        if starts.ndim != 1 or starts.size == 0 or starts.shape != values.shape:
            raise ValueError(
                f"starts, values have shapes {starts.shape}, {values.shape}: two vectors of one "
                "length, one step or more."
            )
        require("starts", starts, np.isfinite, "step times must be finite.")
        require("starts", starts[:1], lambda t: t == 0, "the first step starts at time 0.")
        require("starts: step", np.diff(starts), lambda d: d > 0, "step times must increase.")
        require("values", values, lambda b: (b > 0) & np.isfinite(b), "budgets: finite and > 0.")
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "values", values)

    def at(self, time):
        """The budget at a time; at a step itself, the new one."""
        return self.values[np.searchsorted(self.starts, time, side="right") - 1]

    def merged(self) -> StepBudget:
        """The same function without steps at which nothing changes."""
        change = np.append(True, np.diff(self.values) != 0)
        return StepBudget(self.starts[change], self.values[change])


@pytree
class GeneralInstance:
    """Parallel jobs, all there at time 0, each with its own concave speedup.

    speedups: strictly concave increasing curves with s(0) = 0, as a list of curves, one per job and
    of any families, or as one curve whose parameters are vectors (or scalars, which are shared).
    sizes: (jobs,), > 0, work in units of that job's speed times time. weights: (jobs,), > 0;
    default s_i(budget)/size_i, so that the objective sum w_i T_i is the sum of slowdowns. budget: a
    number > 0, or a `StepBudget` (the default weights then take the largest budget).

    For one common speedup these default weights are those of `Instance` times s(budget).

    Errors: ValueError names the argument, the first offending entry and the remedy.

    Example:
        >>> import concave_sched as cs
        >>> speedups = [cs.curves.Power(1.0, 0.5), cs.curves.Logarithmic(2.0, 1.0)]
        >>> i = cs.smartfill.GeneralInstance(speedups, [3.0, 1.0], [1.0, 1.0], budget=4.0)
        >>> i.speedups.names()
        ['Power', 'Logarithmic']
    """

    speedups: Any
    sizes: Any
    weights: Any = None
    budget: Any = 1.0

    def __repr__(self) -> str:
        kinds = ", ".join(sorted(set(self.speedups.names())))
        return f"GeneralInstance(jobs={np.shape(self.sizes)[0]}, speedups={kinds})"

    def __post_init__(self):
        if not is_concrete(self.sizes, self.weights, self.budget):
            raise ValueError(
                "sizes, weights or budget are being traced: a GeneralInstance looks at values, "
                "build it outside jit, vmap and grad."
            )
        sizes = read_sizes(self.sizes)
        if np.ndim(sizes) != 1:
            raise ValueError(f"sizes has shape {np.shape(sizes)}: a vector, one entry per job.")
        if not isinstance(self.budget, StepBudget):
            budget = read_budget(self.budget)
            if np.ndim(budget):
                raise ValueError(
                    f"budget has shape {np.shape(budget)}: one number, or a StepBudget."
                )
            object.__setattr__(self, "budget", budget)
        object.__setattr__(self, "sizes", sizes)
        object.__setattr__(self, "speedups", own_speedups(self.speedups, np.shape(sizes)[0]))
        self._check_speedups()
        weights = self.speedups(self.most_budget) / sizes if self.weights is None else self.weights
        object.__setattr__(self, "weights", read_weights(weights, sizes))

    @property
    def most_budget(self):
        """The budget, or the largest that it ever is."""
        return self.budget.values.max() if isinstance(self.budget, StepBudget) else self.budget

    def _check_speedups(self):
        if not is_concrete(self.speedups, self.budget):
            return
        speedups: Speedups = self.speedups
        budget = float(self.most_budget)
        for curve, jobs in zip(speedups.groups, speedups.jobs, strict=True):
            name = f"speedups{list(jobs)}"
            require_concave(name, curve, budget)
            require_strictly_concave(name, curve)
        require_rest("speedups", speedups)
        require_room("speedups", speedups, np.asarray(budget))
        rise = np.asarray(speedups(budget))
        require("speedups(budget)", rise, lambda s: s > 0, "a speedup must grow.")


def as_general(instance) -> GeneralInstance:
    """The instance itself, or an `Instance` with its curve given to every job."""
    if isinstance(instance, GeneralInstance):
        return instance
    if isinstance(instance, Instance):
        require_common(instance)
        return GeneralInstance(instance.speedup, instance.sizes, instance.weights, instance.budget)
    raise ValueError(
        f"instance = {type(instance).__name__}: give a smartfill.GeneralInstance or Instance."
    )
