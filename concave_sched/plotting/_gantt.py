"""Gantt charts: one lane per machine, concurrent bars stacked inside their lane."""

from __future__ import annotations

import heapq

import numpy as np

from . import _style

LABELLED_BARS, EDGED_BARS, LEGEND_GROUPS = 80, 1500, 8
_GAP = 0.12


def gantt(
    lane,
    start,
    end,
    group=None,
    labels=None,
    hatched=None,
    lane_names=None,
    group_names=None,
    unit="",
    ax=None,
):
    """Draw bars from `start` to `end` on integer lanes and return the Axes.

    group: (bars,) integers that choose colours, or floats that run along the house's scale.
    labels: texts, written where they fit. hatched: (bars,) booleans, for copies. Bars of one lane
    that overlap in time share its height. Beyond 1,500 bars edges and labels are left out. The
    first lane is drawn at the top. Cost: O(bars log bars).

    Example:
        >>> from concave_sched import plotting
        >>> ax = plotting.gantt([0, 0, 1], [0, 2, 0], [2, 3, 4], lane_names=["a", "b"], unit="s")
        >>> ax.get_xlabel()
        'time (s)'
    """
    lane, start, end = np.asarray(lane, int), np.asarray(start, float), np.asarray(end, float)
    count = lane.size
    hatched = np.zeros(count, bool) if hatched is None else np.asarray(hatched, bool)
    lanes = int(lane.max(initial=-1)) + 1 if lane_names is None else len(lane_names)
    ax = _style.axes(ax, (8.0, min(0.5 + 0.5 * max(lanes, 2), 9.0)))
    row, rows = _stack(lane, start, end, lanes)
    height = (1 - 2 * _GAP) / rows[lane]
    bottom = lane - 0.5 + _GAP + row * height
    colours, legend = _colours(group, group_names, count)
    _draw(ax, start, end, bottom, height, colours, hatched)
    if labels is not None and count <= LABELLED_BARS:
        _write(
            ax, start, end, bottom + height / 2, labels, colours, max(end.max(initial=0), 1e-300)
        )
    if legend:
        ax.legend(handles=legend, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    names = [str(i) for i in range(lanes)] if lane_names is None else list(lane_names)
    every = -(-lanes // 40) if lanes else 1
    ax.set_yticks(range(0, lanes, every), names[::every])
    ax.set_ylim(lanes - 0.5, -0.5)
    ax.set_xlim(min(0.0, start.min(initial=0)), end.max(initial=0) * 1.01 or 1.0)
    ax.set_xlabel(f"time ({unit})" if unit else "time")
    ax.tick_params(axis="y", length=0)
    return ax


def _stack(lane, start, end, lanes):
    """Row of every bar inside its lane and rows per lane: the lowest free row at its start."""
    row, rows = np.zeros(lane.size, int), np.ones(max(lanes, 1), int)
    for one in np.unique(lane):
        free: list[int] = []
        busy: list[tuple[float, int]] = []
        slack = 1e-9 * float(np.max(end[lane == one]) - np.min(start[lane == one]))
        members = np.flatnonzero(lane == one)
        for i in members[np.argsort(start[members], kind="stable")]:
            while busy and busy[0][0] <= start[i] + slack:
                heapq.heappush(free, heapq.heappop(busy)[1])
            if free:
                row[i] = heapq.heappop(free)
            else:
                row[i] = len(busy)
            heapq.heappush(busy, (float(end[i]), int(row[i])))
        rows[one] = row[members].max() + 1
    return row, rows


def _colours(group, group_names, count):
    """RGBA of every bar, and legend handles where the groups are few."""
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Patch

    if group is None:
        return np.tile(to_rgba(_style.WATER), (count, 1)), []
    group = np.asarray(group)
    if np.issubdtype(group.dtype, np.floating):
        norm, colour_map = _style.colour_scale(group)
        return colour_map(norm(group)), []
    palette = np.array(
        [to_rgba(_style.FILLS[i % len(_style.FILLS)]) for i in range(group.max() + 1)]
    )
    legend = []
    if group_names is not None and len(group_names) <= LEGEND_GROUPS:
        present = np.unique(group)
        legend = [
            Patch(facecolor=tuple(palette[i]), edgecolor="0.3", label=group_names[i])
            for i in present
        ]
    return palette[group], legend


def _draw(ax, start, end, bottom, height, colours, hatched):
    from matplotlib.collections import PolyCollection

    corners = np.stack(
        [
            np.stack([start, bottom], -1),
            np.stack([end, bottom], -1),
            np.stack([end, bottom + height], -1),
            np.stack([start, bottom + height], -1),
        ],
        axis=1,
    )
    edged = start.size <= EDGED_BARS
    for chosen, hatch in ((~hatched, None), (hatched, "////")):
        if chosen.any():
            bars = PolyCollection(
                list(corners[chosen]),
                facecolors=colours[chosen],
                edgecolors="0.25" if edged else "none",
                linewidths=0.5 if edged else 0.0,
                hatch=hatch if edged else None,
                rasterized=not edged,
            )
            ax.add_collection(bars, autolim=False)


def _write(ax, start, end, middle, labels, colours, span):
    for i, text in enumerate(labels):
        if text and (end[i] - start[i]) / span > 0.012 * len(str(text)):
            dark = colours[i][:3] @ np.array([0.299, 0.587, 0.114]) < 0.5
            ax.text(
                (start[i] + end[i]) / 2,
                middle[i],
                str(text),
                ha="center",
                va="center",
                fontsize="x-small",
                color="white" if dark else "black",
                clip_on=True,
            )
