"""The area program: how many tasks of each class go to each device, by GPU and memory area."""

from __future__ import annotations

import numpy as np

from .._milp import solve_milp
from ._bound import Classes, classes, energy_program

MOST_INTEGERS = 400


def area_program(instance, time_limit: float, gap: float = 1e-4, committed=None):
    r"""Where tasks may go by area alone, and a lower bound.

        min C + eps sum t n  s.t.  committed_ju + sum_c t_cj u(g_cj / Cap_j) n_cj <= C,
        sum_j n_cj = n_c,  n integer,

    over the dual feasible functions u of `lower_bound`, for GPU and memory. Few classes of tasks:
    an integer program, every task gets one device. Many: its linear relaxation over classes of
    equal devices, and a task may go to those of its largest amount.

    Args:
        instance: an `Instance`.
        time_limit: seconds for HiGHS.
        gap: relative gap at which HiGHS may stop.
        committed: (features, devices) areas already taken; the bound then holds for the rest only.

    Returns:
        (allowed, bound): (tasks, devices) booleans, and a lower bound on the makespan.
    """
    merged = classes(instance, merge_devices=False)
    if merged.time.size > MOST_INTEGERS:
        merged = classes(instance) if committed is None else merged
        bound, amounts = energy_program(merged, committed)
        chosen = amounts.argmax(1)[merged.task_class]
        return instance.fits & (merged.device_class == chosen[:, None]), bound
    counts, bound = _integer_program(merged, time_limit, gap, committed)
    allowed = np.zeros(instance.time.shape, bool)
    for c in range(counts.shape[0]):
        members = np.flatnonzero(merged.task_class == c)
        allowed[members, np.repeat(np.arange(counts.shape[1]), counts[c])] = True
    return allowed, bound


def _integer_program(merged: Classes, time_limit: float, gap: float, committed):
    """(task classes, devices) counts, and the bound that HiGHS proves for C."""
    from scipy.sparse import csr_array, hstack

    features, tasks, devices = merged.energy.shape
    c, d = np.nonzero(np.isfinite(merged.time))
    columns = np.arange(c.size)
    weight = merged.energy[:, c, d]
    rows = (np.arange(features)[:, None] * devices + d).ravel()
    used = csr_array(
        (weight.ravel(), (rows, np.tile(columns, features))), shape=(features * devices, c.size)
    )
    makespan = csr_array(np.full((features * devices, 1), -1.0))
    whole = csr_array((np.ones(c.size), (c, columns)), shape=(tasks, c.size + 1))
    taken = np.zeros((features, devices)) if committed is None else committed
    slowest = np.where(np.isfinite(merged.time), merged.time, 0).max(1)
    most = float(merged.task_count @ slowest)
    tie = 1e-5 * max(energy_program(merged)[0], 1e-9) / most
    found = solve_milp(
        np.append(tie * merged.time[c, d], 1.0),
        [
            (hstack([used, makespan], "csr"), -np.inf, -taken.ravel()),
            (whole, merged.task_count, merged.task_count),
        ],
        np.append(merged.task_count[c], np.inf),
        integers=c.size,
        time_limit=max(float(time_limit), 0.05),
        mip_rel_gap=gap,
    )
    counts = np.zeros((tasks, devices), int)
    if found.x is None:
        fastest = merged.time.argmin(1)
        counts[np.arange(tasks), fastest] = merged.task_count
        return counts, 0.0
    counts[c, d] = np.rint(found.x[:-1]).astype(int)
    bound = (found.mip_dual_bound or 0.0) - tie * most
    return counts, max(bound, 0.0) * (1 - 5e-7)
