"""Better machines by moving tasks and swapping pairs, every candidate solved exactly."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from ..allocation._nested import _nested_waterfill
from ._polish import polish, rows_of
from ._schedule import Schedule

_CHUNK = 4096  # one-machine problems solved together


def improve(schedule: Schedule, swaps: bool = True) -> Schedule:
    """Moves and swaps, best first, until none helps.

    A round solves exactly: every machine without each of its tasks, with each task of the others,
    and, for swaps, with each exchanged for each: tasks**2 problems of about tasks/machines tasks.
    Then it makes the best changes that concern different machines.
    """
    i = schedule.instance
    best, done = schedule, 0
    rank = np.argsort(np.argsort(np.asarray(i.deadlines), kind="stable"), kind="stable")
    while i.machines > 1:
        changes = _changes(best, rank, swaps)
        machine = np.array(best.machine)
        touched = np.zeros(i.machines, bool)
        for _, tasks, targets in changes:
            involved = [*machine[list(tasks)], *targets]
            if not touched[involved].any():
                touched[involved] = True
                machine[list(tasks)] = targets
        if not changes:
            break
        best = polish(i, machine)
        done += 1
    return dataclasses.replace(best, algorithm=f"{schedule.algorithm}, {done} rounds of search")


def _changes(schedule, rank, with_swaps):
    """[(gain, tasks, their new machines)] of all that help, best first."""
    i = schedule.instance
    n, m = i.tasks, i.machines
    machine = np.asarray(schedule.machine)
    members = [np.flatnonzero(machine == r) for r in range(m)]
    # Problems (machine, task taken away or -1, task added or -1).
    cases = [(r, -1, -1) for r in range(m)]
    cases += [(machine[j], j, -1) for j in range(n)]
    cases += [(r, -1, k) for r in range(m) for k in np.flatnonzero(machine != r)]
    if with_swaps:
        cases += [
            (r, j, k) for r in range(m) for j in members[r] for k in np.flatnonzero(machine != r)
        ]
    cases = np.array(cases, int)
    values = _values(i, cases, members, rank)
    whole = values[:m]
    without = np.zeros(n)
    without[:] = values[m : m + n]
    added = np.full((m, n), -np.inf)
    exchanged = np.full((n, n), -np.inf)  # task j's machine with k in its place
    r, j, k = cases[m + n :].T
    rest = values[m + n :]
    added[r[j < 0], k[j < 0]] = rest[j < 0]
    exchanged[j[j >= 0], k[j >= 0]] = rest[j >= 0]

    least = 1e-10 * max(abs(float(schedule.objective)), 1e-300)
    moves = added + without - whole[:, None] - whole[machine]
    swaps = exchanged + exchanged.T - whole[machine][:, None] - whole[machine]
    found = [(moves[r, j], (j,), (r,)) for r, j in np.argwhere(moves > least) if machine[j] != r]
    found += [
        (swaps[j, k], (j, k), (machine[k], machine[j]))
        for j, k in np.argwhere(np.triu(swaps) > least)
    ]
    return sorted(found, key=lambda change: -change[0])


def _values(i, cases, members, rank):
    """(cases,) the best sum of gains over a_j(0) of each one-machine problem."""
    longest = max(map(len, members)) + 1
    length = -(-longest // 4) * 4
    table = np.full((len(cases), length), -1, np.int32)
    for r, group in enumerate(members):
        mine = cases[:, 0] == r
        rows = np.full((mine.sum(), length), -1)
        rows[:, : len(group)] = group
        away, new = cases[mine, 1], cases[mine, 2]
        rows[rows == away[:, None]] = -1
        rows[:, len(group)] = new
        table[mine] = rows
    key = np.where(table >= 0, rank[table], i.tasks)
    table = np.take_along_axis(table, np.argsort(key, axis=1, kind="stable"), axis=1)
    speed = np.asarray(i.speeds, float)[cases[:, 0]]
    size = min(_CHUNK, 1 << (len(cases) - 1).bit_length())
    found = []
    for first in range(0, len(cases), size):
        rows = np.full((size, length), -1, np.int32)
        some = slice(first, first + size)
        rows[: len(table[some])] = table[some]
        speeds = np.ones(size)
        speeds[: len(speed[some])] = speed[some]
        found.append(np.asarray(_solve(i, rows, speeds))[: len(table[some])])
    return np.concatenate(found)


@jax.jit
def _solve(i, table, speeds):
    def one(tasks, speed):
        curve, budgets, caps = rows_of(i, tasks[None], speed[None])
        a = _nested_waterfill(curve, budgets[0], caps[0])
        at_rest = jnp.broadcast_to(a.curve(jnp.zeros_like(a.amounts)), a.amounts.shape)
        return a.value - jnp.sum(at_rest)

    return jax.vmap(one)(table, speeds)
