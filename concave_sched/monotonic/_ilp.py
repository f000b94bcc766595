"""Integer programs for HiGHS: the paper's, and one that is smaller by the number of machines."""

from __future__ import annotations

import numpy as np

from .._checks import require, require_float64
from .._results import Status
from ._assignment import Assignment
from ._instance import require_single
from ._weighted import WeightedInstance


def solve_ilp(instance, formulation: str = "auto", *, time_limit: float = 60.0) -> Assignment:
    r"""An optimal assignment by integer programming; the only one for costs that differ by machine.

    "full", the paper's: x_jik = 1 if job j takes slot k of machine i,

        min sum w_j c_ik x_jik,  sum_ik x_jik = 1,  sum_j x_jik = 1,
        sum_(t <= j) x_t,i,k+1 <= sum_(t < j) x_tik        (slots fill in order).

    "compact": y_jk = sum_i x_jik, one m-th of the size and as exact where machines cost the same,

        min sum w_j c_k y_jk,  sum_k y_jk = 1,  sum_j y_jk = (machines with a slot k),
        and in every prefix of the jobs, at least as many in slot k as in slot k + 1.

    Their linear relaxations are not integral. Empty slots are filled by jobs of weight 0.

    Args:
        instance: an `Instance` or a `WeightedInstance`.
        formulation: "full", "compact", or "auto": compact where machines cost the same.
        time_limit: seconds.

    Returns:
        An `Assignment` with the solver's lower bound in `bound`; TIME_LIMIT if stopped there.

    Raises:
        ValueError: on a batch, an unknown formulation, or "compact" with costs per machine.
        RuntimeError: if the time limit leaves no schedule at all.

    Cost: exponential; sequences of some dozens of jobs.

    >>> import jax
    >>> jax.config.update("jax_enable_x64", True)
    >>> from concave_sched.monotonic import Instance
    >>> solve_ilp(Instance("LHHLLL", 3, [1.0, 5.0])).objective
    2.0

    Source: Zhao, Fu, Su (2025), Section 2, for "full".
    """
    require_float64()
    require("time_limit", time_limit, lambda s: s > 0, "give a number of seconds > 0.")
    weighted = isinstance(instance, WeightedInstance)
    if not weighted:
        require_single(instance, "solve_ilp")
    weights = np.asarray(instance.weights if weighted else instance.heavy, float)
    weights = np.pad(weights, (0, instance.total_slots - weights.size))
    costs = np.asarray(instance.slot_costs, float)
    if formulation == "auto":
        formulation = "compact" if costs.ndim == 1 else "full"
    if formulation not in ("full", "compact"):
        raise ValueError(f"formulation = {formulation!r}: choose auto, full or compact.")
    if formulation == "compact" and costs.ndim == 2:
        raise ValueError(
            f"slot_costs has shape {costs.shape}, one row per machine: the compact program adds "
            'machines up, so use formulation="full".'
        )
    if formulation == "full":
        i = np.repeat(np.arange(instance.machines), instance.capacities)
        k = np.concatenate([np.arange(n) for n in instance.capacities])
        cost, width = (costs[k] if costs.ndim == 1 else costs[i, k]), np.ones(k.size)
        below = np.flatnonzero(k[1:] > 0)
    else:
        k = np.arange(int(instance.capacities.max()))
        cost, width = costs[k], instance.slot_widths[k]
        below = k[:-1]
    chosen, bound, stopped = _minimise(np.outer(weights, cost), width, below, time_limit)
    chosen = chosen[: instance.jobs]
    machine = i[chosen] if formulation == "full" else _machines(chosen, instance.machines)
    return _as_assignment(instance, machine, bound, stopped, f"{formulation} ILP, HiGHS")


def _minimise(costs, width, below, time_limit: float):
    """Column of every job. Column below[r] + 1 may be used once below[r] has been, r by r."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, eye_array, kron

    jobs, columns = costs.shape
    rows = np.arange(below.size)
    upper = csr_array((np.ones(rows.size), (rows, below + 1)), shape=(rows.size, columns))
    lower = csr_array((np.ones(rows.size), (rows, below)), shape=(rows.size, columns))
    upto, before = np.tri(jobs), np.tri(jobs, k=-1)
    constraints = [
        LinearConstraint(kron(eye_array(jobs), np.ones((1, columns)), "csr"), 1, 1),
        LinearConstraint(kron(np.ones((1, jobs)), eye_array(columns), "csr"), width, width),
    ]
    if below.size:
        constraints.append(
            LinearConstraint(kron(upto, upper, "csr") - kron(before, lower, "csr"), -np.inf, 0)
        )
    found = milp(
        costs.ravel(),
        integrality=np.ones(costs.size),
        bounds=Bounds(0, 1),
        constraints=constraints,
        options={"time_limit": float(time_limit), "mip_rel_gap": 0.0},
    )
    if found.x is None:
        raise RuntimeError(f"HiGHS found no schedule ({found.message}): raise time_limit.")
    bound = found.fun if found.mip_dual_bound is None else found.mip_dual_bound
    return found.x.reshape(costs.shape).argmax(1), bound, found.status == 1


def _machines(slot, machines: int):
    """A job for slot k goes to the first machine of load k, so that loads stay descending."""
    load = np.zeros(machines, int)
    machine = np.empty(slot.size, np.int64)
    for j, k in enumerate(slot):
        machine[j] = np.flatnonzero(load == k)[0]
        load[machine[j]] += 1
    return machine


def _as_assignment(instance, machine, bound, stopped: bool, algorithm: str) -> Assignment:
    from ._validate import validate

    slot, objective = validate(instance, machine)
    quotas = per_slot = None
    if not isinstance(instance, WeightedInstance):
        heavy = np.asarray(instance.heavy)
        quotas = np.bincount(machine[heavy], minlength=instance.machines)
        per_slot = np.bincount(slot[heavy], minlength=np.size(instance.slot_costs))
    status = Status.TIME_LIMIT if stopped else Status.OPTIMAL
    return Assignment(
        instance,
        objective,
        quotas,
        per_slot,
        None,
        min(bound, objective),
        machine,
        status,
        algorithm,
    )
