"""From quotas to a schedule: Algorithm 1 of the paper, with its feasibility test."""

from __future__ import annotations

import numpy as np

from .._checks import require, require_float64
from .._results import Status
from ._assignment import Assignment
from ._instance import Instance, require_single


def construct(instance: Instance, quotas) -> Assignment:
    """The monotonic assignment in which machine i takes `quotas[i]` heavies.

    In order of arrival, a heavy job goes to the first machine with quota left, a light job to the
    first machine with a slot left that is not reserved for its quota. This works out if and only
    if 0 <= h_i <= n_i, h_1 + ... + h_i <= P(C_i), the heavies among the first C_i = n_1 + ... +
    n_i jobs, and the quotas add up to all heavies.

    Args:
        instance: an `Instance` of one sequence.
        quotas: (machines,) whole numbers, heavies on each machine.

    Returns:
        An `Assignment`, OPTIMAL if its cost is the optimum of the closed form, else FEASIBLE.

    Raises:
        ValueError: naming the first quota that cannot be met.

    Cost: O(jobs), by simulation.

    >>> import jax
    >>> jax.config.update("jax_enable_x64", True)
    >>> r = construct(Instance("HHLL", 2, [1.0, 2.0]), [0, 2])
    >>> r.objective, r.machine, r.status.name
    (3.0, array([1, 1, 0, 0]), 'FEASIBLE')

    Source: Zhao, Fu, Su (2025), Section 3.2, Algorithm 1; the test is made exact here.
    """
    require_float64()
    require_single(instance, "construct")
    quotas = require_feasible(instance, quotas)
    from ._kernels import assign

    machine = assign(np.asarray(instance.heavy), quotas, instance.capacities)
    return from_quotas(instance, quotas, "construction from quotas", machine=machine)


def require_feasible(instance: Instance, quotas) -> np.ndarray:
    """The quotas as an array, or a ValueError that names the first that cannot be met."""
    from ._kernels import block_sums

    quotas = np.asarray(quotas)
    if quotas.shape != (instance.machines,) or quotas.dtype.kind not in "iu":
        raise ValueError(
            f"quotas has shape {quotas.shape} and dtype {quotas.dtype}: give a whole number of "
            f"heavies for each of the {instance.machines} machines."
        )
    quotas = quotas.astype(np.int64)
    require("quotas", quotas, lambda h: h >= 0, "a machine cannot take fewer than no heavies.")
    require("quotas", quotas, lambda h: h <= instance.capacities, "more heavies than it has slots.")
    sums = np.cumsum(quotas)
    arrived = block_sums(np.asarray(instance.heavy), instance.capacities)[1:]
    late = np.flatnonzero(sums > arrived)
    if late.size:
        i = int(late[0])
        raise ValueError(
            f"quotas[{i}] = {quotas[i]}: machines 0..{i} would take {sums[i]} heavies, but only "
            f"{arrived[i]} are among the {instance.offsets[i + 1]} jobs that fill them; move "
            f"{sums[i] - arrived[i]} to later machines."
        )
    if sums[-1] != arrived[-1]:
        raise ValueError(
            f"quotas add up to {sums[-1]}, but there are {arrived[-1]} heavy jobs: change the sum."
        )
    return quotas


def from_quotas(
    instance: Instance, quotas, algorithm: str, *, heavy_times=None, moves=None, machine=None
):
    """The Assignment of feasible quotas: its cost, and whether the closed form can better it."""
    from ._kernels import arrival_times, closed_form, heavy_per_slot

    heavy, costs = np.asarray(instance.heavy), np.asarray(instance.slot_costs, float)
    if heavy_times is None:
        heavy_times = arrival_times(heavy, instance.total_slots)[0]
    sums = np.concatenate([[0], np.cumsum(quotas)])
    per_slot = heavy_per_slot(heavy_times, sums, instance.offsets, costs.size)
    objective = float(per_slot @ costs)
    best = closed_form(heavy[None], instance.capacities, costs.size)[1][0]
    rounding = 1e-14 * (per_slot @ np.abs(costs))
    status = Status.OPTIMAL if (per_slot - best) @ costs <= rounding else Status.FEASIBLE
    return Assignment(
        instance, objective, quotas, per_slot, moves, None, machine, status, algorithm
    )
