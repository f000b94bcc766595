"""The paper's integer programs: rounds of Algorithm 2, made well-posed, and the serial form."""

from __future__ import annotations

import time

import numpy as np

from .._milp import solve_milp
from ._batch import batch
from ._bound import classes
from ._instance import require_placeable
from ._plan import Plan
from ._schedule import Schedule
from ._simulate import simulate

BARRIERS = ("none", "batch", "round")


def rounds(
    instance,
    penalty: float = 60.0,
    *,
    barrier: str = "none",
    batched: bool = True,
    tie: float = 1e-4,
    round_time_limit: float = 10.0,
) -> Schedule:
    r"""MemBatch ILP as published: batch after batch, round after round of tasks that run together.

    With r_j the time at which device j is free, a round solves

        min  C + W sum_i p_i + eps sum_ij t_ij x_ij
        s.t. sum_j x_ij + p_i = 1,  sum_i m_ij x_ij <= Mem_j,  sum_i g_ij x_ij <= Cap_j,
             C >= r_j,  C >= sum_j (r_j + t_ij) x_ij for every i,  sum_ij x_ij >= 1,

    x, p binary; r_j then moves to the end of the longest task of its round, and the p_i = 1 wait
    for the next one. As printed, nothing ties C to x and being left out costs nothing, so that "all
    unassigned" is optimal; C >= ..., W and sum x >= 1 are what we chose. Tasks of a round start
    when its device is free of the last one.

    Args:
        instance: an `Instance`, usually after `split`.
        penalty: W, the minutes of makespan that placing one more task may cost. It matters: on
            100 calibrated tasks the makespan moves by a factor of four with it.
        barrier: "none" carries r_j over rounds and batches; "batch" waits for all devices after
            every batch, "round" after every round.
        batched: Algorithm 1 first; or one batch of everything.
        tie: eps.
        round_time_limit: seconds for HiGHS in each round; its best x is used if it runs out.

    Returns:
        A `Schedule`; `algorithm` says how many rounds there were.

    Raises:
        ValueError: if a task fits no device, or on a bad argument.
        RuntimeError: if a round's time limit leaves no x.

    Cost: one program per round, over classes of equal tasks and single devices.

    >>> import concave_sched.membatch as mb
    >>> [round(rounds(mb.example(), penalty=w).objective, 6) for w in (60.0, 90.0)]
    [123.0, 115.0]

    Source: MemBatch ILP, Algorithms 1 and 2.
    """
    if barrier not in BARRIERS:
        raise ValueError(f"barrier = {barrier!r}: choose one of {', '.join(BARRIERS)}.")
    if not penalty > 0 or not tie >= 0:
        raise ValueError(f"penalty = {penalty}, tie = {tie}: give a penalty above 0, a tie >= 0.")
    require_placeable(instance)
    begun = time.perf_counter()
    count = len(instance.tasks)
    device, release, order = np.zeros(count, np.int64), np.zeros(count), []
    free, done = np.zeros(len(instance.devices)), 0
    for members in batch(instance) if batched else [np.arange(count)]:
        waiting = members
        while waiting.size:
            chosen, on = _round(instance.subset(waiting), free, penalty, tie, round_time_limit)
            placed = waiting[chosen]
            device[placed], release[placed] = on, free[on]
            order += placed.tolist()
            np.maximum.at(free, on, release[placed] + instance.time[placed, on])
            if barrier == "round":
                free[:] = free.max()
            waiting = np.delete(waiting, chosen)
            done += 1
        if barrier == "batch":
            free[:] = free.max()
    plan = Plan(device, order, release)
    name = f"rounds, W = {penalty:g} min, barrier: {barrier}, {done} rounds"
    return simulate(instance, plan, algorithm=name, runtime=time.perf_counter() - begun)


def _round(instance, free, penalty, tie, time_limit):
    """(tasks, devices) that start now; tasks as indices into this instance."""
    from scipy.sparse import coo_array

    kinds = classes(instance, merge_devices=False)
    some = np.array([np.argmax(kinds.task_class == c) for c in range(kinds.task_count.size)])
    c, d = np.nonzero(instance.fits[some])
    pairs, one = np.arange(c.size), np.ones(c.size)
    time = instance.time[some][c, d]
    unit = float(free.max() + time.max())  # rows near 1, where HiGHS's tolerances mean something
    # Columns: how many of class c on d, whether any, C. What is not placed is p.
    n, any_, makespan = pairs, c.size + pairs, np.full(c.size, 2 * c.size)
    width = 2 * c.size + 1

    def rows(*parts):
        row, column, value = (np.concatenate(x) for x in zip(*parts, strict=True))
        return coo_array((value, (row, column)), shape=(row.max() + 1, width)).tocsr()

    constraints = [
        (rows((c, n, one)), -np.inf, kinds.task_count),
        (rows((pairs, n, one), (pairs, any_, -kinds.task_count[c])), -np.inf, 0),
        (rows((pairs, any_, (free[d] + time) / unit), (pairs, makespan, -one)), -np.inf, 0),
        (rows((0 * pairs, n, one)), 1, np.inf),
    ]
    for use, room in (
        (instance.memory, instance.device_memory),
        (instance.gpu, instance.device_gpu),
    ):
        share = use[some][c, d] / room[d]
        constraints.append((rows((d, n, share)), -np.inf, 1.0 + 1e-9))
    found = solve_milp(
        np.concatenate([tie * time - penalty, np.zeros(c.size), [unit]]),
        constraints,
        np.concatenate([kinds.task_count[c], one, [np.inf]]),
        lower=np.append(np.zeros(2 * c.size), free.max() / unit),
        integers=2 * c.size,
        time_limit=float(time_limit),
    )
    if found.x is None:
        raise RuntimeError(f"HiGHS found no round ({found.message}): raise round_time_limit.")
    return _pick(kinds, c, d, np.rint(found.x[: c.size]).astype(int))


def _pick(kinds, c, d, amount):
    """The first tasks of each class, to the devices of its counts."""
    tasks, devices = [], []
    for kind in range(kinds.task_count.size):
        on = np.repeat(d[c == kind], amount[c == kind])
        tasks.append(np.flatnonzero(kinds.task_class == kind)[: on.size])
        devices.append(on)
    return np.concatenate(tasks), np.concatenate(devices)


def serial_ilp(instance, time_limit: float = 10.0) -> Schedule:
    r"""The serial form: minimise the largest sum of times, as if devices ran one task at a time.

        min C  s.t.  sum_j x_ij = 1,  sum_i t_ij x_ij <= C for every j,  x binary,

    makespan on unrelated machines. The simulator then runs tasks together where they fit, so the
    makespan is at most the program's C, which is no bound for concurrent plans.

    Returns:
        A `Schedule`; longest task first on every device.

    Raises:
        ValueError: if a task fits no device.
        RuntimeError: if the time limit leaves no plan.

    Cost: an integer program over classes of equal tasks and single devices; NP-hard.

    >>> import concave_sched.membatch as mb
    >>> round(serial_ilp(mb.example()).objective, 6)
    115.0

    Source: MemBatch ILP, Section III-A, "when GPU cores work in parallel"; ours where it is open.
    """
    from scipy.sparse import coo_array

    require_placeable(instance)
    begun = time.perf_counter()
    kinds = classes(instance, merge_devices=False)
    c, d = np.nonzero(np.isfinite(kinds.time))
    n, width = np.arange(c.size), c.size + 1
    devices = len(instance.devices)
    minutes = kinds.time[c, d]
    whole = coo_array((np.ones(c.size), (c, n)), shape=(kinds.task_count.size, width))
    load = coo_array(
        (
            np.append(minutes, -np.ones(devices)),
            (np.append(d, np.arange(devices)), np.append(n, np.full(devices, c.size))),
        ),
        shape=(devices, width),
    )
    found = solve_milp(
        np.append(np.zeros(c.size), 1.0),
        [(whole.tocsr(), kinds.task_count, kinds.task_count), (load.tocsr(), -np.inf, 0)],
        np.append(kinds.task_count[c], np.inf),
        integers=c.size,
        time_limit=float(time_limit),
    )
    if found.x is None:
        raise RuntimeError(f"HiGHS found no plan ({found.message}): raise time_limit.")
    tasks, on = _pick(kinds, c, d, np.rint(found.x[:-1]).astype(int))
    device = np.zeros(len(instance.tasks), np.int64)
    device[tasks] = on
    order = np.argsort(-instance.time[np.arange(device.size), device], kind="stable")
    runtime = time.perf_counter() - begun
    return simulate(instance, Plan(device, order), algorithm="serial ILP, HiGHS", runtime=runtime)
