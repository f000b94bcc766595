"""Figure 2 of "MemBatch ILP": the published example under three schedulers, as Gantt charts.

Calibrated profiles (fits/edge_profiles), not measured: both rows of numbers agree because the
profiles were chosen so.
"""

from __future__ import annotations

import pandas as pd

from concave_sched import membatch
from concave_sched.plotting._paper import WIDTH, finish, house, numbers, write

SCHEDULERS = {
    "Baseline ILP": (membatch.baseline_ilp, 123.0, 221.0),
    "FCFS, least loaded first": (membatch.least_loaded_first, 155.0, 404.04),
    "MemBatch": (membatch.solve, 115.0, 282.0),
}


CAPTION = "Dashed: makespan. Chest is split in two parts. Devices without a task are left out."


@house
def main(fast, folder) -> None:
    """Write membatch_fig2; both settings are the same."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        3, 1, figsize=(WIDTH, 5.6), sharex=True, layout="constrained", height_ratios=(1.3, 3, 2.3)
    )
    tables, rows = [], []
    remark = "profiles calibrated to this number: agreement is no confirmation"
    for ax, (name, (scheduler, makespan, total)) in zip(axes, SCHEDULERS.items(), strict=True):
        r = scheduler(membatch.example())
        r.validate()
        r.plot(ax)
        busy = sorted({int(j) for j in r.device})
        ax.set_ylim(busy[-1] + 0.5, busy[0] - 0.5)
        ax.set_title(f"{name}: makespan {r.objective:.0f} min, total {r.total_time:g} min")
        if ax is not axes[1]:
            ax.get_legend().remove()
        if ax is not axes[-1]:
            ax.set_xlabel("")
        table = r.to_dataframe().drop(columns="averaged").assign(scheduler=name)
        tables.append(table)
        rows += [
            (2, f"example, makespan (min), {name}", f"{makespan:g}", f"{r.objective:g}", remark),
            (2, f"example, total time (min), {name}", f"{total:g}", f"{r.total_time:g}", remark),
        ]
    axes[1].get_legend().set_title("workload")
    axes[0].set_xlim(0, 160)
    write(pd.concat(tables).round({"start": 6, "end": 6}), folder, "membatch_fig2")
    finish(figure, folder, "membatch_fig2", CAPTION)
    orin = float(tables[-1].query("device == 'orin0'").end.max())
    rows.append((2, "example, MemBatch: Orin is done (min)", "about 70", orin, remark))
    numbers(rows, folder, "membatch_fig2")
