"""The independent check of a schedule: NumPy and plain Python only, none of the solvers' loops."""

from __future__ import annotations

import numpy as np

RELATIVE = 1e-9


def validate(schedule) -> float:
    """Raise a ValueError naming the first violation; return the makespan."""
    instance, graph = schedule.instance, schedule.instance.graph
    task, processor = np.asarray(schedule.task), np.asarray(schedule.processor)
    start, end = np.asarray(schedule.start), np.asarray(schedule.end)
    n, p = graph.tasks, instance.processors
    if not (task.shape == processor.shape == start.shape == end.shape and task.ndim == 1):
        raise ValueError("task, processor, start and end differ in length.")
    if not (np.isfinite(start).all() and np.isfinite(end).all()):
        raise ValueError("a start or an end is not a finite number.")
    slack = RELATIVE * max(float(end.max(initial=0.0)), 1e-300)
    _refuse(
        (task < 0) | (task >= n) | (processor < 0) | (processor >= p),
        lambda c: f"copy {c} is task {task[c]} on processor {processor[c]}: there is no such one.",
    )
    missing = np.setdiff1d(np.arange(n), task)
    if missing.size:
        raise ValueError(f"task {missing[0]} never runs.")
    _refuse(
        ~(np.abs(start + graph.weights[task] - end) <= slack) | (start < -slack),
        lambda c: (
            f"task {task[c]} runs from {start[c]} to {end[c]}, weight {graph.weights[task[c]]}."
        ),
    )
    pair = np.sort(task * np.int64(p) + processor)
    _refuse(
        pair[1:] == pair[:-1],
        lambda c: f"task {pair[c] // p} has two copies on processor {pair[c] % p}.",
    )
    _check_overlap(processor, start, end, slack)
    _check_data(graph, task, processor, start, end, slack)
    _check_deadlock(graph, task, processor, p)
    makespan = float(end.max())
    if not abs(schedule.objective - makespan) <= slack:
        raise ValueError(f"objective = {schedule.objective}, but the last copy ends at {makespan}.")
    if not schedule.bound <= makespan + slack:
        raise ValueError(f"bound = {schedule.bound} is above the makespan {makespan}.")
    return makespan


def _refuse(bad, message) -> None:
    found = np.flatnonzero(bad)
    if found.size:
        raise ValueError(message(int(found[0])))


def _check_overlap(processor, start, end, slack) -> None:
    """Copies are listed by processor in running order, so neighbours are enough."""
    _refuse(np.diff(processor) < 0, lambda c: f"copy {c + 1} is not grouped by processor.")
    same = processor[1:] == processor[:-1]
    _refuse(
        same & (start[1:] < end[:-1] - slack),
        lambda c: (
            f"processor {processor[c]} runs two copies at once: one until {end[c]}, the next from "
            f"{start[c + 1]}."
        ),
    )


def _check_data(graph, task, processor, start, end, slack) -> None:
    """Every copy starts after the earliest arrival of every parent's data."""
    by_task = np.argsort(task, kind="stable")
    first = np.searchsorted(task[by_task], np.arange(graph.tasks + 1))
    copies = np.diff(first)
    source, target = graph.edges.T
    # one entry per (edge, copy of its target), then one per copy of its source
    edge = np.repeat(np.arange(len(source)), copies[target])
    consumer = by_task[_ranges(first[target], copies[target])]
    entry = np.repeat(np.arange(edge.size), copies[source[edge]])
    producer = by_task[_ranges(first[source[edge]], copies[source[edge]])]
    away = processor[producer] != processor[consumer[entry]]
    time = end[producer] + np.where(away, graph.communication[edge[entry]], 0.0)
    arrival = np.full(edge.size, np.inf)
    np.minimum.at(arrival, entry, time)
    _refuse(
        start[consumer] < arrival - slack,
        lambda k: (
            f"task {target[edge[k]]} starts on processor {processor[consumer[k]]} at "
            f"{start[consumer[k]]}, before the data of task {source[edge[k]]} arrive at "
            f"{arrival[k]}."
        ),
    )


def _ranges(first, count):
    """first[0], first[0] + 1, ... (count[0] of them), then the same for the next."""
    ends = np.cumsum(count)
    total = int(ends[-1]) if ends.size else 0
    return np.arange(total) - np.repeat(ends - count, count) + np.repeat(first, count)


def _check_deadlock(graph, task, processor, processors) -> None:
    """Replay the order without times: a copy runs after its predecessor there and all parents."""
    rows = [task[processor == p].tolist() for p in range(processors)]
    waits = np.bincount(graph.edges[:, 1], minlength=graph.tasks).tolist()
    children: list[list[int]] = [[] for _ in range(graph.tasks)]
    for source, target in graph.edges.tolist():
        children[source].append(target)
    done, position, waiting = [False] * graph.tasks, [0] * processors, {}
    to_try = list(range(processors))
    while to_try:
        p = to_try.pop()
        while position[p] < len(rows[p]):
            i = rows[p][position[p]]
            if waits[i]:
                waiting.setdefault(i, []).append(p)
                break
            position[p] += 1
            if not done[i]:
                done[i] = True
                for j in children[i]:
                    waits[j] -= 1
                    if not waits[j]:
                        to_try += waiting.pop(j, [])
    for p in range(processors):
        if position[p] < len(rows[p]):
            raise ValueError(
                f"deadlock: task {rows[p][position[p]]} on processor {p} can never start."
            )
