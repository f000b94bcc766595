"""Jobs with their own speedups, and budgets that change, as perspective programs."""

from __future__ import annotations

import itertools

import numpy as np

from .._checks import numbers, require
from ._cones import hypograph
from ._conic import solve_conic
from ._smartfill import SmartFillReference, _instance
from ._waterfill import _values


def smartfill_own(
    speedups,
    sizes,
    weights=None,
    budget=1.0,
    order=None,
    starts=None,
    completions=None,
    solver="CLARABEL",
    **options,
) -> SmartFillReference:
    """The best rates for a given completion order of jobs with one curve each.

    speedups: a list of curves with s(0) = 0, of any families with a cone form, scalar parameters.
    sizes, weights, order: as in `smartfill` (there is no natural order: give one). For a budget
    that changes, budget and starts are vectors, budget[j] from starts[j] on, and completions[j] is
    how many jobs end before step j + 1 takes place and after step j; given that and the order the
    program is convex:

        min   sum_l d_l W_l
        s.t.  sum_l d_l s_i(R_il/d_l) >= x_i   for every job i, over the phases l it is there
              sum_i R_il <= B_l d_l            for every phase l;  d, R >= 0
              sum of d_l over a step           = its length, where jobs are left after it.

    `durations` are those of all phases, the last first.

    Example: two jobs of different families.
        >>> from concave_sched import curves, reference
        >>> both = [curves.Power(1.0, 0.5), curves.Logarithmic(2.0, 1.0)]
        >>> one = reference.smartfill_own(both, [1.0, 1.0], [1.0, 1.0], 2.0, order=[0, 1])
        >>> other = reference.smartfill_own(both, [1.0, 1.0], [1.0, 1.0], 2.0, order=[1, 0])
        >>> bool(one.objective < other.objective)
        True
    """
    import cvxpy as cp

    budgets = np.atleast_1d(numbers("budget", budget))
    starts = np.atleast_1d(numbers("starts", 0.0 if starts is None else starts))
    sizes, weights, order = _instance(sizes, weights, float(budgets.max()), order)
    if not isinstance(speedups, (list, tuple)) or len(speedups) != sizes.size:
        raise ValueError(f"speedups = {speedups!r}: a list of {sizes.size} curves, one per size.")
    require("budget", budgets, lambda b: (b > 0) & np.isfinite(b), "must be finite and > 0.")
    there, step = _phases(sizes.size, budgets.size, completions)
    x, w, curves = sizes[order], weights[order], [speedups[job] for job in order]
    alone = [float(_values(s, np.array([budgets.max()]))[0]) for s in curves]
    unit, worth, scale = float((x / alone).max()), w.sum(), float(budgets.max())
    lengths = cp.Variable(there.size, nonneg=True)
    parts = [cp.Variable(int(np.sum(there > i)), nonneg=True) for i in range(x.size)]
    cones, done, spent = [], [], [[] for _ in there]
    for i, curve in enumerate(curves):
        phases = np.flatnonzero(there > i)
        gain, cone = hypograph(curve, scale * parts[i], lengths[phases])
        cones += cone
        done.append(unit / x[i] * cp.sum(gain) >= 1)
        for place, phase in enumerate(phases):
            spent[phase].append(parts[i][place])
    shares = [
        sum(some) <= budgets[step[l]] / scale * lengths[l] for l, some in enumerate(spent) if some
    ]
    ends = np.append(starts[1:], np.inf)
    spans = []
    for j in np.unique(step):
        total = cp.sum(lengths[np.flatnonzero(step == j)])
        length = (ends[j] - starts[j]) / unit
        if j < step.max():
            spans.append(total == length)
        elif np.isfinite(length):
            spans.append(total <= length)
    totals = np.cumsum(w)[there - 1] / worth
    problem = cp.Problem(cp.Minimize(totals @ lengths), [*done, *shares, *spans, *cones])
    status = solve_conic(problem, solver, **options)
    back = np.argsort(order)
    if lengths.value is None:
        nothing = np.full(x.size, np.nan)
        return SmartFillReference(np.nan, nothing, nothing, nothing, order, status)
    durations = unit * lengths.value
    times = np.array([durations[there > i].sum() for i in range(x.size)])
    costs = np.array([float(np.maximum(c.dual_value, 0)) for c in done]) * unit * worth / x
    # A work constraint was divided by its size: its dual is cost times size in these units.
    return SmartFillReference(
        objective=float(w @ times),
        completion_times=times[back],
        marginal_costs=costs[back],
        durations=durations[::-1],
        order=order,
        status=status,
    )


def smartfill_own_all_orders(speedups, sizes, weights=None, budget=1.0, **options):
    """The best rates over all completion orders: M! programs, so M <= 5.

    Example:
        >>> from concave_sched import curves, reference
        >>> both = [curves.Power(1.0, 0.5), curves.Logarithmic(2.0, 1.0)]
        >>> best = reference.smartfill_own_all_orders(both, [1.0, 1.0], [1.0, 1.0], 2.0)
        >>> one = reference.smartfill_own(both, [1.0, 1.0], [1.0, 1.0], 2.0, order=[0, 1])
        >>> bool(abs(best.objective / one.objective - 1) < 1e-9)
        True
    """
    m = np.size(sizes)
    if m > 5:
        raise ValueError(f"sizes has {m} jobs: {m}! programs; at most 5 jobs, or give an order.")
    found = [
        smartfill_own(speedups, sizes, weights, budget, order, **options)
        for order in itertools.permutations(range(m))
    ]
    return min(found, key=lambda f: np.inf if np.isnan(f.objective) else f.objective)


def _phases(jobs, steps, completions):
    """Jobs there and budget step of every phase, in the order of time."""
    if steps == 1:
        return np.arange(jobs, 0, -1), np.zeros(jobs, int)
    completions = np.asarray(completions, int)
    if completions.shape != (steps,) or completions.sum() != jobs:
        raise ValueError(f"completions = {completions}: how many of {jobs} jobs end in each step.")
    there, step, left = [], [], jobs
    for j, ended in enumerate(completions):
        more = left - ended > 0
        there += range(left, left - ended - (1 if more else 0), -1)
        step += [j] * (ended + (1 if more else 0))
        left -= ended
        if not left:
            break
    return np.array(there), np.array(step)
