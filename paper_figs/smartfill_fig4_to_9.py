"""Figures 4 to 9 of "Optimal Parallel Scheduling under Concave Speedup Functions".

Mean slowdown (1/M) sum_i T_i / x_i of M jobs of sizes M, M-1, ..., 1, weights 1/x_i. 4 and 5:
power speedups, where heSRPT is optimal. 6 to 9: two other speedups, and powers in their place.
Published: sizes, weights, speedups, the exponents 0.48 and 0.82, the gains at M = 200. Inferred,
because the text at hand lacks the numbers: the budget, the other M, the exponents of Figs 4 and 5,
and the factors of the powers (which do not change heSRPT's schedule). Added by us: the
least-squares exponent, and the exponent best in hindsight at every M.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from concave_sched import curves, smartfill
from concave_sched.plotting import _style
from concave_sched.plotting._paper import finish, house, numbers, panels, write

BUDGET = 10.0
EXPONENTS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
INFERRED = "Inferred, not published: budget B = 10"
# figures: (speedup, its formula, the paper's exponent, the paper's gain at M = 200 in %)
CASES = {
    (6, 7): (curves.Logarithmic(1.0, 1.0), "ln(1 + t)", 0.48, 13.6),
    (8, 9): (curves.ShiftedPower(1.0, 4.0, 0.5), "√(4 + t) - 2", 0.82, 6.3),
}


@house
def main(fast, folder) -> None:
    """Write smartfill_fig4_5, smartfill_fig6_7 and smartfill_fig8_9."""
    jobs = [1, 10, 200] if fast else [1, 2, 5, 10, 20, 35, 50, 75, 100, 125, 150, 175, 200]
    powers = power_speedups(jobs, [0.3, 0.9] if fast else EXPONENTS)
    draw(powers, {figures: other_speedup(figures, jobs) for figures in CASES}, folder)


def draw(powers, others, folder) -> None:
    """All tables, pictures and numbers, from the table of Figs 4 and 5 and those of the others."""
    rows = draw_powers(powers, folder)
    for figures, table in others.items():
        rows += draw_other(figures, table, folder)
    numbers(rows, folder, "smartfill_fig4_to_9")


def instance(speedup, jobs: int) -> smartfill.Instance:
    return smartfill.Instance(speedup, np.arange(jobs, 0, -1.0), budget=BUDGET)


def power_speedups(jobs, exponents) -> pd.DataFrame:
    """Figs 4 and 5: SmartFill and heSRPT agree."""
    rows = []
    for m in jobs:
        for p in exponents:
            i = instance(curves.Power(1.0, p), m)
            ours, theirs = (float(f(i).objective) / m for f in (smartfill.solve, smartfill.hesrpt))
            rows.append((m, p, ours, theirs))
    return pd.DataFrame(rows, columns=["jobs", "exponent", "smartfill", "hesrpt"])


def draw_powers(table, folder) -> list:
    write(table, folder, "smartfill_fig4_5")
    jobs, exponents = (sorted(set(table[key])) for key in ("jobs", "exponent"))
    figure, (over_jobs, over_exponents) = panels(sharey=True, height=3.8)
    some = [m for m in (10, 50, 200) if m in jobs]
    for ax, key, along, values in (
        (over_jobs, "exponent", "jobs", exponents[::2]),
        (over_exponents, "jobs", "exponent", some),
    ):
        for k, value in enumerate(values):
            part = table[table[key] == value]
            name = f"p = {value:g}" if key == "exponent" else f"M = {value}"
            style = _style.line(k) | {"marker": ""}
            ax.plot(part[along], part.smartfill, label=f"SmartFill, {name}", **style)
            ax.plot(part[along], part.hesrpt, "o", mfc="none", ms=5, color=style["color"])
        ax.plot([], [], "o", mfc="none", ms=5, color=_style.QUIET, label="heSRPT")
        ax.legend()
        ax.set_ylim(bottom=0)
    over_jobs.set(xlabel="jobs M", ylabel="mean slowdown (time per work)", title="Fig. 4")
    over_exponents.set(xlabel="exponent p of the speedup", title="Fig. 5")
    finish(figure, folder, "smartfill_fig4_5", f"Speedup t^p. {INFERRED}, M and p.")
    worst = float((table.smartfill / table.hesrpt - 1).abs().max())
    remark = "rounding; budget B = 10, M and p are inferred"
    worst = f"{worst:.0e}"
    return [("4, 5", "largest relative distance of SmartFill and heSRPT", 0, worst, remark)]


def other_speedup(figures, jobs) -> pd.DataFrame:
    """Figs 6 and 7, or 8 and 9: a speedup that is no power, and the powers taken for it."""
    speedup, _, exponent, _ = CASES[figures]
    fitted = float(smartfill.power_fit(speedup, BUDGET))
    rows = []
    for m in jobs:
        i = instance(speedup, m)
        best = float(smartfill.solve(i).objective)
        tuned, tuned_cost = tune(i) if m > 1 else (np.nan, best)
        costs = hesrpt_costs(i, jnp.asarray([exponent, fitted]))
        rows.append((m, best / m, *(np.asarray(costs) / m), tuned_cost / m, tuned))
    labels = ["smartfill", "hesrpt_paper", "hesrpt_fitted", "hesrpt_tuned", "tuned_exponent"]
    return pd.DataFrame(rows, columns=["jobs", *labels])


def draw_other(figures, table, folder) -> list:
    speedup, formula, exponent, published = CASES[figures]
    name = f"smartfill_fig{figures[0]}_{figures[1]}"
    fitted = float(smartfill.power_fit(speedup, BUDGET))
    write(table, folder, name)
    last = table.iloc[-1]
    policies = {
        "smartfill": "SmartFill",
        "hesrpt_paper": f"heSRPT, p = {exponent} (paper)",
        "hesrpt_fitted": f"heSRPT, p = {fitted:.3f} (least squares)",
        "hesrpt_tuned": "heSRPT, best p for each M",
    }

    gains = {c: 100 * (1 - last.smartfill / last[c]) for c in list(policies)[1:]}
    gained = f"gain at M = 200 {gains['hesrpt_paper']:.1f} % (paper {published} %)"

    figure, (cost, curve) = panels(height=3.8)
    for k, (column, label) in enumerate(policies.items()):
        style = _style.line(k) | {"marker": ""}
        cost.plot(table.jobs, table[column], label=label, **style)
    cost.set(
        xlabel="jobs M",
        ylabel="mean slowdown (time per work)",
        title=f"Fig. {figures[0]}: {gained}",
        ylim=(0, None),
    )
    cost.legend(fontsize=8)

    t = np.linspace(0, BUDGET, 201)
    exact = np.asarray(speedup(t))
    curve.plot(t, exact, label=f"s(t) = {formula}", **(_style.line(0, 201)))
    for k, p in ((1, exponent), (2, fitted), (3, last.tuned_exponent)):
        factor = float(t**p @ exact / (t**p @ t**p))
        label = f"{factor:.3g} t^{p:.3g}"
        curve.plot(t, factor * t**p, label=label, **_style.line(k, 201))
    curve.set(xlabel="budget t (units)", ylabel="speedup", title=f"Fig. {figures[1]}")
    curve.legend()
    caption = f"{INFERRED}, and the factors of the powers (least squares on [0, B])."
    finish(figure, folder, name, caption)

    what = "SmartFill below heSRPT at M = 200, %"
    return [
        (
            figures[0], f"{what}, p = {exponent}", published, gains["hesrpt_paper"],
            f"{INFERRED}; p as printed, to two digits",
        ),
        (
            figures[1], "exponent of the power taken for the speedup", exponent, fitted,
            "ours is the least-squares fit on [0, B]; the paper's way to fit and B are not given",
        ),
        (
            figures[0], f"{what}, p = {fitted:.4f}", "not published", gains["hesrpt_fitted"],
            "added: least squares on [0, B]",
        ),
        (
            figures[0], f"{what}, p = {last.tuned_exponent:.4f}", "not published",
            gains["hesrpt_tuned"], "added: best exponent in hindsight",
        ),
    ]  # fmt: skip


@jax.jit
def hesrpt_costs(i: smartfill.Instance, exponents):
    return jax.vmap(lambda p: smartfill.hesrpt(i, p).objective)(exponents)


def tune(i: smartfill.Instance) -> tuple[float, float]:
    """The exponent that serves heSRPT best on this instance, to 0.0005, and its cost."""
    best, width = 0.5, 0.49
    for _ in range(2):
        grid = np.clip(np.linspace(best - width, best + width, 61), 0.002, 0.998)
        costs = np.asarray(hesrpt_costs(i, jnp.asarray(grid)))
        best, width = float(grid[costs.argmin()]), width / 30
    return best, float(costs.min())
