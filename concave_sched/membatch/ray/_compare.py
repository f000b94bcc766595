"""Measured against simulated makespan, in one table."""

from __future__ import annotations

from ._default import run_default
from ._run import run


def compare(schedules, time_scale: float = 0.05, *, work=None, default: bool = True):
    """Execute schedules one after the other, and the same tasks under Ray's own scheduler.

    Args:
        schedules: {name: `Schedule`}, all of one instance.
        time_scale, work: as for `run`.
        default: also `run_default`.

    Returns:
        (table, executions): a DataFrame with one row per scheduler (minutes; `net` is measured
        less overhead, `ratio` is net / simulated), and {name: `Execution`}.
    """
    import pandas as pd

    if not schedules:
        raise ValueError("schedules is empty: give at least one {name: schedule}.")
    executions = {name: run(s, time_scale, work=work) for name, s in schedules.items()}
    if default:
        instance = next(iter(schedules.values())).instance
        executions["Ray's default"] = run_default(instance, time_scale, work=work)
    rows = [
        {
            "scheduler": name,
            "simulated": e.schedule.objective,
            "measured": e.objective,
            "overhead": e.overhead,
            "net": e.objective - e.overhead,
            "ratio": (e.objective - e.overhead) / e.schedule.objective,
            "simulated total": e.schedule.total_time,
            "measured total": e.total_time,
            "failed": len(e.failed),
        }
        for name, e in executions.items()
    ]
    return pd.DataFrame(rows).set_index("scheduler"), executions
