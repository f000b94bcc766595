"""The result of every algorithm: quotas, schedule on request, certificate, table, drawing."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .._results import Result, Status
from .._tree import is_concrete, pytree
from ._certificate import Certificate, certify
from ._instance import require_single
from ._validate import validate


@pytree(static=("status", "algorithm"))
class Assignment(Result):
    """Which machine takes which job, given by the number of heavies on each machine.

    Attributes:
        instance: what was solved.
        objective: the heavy cost, sum over heavy jobs of the cost of their slot (of weight times
            cost for a `WeightedInstance`).
        quotas: (machines,) heavies on each machine; None for a `WeightedInstance`.
        heavy_per_slot: (slots,) heavies in each slot, over all machines: d objective / d costs.
        moves: heavies moved to the next machine by `eliminate_misalignment`, else None.
        bound: a proven lower bound on the objective, where the solver gives one, else None.
        status: what is known about the answer.
        algorithm: what found it.

    A batch (leading axes) has `objective`, `quotas` and `heavy_per_slot`; the schedule, the
    certificate and the drawings are those of one sequence.
    """

    instance: Any
    objective: Any
    quotas: Any
    heavy_per_slot: Any
    moves: Any = None
    bound: Any = None
    given: Any = None  # the machine of every job, where no quotas say it
    status: Status = Status.OPTIMAL
    algorithm: str = "closed form"

    @property
    def energy(self):
        """Total energy: light energy x all slot costs + (heavy - light) x objective."""
        if self.quotas is None:
            return self.objective
        light, heavy = self.instance.energies
        if not is_concrete(light, heavy):
            import jax.numpy as jnp

            heavy = jnp.where(light <= heavy, heavy, jnp.nan)
        return self.instance.cost_of_light + (heavy - light) * self.objective

    @property
    def machine(self):
        """(jobs,) the machine of each job, counted from 0; O(jobs), on first use."""
        return self._placed[0]

    @property
    def slot(self):
        """(jobs,) the slot of each job, counted from 0, so that `slot_costs[slot]` is its cost."""
        return self._placed[1]

    @functools.cached_property
    def _placed(self):
        if self.given is not None:
            return np.asarray(self.given), validate(self.instance, self.given)[0]
        if not is_concrete(self.instance.heavy, self.quotas):
            from ._place import place_traced

            return place_traced(self.instance, self.quotas)
        from ._kernels import place

        require_single(self.instance, "the schedule")
        sums = np.concatenate([[0], np.cumsum(self.quotas, dtype=np.int64)])
        return place(np.asarray(self.instance.heavy), sums, self.instance.offsets)

    @property
    def _paid(self):
        costs = np.asarray(self.instance.slot_costs, float)
        return costs[self.slot] if costs.ndim == 1 else costs[self.machine, self.slot]

    def validate(self) -> float:
        """The objective recomputed from the machines alone, by replaying the sequence.

        Raises:
            ValueError: if a job finds its machine full, or slots, quotas, counts per slot or
                objective are not what the replay gives.
        """
        slot, cost = validate(self.instance, self.machine)
        claims = [("slot", self.slot, slot)]
        if self.quotas is not None:
            heavy = np.asarray(self.instance.heavy)
            on_machine = np.bincount(self.machine[heavy], minlength=self.instance.machines)
            in_slot = np.bincount(slot[heavy], minlength=len(self.heavy_per_slot))
            claims += [("quotas", self.quotas, on_machine)]
            claims += [("heavy_per_slot", self.heavy_per_slot, in_slot)]
        for name, claimed, found in claims:
            wrong = np.flatnonzero(np.asarray(claimed) != found)
            if wrong.size:
                j = wrong[0]
                raise ValueError(f"{name}[{j}] = {claimed[j]}, but the replay gives {found[j]}.")
        weights = self.instance.heavy if self.quotas is not None else self.instance.weights
        scale = float(np.abs(np.asarray(weights, float)) @ np.abs(self._paid))
        epsilon = np.finfo(np.asarray(self.objective).dtype).eps
        if not abs(self.objective - cost) <= np.sqrt(epsilon) * scale:
            raise ValueError(f"objective = {self.objective}, but the replay costs {cost}.")
        return cost

    def certificate(self) -> Certificate:
        """Cost by replay against a lower bound valid for every schedule, with its evidence.

        For an `Instance` the two meet exactly where the schedule is optimal. For a
        `WeightedInstance` of shared nondecreasing costs the bound is the sum of the optima at
        each weight level, and may stay below; other costs have no such bound.
        """
        primal = self.validate()
        if self.quotas is None:
            from ._weighted import certify_weighted

            return certify_weighted(self.instance, primal)
        return certify(self.instance, self.instance.heavy, primal)

    def _facts(self):
        facts = [("objective", self.objective)]
        if self.quotas is not None:
            facts += [("total energy", self.energy)]
        facts += [("jobs", self.instance.jobs), ("machines", self.instance.machines)]
        if self.quotas is not None:
            facts += [("heavies per machine", self.quotas)]
        if self.moves is not None:
            facts += [("moves", self.moves)]
        if self.bound is not None:
            facts += [("bound", self.bound)]
        return [*facts, ("algorithm", self.algorithm), ("status", self.status)]

    def to_dataframe(self):
        """One row per job, in order of arrival: weight, machine, slot, and the energy it costs."""
        import pandas as pd

        if self.quotas is None:
            kind = {"weight": np.asarray(self.instance.weights)}
            energy = kind["weight"] * self._paid
        else:
            heavy = np.asarray(self.instance.heavy)
            kind = {"heavy": heavy}
            energy = np.where(heavy, self.instance.energies[1], self.instance.energies[0])
            energy = energy * self._paid
        jobs = {"job": np.arange(self.instance.jobs), **kind}
        return pd.DataFrame({**jobs, "machine": self.machine, "slot": self.slot, "energy": energy})

    def plot(self, ax=None):
        """Draw machines x slots as a coloured grid, misaligned pairs marked; return the Axes."""
        from ..plotting._monotonic import plot_grid
        from ._misalignment import misaligned_pairs

        # An ILP's machines need not take the jobs in the order that quotas imply.
        marked = self.quotas is not None and "ILP" not in self.algorithm
        pairs = misaligned_pairs(self.instance, self.quotas) if marked else ()
        return plot_grid(self, pairs, ax)
