"""The exact model for CP-SAT: optional intervals under cumulative GPU and memory."""

from __future__ import annotations

import dataclasses

import numpy as np

MOST_TICKS = 10_000_000  # of the horizon, where times are no multiples of a power of ten
MISSING = "CP-SAT is missing: pip install 'concave_sched[exact]'"


@dataclasses.dataclass(frozen=True)
class Found:
    """What CP-SAT returned: a plan or None, a lower bound in minutes, whether it is closed."""

    device: np.ndarray | None
    start: np.ndarray | None
    bound: float
    closed: bool


def solve_cp(instance, upper, time_limit: float, *, lower=0.0, hint=None, workers=None, seed=0):
    """Minimise the makespan; times, shares and memory are rounded down where no grid holds them.

    Rounding down relaxes the model, so its bound holds; its plan is judged by the simulator.

    Args:
        upper: a makespan that is known to be possible; lower: a proven bound.
        hint: (device, start) of a known plan.
    """
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise ImportError(MISSING) from error
    ticks = _scale(instance.time[instance.fits], MOST_TICKS / max(upper, 1e-9))
    time = np.floor(instance.time * ticks * (1 + 1e-12) + 1e-6).astype(np.int64)
    horizon = int(np.ceil(upper * ticks + 1e-6))
    model = cp_model.CpModel()
    makespan = model.new_int_var(min(int(np.ceil(lower * ticks - 1e-6)), horizon), horizon, "C")
    placed, starts = {}, []
    for i in range(len(instance.tasks)):
        start = model.new_int_var(0, horizon, "")
        where = np.flatnonzero(instance.fits[i])
        for j in where:
            here = model.new_bool_var("")
            size = int(time[i, j])
            interval = model.new_optional_fixed_size_interval_var(start, size, here, "")
            model.add(start + size <= makespan).only_enforce_if(here)
            placed[i, int(j)] = here, interval
        model.add_exactly_one(placed[i, int(j)][0] for j in where)
        starts.append(start)
    for j in range(len(instance.devices)):
        mine = [i for i in range(len(instance.tasks)) if (i, j) in placed]
        intervals = [placed[i, j][1] for i in mine]
        for use, room in (
            (instance.gpu[mine, j], instance.device_gpu[j]),
            (instance.memory[mine, j], instance.device_memory[j]),
        ):
            need, capacity = _whole(use, room)
            # Nothing redundant beside it: the same in energies, with coefficients of 1e13, made
            # OR-Tools 9.15 prove too much on about 3 % of random continuous instances.
            model.add_cumulative(intervals, need.tolist(), capacity)
    _order_equal_tasks(model, instance, starts)
    if hint is not None:
        device, start = hint
        for (i, j), (here, _) in placed.items():
            model.add_hint(here, int(device[i] == j))
        for i, variable in enumerate(starts):
            model.add_hint(variable, int(np.floor(start[i] * ticks + 1e-6)))
        model.add_hint(makespan, horizon)
    model.minimize(makespan)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(float(time_limit), 0.01)
    solver.parameters.random_seed = seed
    if workers is not None:
        solver.parameters.num_workers = workers
    status = solver.solve(model)
    closed = status == cp_model.OPTIMAL
    bound = max(solver.best_objective_bound, 0.0) / ticks
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Found(None, None, max(lower, bound), False)
    chosen = np.zeros(len(instance.tasks), np.int64)
    for (i, j), (here, _) in placed.items():
        if solver.boolean_value(here):
            chosen[i] = j
    begun = np.array([solver.value(s) for s in starts]) / ticks
    return Found(chosen, begun, max(lower, bound), closed)


def _scale(values, most: float) -> float:
    """Ticks per unit: a power of ten at which all values are whole, or else `most` at least."""
    ticks = 1.0
    while ticks <= most:
        if np.abs(values * ticks - np.rint(values * ticks)).max(initial=0) < 1e-7 * ticks:
            return ticks
        ticks *= 10
    return max(most, 1.0)


def _whole(use, room):
    """Whole demands and capacity, rounded down to at least six digits of the capacity."""
    scale = _scale(np.append(use, room), 1e6 / room)
    return np.floor(use * scale + 1e-6).astype(np.int64), int(np.floor(room * scale + 1e-6))


def _order_equal_tasks(model, instance, starts):
    """Equal tasks start in their order: their permutations are one plan."""
    numbers = np.hstack([instance.time, instance.gpu, instance.memory])
    _, kind = np.unique(numbers, axis=0, return_inverse=True)
    last: dict[int, int] = {}
    for i, k in enumerate(kind.ravel().tolist()):
        if k in last:
            model.add(starts[last[k]] <= starts[i])
        last[k] = i
