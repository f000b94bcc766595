"""Conic solvers at reference accuracy."""

from __future__ import annotations

import warnings

from .._results import Status

_TOLERANCES = (1e-12, 1e-11, 1e-10, 1e-9)


def solve_conic(problem, solver: str = "CLARABEL", **options) -> Status:
    """Solve a cvxpy problem as accurately as the solver will go and say how it ended.

    Gap and feasibility tolerances start at 1e-12 and loosen by tens to 1e-9 until the solver
    reports success: at its default tolerance the allocation is off by 1e-4 although the
    objective agrees to 1e-9. options: passed to the solver, and then tried as they are, once.

    Returns Status.OPTIMAL, INFEASIBLE, or UNCONVERGED where even 1e-9 was not reached.

    Example:
        >>> import cvxpy as cp
        >>> x = cp.Variable()
        >>> solve_conic(cp.Problem(cp.Maximize(cp.log(x)), [x <= 2])).name
        'OPTIMAL'
    """
    import cvxpy as cp

    if solver not in ("CLARABEL", "ECOS"):
        raise ValueError(f"solver = {solver!r}: use 'CLARABEL', or 'ECOS' (no power cone).")
    if solver == "ECOS" and _has_power_cone(problem):
        raise ValueError("solver = 'ECOS' has no power cone, which this curve needs: use CLARABEL.")
    attempts = [options] if options else [_settings(solver, tol) for tol in _TOLERANCES]
    for settings in attempts:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cvxpy warns of what the status says
            try:
                problem.solve(solver=solver, **settings)
            except cp.SolverError:
                continue
        if problem.status == cp.OPTIMAL:
            return Status.OPTIMAL
        if problem.status == cp.INFEASIBLE:
            return Status.INFEASIBLE
    return Status.UNCONVERGED


def _settings(solver, tol):
    if solver == "ECOS":
        return {"abstol": tol, "reltol": tol, "feastol": tol, "max_iters": 200}
    return {"tol_gap_abs": tol, "tol_gap_rel": tol, "tol_feas": tol, "max_iter": 300}


def _has_power_cone(problem):
    import cvxpy as cp

    return any(isinstance(c, cp.PowCone3D) for c in problem.constraints)
