"""Jobs of any weights, slots of any costs: exact by a search over load multisets, or by an ILP."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from .._checks import require, require_float64
from .._results import Status
from .._tree import pytree
from ._assignment import Assignment
from ._certificate import RELATIVE_ROUNDING, Certificate, certify
from ._instance import Instance, check_costs, check_length, read_machines, read_numbers, read_slots

MOST_STATES = 2_000_000


@pytree(static=("machines", "slots"))
class WeightedInstance:
    """Jobs of any energies in a fixed order, to be appended to machines with any slot costs.

        minimise  sum_jobs w_j c_slot(j)   (or c_(machine(j), slot(j)))

    What `Instance` is not: three or more energies, decreasing costs, or costs per machine.

    Args:
        weights: (N,) energy of each job, in order of arrival; any finite numbers.
        machines: number of machines m.
        slot_costs: (n,) cost of each slot, in any order, or (m, n) for each machine apart.
        slots: slots of every machine, or m numbers in descending order; n each by default.

    Raises:
        ValueError: naming the argument, the entry and the remedy.

    >>> WeightedInstance([3.0, 1.0, 2.0, 0.0], 2, [1.0, 2.0])
    WeightedInstance(jobs=(4,), machines=2, slots=2)
    """

    weights: Any
    machines: int
    slot_costs: Any
    slots: Any = None

    def __post_init__(self):
        set_field = functools.partial(object.__setattr__, self)
        weights = np.asarray(read_numbers("weights", self.weights))
        costs = np.asarray(read_numbers("slot_costs", self.slot_costs))
        if weights.ndim != 1 or weights.size == 0:
            raise ValueError(f"weights has shape {weights.shape}: give one energy per job.")
        require("weights", weights, np.isfinite, "energies have to be finite numbers.")
        set_field("weights", weights)
        set_field("machines", read_machines(self.machines))
        check_costs(costs)
        if costs.ndim > 2 or (costs.ndim == 2 and costs.shape[0] != self.machines):
            raise ValueError(
                f"slot_costs has shape {costs.shape}: give (slots,), or one row for each of the "
                f"{self.machines} machines."
            )
        set_field("slot_costs", costs)
        slots = read_slots(self.slots, self.machines, costs.shape[-1])
        check_length(weights.size, self.slots, self.machines, slots)
        set_field("slots", slots)

    @property
    def jobs(self) -> int:
        """Number of jobs N."""
        return self.weights.size

    total_slots = Instance.total_slots
    capacities = Instance.capacities
    offsets = Instance.offsets
    slot_widths = Instance.slot_widths

    def __repr__(self) -> str:
        shape = f"machines={self.machines}, slots={self.slots}"
        return f"{type(self).__name__}(jobs={self.weights.shape}, {shape})"


def solve_weighted(
    instance: WeightedInstance, method: str = "auto", *, time_limit: float = 60.0
) -> Assignment:
    r"""The cheapest assignment of weighted jobs, by an exact method.

    Machines of equal costs differ only in their load, so a state is the multiset of loads: at
    most binomial(m + n, n) of them, and each job leads from one with j jobs to one with j + 1.

    Args:
        instance: a `WeightedInstance`.
        method: "states" for that search, "ilp" for `solve_ilp`, or "auto": states where the
            costs are shared and there are at most 200,000 of them, else the ILP.
        time_limit: seconds, for the ILP.

    Returns:
        An `Assignment` with `quotas` None.

    Raises:
        ValueError: if states are asked for and costs differ by machine, or there are too many.

    Cost: O(binomial(m + n, n) x n) time and memory for the states.

    >>> import jax
    >>> jax.config.update("jax_enable_x64", True)
    >>> r = solve_weighted(WeightedInstance([3.0, 1.0, 2.0, 0.0], 2, [1.0, 2.0]))
    >>> r.objective, r.machine
    (7.0, array([0, 0, 1, 1]))

    Source: not in the paper.
    """
    require_float64()
    if not isinstance(instance, WeightedInstance):
        raise ValueError(
            f"instance = {type(instance).__name__}: solve_weighted takes a WeightedInstance; for "
            "an Instance, of two kinds of jobs, call solve."
        )
    shared = instance.slot_costs.ndim == 1
    states = math.comb(instance.machines + instance.slot_costs.shape[-1], instance.machines)
    if method == "auto":
        method = "states" if shared and states <= 200_000 else "ilp"
    if method == "ilp":
        from ._ilp import solve_ilp

        return solve_ilp(instance, time_limit=time_limit)
    if method != "states":
        raise ValueError(f"method = {method!r}: choose auto, states or ilp.")
    if not shared:
        raise ValueError(
            f"slot_costs has shape {instance.slot_costs.shape}, one row per machine: load "
            'multisets need machines that cost the same; use method="ilp".'
        )
    if states > MOST_STATES:
        raise ValueError(
            f"machines and slots give {states} load multisets, above {MOST_STATES}: "
            'use method="ilp".'
        )
    objective, machine = _search(instance)
    return Assignment(
        instance, objective, None, None, bound=objective, given=machine,
        status=Status.OPTIMAL, algorithm="load multisets",
    )  # fmt: skip


def _search(instance: WeightedInstance):
    """Layer by layer over the jobs; loads stay in descending order, as the capacities are."""
    capacities, costs = instance.capacities.tolist(), instance.slot_costs.tolist()
    layer = {(0,) * instance.machines: 0.0}
    came_from = []
    for weight in instance.weights.tolist():
        reached, back = {}, {}
        for loads, cost in layer.items():
            for i, load in enumerate(loads):
                if load == capacities[i] or (i and loads[i - 1] == load):
                    continue
                after = (*loads[:i], load + 1, *loads[i + 1 :])
                total = cost + weight * costs[load]
                if total < reached.get(after, math.inf):
                    reached[after] = total
                    back[after] = (loads, i)
        layer = reached
        came_from.append(back)
    loads, best = min(layer.items(), key=lambda item: item[1])
    machine = np.empty(instance.jobs, np.int64)
    for j in range(instance.jobs - 1, -1, -1):
        loads, machine[j] = came_from[j][loads]
    return best, machine


def certify_weighted(instance: WeightedInstance, primal: float) -> Certificate:
    """A lower bound by weight levels: sum of (step in weight) x (optimum of "at least this")."""
    costs = instance.slot_costs
    weights = np.concatenate([instance.weights, np.zeros(instance.total_slots - instance.jobs)])
    if costs.ndim == 2 or (np.diff(costs) < 0).any():
        empty = np.zeros(0, np.int64)
        return Certificate(primal, -math.inf, empty, empty, empty, 0.0)
    levels = np.unique(weights)
    dual = float(levels[0] * (costs * instance.slot_widths).sum())
    for below, level in zip(levels, levels[1:], strict=False):
        dual += (level - below) * certify(instance, weights >= level, 0.0).dual
    empty = np.zeros(costs.size, np.int64)
    rounding = RELATIVE_ROUNDING * float(np.abs(weights).sum() * np.abs(costs).max())
    return Certificate(primal, float(dual), empty, empty, empty, rounding)
