"""Table 1 of "Optimal Parallel Scheduling under Concave Speedup Functions": regular speedups.

Each row is one of our curves. Checked: its marginal gain is alpha (beta + sign t)**gamma, and
water-filling in closed form meets the KKT conditions. The formulas are lost from the text at hand
and are inferred; the exponential is beyond the paper's table.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from concave_sched import allocation, curves
from concave_sched.plotting._paper import draw_table, house, numbers

BUDGET = 4.0
# formula, constraints, example, curve, (alpha, beta, sign, gamma) of its marginal gain
FAMILIES = [
    ("a((t+z)^p - z^p)", "z ≥ 0, 0 < p < 1", "√(t+4) - 2",
     curves.ShiftedPower(1.0, 4.0, 0.5), (0.5, 4.0, 1, -0.5)),
    ("a ln(1 + bt)", "a, b > 0", "ln(1 + t)",
     curves.Logarithmic(1.0, 1.0), (1.0, 1.0, 1, -1.0)),
    ("a(z^p - (t+z)^p)", "z > 0, p < 0", "t/(1 + t)",
     curves.ShiftedPower(1.0, 1.0, -1.0), (1.0, 1.0, 1, -2.0)),
    ("a(z^p - (z-t)^p)", "z ≥ B, p > 1", "8t - t²",
     curves.SaturatingPower(1.0, 4.0, 2.0), (2.0, 4.0, -1, 1.0)),
    ("a(1 - e^(-bt)), added", "a, b > 0", "1 - e^(-t)",
     curves.Exponential(0.0, 1.0, 1.0), None),
]  # fmt: skip


@house
def main(fast, folder) -> None:
    """Write smartfill_table1; both settings are the same."""
    t = np.linspace(0.01, 0.99 * BUDGET, 200)
    weights = np.array([0.5, 0.8, 1.2, 2.0])
    rows = []
    for formula, constraints, example, curve, form in FAMILIES:
        if form is None:
            exact, kind = np.exp(-t), "e^(-t)"
        else:
            alpha, beta, sign, gamma = form
            exact = alpha * (beta + sign * t) ** gamma
            base = f"({beta:g} {'+' if sign > 0 else '-'} t)"
            kind = ("" if alpha == 1 else f"{alpha:g} ") + base
            kind += "" if gamma == 1 else f"^{gamma:g}"
        error = np.abs(np.asarray(curve.marginal(t)) / exact - 1).max()
        water = allocation.waterfill(curve, BUDGET, weights=weights).certificate()
        residual = float(max(abs(water.gap), abs(water.kkt_residual)))
        rows.append((formula, constraints, example, kind, error, residual))
    columns = ["speedup s(t)", "for", "example", "s'(t)", "error of s'", "KKT residual"]
    table = pd.DataFrame(rows, columns=columns)
    draw_table(table, folder, "smartfill_table1", widths=(0.24, 0.18, 0.14, 0.16, 0.14, 0.14))
    worst = f"{max(float(table[c].max()) for c in columns[4:]):.1g}"
    what = "largest error of s' = α(β ± t)^γ and of its water-filling"
    remark = "rounding; formulas inferred, the table's are lost from the text"
    numbers([("Table 1", what, 0, worst, remark)], folder, "smartfill_table1")
