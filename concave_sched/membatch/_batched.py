"""The default scheduler, batch by batch."""

from __future__ import annotations

import time

import numpy as np

from .._results import Status
from ._area import area_program
from ._batch import batch
from ._bound import classes
from ._lists import Arrays, orders
from ._plan import Plan
from ._schedule import Schedule
from ._simulate import simulate, start_times

WAYS = ("none", "carry", "barrier")


def solve_batched(instance, way: str, time_limit: float, gap, seed, workers) -> Schedule:
    """`solve` with batched = way; see there."""
    if way not in WAYS:
        raise ValueError(f"batched = {way!r}: choose one of {', '.join(WAYS)}.")
    Arrays(instance).compile()
    begun = time.perf_counter()
    batches = batch(instance)
    if way == "carry":
        plan = _carry(instance, batches, time_limit / len(batches), gap)
    else:
        plan = _barrier(instance, batches, time_limit / len(batches), gap, seed, workers)
    name = f"{len(batches)} batches, {way}"
    return simulate(
        instance,
        plan,
        status=Status.FEASIBLE,
        algorithm=name,
        runtime=time.perf_counter() - begun,
    )


def _carry(instance, batches, time_limit, gap) -> Plan:
    """Area programs on what is left of every device's area; then one list over all batches."""
    arrays, merged = Arrays(instance), classes(instance, merge_devices=False)
    committed = np.zeros(merged.energy.shape[::2])
    allowed = np.zeros(instance.time.shape, bool)
    ranks = [[] for _ in orders(instance)]
    for members in batches:
        part = instance.subset(members)
        step = 1e-3 if gap is None else max(gap / 4, 1e-4)
        allowed[members] = area_program(part, time_limit, step, committed)[0]
        device, _ = Arrays(part).earliest_completion(orders(part)[0], allowed[members])
        for i, j in zip(members, device, strict=True):
            committed[:, j] += merged.energy[:, merged.task_class[i], j]
        for rank, order in zip(ranks, orders(part), strict=True):
            rank += members[order].tolist()
    plans = []
    for rank in ranks:
        for where in (allowed, None):
            device, start = arrays.earliest_completion(np.array(rank), where)
            plans.append(Plan.by_start(device, start))
    rows = np.arange(len(instance.tasks))
    return min(
        plans, key=lambda p: (start_times(instance, p) + instance.time[rows, p.device]).max()
    )


def _barrier(instance, batches, time_limit, gap, seed, workers) -> Plan:
    """Every batch solved alone, released when the last task of the one before ends."""
    from ._solve import solve

    count = len(instance.tasks)
    device, release, order, now = np.zeros(count, np.int64), np.zeros(count), [], 0.0
    for members in batches:
        part = solve(instance.subset(members), time_limit, gap=gap, seed=seed, workers=workers)
        device[members], release[members] = part.device, now
        order += members[part.plan.order].tolist()
        now += part.objective
    return Plan(device, order, release)
