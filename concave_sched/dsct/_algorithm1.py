"""The paper's Algorithm 1, corrected: task by task, gains equalised backwards."""

from __future__ import annotations

import numpy as np

from .._results import Status
from ._entries import exponential
from ._instance import Instance, require_one
from ._schedule import Schedule


def algorithm_1(instance: Instance) -> Schedule:
    """The paper's exact algorithm for one machine and exponential accuracies, corrected.

    Tasks enter by deadline and take the time that is left. If the newcomer's gain exceeds that of
    a task before it, the tasks from there on are pooled: their total time is kept and shared so
    that gains are equal (equation 9), further and further back until the task before the pool
    gains at least as much.

    Corrections: the index of the while loop falls and ends at 1; the gain of a pool is the
    derivative a', not a; sharing is exact for the whole pool, tasks at 0 and at max_work
    included, because a later task may set free what an earlier one froze; without that, pooled
    tasks may go below 0 and the result need not be optimal.

    A reference in NumPy, independent of `nested_waterfill`; use `solve_single`.
    Cost: O(tasks^2 log tasks) where few pools reach back, O(tasks^3 log tasks) at worst.

    Example:
        >>> import concave_sched as cs
        >>> i = cs.dsct.generate(30, 1, seed=2)
        >>> gap = cs.dsct.algorithm_1(i).objective - cs.dsct.solve_single(i).objective
        >>> bool(abs(gap) < 1e-12)
        True

    Source: Section V-B, Algorithm 1 and Theorem 1.
    """
    require_one(instance, "algorithm_1")
    n = instance.tasks
    parts = exponential(instance.accuracy, n)
    if parts is None or instance.machines != 1:
        raise ValueError(
            "algorithm_1 is for one machine and exponential accuracies: use dsct.solve_single."
        )
    order = np.argsort(np.asarray(instance.deadlines), kind="stable")
    _, gain, rate = (part[order] for part in parts)
    budget = float(instance.speeds[0]) * np.asarray(instance.deadlines, float)[order]
    cap = np.asarray(instance.max_work, float)[order]
    slope = np.log(gain * rate)
    work = np.zeros(n)
    for j in range(n):
        work[j] = min(max(budget[j] - work[:j].sum(), 0.0), cap[j])
        if work[j] < cap[j]:
            _pool(j, work, slope, rate, cap)
    end = np.cumsum(work) / float(instance.speeds[0])
    in_order = np.empty(n), np.empty(n)
    in_order[0][order], in_order[1][order] = work, np.concatenate([[0.0], end[:-1]])
    objective = float(np.sum(np.asarray(instance.accuracies(in_order[0]))))
    return Schedule(
        instance,
        np.zeros(n, np.int32),
        in_order[1],
        in_order[0],
        objective,
        Status.FEASIBLE.code,
        algorithm="Algorithm 1, corrected",
    )


def _pool(j, work, slope, rate, cap):
    """Share the time of the tasks i..j equally in gain, for the first i before which that holds."""
    level = slope[j] - rate[j] * work[j]
    for i in range(j - 1, -1, -1):
        log_gain = slope[i] - rate[i] * work[i]
        if log_gain < level and work[i] > 0:
            some = slice(i, j + 1)
            total = work[some].sum()
            level = _level(total, slope[some], rate[some], cap[some])
            work[some] = np.clip((slope[some] - level) / rate[some], 0, cap[some])
        elif 0 < work[i] < cap[i] or (work[i] <= 0 and log_gain > level and cap[i] > 0):
            break  # gains at least as much and is not held by its cap: so does all before


def _level(total, slope, rate, cap):
    """The log gain u at which the times clip((slope - u)/rate, 0, cap) sum to `total`."""
    # Going down in u the sum bends where a task starts, and where it reaches its cap.
    full = slope - rate * cap
    bends = np.concatenate([slope, full[np.isfinite(full)]])
    speeds = np.concatenate([1 / rate, -1 / rate[np.isfinite(full)]])
    order = np.argsort(-bends)
    bends, speed = bends[order], np.cumsum(speeds[order])
    sums = np.concatenate([[0.0], np.cumsum(speed[:-1] * -np.diff(bends))])
    k = np.searchsorted(sums, total, side="left") - 1
    if k < 0:
        return bends[0]
    return bends[k] - (total - sums[k]) / speed[k] if speed[k] > 0 else bends[k]
