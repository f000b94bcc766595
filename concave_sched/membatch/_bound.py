"""Lower bounds on the makespan: the energy program, with its dual recomputed as the proof."""

from __future__ import annotations

import dataclasses

import numpy as np

from ._instance import require_placeable

DIVISORS = (1, 2, 3)  # at most k tasks of a share above 1 / (k + 1) run together


@dataclasses.dataclass(frozen=True)
class Classes:
    """Equal tasks and equal devices put together.

    task_class, device_class: the class of each; task_count, device_count: their sizes; energy:
    (features, task classes, device classes), infinite where the task does not fit; time alike.
    """

    task_class: np.ndarray
    task_count: np.ndarray
    device_class: np.ndarray
    device_count: np.ndarray
    energy: np.ndarray
    time: np.ndarray


def classes(instance, merge_devices: bool = True) -> Classes:
    """The classes of an instance, and what their tasks take from a device by every measure."""
    columns = np.vstack(
        [instance.time, instance.gpu, instance.memory, instance.device_memory, instance.device_gpu]
    )
    if merge_devices:
        _, device_one, device_class, device_count = np.unique(
            columns, axis=1, return_index=True, return_inverse=True, return_counts=True
        )
    else:
        device_one = device_class = np.arange(len(instance.devices))
        device_count = np.ones_like(device_one)
    numbers = np.hstack([n[:, device_one] for n in (instance.time, instance.gpu, instance.memory)])
    _, task_one, task_class, task_count = np.unique(
        numbers, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    pick = np.ix_(task_one, device_one)
    fits, time = instance.fits[pick], instance.time[pick]
    energy = []
    for use, room in (
        (instance.gpu, instance.device_gpu),
        (instance.memory, instance.device_memory),
    ):
        share = use[pick] / room[device_one]
        energy += [share] + [_dual_feasible(share, k) for k in DIVISORS]
    energy = np.where(fits, time * np.stack(energy), np.inf)
    return Classes(
        task_class.ravel(),
        task_count,
        device_class.ravel(),
        device_count,
        energy,
        np.where(fits, time, np.inf),
    )


def _dual_feasible(share, k: int):
    """u(s) = floor((k + 1) s) / k, and s where (k + 1) s is whole: sums to <= 1 where s does.

    Rounded down where s is within 1e-7 of such a point, so that the bound stays a bound.
    """
    steps = (k + 1) * share
    whole = np.abs(steps - np.rint(steps)) < 1e-7
    return np.where(whole, np.minimum(share, np.floor(steps + 0.5) / (k + 1)), np.floor(steps) / k)


def lower_bound(instance) -> float:
    r"""A proven lower bound on the makespan of every plan, in minutes.

    The larger of max_i min_j t_ij and the energy program

        min C  s.t.  sum_j x_ij = 1,  sum_i x_ij t_ij u(g_ij / Cap_j) <= C  for every device j,
        x >= 0, and the same for memory,

    over dual feasible functions u: the identity, which gives the GPU area, and those that say that
    at most k tasks with shares above 1/(k + 1) run together, k = 1, 2, 3. The value returned is
    recomputed from the program's prices, sum_i min_j sum_u price_ju t_ij u(.), which bounds the
    makespan whatever prices the solver returned.

    Raises:
        ValueError: if a task fits no device.

    Cost: a linear program of (classes of equal tasks) x (classes of equal devices) variables.

    >>> import concave_sched.membatch as mb
    >>> round(lower_bound(mb.sweep(100)) / 60, 2)
    17.24

    Source: energy bounds of cumulative scheduling; dual feasible functions after Fekete and
    Schepers, Mathematical Programming 91 (2001).
    """
    require_placeable(instance)
    merged = classes(instance)
    return max(fastest_bound(instance), energy_program(merged)[0])


def fastest_bound(instance) -> float:
    """max_i min_j t_ij: every task has to run somewhere."""
    return float(instance.time.min(1, where=instance.fits, initial=np.inf).max())


def energy_program(merged: Classes, taken=None):
    """(bound, x): the dual value recomputed, and the (task classes, device classes) amounts.

    taken: (features, device classes) energy already spent; the bound is one only without it.
    """
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    features, tasks, devices = merged.energy.shape
    fits = np.isfinite(merged.time)
    c, d = np.nonzero(fits)
    columns = np.arange(c.size)
    weight = merged.energy[:, c, d]
    rows = (np.arange(features)[:, None] * devices + d).ravel()
    used = csr_array(
        (weight.ravel(), (rows, np.tile(columns, features))),
        shape=(features * devices, c.size + 1),
    ).tolil()
    used[:, c.size] = -np.tile(merged.device_count, features)[:, None].astype(float)
    whole = csr_array((np.ones(c.size), (c, columns)), shape=(tasks, c.size + 1))
    cost = np.zeros(c.size + 1)
    cost[-1] = 1.0
    found = linprog(
        cost,
        A_ub=used.tocsr(),
        b_ub=np.zeros(features * devices) if taken is None else -taken.ravel(),
        A_eq=whole,
        b_eq=merged.task_count.astype(float),
        method="highs",
    )
    amounts = np.zeros((tasks, devices))
    if found.x is None:
        return 0.0, np.where(fits, 1.0, 0.0)
    amounts[c, d] = found.x[:-1]
    prices = np.maximum(-found.ineqlin.marginals, 0.0).reshape(features, devices)
    total = float((prices * merged.device_count).sum())
    if total <= 0:
        return 0.0, amounts
    paid = np.full((tasks, devices), np.inf)
    paid[c, d] = np.einsum("fk,fk->k", prices[:, d] / total, weight)
    return float(merged.task_count @ paid.min(1)) * (1 - 1e-12), amounts
