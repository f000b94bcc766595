"""Phase 4: open the parts of a schedule."""

from __future__ import annotations

import numpy as np

from ._instance import Instance
from ._partition import read_parts
from ._schedule import Schedule, from_rows


def map_back(schedule: Schedule, instance: Instance, parts) -> Schedule:
    """A schedule of parts becomes one of tasks.

    On every processor the parts keep their order, each replaced by its tasks in descending bottom
    level. The makespan does not rise if the graph of parts was built with the "max" rule: a task
    starts no later than all of its part's data are there, and ends no later than its part.

    Args:
        schedule: of `Instance(cluster(graph, parts), processors)`, by any method.
        instance: of the tasks.
        parts: (n,) part of every task.

    Raises:
        ValueError: if schedule, instance and parts do not belong together.

    Cost: O(copies) and one replay.

    >>> from concave_sched.tdpatd import TaskGraph, cluster, etf
    >>> g = TaskGraph([1.0, 2.0, 3.0, 4.0], [[0, 2], [1, 2], [1, 3]], [5.0, 7.0, 6.0])
    >>> parts = [0, 0, 1, 2]
    >>> of_parts = etf(Instance(cluster(g, parts), 2))
    >>> of_parts.objective, map_back(of_parts, Instance(g, 2), parts).objective
    (10.0, 10.0)

    Source: Huang et al. (2021), phase 4.
    """
    parts = read_parts(instance.graph, parts)
    if schedule.instance.graph.tasks != parts.max() + 1:
        raise ValueError(
            f"the schedule is of {schedule.instance.graph.tasks} parts, parts has "
            f"{parts.max() + 1}: schedule Instance(cluster(graph, parts), processors)."
        )
    if schedule.instance.processors != instance.processors:
        raise ValueError(
            f"the schedule has {schedule.instance.processors} processors, the instance "
            f"{instance.processors}: use the same number."
        )
    order = instance.graph.priority_order
    members = order[np.argsort(parts[order], kind="stable")]
    first = np.concatenate([[0], np.cumsum(np.bincount(parts))])
    size = np.diff(first)[schedule.task]
    ends = np.cumsum(size)
    inside = np.arange(ends[-1]) - np.repeat(ends - size, size)
    task = members[np.repeat(first[schedule.task], size) + inside]
    offsets = np.concatenate([[0], ends])[schedule.offsets]
    return from_rows(instance, task, offsets, f"{schedule.algorithm} mapped back", parts=parts)
