"""A proof of optimality that anyone can check: for every slot, why no more heavies fit below."""

from __future__ import annotations

import dataclasses

import numpy as np

from .._results import Result

RELATIVE_ROUNDING = 1e-12


@dataclasses.dataclass(frozen=True, repr=False)
class Certificate(Result):
    """Primal cost, a lower bound on every schedule's cost, and the evidence for it, per slot.

    Attributes:
        primal: cost of the schedule, by replaying it.
        dual: sum_k c_k (U_k - U_(k-1)), no schedule is cheaper.
        bound: (slots,) U_k: at most so many heavies fit in slots 1..k.
        machines_filled: (slots,) the q of the bound: U_k counts the heavies among the first
            C_q + min(k, n_(q+1)) jobs, and the slots <= k on machines q + 2, ..., m, more of
            which cannot be free by then. q = machines: the bound is the number of heavies.
        jobs_placed: (slots,) that number of jobs.
        rounding: the gap that rounding alone may leave.
    """

    primal: float
    dual: float
    bound: np.ndarray
    machines_filled: np.ndarray
    jobs_placed: np.ndarray
    rounding: float

    @property
    def gap(self) -> float:
        """primal - dual: 0 up to rounding where the schedule is optimal."""
        return self.primal - self.dual

    @property
    def optimal(self) -> bool:
        """Whether the gap is at the rounding level."""
        return self.gap <= self.rounding

    def _facts(self):
        return [
            ("primal", self.primal),
            ("dual", self.dual),
            ("gap", self.gap),
            ("proves", "optimality" if self.optimal else "a lower bound only"),
        ]

    def to_dataframe(self):
        """One row per slot: the bound, and the q and time that give it."""
        import pandas as pd

        return pd.DataFrame(
            {
                "slot": np.arange(self.bound.size),
                "bound": self.bound,
                "machines_filled": self.machines_filled,
                "jobs_placed": self.jobs_placed,
            }
        )

    def plot(self, ax=None):
        """Draw the bound on the heavies in the first k slots."""
        from ..plotting._monotonic import plot_certificate

        return plot_certificate(self, ax)


def certify(instance, heavy, primal: float) -> Certificate:
    """The certificate of a schedule of cost `primal`, in NumPy, apart from every solver.

    U_k = min over q of P(C_q + min(k, n_(q+1))) + (slots <= k on machines q+2..m).
    """
    heavy, costs = np.asarray(heavy), np.asarray(instance.slot_costs, float)
    k = np.arange(1, costs.size + 1)
    total = int(np.count_nonzero(heavy))
    bound = np.full(costs.size, total)
    filled = np.full(costs.size, instance.machines)
    placed = np.full(costs.size, instance.total_slots)
    left = np.cumsum(instance.slot_widths)
    before = 0
    for q, (start, capacity) in enumerate(zip(instance.offsets, instance.capacities, strict=False)):
        in_low_slots = np.minimum(k, capacity)
        left = left - in_low_slots
        block = heavy[start : start + capacity]
        arrived = np.zeros(capacity, np.int64)
        arrived[: block.size] = np.cumsum(block)
        arrived[block.size :] = arrived[block.size - 1] if block.size else 0
        candidate = before + arrived[in_low_slots - 1] + left
        better = candidate < bound
        bound = np.where(better, candidate, bound)
        filled = np.where(better, q, filled)
        placed = np.where(better, start + in_low_slots, placed)
        before += int(arrived[-1])
    per_slot = np.diff(bound, prepend=0)
    rounding = RELATIVE_ROUNDING * float(per_slot @ np.abs(costs))
    return Certificate(float(primal), float(per_slot @ costs), bound, filled, placed, rounding)
