"""Lower bounds on the makespan of every schedule, copies allowed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

THRESHOLDS = 400


class Bounds(NamedTuple):
    """Proven lower bounds; `best` is the largest."""

    critical_path: float
    work: float
    duplication: float
    window: float

    @property
    def best(self) -> float:
        """The largest of them."""
        return max(self)


def lower_bounds(instance) -> Bounds:
    r"""Lower bounds on the makespan.

    - critical_path: longest path of weights, no communication.
    - work: sum of weights over P.
    - duplication: with an earliest start e_i that no copy of i can beat on any number of
      processors, max over i of e_i + longest path from i. Parents with the k latest remote arrivals
      e_j + w_j + c(j, i) run on the processor of i, one after another; the others send; e_i is the
      best over k.
    - window: for times a, b: tasks with e_i >= a that have a path of length >= b after them all
      run once inside [a, makespan - b], so makespan >= a + b + their work / P.

    Rounding is taken off, so a bound is never above an optimum that it equals.

    Cost: O(E + n log n + sum of squared in-degrees) at worst, and 400 n for the window.

    >>> from concave_sched.tdpatd import Instance, TaskGraph
    >>> join = TaskGraph([2.0, 2.0, 1.0], [[0, 2], [1, 2]], 9.0)
    >>> round(lower_bounds(Instance(join, 2)).duplication, 9)  # both parents next to task 2
    5.0
    """
    from ._bounds_kernels import earliest_starts, window_bound

    graph, processors = instance.graph, instance.useful_processors
    earliest = earliest_starts(graph.csr)
    after = graph.tails - graph.weights
    work = float(graph.weights.sum()) / processors
    window = window_bound(
        graph.weights, earliest, after, _some(earliest), _some(after)[::-1], processors
    )
    rounding = 1 - 2 * float(np.finfo(float).eps) * max(graph.tasks, 8)
    found = (graph.critical_path, work, float((earliest + graph.tails).max()), float(window))
    return Bounds(*(float(bound) * rounding for bound in found))


def _some(values: np.ndarray) -> np.ndarray:
    """Ascending distinct values, at most THRESHOLDS of them, evenly picked."""
    distinct = np.unique(values)
    if distinct.size <= THRESHOLDS:
        return distinct
    return distinct[np.linspace(0, distinct.size - 1, THRESHOLDS).astype(int)]
