"""What is scheduled: a sequence of light and heavy jobs, machines, and rising slot costs."""

from __future__ import annotations

import functools
import operator
from typing import Any

import jax
import numpy as np

from .._checks import numbers, require
from .._tree import is_concrete, pytree
from ._sequence import read_sequence

WEIGHTED = "build WeightedInstance(weights, machines, slot_costs) and call solve_weighted"


@pytree(static=("machines", "slots"))
class Instance:
    r"""Jobs in a fixed order, each light or heavy, to be appended to identical machines.

    A machine with a_1, ..., a_s on it gives its next job slot s + 1. Slot k costs c_k <= c_(k+1)
    and a job of energy e in it pays e c_k. As every slot is filled, lights pay a constant:

        minimise  e_L sum_all slots c_k + (e_H - e_L) sum_heavy jobs c_slot(job),

    so only the slots of the heavy jobs matter.

    Args:
        heavy: N jobs in order of arrival: booleans, a string such as "HLLH", or their energies,
            of at most two kinds (the larger is the heavy one). A leading axis is a batch.
        machines: number of machines m.
        slot_costs: (n,), nondecreasing: cost per unit of energy in slots 1..n of any machine.
        slots: slots of every machine, or m numbers, in descending order; n each by default.
            With fewer jobs than slots, the last slots stay empty. Without `slots`, N has to be a
            multiple of m (at most m n); a ragged end is taken only where `slots` is written out.
        energies: (e_L, e_H) with e_L <= e_H, in units of energy; (0, 1) by default. Where slots
            stay empty, e_L has to be 0, for emptiness would be a third kind of job.

    Raises:
        ValueError: naming the argument, the entry and the remedy. Three or more energies,
            decreasing costs and costs per machine are refused here: `WeightedInstance` takes them.

    >>> Instance("LHHLLL", 3, [1.0, 5.0]).heavy
    array([False,  True,  True, False, False, False])

    Source: Zhao, Fu, Su, Symmetry 17(7), 980 (2025), Section 2.
    """

    heavy: Any
    machines: int
    slot_costs: Any
    slots: Any = None
    energies: Any = None

    def __post_init__(self):
        set_field = functools.partial(object.__setattr__, self)
        heavy, energies = read_sequence(self.heavy, self.energies, WEIGHTED)
        set_field("heavy", heavy)
        set_field("energies", energies)
        set_field("machines", read_machines(self.machines))
        costs = read_numbers("slot_costs", self.slot_costs)
        if np.ndim(costs) == 2:
            raise ValueError(
                f"slot_costs has shape {np.shape(costs)}, one row per machine: the closed form "
                f"needs machines that cost the same; {WEIGHTED}."
            )
        check_costs(costs)
        if (
            is_concrete(costs)
            and (falls := np.flatnonzero(np.diff(np.asarray(costs, float)) < 0)).size
        ):
            k = int(falls[0])
            raise ValueError(
                f"slot_costs[{k + 1}] = {costs[k + 1]} is below slot_costs[{k}] = {costs[k]}: "
                f"costs have to be nondecreasing; for others, {WEIGHTED}."
            )
        set_field("slot_costs", costs)
        slots = read_slots(self.slots, self.machines, np.shape(costs)[0])
        check_length(heavy.shape[-1], self.slots, self.machines, slots)
        set_field("slots", slots)
        self._check_energies()

    def _check_energies(self):
        light, high = self.energies
        if is_concrete(light, high) and not light <= high:
            raise ValueError(
                f"energies = ({light}, {high}): give the light energy first, no larger than the "
                "heavy one."
            )
        if self.jobs < self.total_slots and (not is_concrete(light) or light != 0):
            raise ValueError(
                f"energies[0] = {light} while {self.total_slots - self.jobs} slots stay empty: "
                "where lights pay, an empty slot is a third kind of job. Fill every slot, set the "
                f"light energy to 0, or {WEIGHTED}."
            )

    @property
    def jobs(self) -> int:
        """Number of jobs N."""
        return self.heavy.shape[-1]

    @property
    def total_slots(self) -> int:
        """Number of slots over all machines."""
        return self.machines * self.slots if isinstance(self.slots, int) else sum(self.slots)

    @functools.cached_property
    def capacities(self) -> np.ndarray:
        """Slots of each machine, (machines,)."""
        return np.broadcast_to(np.asarray(self.slots, np.int64), self.machines).copy()

    @functools.cached_property
    def offsets(self) -> np.ndarray:
        """Slots on the machines before each, (machines + 1,)."""
        return np.concatenate([[0], np.cumsum(self.capacities)])

    @functools.cached_property
    def slot_widths(self) -> np.ndarray:
        """How many machines have each slot, (n,)."""
        ends = np.bincount(self.capacities, minlength=np.shape(self.slot_costs)[-1] + 1)
        return np.cumsum(ends[:0:-1])[::-1]

    @property
    def cost_of_light(self):
        """What a schedule of lights alone would pay: the shift between heavy cost and energy."""
        widths = self.slot_widths.astype(self.slot_costs.dtype)
        return self.energies[0] * (self.slot_costs * widths).sum()

    def __repr__(self) -> str:
        shape = f"machines={self.machines}, slots={self.slots}"
        return f"{type(self).__name__}(jobs={self.heavy.shape}, {shape})"


def read_numbers(name: str, value) -> Any:
    """A floating array, or a tracer."""
    array = numbers(name, value)
    if isinstance(array, jax.Array) and array.dtype.kind in "iu":
        return array.astype(float)
    return array


def read_machines(machines) -> int:
    try:
        machines = operator.index(machines)
    except TypeError:
        raise ValueError(f"machines = {machines!r}: give a whole number.") from None
    if machines < 1:
        raise ValueError(f"machines = {machines}: at least one machine is needed.")
    return machines


def check_costs(costs) -> None:
    if np.ndim(costs) == 0 or np.shape(costs)[-1] == 0:
        raise ValueError(
            f"slot_costs has shape {np.shape(costs)}: give the cost of each slot, at least one."
        )
    require("slot_costs", costs, np.isfinite, "slot costs have to be finite numbers.")


def read_slots(slots, machines: int, most: int) -> int | tuple[int, ...]:
    """An integer where all machines have the same number of slots, else a tuple."""
    if slots is None:
        return most
    array = np.asarray(slots)
    if array.ndim > 1 or array.dtype.kind not in "iu" or array.shape not in ((), (machines,)):
        raise ValueError(
            f"slots = {slots!r}: give a whole number, or one for each of the {machines} machines."
        )
    require("slots", array, lambda s: s >= 1, "every machine needs at least one slot.")
    require("slots", array, lambda s: s <= most, f"slot_costs has a cost for {most} slots only.")
    if array.ndim and (rises := np.flatnonzero(np.diff(array) > 0)).size:
        i = int(rises[0])
        raise ValueError(
            f"slots[{i + 1}] = {array[i + 1]} is above slots[{i}] = {array[i]}: number the "
            "machines in descending order of their slots (they are interchangeable otherwise)."
        )
    if array.ndim == 0 or (array == array[0]).all():
        return int(array.flat[0])
    return tuple(array.tolist())


def check_length(jobs: int, given, machines: int, slots) -> None:
    total = machines * slots if isinstance(slots, int) else sum(slots)
    if jobs > total:
        raise ValueError(
            f"heavy has {jobs} jobs and the {machines} machines have {total} slots: "
            "add machines, or slot costs for more slots."
        )
    if given is None and jobs % machines:
        raise ValueError(
            f"heavy has {jobs} jobs, which {machines} machines cannot share evenly: check the "
            f"length, append lights up to {total}, or pass slots={slots} to leave slots empty."
        )


def require_single(instance, name: str) -> None:
    """Raise unless this is one concrete `Instance`, for the algorithms that loop over it."""
    if not isinstance(instance, Instance):
        raise ValueError(
            f"instance = {type(instance).__name__}: {name} takes a monotonic.Instance."
        )
    heavy = instance.heavy
    if not is_concrete(heavy):
        raise ValueError(f"{name} loops over concrete numbers: under jit or vmap, call solve.")
    if heavy.ndim > 1:
        raise ValueError(
            f"heavy has shape {heavy.shape}: {name} takes one sequence; loop over the batch, or "
            "call solve, which takes it whole."
        )
