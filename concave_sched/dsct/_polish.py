"""Every machine solved exactly, for given machines of all tasks."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import require_float64
from .._results import Status
from .._tree import is_concrete
from ..allocation._nested import nested_rows
from ..allocation._running_sum import running_sum, shifted
from ..allocation._value import optimal_value
from ._entries import order_of, put_back, scheduled
from ._instance import Instance, require_instance
from ._schedule import Schedule


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
    order = order_of(instance.deadlines)
    if is_concrete(machine, order):
        in_order = np.take_along_axis(machine, np.asarray(order), -1)
    else:
        in_order = jnp.take_along_axis(machine, jnp.asarray(order), -1)
    return polish_known(instance, in_order, order)


def polish_known(i: Instance, machine, order) -> Schedule:
    """`polish` without checks, for tasks in order of their deadlines and the machine of each."""
    if is_concrete(i, machine, order):
        table = _table(np.asarray(machine), np.asarray(order), i.machines)
    else:
        row = jnp.arange(i.machines, dtype=machine.dtype)
        table = jnp.where(row[:, None] == machine[None], order[None], -1)
    return scheduled(_polish, i, machine, order, table)


def _table(machine, order, machines):
    """(machines, length): the tasks of each machine by deadline, then -1."""
    from ._kernels import tasks_by_machine

    *leading, tasks = machine.shape
    machine, order = machine.reshape(-1, tasks), order.reshape(-1, tasks)
    keys = machine + machines * np.arange(len(machine))[:, None]
    longest = max(int(np.bincount(keys.ravel()).max()), 8)
    step = max(1 << (longest.bit_length() - 4), 4)  # few lengths, so that few programs are compiled
    table = np.full((len(machine), machines, -(-longest // step) * step), -1, np.int32)
    tasks_by_machine(machine, order, table)
    return table.reshape(*leading, *table.shape[1:])


def _budgets(i, table):
    """(machines,) the work that each can do by the deadline of its last task."""
    column = jnp.max(jnp.where(table >= 0, jnp.arange(table.shape[1]), 0), axis=1, keepdims=True)
    last = jnp.take_along_axis(table, column, axis=1)[:, 0]
    deadline = jnp.where(last >= 0, jnp.asarray(i.deadlines)[last], 0)
    return jnp.asarray(i.speeds) * deadline


def rows_of(i: Instance, table, speeds):
    """Curve, budgets and caps of every row of a table: tasks by deadline, -1 for none."""
    present = table >= 0
    index = jnp.where(present, table, 0)
    deadlines = jnp.where(present, jnp.asarray(i.deadlines)[index], jnp.inf)
    last = jnp.max(jnp.where(present, deadlines, 0), axis=1, keepdims=True)
    following = jnp.minimum(jax.lax.cummin(deadlines, axis=1, reverse=True), last)
    cap = jnp.where(present, jnp.asarray(i.max_work)[index], 0)
    return i.accuracy.take(index.ravel()), speeds[:, None] * following, cap


def _polish(i, machine, order, table):
    by_budget = jnp.argsort(_budgets(i, table))  # small sums first: see `nested_rows`
    table, speeds = table[by_budget], jnp.asarray(i.speeds)[by_budget]
    amounts, log_prices, done = nested_rows(*rows_of(i, table, speeds))
    present = table >= 0
    place = jnp.where(present, table, i.tasks).ravel()

    def by_task(values):
        blank = jnp.zeros(i.tasks, values.dtype)
        return blank.at[place].set(values.ravel(), mode="drop", unique_indices=True)

    time = amounts / speeds[:, None]
    start = jax.vmap(lambda row: shifted(running_sum(row)))(time)
    prices = jnp.where(present, jnp.exp(log_prices), 0)
    following = jax.vmap(lambda row: shifted(row[::-1])[::-1])(
        jax.lax.cummax(prices, axis=1, reverse=True)
    )
    machine = put_back(machine, order)
    work, log_prices = by_task(amounts), by_task(log_prices)
    objective = optimal_value(
        i.accuracy,
        jnp.ones((), work.dtype),
        jnp.asarray(i.max_work),
        jnp.asarray(i.speeds)[machine] * jnp.asarray(i.deadlines),
        work,
        log_prices,
        by_task(_falls(prices, following)),
    )
    found = Status.OPTIMAL if i.machines == 1 else Status.FEASIBLE
    in_full = jnp.all(log_prices == -jnp.inf)
    code = jnp.where(in_full, Status.SLACK.code, found.code)
    return Schedule(
        None,
        machine,
        by_task(start),
        work,
        objective,
        jnp.where(jnp.all(done) & jnp.isfinite(objective), code, Status.UNCONVERGED.code),
        log_prices,
        algorithm="polish",
    )


def deadline_prices(i: Instance, machine, prices):
    """d objective / d deadline: speed times the fall of the price to the machine's next task."""
    order = jnp.argsort(jnp.asarray(i.deadlines), stable=True)
    by_machine = order[jnp.argsort(machine[order], stable=True)]
    prices, on = prices[by_machine], machine[by_machine]
    last = jnp.append(on[1:] != on[:-1], True)
    falls = _falls(prices, jnp.where(last, 0, jnp.append(prices[1:], 0)))
    return jnp.asarray(i.speeds)[machine] * put_back(falls, by_machine)


def _falls(prices, following):
    return jnp.where(prices == following, 0, prices - following)  # also where both are infinite


def _check(instance, machine):
    require_instance(instance)
    if not is_concrete(machine):
        return machine
    given = np.asarray(machine)
    shape = np.shape(instance.deadlines)
    if given.dtype.kind not in "iu" or given.shape != shape:
        raise ValueError(
            f"machine has shape {given.shape} and type {given.dtype}: one integer per task, in "
            f"shape {shape}, is needed."
        )
    outside = np.argwhere((given < 0) | (given >= instance.machines))
    if outside.size:
        first = tuple(int(k) for k in outside[0])
        raise ValueError(
            f"machine{list(first)} = {given[first]}: machines are numbered from 0 to "
            f"{instance.machines - 1}."
        )
    return given.astype(np.int32)
