"""Schedules of compressible tasks."""

from __future__ import annotations

import numpy as np

from . import _style
from ._gantt import gantt

_MARKED_DEADLINES = 60


def schedule(result, ax=None, unit=""):
    """Gantt chart of a `dsct.Schedule`: a lane per machine, colour is accuracy.

    Ticks at the foot of a lane mark the deadlines of its tasks; those of tasks that do not run are
    dotted. Beyond 60 tasks they are left out. unit: of time, for the label.
    """
    i = result.instance
    machine, start, end = (np.asarray(v) for v in (result.machine, result.start, result.end))
    accuracy = np.asarray(result.accuracies, float)
    runs = end > start
    speeds = np.asarray(i.speeds, float)
    names = [str(r) if (speeds == speeds[0]).all() else f"{r} (speed {s:g})"
             for r, s in enumerate(speeds)]  # fmt: skip
    ax = gantt(
        machine[runs],
        start[runs],
        end[runs],
        group=accuracy[runs],
        labels=[str(j) for j in np.flatnonzero(runs)],
        lane_names=names,
        unit=unit,
        ax=ax,
    )
    norm, colour_map = _style.colour_scale(accuracy[runs] if runs.any() else [0.0, 1.0])
    _style.colour_bar(ax, norm, colour_map, "accuracy")
    deadlines = np.asarray(i.deadlines, float)
    if i.tasks <= _MARKED_DEADLINES:
        for chosen, dash, label in (
            (runs, "-", "deadline"),
            (~runs, ":", "deadline of a task not run"),
        ):
            if chosen.any():
                low, high = machine[chosen] + 0.3, machine[chosen] + 0.48
                ax.vlines(deadlines[chosen], low, high, color=_style.COLOURS[1], lw=1.4,
                          linestyle=dash, label=label)  # fmt: skip
        ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    ax.set_xlim(0, 1.01 * max(float(deadlines.max()), float(end.max(initial=0))) or 1.0)
    ax.set_ylabel("machine")
    return ax


def accuracy_histogram(results, ax=None, bins=None):
    """How many tasks reach which accuracy: a `dsct.Schedule`, or several as a dict of names.

    Example:
        >>> import concave_sched as cs
        >>> from concave_sched import plotting
        >>> accuracy = cs.curves.Exponential(0.0, [0.9, 0.4, 0.6], [0.3, 2.0, 0.7])
        >>> i = cs.dsct.Instance(accuracy, [5.0, 1.0, 3.0], [10.0, 10.0, 0.2])
        >>> plotting.accuracy_histogram({"best": cs.dsct.solve_single(i)}).get_ylabel()
        'tasks (%)'
    """
    several = results if isinstance(results, dict) else {results.algorithm: results}
    ax = _style.axes(ax)
    values = {name: np.ravel(np.asarray(one.accuracies, float)) for name, one in several.items()}
    everything = np.concatenate(list(values.values()))
    if bins is None:
        bins = np.linspace(min(0.0, everything.min()), max(everything.max(), 1e-9), 21)
    for k, (name, accuracy) in enumerate(values.items()):
        share = 100 * np.histogram(accuracy, bins)[0] / accuracy.size
        style = _style.line(k) | {"marker": ""}
        ax.stairs(share, bins, label=f"{name} (mean {accuracy.mean():.3g})", lw=1.8,
                  color=style["color"], linestyle=style["linestyle"])  # fmt: skip
    ax.set_xlim(bins[0], bins[-1])
    ax.set_ylim(bottom=0)
    ax.set_xlabel("accuracy")
    ax.set_ylabel("tasks (%)")
    ax.legend(frameon=False, loc="upper left")
    return ax


def share_map(columns, shares, edges, label="", ax=None):
    """Heat map of the part of tasks in each range of accuracy, one column per setting.

    columns: (settings,) rising; shares: (settings, ranges), %; edges: (ranges + 1,).
    """
    import matplotlib

    ax = _style.axes(ax)
    columns = np.asarray(columns, float)
    step = np.diff(columns).min() if columns.size > 1 else 1.0
    sides = np.append(columns - step / 2, columns[-1] + step / 2)
    colour_map = matplotlib.colormaps[_style.SEQUENTIAL]
    ax.pcolormesh(sides, edges, np.asarray(shares).T, cmap=colour_map, vmin=0, vmax=100)
    ax.set_xlabel(label)
    ax.set_ylabel("accuracy")
    return ax
