"""Figures 1 to 3 of Zhao, Fu, Su (2025), as drawings of small cases: the exchanges of the proofs.

1: a light job moves to the first machine with a slot. 2: heavy jobs keep the order of machines.
3: a misaligned pair is exchanged. Jobs are named by arrival; the two that change places are marked.
"""

from __future__ import annotations

import pandas as pd

from concave_sched import monotonic
from concave_sched.plotting._monotonic import plot_swap
from concave_sched.plotting._paper import finish, house, numbers, panels, write

COSTS = [1.0, 2.0, 4.0]
# name: (sequence, machine of each job before, the two jobs exchanged)
CASES = {
    "monotonic_fig1": ("HLHLHH", [0, 1, 0, 1, 0, 1], (1, 2)),
    "monotonic_fig2": ("HHLHLL", [0, 1, 0, 0, 1, 1], (1, 3)),
    "monotonic_fig3": ("LHHLLH", [0, 0, 0, 1, 1, 1], (2, 3)),
}


def schedule(sequence: str, machine: list[int], slots) -> dict[str, list[tuple[str, bool]]]:
    """Each machine's jobs in order of their slots."""
    drawn = {f"machine {i + 1}": [] for i in sorted(set(machine))}
    for j in sorted(range(len(sequence)), key=lambda j: slots[j]):
        drawn[f"machine {machine[j] + 1}"].append((f"{sequence[j]}{j + 1}", sequence[j] == "H"))
    return drawn


@house
def main(fast, folder) -> None:
    """Write monotonic_fig1, monotonic_fig2 and monotonic_fig3; both settings are the same."""
    found = []
    for name, (sequence, before, exchanged) in CASES.items():
        after = list(before)
        after[exchanged[0]], after[exchanged[1]] = before[exchanged[1]], before[exchanged[0]]
        instance = monotonic.Instance(sequence, 2, COSTS)
        rows, drawings, costs = [], [], []
        for label, machine in (("before", before), ("after", after)):
            slots, cost = monotonic.validate(instance, machine)
            costs.append(float(cost))
            drawings.append(schedule(sequence, machine, slots))
            rows += [
                (label, j + 1, kind, machine[j] + 1, slots[j] + 1, j in exchanged)
                for j, kind in enumerate(sequence)
            ]
        columns = ["schedule", "job", "kind", "machine", "slot", "exchanged"]
        write(pd.DataFrame(rows, columns=columns), folder, name)
        figure, axes = panels(sharey=True, height=1.9)
        plot_swap(*drawings, {f"{sequence[j]}{j + 1}" for j in exchanged}, axes)
        for ax, label, cost in zip(axes, ("before", "after"), costs, strict=True):
            ax.set_title(f"{label}: heavy cost {cost:g}")
            ax.set_xlabel("slot (costs 1, 2, 4)")
        caption = f"Sequence {sequence}: H heavy, L light, numbered by arrival; thick: exchanged."
        finish(figure, folder, name, caption)
        what = f"heavy cost before and after, {sequence}, slot costs 1, 2, 4"
        remark = "the paper draws the general case; small cases of ours"
        found.append((name[-1], what, "not more after", f"{costs[0]:g}, {costs[1]:g}", remark))
    numbers([*found, example()], folder, "monotonic_fig1_to_3")


def example():
    """Section 3.1: 9 jobs on 3 machines, heavy at 2, 5 and 8, as monotonic and as optimal."""
    instance = monotonic.Instance("LHLLHLLHL", 3, COSTS)
    drawn = float(monotonic.validate(instance, [0, 0, 0, 1, 1, 1, 2, 2, 2])[1])
    best = float(monotonic.solve(instance).objective)
    remark = "the example shows monotonicity, not optimality: 3 c2 against 2 c1 + c2"
    return ("Sec. 3.1", "heavy cost of the 3 x 3 example", drawn, f"{best:g} (optimum)", remark)
