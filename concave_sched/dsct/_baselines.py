"""The paper's baselines: no compression, and a few fixed levels of it."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import require, require_float64
from .._results import Status
from .._tree import is_concrete
from ._entries import order_of, put_back, scheduled
from ._instance import Instance, require_instance
from ._schedule import Schedule

_HALVINGS = 60


def edf_no_compression(instance: Instance, finish: str = "deadline") -> Schedule:
    """EDF-NoCompression: tasks run in full or not at all.

    In the order of deadlines every task is offered to the machine with the least load (free
    earliest; the first such). finish: "deadline": it runs if it can end by its deadline; "start":
    it runs, in full, if it can begin before its deadline, and may end late, which is how the
    published numbers come about. A schedule with late tasks is no solution of the problem and may
    exceed its bounds; its `validate` checks the starts.

    Errors: ValueError if a `max_work` is infinite and the accuracy never saturates.

    Returns a `Schedule` of status FEASIBLE. Pure; jit and vmap. Cost: a pass over the tasks.

    Example:
        >>> import concave_sched as cs
        >>> accuracy = cs.curves.Exponential(0.0, 0.8, 1.0)
        >>> i = cs.dsct.Instance(accuracy, [2.0, 3.0, 3.0], 2.0)
        >>> cs.dsct.edf_no_compression(i).work.tolist()
        [2.0, 0.0, 0.0]
        >>> cs.dsct.edf_no_compression(i, finish="start").work.tolist()
        [2.0, 2.0, 0.0]

    Source: Section VII, after Zhang et al. (worst-fit EDF); the finish rule is inferred.
    """
    require_float64()
    require_instance(instance)
    if finish not in ("deadline", "start"):
        raise ValueError(f"finish = {finish!r}: choose 'deadline' or 'start'.")
    if is_concrete(instance):
        require(
            "max_work",
            np.asarray(jnp.broadcast_to(instance.cap, np.shape(instance.deadlines))),
            np.isfinite,
            "a task cannot run in full; give a finite cap.",
        )
    core = _in_time if finish == "deadline" else _begun_in_time
    return scheduled(core, instance, order_of(instance.deadlines))


def edf_three_levels(instance: Instance, levels=(0.27, 0.55, 0.82)) -> Schedule:
    """EDF-3CompressionLevels: tasks run at one of a few accuracies, or not at all.

    In the order of deadlines every task goes to the machine with the least load, at the highest
    level that can still end by its deadline. levels: accuracies, any number of them, in units of
    the curve. A level below a_j(0) takes no work, and one above what max_work reaches is max_work:
    the full task. The heuristic is inferred; the paper says only that it is based on accuracy.

    Returns a `Schedule` of status FEASIBLE. Pure; jit and vmap. Cost: 60 evaluations of the
    accuracy per level, and a pass over the tasks.

    Example:
        >>> import concave_sched as cs
        >>> accuracy = cs.curves.Hyperbolic(1.0, 1.0)
        >>> i = cs.dsct.Instance(accuracy, [4.0, 4.0], 9.0)
        >>> cs.dsct.edf_three_levels(i, levels=[0.2, 0.5, 0.75]).work.round(9).tolist()
        [3.0, 1.0]

    Source: Section VII, after Lee and Song.
    """
    require_float64()
    require_instance(instance)
    require("levels", levels, np.isfinite, "levels are accuracies.")
    if np.ndim(levels) != 1 or np.size(levels) == 0:
        raise ValueError(f"levels has shape {np.shape(levels)}: one level or more is needed.")
    batch = np.shape(instance.deadlines)[:-1]
    levels = jnp.broadcast_to(jnp.sort(jnp.asarray(levels, float)), (*batch, len(levels)))
    return scheduled(_at_levels, instance, order_of(instance.deadlines), levels)


def _in_time(i: Instance, order) -> Schedule:
    return _offer(i, order, i.cap[None], "EDF-NoCompression")


def _begun_in_time(i: Instance, order) -> Schedule:
    return _offer(i, order, i.cap[None], "EDF-NoCompression", "start")


def _at_levels(i: Instance, order, levels) -> Schedule:
    work = jax.vmap(lambda level: _work_for(i, level))(levels)
    return _offer(i, order, work, f"EDF-{levels.size}CompressionLevels")


def _work_for(i: Instance, level):
    """(tasks,) the least work with accuracy `level`; the cap where it takes more than that."""
    cap = i.cap
    most = jnp.where(jnp.isfinite(cap), cap, jnp.max(jnp.asarray(i.deadlines)) * jnp.sum(i.speeds))

    def halve(_, bracket):
        low, high = bracket
        middle = (low + high) / 2
        enough = i.accuracies(middle) >= level
        return jnp.where(enough, low, middle), jnp.where(enough, middle, high)

    high = jax.lax.fori_loop(0, _HALVINGS, halve, (jnp.zeros_like(most), most))[1]
    high = jnp.where(i.accuracies(most) > level, high, cap)
    return jnp.where(i.accuracies(jnp.zeros_like(most)) >= level, 0, high)


def _offer(i: Instance, order, work, name, finish="deadline") -> Schedule:
    """Each task, in order, on the machine free earliest, at the last row of `work` that fits."""
    speeds = jnp.asarray(i.speeds)
    machines = jnp.arange(i.machines, dtype=jnp.int32)

    def step(free, task):
        work, deadline = task
        chosen = jnp.argmin(free).astype(jnp.int32)
        start = free[chosen]
        end = start + work / speeds[chosen]
        # A full machine that is exactly on time may be late by rounding.
        allowed = (1 + 8 * jnp.finfo(free.dtype).eps) * deadline
        fits = end <= allowed if finish == "deadline" else jnp.full(work.shape, start < deadline)
        given = jnp.max(jnp.where(fits, work, 0))
        free = jnp.where(machines == chosen, start + given / speeds[chosen], free)
        return free, (chosen, start, given)

    tasks = work[:, order].T, jnp.asarray(i.deadlines)[order]
    machine, start, given = jax.lax.scan(step, jnp.zeros_like(speeds), tasks)[1]
    given = put_back(given, order)
    return Schedule(
        None,
        put_back(machine, order),
        put_back(start, order),
        given,
        jnp.sum(i.accuracies(given)),
        jnp.asarray(Status.FEASIBLE.code),
        algorithm=name,
        finish=finish,
    )
