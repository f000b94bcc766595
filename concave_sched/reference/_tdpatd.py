"""Optimal schedules of tiny task graphs by OR-Tools CP-SAT, with or without duplication."""

from __future__ import annotations

import dataclasses

import numpy as np

from .._results import Status


@dataclasses.dataclass(frozen=True)
class TaskGraphReference:
    """Outcome of the exact program.

    objective: makespan of the best schedule found. bound: proven lower bound; equal to the
    objective if status is OPTIMAL. sequences: the tasks of every processor in order. start: for
    each processor, their start times.
    """

    objective: float
    bound: float
    status: Status
    sequences: list[list[int]]
    start: list[list[float]]


def task_graph(
    instance, duplication: bool = True, time_limit: float = 60.0, scale: float = 1.0, workers=1
) -> TaskGraphReference:
    r"""The shortest schedule of a task graph on identical processors.

        min  makespan
        s.t. x_ip in {0, 1}: task i has a copy on p; sum_p x_ip >= 1 (= 1 without duplication)
             optional intervals [s_ip, s_ip + w_i) do not overlap on p
             for every edge (j, i) and copy (i, p) one source q, x_jq = 1, with
                 s_ip >= s_jq + w_j + c(j, i) [p != q]
             makespan >= s_ip + w_i.

    Args:
        instance: a `concave_sched.tdpatd.Instance`; up to about 12 tasks.
        duplication: whether copies are allowed.
        time_limit: seconds.
        scale: times are multiplied by this and have to be whole numbers then.
        workers: threads of the solver.

    Raises:
        ImportError: without OR-Tools: pip install 'concave_sched[exact]'.
        ValueError: if scaled times are not whole numbers below 1e9.

    >>> from concave_sched import tdpatd
    >>> fork = tdpatd.TaskGraph([1.0, 2.0, 2.0], [[0, 1], [0, 2]], 5.0)
    >>> instance = tdpatd.Instance(fork, 2)
    >>> task_graph(instance).objective, task_graph(instance, duplication=False).objective
    (3.0, 5.0)
    """
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise ImportError(
            "task_graph needs OR-Tools: pip install 'concave_sched[exact]'."
        ) from error

    graph, processors = instance.graph, range(instance.useful_processors)
    weight = _whole("weights", graph.weights, scale)
    cost = _whole("communication", graph.communication, scale)
    horizon = sum(weight)
    model = cp_model.CpModel()
    makespan = model.new_int_var(0, horizon, "makespan")
    used, start = {}, {}
    for i, w in enumerate(weight):
        for p in processors:
            used[i, p] = model.new_bool_var(f"x{i},{p}")
            start[i, p] = model.new_int_var(0, horizon - w, f"s{i},{p}")
            model.add(start[i, p] + w <= makespan).only_enforce_if(used[i, p])
        copies = [used[i, p] for p in processors]
        if duplication:
            model.add_at_least_one(copies)
        else:
            model.add_exactly_one(copies)
    for p in processors:
        model.add_no_overlap(
            model.new_optional_fixed_size_interval_var(start[i, p], w, used[i, p], f"t{i},{p}")
            for i, w in enumerate(weight)
        )
    for (j, i), c in zip(graph.edges.tolist(), cost, strict=True):
        for p in processors:
            sources = []
            for q in processors:
                source = model.new_bool_var(f"y{j},{i},{p},{q}")
                model.add_implication(source, used[j, q])
                ready = start[j, q] + weight[j] + (c if p != q else 0)
                model.add(start[i, p] >= ready).only_enforce_if([source, used[i, p]])
                sources.append(source)
            model.add_at_least_one([*sources, ~used[i, p]])
    model.add_bool_or([used[int(graph.csr.order[0]), 0]])  # processors are interchangeable
    model.minimize(makespan)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = float(time_limit)
    solver.parameters.num_workers = workers
    code = solver.solve(model)
    bound = float(solver.best_objective_bound) / scale
    if code not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return TaskGraphReference(np.inf, bound, Status.TIME_LIMIT, [], [])
    rows = [
        sorted(
            (solver.value(start[i, p]), i) for i in range(len(weight)) if solver.value(used[i, p])
        )
        for p in processors
    ]
    return TaskGraphReference(
        float(solver.objective_value) / scale,
        bound,
        Status.OPTIMAL if code == cp_model.OPTIMAL else Status.TIME_LIMIT,
        [[i for _, i in row] for row in rows],
        [[time / scale for time, _ in row] for row in rows],
    )


def _whole(name: str, times, scale: float) -> list[int]:
    scaled = np.asarray(times, float) * scale
    whole = np.rint(scaled)
    if (np.abs(scaled - whole) > 1e-9 * np.maximum(1, whole)).any() or (whole > 1e9).any():
        raise ValueError(
            f"{name} times {scale} are not all whole numbers below 1e9: CP-SAT counts in whole "
            "numbers; round the times, or give a scale."
        )
    return whole.astype(int).tolist()
