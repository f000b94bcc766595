"""Figures 1 to 3 of Zhao, Fu, Su (2025), as drawings of small cases: the exchanges of the proofs.

1: a light job moves to the first machine with a slot. 2: heavy jobs keep the order of machines.
3: a misaligned pair is exchanged. Jobs are named by arrival; the two that change places are marked.
"""

from __future__ import annotations

from pathlib import Path

import jax
import matplotlib
import pandas as pd

from concave_sched import monotonic
from concave_sched.plotting import save
from concave_sched.plotting._monotonic import plot_swap

COSTS = [1.0, 2.0, 4.0]
# name: (sequence, machine of each job before, the two jobs exchanged)
CASES = {
    "monotonic_figure1": ("HLHLHH", [0, 1, 0, 1, 0, 1], (1, 2)),
    "monotonic_figure2": ("HHLHLL", [0, 1, 0, 0, 1, 1], (1, 3)),
    "monotonic_figure3": ("LHHLLH", [0, 0, 0, 1, 1, 1], (2, 3)),
}


def schedule(sequence: str, machine: list[int], slots) -> dict[str, list[tuple[str, bool]]]:
    """Each machine's jobs in order of their slots."""
    drawn = {f"machine {i + 1}": [] for i in sorted(set(machine))}
    for j in sorted(range(len(sequence)), key=lambda j: slots[j]):
        drawn[f"machine {machine[j] + 1}"].append((f"{sequence[j]}{j + 1}", sequence[j] == "H"))
    return drawn


def main(fast: bool, folder: Path) -> None:
    """Write one PDF and one CSV for each figure; both settings give the same files."""
    jax.config.update("jax_enable_x64", True)
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    for name, (sequence, before, exchanged) in CASES.items():
        after = list(before)
        after[exchanged[0]], after[exchanged[1]] = before[exchanged[1]], before[exchanged[0]]
        instance = monotonic.Instance(sequence, 2, COSTS)
        rows, drawings, costs = [], [], []
        for label, machine in (("before", before), ("after", after)):
            slots, cost = monotonic.validate(instance, machine)
            costs.append(cost)
            drawings.append(schedule(sequence, machine, slots))
            rows += [
                (label, j + 1, kind, machine[j] + 1, slots[j] + 1, j in exchanged)
                for j, kind in enumerate(sequence)
            ]
        columns = ["schedule", "job", "kind", "machine", "slot", "exchanged"]
        pd.DataFrame(rows, columns=columns).to_csv(folder / f"{name}.csv", index=False)

        figure, axes = plt.subplots(1, 2, figsize=(9, 2.2), sharey=True, layout="constrained")
        plot_swap(*drawings, {f"{sequence[j]}{j + 1}" for j in exchanged}, axes)
        for ax, label, cost in zip(axes, ("before", "after"), costs, strict=True):
            ax.set_title(f"{label}: heavy cost {cost:g} (slots cost 1, 2, 4)")
        save(figure, folder, name)


if __name__ == "__main__":
    matplotlib.use("Agg")
    main(fast=False, folder=Path(__file__).parent / "output")
