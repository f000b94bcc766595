"""Figures 1 to 3 of "Optimal Parallel Scheduling under Concave Speedup Functions", from data.

1: the exchange in the proof of the CDR rule, on two jobs: shares that swing while both run, and
the same evened out. 2: water-filling of a regular speedup, bottles with straight walls. 3: of one
that is not regular. The paper's own numbers stand only in its pictures; these are ours.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from concave_sched import allocation, curves, plotting, smartfill
from concave_sched.plotting import _style
from concave_sched.plotting._paper import finish, house, legend_above, numbers, panels, write

SIZES, BUDGET, SWING = (1.2, 1.0), 4.0, 0.9
WEIGHTS, WATER = [0.72, 0.9, 1.3, 2.0], 2.6
BOTTLES = {
    2: (curves.Logarithmic(1.0, 1.0), "s(t) = ln(1 + t), regular"),
    3: (curves.Custom(lambda t: t / (1 + t) ** 0.5), "s(t) = t / √(1 + t), not regular"),
}


@house
def main(fast, folder) -> None:
    """Write smartfill_fig1, smartfill_fig2 and smartfill_fig3; both settings are the same."""
    gain, levels = exchange(folder), []
    for number, (speedup, title) in BOTTLES.items():
        water = allocation.waterfill(speedup, WATER, weights=WEIGHTS)
        name = f"smartfill_fig{number}"
        table = pd.DataFrame({"job": range(4), "weight": WEIGHTS, "amount": water.amounts})
        write(table.assign(price=float(water.price)), folder, name)
        figure, ax = panels(1, 1, height=3.4)
        levels.append(f"{float(water.price):.3g}")
        level = plotting.bottles(water, ax=ax).get_title(loc="left")
        ax.set_title(f"{title}; {level}")
        weights = ", ".join(f"{w:g}" for w in WEIGHTS)
        ax.set_xlabel(ax.get_xlabel().replace("entry", f"job (weights {weights})"))
        finish(figure, folder, name)
    remark = "the sign is Theorem 1; the size is of our example"
    rows = [(1, "gain of evening out the shares (%)", "> 0", gain, remark)]
    what = "price at the level of the water, ln(1 + t) and t / √(1 + t)"
    remark = "weights and budget of ours: the paper's are only in its pictures"
    rows.append(("2, 3", what, "not in the text", ", ".join(levels), remark))
    numbers(rows, folder, "smartfill_fig1_to_3")


def exchange(folder) -> float:
    """Fig. 1: two jobs under log(1 + t); shares that swing while both run, or do not; gain in %."""
    speedup = curves.Logarithmic(1.0, 1.0)
    best = smartfill.solve(smartfill.Instance(speedup, SIZES, budget=BUDGET))
    even = np.asarray(best.rates)[:, 1]  # the shares while both run, larger job first
    weights, speed = 1 / np.asarray(SIZES), lambda t: float(speedup(t))
    rows, costs = [], {}
    for name, swing in (("before", SWING * even.min()), ("after", 0.0)):
        high, low = even + [swing, -swing], even - [swing, -swing]
        half = SIZES[1] / (speed(high[1]) + speed(low[1]))
        left = SIZES[0] - half * (speed(high[0]) + speed(low[0]))
        ends = np.array([half, 2 * half, 2 * half + left / speed(BUDGET)])
        costs[name] = float(weights @ [ends[2], ends[1]])
        for interval, shares in enumerate((high, low, (BUDGET, 0.0))):
            start = ends[interval - 1] if interval else 0.0
            rows.append((name, interval + 1, start, ends[interval], *shares, costs[name]))
    columns = ["schedule", "interval", "start", "end", "job_1", "job_2", "total_slowdown"]
    table = pd.DataFrame(rows, columns=columns)
    write(table, folder, "smartfill_fig1")

    figure, axes = panels(sharey=True, sharex=True, height=2.8)
    for ax, (name, part) in zip(axes, table.groupby("schedule", sort=False), strict=True):
        edges = np.append(0.0, part.end)
        for base, top, fill, label, hatch in (
            (0.0, part.job_1, _style.FILLS[0], "job 1, size 1.2", ""),
            (part.job_1, part.job_1 + part.job_2, _style.FILLS[1], "job 2, size 1", "//"),
        ):
            ax.stairs(top, edges, baseline=base, fill=True, facecolor=fill, edgecolor="0.25",
                      hatch=hatch, lw=0.8, label=label)  # fmt: skip
        ax.set(xlabel="time", title=f"{name}: total slowdown {costs[name]:.3f}", ylim=(0, BUDGET))
    axes[0].set_ylabel("share of the budget (units)")
    legend_above(figure, axes[0], 2)
    finish(figure, folder, "smartfill_fig1")
    return 100 * (1 - costs["after"] / costs["before"])
