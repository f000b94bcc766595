"""Phase 5: drop copies that are not worth their time."""

from __future__ import annotations

import dataclasses

import numpy as np

from ._schedule import Schedule, from_order

RULES = ("safe", "first_child", "needed")


def deduplicate(schedule: Schedule, rule: str = "safe") -> Schedule:
    r"""Drop duplicates whose data come from another processor as early.

    Copies are gone through in order of time, later ones replayed after every removal. With p the
    processor where task i finishes first, its copy on q goes if

        rct(i, q) >= rct(i, p) + max c(i, j) over the children j that run later on q   ("safe")
        rct(i, q) >  rct(i, p) + c(i, first child j that runs later on q)          ("first_child")

    and in both rules if no child runs later on q. "safe" never raises the makespan; the paper's
    "first_child" can, for a later child on q may have more to wait for. "needed" keeps the
    earliest copy of every exit task and, backwards, one copy in time for every reader that is
    kept: never worse either, and it drops most.

    Args:
        schedule: a `Schedule`.
        rule: "safe", "first_child" or "needed".

    Cost: O(copies x (parents + children) x copies of each).

    >>> from concave_sched.tdpatd import Instance, TaskGraph, simulate
    >>> i = Instance(TaskGraph([4.0, 1.0, 2.0], [[0, 1], [0, 2]], 1.0), 2)
    >>> wasteful = simulate(i, [[0, 1], [1, 0, 2]][:1] + [[0, 2, 1]])
    >>> wasteful.task.size, deduplicate(wasteful).task.size
    (5, 4)

    Source: Huang et al. (2021), Algorithm 2; "safe" and "needed" are ours.
    """
    if rule not in RULES:
        raise ValueError(f"rule = {rule!r}: choose one of {', '.join(RULES)}.")
    from ._deduplicate_kernels import drop_duplicates, needed_copies

    instance, graph = schedule.instance, schedule.instance.graph
    listed = by_time(schedule)
    task, processor = schedule.task[listed], schedule.processor[listed]
    if rule == "needed":
        times = schedule.start[listed], schedule.end[listed]
        stays = needed_copies(graph.csr, task, processor, *times)
    else:
        stays = drop_duplicates(
            graph.csr, instance.processors, task, processor, rule == "first_child"
        )
    kept = from_order(
        instance, task[stays], processor[stays], f"{schedule.algorithm}, deduplicated"
    )
    return dataclasses.replace(kept, parts=schedule.parts)


def by_time(schedule: Schedule) -> np.ndarray:
    """Copies by start, ties along sequences and edges: every copy after what it reads."""
    graph = schedule.instance.graph
    position = np.empty(graph.tasks, np.int64)
    position[graph.csr.order] = np.arange(graph.tasks)
    return np.lexsort((position[schedule.task], schedule.end, schedule.start))
