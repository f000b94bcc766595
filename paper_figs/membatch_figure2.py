"""Figure 2 of "MemBatch ILP": the published example under three schedulers, as Gantt charts.

Calibrated profiles (fits/edge_profiles), not measured: both rows of numbers agree because the
profiles were chosen so.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import pandas as pd

from concave_sched import membatch
from concave_sched.plotting import save

SCHEDULERS = {
    "Baseline ILP": (membatch.baseline_ilp, 123.0, 221.0),
    "FCFS, least loaded first": (membatch.least_loaded_first, 155.0, 404.04),
    "MemBatch": (membatch.solve, 115.0, 282.0),
}


def main(fast: bool, folder: Path) -> None:
    """Write membatch_figure2.pdf and the CSV behind it; there is no faster setting."""
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(3, 1, figsize=(8.0, 11.0), sharex=True, layout="constrained")
    tables = []
    for ax, (name, (scheduler, makespan, total)) in zip(axes, SCHEDULERS.items(), strict=True):
        r = scheduler(membatch.example())
        r.validate()
        r.plot(ax)
        ax.set_title(
            f"{name}: makespan {r.objective:.0f} min (published {makespan:.0f}), "
            f"total {r.total_time:.2f} min (published {total:g})",
            loc="left",
            fontsize="medium",
        )
        if ax is not axes[0]:
            ax.get_legend().remove()
        if ax is not axes[-1]:
            ax.set_xlabel("")
        table = r.to_dataframe().drop(columns="averaged").round({"start": 6, "end": 6})
        tables.append(table.assign(scheduler=name))
    axes[0].set_xlim(0, 160)
    pd.concat(tables).to_csv(folder / "membatch_figure2.csv", index=False)
    save(figure, folder, "membatch_figure2")


if __name__ == "__main__":
    matplotlib.use("Agg")
    main(fast=False, folder=Path(__file__).parent / "output")
