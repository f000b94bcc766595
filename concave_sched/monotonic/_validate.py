"""An independent check: append the jobs to their machines one by one and add up the costs."""

from __future__ import annotations

import numpy as np

from ._instance import require_single


def validate(instance, machine):
    """Replay a schedule from the machine of every job alone.

    Args:
        instance: an `Instance` or a `WeightedInstance`.
        machine: (jobs,) the machine of each job, counted from 0.

    Returns:
        The slot of every job, counted from 0, and the cost sum_jobs weight x slot cost, where
        heavies weigh 1 and lights 0 in an `Instance`.

    Raises:
        ValueError: at the first job that finds no such machine or no room on it.

    Cost: O(jobs).

    >>> from concave_sched import monotonic
    >>> validate(monotonic.Instance("HLLH", 2, [1.0, 2.0]), [0, 1, 0, 1])
    (array([0, 0, 1, 1]), 3.0)
    """
    from ._kernels import replay

    weighted = hasattr(instance, "weights")
    if not weighted:
        require_single(instance, "validate")
    weights = np.asarray(instance.weights if weighted else instance.heavy)
    machine = np.asarray(machine)
    if machine.shape != weights.shape or machine.dtype.kind not in "iu":
        raise ValueError(
            f"machine has shape {machine.shape} and dtype {machine.dtype}: give the whole number "
            f"of a machine for each of the {weights.size} jobs."
        )
    slot, bad = replay(machine.astype(np.int64), instance.capacities)
    if bad >= 0:
        i = int(machine[bad])
        inside = 0 <= i < instance.machines
        raise ValueError(
            f"machine[{bad}] = {i}: "
            + (f"machine {i} is full by then." if inside else "there is no such machine.")
        )
    costs = np.asarray(instance.slot_costs, float)
    paid = costs[slot] if costs.ndim == 1 else costs[machine, slot]
    return slot, float(paid[weights].sum() if weights.dtype == bool else weights @ paid)
