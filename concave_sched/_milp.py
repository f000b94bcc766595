"""Mixed-integer programs in HiGHS, as scipy has it."""

from __future__ import annotations

from typing import Any

import numpy as np


def solve_milp(cost, rows, upper, *, integers: int, lower: Any = 0.0, **options):
    """scipy's answer to min cost @ x, low <= A x <= high for every (A, low, high) in `rows`.

    lower, upper: bounds of x, numbers or one per column. The first `integers` columns are whole.
    options: of HiGHS, such as time_limit and mip_rel_gap.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    return milp(
        cost,
        integrality=np.arange(cost.size) < integers,
        bounds=Bounds(lower, upper),
        constraints=[LinearConstraint(*row) for row in rows],
        options=options,
    )
