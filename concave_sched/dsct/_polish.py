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
from ._entries import order_of, over_batch, scheduled
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
    return scheduled(_collect, i, machine, by_machine, table, rows)


def _tables(machine, order, machines):
    """Tasks by machine and deadline, and (machines, length): those of each machine, then -1."""
    by_deadline = np.take_along_axis(machine, order, -1)
    small = by_deadline.astype(np.int16) if machines < 2**15 else by_deadline  # sorted by radix
    by_row = np.argsort(small, axis=-1, kind="stable")
    by_machine = np.take_along_axis(order, by_row, -1)
    row = np.take_along_axis(by_deadline, by_row, -1)
    place = np.arange(row.shape[-1])
    begins = np.diff(row, axis=-1, prepend=-1) > 0
    column = place - np.maximum.accumulate(np.where(begins, place, 0), axis=-1)
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
    return _nested_waterfill(i.accuracy.take(index), speed * jnp.minimum(following, last), cap)


def _fill_row(i, tasks, speed):
    a = fill(i, tasks, speed)
    return a.amounts, a.log_prices, a.code


def _one_by_one(i, table):
    """Side by side in `vmap`, all machines would wait for the one that splits most often."""
    return jax.lax.map(lambda row: _fill_row(i, *row), (table, jnp.asarray(i.speeds)))


def _by_thread(i, table):
    """XLA runs a program on one core, and machines are independent."""
    i = jax.tree.map(jnp.asarray, i)
    speeds = np.asarray(i.speeds)
    solve = over_batch(_fill_row, 0)

    def one(r):
        return [np.asarray(found) for found in solve(i, table[r], speeds[r])]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = pool.map(one, range(i.machines))
        return tuple(np.stack(found) for found in zip(*rows, strict=True))


def _collect(i, machine, by_machine, table, rows):
    amounts, log_prices, codes = rows
    speeds = jnp.asarray(i.speeds)
    place = jnp.where(table >= 0, table, i.tasks).ravel()
    blank = jnp.zeros(i.tasks, amounts.dtype)

    def collect(values):
        return blank.at[place].set(values.ravel(), mode="drop", unique_indices=True)

    machine = jnp.asarray(machine, jnp.int32)
    work, log_prices = collect(amounts), collect(log_prices)
    speed = speeds[machine]
    objective = optimal_value(
        i.accuracy,
        jnp.ones((), work.dtype),
        jnp.asarray(i.max_work),
        speed * jnp.asarray(i.deadlines),
        work,
        log_prices,
        _multipliers(jnp.exp(log_prices), machine, by_machine),
    )
    failed = jnp.any(codes == Status.UNCONVERGED.code)
    found = Status.OPTIMAL if i.machines == 1 else Status.FEASIBLE
    in_full = jnp.all(log_prices == -jnp.inf)
    code = jnp.where(in_full, Status.SLACK.code, found.code)
    return Schedule(
        None,
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
    if not is_concrete(machine):
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
