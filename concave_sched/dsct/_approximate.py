"""The approximation algorithm: round the relaxation, then polish and search."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import require_float64
from .._results import Status
from .._tree import is_concrete
from ._entries import order_of, over_batch, put_back, scheduled
from ._instance import Instance, require_instance, require_one
from ._local_search import improve
from ._polish import polish_known
from ._relaxation import relax
from ._schedule import Schedule


def approximate(
    instance: Instance, polish: bool = True, local_search: bool | str = False
) -> Schedule:
    r"""DSCT-APPROX: a schedule on several machines with a guarantee.

    Solve the relaxation of `upper_bound` for the works w_j; in the order of deadlines, give each
    task to the machine that is free earliest, for the time w_j / s_r; then cut what exceeds a
    deadline and shift the rest forward. With G of `guarantee`,

        OPT - G <= objective <= OPT <= UB+ <= UB.

    Args:
        polish: then solve every machine exactly, see `dsct.polish`; never worse.
        local_search: then move tasks between machines ("move"), and swap pairs too (True), as
            long as that helps; implies `polish`. Not inside jit, and for one instance at a time.

    Returns a `Schedule`: objective, bound (UB+, solved on first use), gap, machine, start, times,
    accuracies, certificate(). Pure without local search: jit, vmap, and grad with the machines of
    the tasks held fixed.

    Cost: one `nested_waterfill` and a pass over the tasks; `polish` adds one more. A round of
    local search solves tasks * machines problems of one machine each for moves, and tasks**2 for
    swaps, in batches; some rounds are needed.

    Example:
        >>> import concave_sched as cs
        >>> i = cs.dsct.generate(20, 3, seed=1)
        >>> rough, fine = cs.dsct.approximate(i, polish=False), cs.dsct.approximate(i)
        >>> bool(rough.objective <= fine.objective <= fine.bound)
        True

    Source: Section VI, Algorithm 3 and Theorem 3, with line 8 corrected to w_j / s_r and the work
    of a machine updated; free times are those before cutting.
    """
    require_float64()
    require_instance(instance)
    if not isinstance(polish, (bool, np.bool_)):
        raise ValueError(f"polish = {polish!r}: choose False or True.")
    if not isinstance(local_search, (bool, np.bool_, str)) or local_search not in (0, 1, "move"):
        raise ValueError(f"local_search = {local_search!r}: choose False, True or 'move'.")
    if local_search:
        require_one(instance, "local_search")
    order = order_of(instance.deadlines)
    if not (polish or local_search):
        return scheduled(_round, instance, order)
    i = jax.tree.map(jnp.asarray, instance)  # two programs need it on the device
    fine = polish_known(i, _machines(i, order), order)
    fine = dataclasses.replace(fine, instance=instance, algorithm="approximation, polished")
    if not local_search:
        return fine
    return improve(fine, swaps=local_search != "move")


def _machines(i: Instance, order):
    """The machine of every task, in order.

    A step of a scan costs XLA four times what it costs Numba, and a GPU more.
    """
    leading = np.ndim(i.deadlines) - 1
    if not is_concrete(i, order):
        return over_batch(_assigned, leading)(i, order)
    from ._kernels import earliest_free

    work, speeds = np.asarray(over_batch(_relaxed_work, leading)(i, order)), np.asarray(i.speeds)
    rows = earliest_free(work.reshape(-1, i.tasks), speeds.reshape(-1, i.machines))
    return rows.reshape(work.shape)


def _relaxed_work(i, order):
    return relax(i, order).amounts


def _assigned(i, order):
    work = _relaxed_work(i, order)
    return assign(work, jnp.full_like(work, jnp.inf), jnp.asarray(i.speeds))[0]


def _round(i: Instance, order) -> Schedule:
    amounts = relax(i, order).amounts
    deadlines = jnp.asarray(i.deadlines)[order]
    machine, start, work = assign(amounts, deadlines, jnp.asarray(i.speeds))
    work = put_back(work, order)
    return Schedule(
        None,
        put_back(machine, order),
        put_back(start, order),
        work,
        jnp.sum(i.accuracies(work)),
        jnp.asarray(Status.FEASIBLE.code),
        algorithm="approximation",
    )


def assign(amounts, deadlines, speeds):
    """Machine, start and work of every task, in order: the machine free earliest, cut in time."""
    machines = jnp.arange(speeds.size, dtype=jnp.int32)

    def step(state, task):
        free, uncut = state
        amount, deadline = task
        chosen = jnp.argmin(uncut).astype(jnp.int32)
        here = machines == chosen
        time = amount / speeds[chosen]
        start = free[chosen]
        end = jnp.minimum(start + time, deadline)
        cut = end < start + time
        work = jnp.where(cut, jnp.minimum((end - start) * speeds[chosen], amount), amount)
        state = jnp.where(here, end, free), jnp.where(here, uncut + time, uncut)
        return state, (chosen, start, work)

    nothing = jnp.zeros_like(speeds)
    return jax.lax.scan(step, (nothing, nothing), (amounts, deadlines))[1]
