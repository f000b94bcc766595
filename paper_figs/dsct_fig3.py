"""Figure 3 of "Scheduling with Fully Compressible Tasks": times of APPROX and of an exact solver.

Exact here is SCIP, to a relative gap of 1e-4 within 60 s; the paper's is MOSEK, on another
machine. APPROX is our polished one, compiled before it is timed.
"""

from __future__ import annotations

import time

import jax
import pandas as pd

from concave_sched import dsct
from concave_sched.plotting import _style
from concave_sched.plotting._paper import finish, house, legend_above, numbers, panels, write


@house
def main(fast, folder, limit: float = 60.0) -> None:
    """Write dsct_fig3 (run times: not the same bytes twice). limit: seconds, exact solver."""
    machines = 2 if fast else 5
    tasks = [12] if fast else [5, 10, 15, 20, 25, 30]
    points = [("tasks", n, machines) for n in tasks]
    points += [("tasks", n, machines) for n in ([] if fast else [100, 200, 400])]
    points += [("machines", 12 if fast else 50, m) for m in ([2] if fast else [1, 2, 3, 4])]
    rows = []
    for panel, n, m in points:
        i = dsct.generate(n, m, seed=n + m)
        jax.block_until_ready(dsct.approximate(i))
        begin = time.perf_counter()
        fine = jax.block_until_ready(dsct.approximate(i))
        middle = time.perf_counter()
        exact, gap = None, None
        if panel == "machines" or n in tasks:
            gap = float(dsct.solve_exact(i, limit, gap=1e-4, start=fine).gap)
            exact = time.perf_counter() - middle
        rows.append((panel, n, m, middle - begin, exact, gap))
    columns = ["panel", "tasks", "machines", "approximate_s", "exact_s", "exact_gap"]
    table = pd.DataFrame(rows, columns=columns)
    write(table, folder, "dsct_fig3")
    draw(table, folder, machines, limit)
    solved = table[table.exact_gap <= 1e-4].groupby("panel")[["tasks", "machines"]].max()
    remark = "SCIP for MOSEK, another computer, one instance per size"
    ours = [solved.tasks.get("tasks", "none"), solved.machines.get("machines", "none")]
    rows = [
        (3, f"largest n solved exactly in {limit:g} s, m = {machines}", "30", ours[0], remark),
        (3, f"largest m solved exactly in {limit:g} s, n = {points[-1][1]}", "3", ours[1], remark),
    ]
    slowest = f"at most {table.approximate_s.max():.2g} s up to n = {table.tasks.max()}"
    remark = "compiled code beside Python; compilation left out"
    rows.append((3, "APPROX within the limit", "hundreds of tasks", slowest, remark))
    numbers(rows, folder, "dsct_fig3")


def draw(table, folder, machines, limit) -> None:
    figure, axes = panels(sharey=True, height=3.2)
    titles = f"{machines} machines", f"{table.tasks.iloc[-1]} tasks"
    for ax, key, title in zip(axes, ("tasks", "machines"), titles, strict=True):
        part = table[table.panel == key]
        exact = part.dropna(subset="exact_s")
        ax.plot(exact[key], exact.exact_s, label="exact (SCIP)", **_style.line(1))
        ax.plot(part[key], part.approximate_s, label="APPROX, polished", **_style.line(0))
        ax.axhline(limit, color=_style.QUIET, lw=1, ls=":", label="time limit of exact")
        ax.set(xlabel=f"{key} {key[0] if key == 'machines' else 'n'}", title=title, yscale="log")
    axes[0].set_xscale("log")
    axes[0].set_xticks([5, 10, 20, 50, 100, 200, 400], [5, 10, 20, 50, 100, 200, 400])
    axes[0].minorticks_off()
    axes[1].set_xticks(sorted(set(table.machines[table.panel == "machines"])))
    axes[0].set_ylabel("time (s)")
    legend_above(figure, axes[0], 3)
    finish(figure, folder, "dsct_fig3", "Exact: to a relative gap of 1e-4. One instance per point.")
