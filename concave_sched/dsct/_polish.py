"""Every machine solved exactly, for given machines of all tasks."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import require_float64
from .._results import Status
from .._tree import is_concrete
from ..allocation._nested import _nested_waterfill
from ..allocation._value import optimal_value
from ._entries import order_of, over_batch, take
from ._instance import Instance
from ._schedule import Schedule, starts

_MANY = 20_000  # tasks from which threads pay


def polish(instance: Instance, machine) -> Schedule:
    """The best schedule that runs every task on the machine given for it.

    Once the machines are fixed, each is the one-machine problem of `solve_single` on its own
    tasks; all are solved at once.

    machine: (tasks,) integers from 0; for example `schedule.machine` of any algorithm, whose
    objective this never falls below. Pure; jit, vmap, and grad with the machines held fixed.

    Returns a `Schedule`, optimal for these machines: status FEASIBLE, or OPTIMAL or SLACK where
    that is optimal among all schedules.

    Cost: one `nested_waterfill` over all tasks, padded by an eighth and to the fullest machine;
    machines times that inside jit, where the tasks of each machine are not known.

    Example:
        >>> import concave_sched as cs
        >>> accuracy = cs.curves.Exponential(0.0, 0.8, 0.5)
        >>> i = cs.dsct.Instance(accuracy, [1.0, 4.0, 4.0], speeds=[1.0, 1.0])
        >>> [round(float(t), 6) for t in cs.dsct.polish(i, [0, 0, 1]).work]
        [1.0, 3.0, 4.0]

    Source: ours; the paper stops after Algorithm 3.
    """
    require_float64()
    machine = _check(instance, machine)
    return polish_known(instance, machine, order_of(instance.deadlines))


def polish_known(i: Instance, machine, order) -> Schedule:
    """`polish` without checks, for tasks already ordered by deadline."""
    leading = np.ndim(i.deadlines) - 1
    known = is_concrete(i, machine, order)
    if known:
        by_machine, table = _tables(np.asarray(machine), np.asarray(order), i.machines)
    else:
        order = jnp.asarray(order)
        by_machine = _machine_order(machine, order)
        row = jnp.arange(i.machines, dtype=machine.dtype)
        table = jax.vmap(lambda r: jnp.where(machine[order] == r, order, -1))(row)
    if known and not leading and i.tasks >= _MANY:
        rows = _by_thread(i, table)
    else:
        rows = over_batch(_one_by_one, leading)(i, table)
    return over_batch(_collect, leading)(i, machine, by_machine, table, rows)


def _tables(machine, order, machines):
    """Tasks by machine and deadline, and (machines, length): those of each machine, then -1."""
    by_deadline = np.take_along_axis(machine, order, -1)
    by_machine = np.take_along_axis(order, np.argsort(by_deadline, kind="stable"), -1)
    row = np.sort(by_deadline, axis=-1)
    first = np.stack([np.sum(row < r, axis=-1) for r in range(machines)], axis=-1)
    column = np.arange(row.shape[-1]) - np.take_along_axis(first, row, -1)
    longest = max(int(column.max()) + 1, 8)
    step = max(1 << (longest.bit_length() - 4), 4)  # few lengths, so that few programs are compiled
    table = np.full((*row.shape[:-1], machines, -(-longest // step) * step), -1, np.int32)
    batch = np.ix_(*(np.arange(k) for k in row.shape[:-1]), [0])[:-1] if row.ndim > 1 else ()
    table[(*batch, row, column)] = by_machine
    return by_machine, table


def fill(i: Instance, tasks, speed):
    """`nested_waterfill` of one row of a table: tasks by deadline, -1 for none."""
    present = tasks >= 0
    index = jnp.where(present, tasks, 0)
    deadlines = jnp.asarray(i.deadlines)[index]
    last = jnp.max(jnp.where(present, deadlines, 0))
    following = jax.lax.cummin(jnp.where(present, deadlines, jnp.inf), reverse=True)
    cap = jnp.where(present, jnp.asarray(i.max_work)[index], 0)
    return _nested_waterfill(take(i.accuracy, index), speed * jnp.minimum(following, last), cap)


def _one_by_one(i, table):
    """Side by side in `vmap`, all machines would wait for the one that splits most often."""
    return jax.lax.map(lambda row: fill(i, *row), (table, jnp.asarray(i.speeds)))


def _by_thread(i, table):
    """XLA runs a program on one core, and machines are independent."""
    i = jax.tree.map(jnp.asarray, i)
    solve = over_batch(fill, 0)

    def one(r):
        return jax.block_until_ready(solve(i, table[r], i.speeds[r]))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(one, range(i.machines)))
    return jax.tree.map(lambda *leaves: jnp.stack(leaves), *rows)


def _collect(i, machine, by_machine, table, rows):
    speeds = jnp.asarray(i.speeds)
    place = jnp.where(table >= 0, table, i.tasks).ravel()
    blank = jnp.zeros(i.tasks, rows.amounts.dtype)

    def collect(values):
        return blank.at[place].set(values.ravel(), mode="drop", unique_indices=True)

    machine = jnp.asarray(machine, jnp.int32)
    work, log_prices = collect(rows.amounts), collect(rows.log_prices)
    speed = speeds[machine]
    objective = optimal_value(
        i.accuracy,
        jnp.ones_like(work),
        jnp.asarray(i.max_work),
        speed * jnp.asarray(i.deadlines),
        work,
        log_prices,
        _multipliers(jnp.exp(log_prices), machine, by_machine),
    )
    failed = jnp.any(rows.code == Status.UNCONVERGED.code)
    found = Status.OPTIMAL if i.machines == 1 else Status.FEASIBLE
    in_full = jnp.all(log_prices == -jnp.inf)
    code = jnp.where(in_full, Status.SLACK.code, found.code)
    return Schedule(
        i,
        machine,
        starts(machine, work / speed, by_machine),
        work,
        objective,
        jnp.where(failed, Status.UNCONVERGED.code, code),
        log_prices,
        algorithm="polish",
    )


def deadline_prices(i: Instance, machine, prices):
    """d objective / d deadline: speed times the fall of the price to the machine's next task."""
    order = jnp.argsort(jnp.asarray(i.deadlines), stable=True)
    falls = _multipliers(prices, machine, _machine_order(machine, order))
    return jnp.asarray(i.speeds)[machine] * falls


def _machine_order(machine, order):
    return order[jnp.argsort(machine[order], stable=True)]


def _multipliers(prices, machine, by_machine):
    prices, machine = prices[by_machine], machine[by_machine]
    last = jnp.append(machine[1:] != machine[:-1], True)
    following = jnp.where(last, 0, jnp.append(prices[1:], 0))
    falls = jnp.where(prices == following, 0, prices - following)  # also where both are infinite
    return jnp.zeros_like(falls).at[by_machine].set(falls, unique_indices=True)


def _check(instance, machine):
    if isinstance(machine, jax.core.Tracer):
        return machine
    given = np.asarray(machine)
    if given.dtype.kind not in "iu" or given.shape != (instance.tasks,):
        raise ValueError(
            f"machine has shape {given.shape} and type {given.dtype}: one integer per task "
            f"({instance.tasks}) is needed."
        )
    outside = np.flatnonzero((given < 0) | (given >= instance.machines))
    if outside.size:
        raise ValueError(
            f"machine[{outside[0]}] = {given[outside[0]]}: machines are numbered from 0 to "
            f"{instance.machines - 1}."
        )
    return given.astype(np.int32)
