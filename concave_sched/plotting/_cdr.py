"""Who breaks the CDR rule with whom; and who holds how much when, for explicit allocations."""

from __future__ import annotations

import numpy as np

from . import _style

_NAMED_JOBS = 12


def cdr_matrix(violation, ax=None):
    """The CDR violation of every pair of jobs as a matrix, the last to complete first.

    violation: what `smartfill.cdr_violation` returns. Dark pairs cannot have one ratio of marginal
    gains over time; infinite ones are hatched.

    Example:
        >>> import concave_sched as cs
        >>> from concave_sched import plotting
        >>> i = cs.smartfill.GeneralInstance(cs.curves.Power(1.0, 0.5), [2.0, 1.0], budget=4.0)
        >>> r = cs.smartfill.run_policy(i, cs.smartfill.SHORTEST_FIRST)
        >>> ax = plotting.cdr_matrix(cs.smartfill.cdr_violation(r))
    """
    matrix = np.asarray(violation.matrix, float)[np.ix_(violation.order, violation.order)]
    ax = _style.axes(ax, (5.2, 4.2))
    finite = matrix[np.isfinite(matrix)]
    top = max(float(finite.max(initial=0.0)), 1e-6)
    norm, colour_map = _style.colour_scale(np.array([0.0, top]))
    ax.imshow(np.where(np.isfinite(matrix), matrix, top), cmap=colour_map, norm=norm)
    for row, column in np.argwhere(np.isinf(matrix)):
        corner = column - 0.5, row - 0.5
        ax.add_patch(_hatched(corner))
    _style.colour_bar(ax, norm, colour_map, "violation (log of the marginal-gain ratio)")
    few = len(matrix) <= _NAMED_JOBS
    labels = [f"{job}" for job in violation.order]
    places = range(len(matrix)) if few else []
    ax.set_xticks(places, labels if few else [])
    ax.set_yticks(places, labels if few else [])
    ax.set_xlabel("job, last to complete first")
    ax.set_ylabel("job, last to complete first")
    ax.set_title(f"{violation.policy_name}: worst {violation.worst:.3g}")
    return ax


def shares_over_time(schedule, ax=None):
    """What every job holds over time, as stacked areas, the first to complete on top.

    schedule: a `GeneralSchedule`. Up to 12 jobs are named; beyond, colour is the completion order.
    Where the budget changes, so does the height.

    Example:
        >>> import concave_sched as cs
        >>> from concave_sched import plotting
        >>> i = cs.smartfill.GeneralInstance(cs.curves.Power(1.0, 0.5), [2.0, 1.0], budget=4.0)
        >>> ax = plotting.shares_over_time(cs.smartfill.run_policy(i, cs.smartfill.SHORTEST_FIRST))
    """
    order = np.asarray(schedule.order)
    rates = np.asarray(schedule.interval_rates)[order]
    edges = np.append(0.0, schedule.interval_ends)
    tops = np.cumsum(rates, axis=0)
    ax = _style.axes(ax, (7.2, 4.0))
    few = len(order) <= _NAMED_JOBS
    norm, colour_map = _style.colour_scale(np.arange(1, len(order) + 1))
    names = schedule.instance.speedups.names()
    # Each area reaches down to 0 and the next covers it: no seams between neighbours.
    for place in range(len(order) - 1, -1, -1):
        job = order[place]
        ax.stairs(
            tops[place],
            edges,
            fill=True,
            facecolor=_style.FILLS[place % len(_style.FILLS)]
            if few
            else colour_map(norm(place + 1)),
            edgecolor="white",
            linewidth=0.8 if few else 0.2,
            label=f"job {job}, {names[job]}" if few else None,
        )
    ax.stairs(schedule.interval_budgets, edges, baseline=None, color=_style.GLASS, linewidth=1.2)
    if few:
        ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
    else:
        _style.colour_bar(ax, norm, colour_map, "place in the completion order, from the end")
    ax.set_xlim(0, edges[-1])
    ax.set_ylim(0, 1.02 * float(np.max(schedule.interval_budgets)))
    ax.set_xlabel("time (work / speed)")
    ax.set_ylabel("budget held (units)")
    ax.set_title(f"{schedule.policy_name}: {len(order)} job{'s' * (len(order) != 1)}")
    return ax


def _hatched(corner):
    from matplotlib.patches import Rectangle

    return Rectangle(corner, 1, 1, fill=False, hatch="xxx", edgecolor="white", linewidth=0)


def slowdown_tail(results, ax=None):
    """Share of jobs whose slowdown exceeds a value, one line per policy.

    results: an `OnlineResult`, or several as a list.

    Example:
        >>> import concave_sched as cs
        >>> from concave_sched import plotting
        >>> draw = lambda rng, shape: rng.exponential(2.0, shape)
        >>> jobs = cs.smartfill.Arrivals.poisson(0.5, jobs=20, seeds=4, sizes=draw)
        >>> curve = cs.curves.Logarithmic(1.0, 1.0)
        >>> online = cs.smartfill.simulate_online(cs.smartfill.EQUAL_SHARE, jobs, curve, 4.0)
        >>> ax = plotting.slowdown_tail(online)
    """
    results = list(results) if isinstance(results, (list, tuple)) else [results]
    ax = _style.axes(ax)
    for i, one in enumerate(results):
        values = np.sort(np.asarray(one.slowdowns).ravel())
        share = 1 - np.arange(values.size) / values.size
        shown = np.unique(np.geomspace(1, values.size, 400).astype(int)) - 1
        shown = np.unique(np.append(shown, values.size - 1 - shown))
        label = f"{one.policy_name} (mean {one.mean_slowdown:.3g})"
        ax.plot(values[shown], share[shown], label=label, linewidth=1.6, **_style.line(i, 1000))
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_xlabel("slowdown (1: the whole budget from the start)")
    ax.set_ylabel("share of jobs slowed down more")
    ax.legend(frameon=False)
    return ax
