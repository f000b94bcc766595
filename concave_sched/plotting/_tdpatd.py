"""Drawings of task graphs and their schedules: Gantt chart, graph by levels, comparisons."""

from __future__ import annotations

import numpy as np

from . import _style
from ._gantt import gantt

NAMED, DRAWN_EDGES, DRAWN_TASKS = 40, 3000, 2500
CRITICAL = "#D55E00"


def plot_schedule(schedule, transfers=None, critical=None, ax=None, unit: str = ""):
    """Gantt chart of a schedule, duplicates hatched, coloured by part or by level.

    transfers: (transfers, 2) pairs of copies (sender, reader) to join by arrows. critical: the
    chain of copies to outline, which decides the makespan.
    """
    from matplotlib.patches import Patch

    instance, graph = schedule.instance, schedule.instance.graph
    group = graph.levels if schedule.parts is None else np.asarray(schedule.parts)
    group = group[schedule.task]
    if group.max(initial=0) >= len(_style.FILLS):
        group = group.astype(float)
    names = [f"P{p}" for p in range(instance.processors)]
    labels = [graph.name(i) for i in schedule.task] if schedule.task.size <= NAMED * 2 else None
    ax = gantt(
        schedule.processor, schedule.start, schedule.end, group=group, labels=labels,
        hatched=schedule.duplicate, lane_names=names, unit=unit, ax=ax,
    )  # fmt: skip
    ax.set_ylabel("processor")
    ax.axvline(schedule.bound, color=_style.QUIET, linestyle=":", linewidth=1.2, zorder=0.5)
    handles = [ax.plot([], [], color=_style.QUIET, linestyle=":", label="lower bound")[0]]
    if schedule.duplicate.any():
        handles.append(Patch(facecolor="white", edgecolor="0.25", hatch="////", label="duplicate"))
    if transfers is not None:
        handles.append(_draw_transfers(ax, schedule, transfers))
    if critical is not None:
        handles.append(_draw_critical(ax, schedule, np.asarray(critical)))
    if group.dtype.kind == "f":
        label = "level" if schedule.parts is None else "part"
        _style.colour_bar(ax, *_style.colour_scale(group), label)
    ax.legend(
        handles=handles, frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0),
        ncols=len(handles), fontsize="small",
    )  # fmt: skip
    ax.set_title(
        f"{schedule.algorithm}: makespan {schedule.objective:.6g} {unit}".rstrip(),
        loc="left",
        fontsize=10,
    )
    return ax


def _draw_transfers(ax, schedule, transfers):
    """Arrows from the end of a sending copy to the start of the reading one."""
    from matplotlib.lines import Line2D

    for sender, reader in transfers[:DRAWN_EDGES]:
        ends = [
            (schedule.end[sender], schedule.processor[sender]),
            (schedule.start[reader], schedule.processor[reader]),
        ]
        style = {"arrowstyle": "-|>", "color": "black", "lw": 0.7, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", ends[1], ends[0], arrowprops=style, zorder=3)
    return Line2D([], [], color="black", lw=0.7, marker=">", markersize=4, label="transfer")


def _draw_critical(ax, schedule, index):
    from matplotlib.lines import Line2D

    lane, start, end = schedule.processor[index], schedule.start[index], schedule.end[index]
    ax.hlines(lane - 0.44, start, end, color=CRITICAL, linewidth=3)
    across = np.flatnonzero(lane[1:] != lane[:-1])
    for k in across:
        x, y = (end[k], start[k + 1]), (lane[k] - 0.44, lane[k + 1] - 0.44)
        ax.plot(x, y, color=CRITICAL, linewidth=1, linestyle="--")
    return Line2D([], [], color=CRITICAL, linewidth=3, label="critical path")


def plot_graph(graph, parts=None, critical_path: bool = True, ax=None):
    """A task graph by levels, left to right; tasks coloured by part, the longest path overlaid.

    Above 2,500 tasks the levels are aggregated: a bar per level, its tasks stacked by part.
    """
    parts = None if parts is None else np.asarray(parts)
    if graph.tasks > DRAWN_TASKS:
        return _plot_levels(graph, parts, critical_path, ax)
    from matplotlib.collections import LineCollection
    from matplotlib.ticker import MaxNLocator

    ax = _style.axes(ax, (8.0, 4.5))
    x, y = graph.levels.astype(float), _spread(graph)
    segments = np.stack([x, y], 1)[graph.edges]
    shown = list(segments[:: max(1, len(segments) // DRAWN_EDGES)])
    ax.add_collection(LineCollection(shown, colors="0.75", linewidths=0.5, zorder=1))
    few = graph.tasks <= NAMED
    colour, bar = _part_colours(graph, parts)
    size = 260 if few else float(np.clip(6000 / graph.tasks, 4, 60))
    ax.scatter(x, y, s=size, c=colour, edgecolors="0.25", linewidths=0.5, zorder=3)
    if critical_path:
        path = longest_path(graph)
        ax.plot(x[path], y[path], color=CRITICAL, linewidth=2, zorder=2, label="critical path")
        ax.scatter(
            x[path],
            y[path],
            s=size,
            facecolors="none",
            edgecolors=CRITICAL,
            linewidths=1.8,
            zorder=4,
        )
        ax.legend(frameon=False, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    if few:
        for i in range(graph.tasks):
            dark = np.asarray(colour[i][:3]) @ np.array([0.299, 0.587, 0.114]) < 0.5
            name = graph.name(i)
            ax.text(
                x[i], y[i], name if len(name) <= 4 else str(i), ha="center", va="center",
                fontsize="x-small", color="white" if dark else "black", zorder=5,
            )  # fmt: skip
    if bar is not None:
        _style.colour_bar(ax, *bar, "part")
    ax.set_xlabel("level (edges on the longest path from an entry)")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.margins(0.06, 0.08)
    return ax


def _spread(graph) -> np.ndarray:
    """Heights: each level centred, ordered by the mean height of its parents."""
    y = np.zeros(graph.tasks)
    csr, levels = graph.csr, graph.levels
    order = np.argsort(levels, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(levels[order])) + 1):
        mean = [
            y[csr.parent[csr.parent_start[i] : csr.parent_start[i + 1]]].mean()
            if csr.parent_start[i] < csr.parent_start[i + 1]
            else 0.0
            for i in members
        ]
        place = np.empty(members.size)
        place[np.argsort(mean, kind="stable")] = np.arange(members.size)
        y[members] = place - (members.size - 1) / 2
    return y


def _part_colours(graph, parts):
    """RGBA of every task, and (norm, map) where a colour bar is needed."""
    from matplotlib.colors import to_rgba

    if parts is None:
        return [to_rgba(_style.WATER)] * graph.tasks, None
    if parts.max() < len(_style.FILLS):
        return [to_rgba(_style.FILLS[p]) for p in parts], None
    norm, colour_map = _style.colour_scale(parts.astype(float))
    return list(colour_map(norm(parts))), (norm, colour_map)


def longest_path(graph) -> np.ndarray:
    """Tasks of a longest path, without communication."""
    csr, tails = graph.csr, graph.tails
    path = [int(np.argmax(tails))]
    while csr.child_start[path[-1]] < csr.child_start[path[-1] + 1]:
        children = csr.child[csr.child_start[path[-1]] : csr.child_start[path[-1] + 1]]
        path.append(int(children[np.argmax(tails[children])]))
    return np.array(path)


def _plot_levels(graph, parts, critical_path, ax):
    """Tasks per level, stacked by eighths of the parts; the weight of the longest path beside."""
    ax = _style.axes(ax, (8.0, 4.0))
    levels = graph.levels
    count = int(levels.max()) + 1
    bins = np.linspace(0, count, min(count, 300) + 1)
    groups = np.zeros(graph.tasks, int)
    if parts is not None:
        groups = np.minimum(parts * 8 // (parts.max() + 1), 7)
    stacks = [levels[groups == k] + 0.5 for k in range(groups.max() + 1)]
    limits = np.linspace(0, 0 if parts is None else parts.max() + 1, len(stacks) + 1).astype(int)
    labels = [f"parts {a} to {b - 1}" for a, b in zip(limits[:-1], limits[1:], strict=True)]
    ax.hist(stacks, bins=list(bins), stacked=True, color=_style.FILLS[: len(stacks)],
            label=labels if parts is not None else "tasks", rasterized=True)  # fmt: skip
    width = bins[1] - bins[0]
    ax.set_xlabel("level (edges on the longest path from an entry)")
    ax.set_ylabel("tasks per level" if width <= 1 else f"tasks per {width:.3g} levels")
    if critical_path:
        path = longest_path(graph)
        right = ax.twinx()
        right.spines[["top", "left"]].set_visible(False)
        along = np.cumsum(graph.weights[path])
        right.plot(levels[path] + 0.5, along, color="black", linewidth=1.5, linestyle="--")
        right.set_ylabel("time along the critical path (dashed)")
        right.set_ylim(0, None)
    if parts is not None:
        ax.legend(
            frameon=False, fontsize="small", loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=4
        )
    return ax


def plot_comparison(frame, x: str, label: str, ax=None, y: str = "makespan", logarithmic=False):
    """Lines of `y` against column `x`, one per entry of column "method"; bounds dotted grey."""
    ax = _style.axes(ax)
    methods = [m for m in dict.fromkeys(frame["method"]) if m != "lower bound"]
    for k, method in enumerate(methods):
        rows = frame[frame["method"] == method].sort_values(x)
        ax.plot(rows[x], rows[y], label=method, **_style.line(k, len(rows)))
    bound = frame[frame["method"] == "lower bound"].sort_values(x)
    if len(bound):
        ax.plot(bound[x], bound[y], color=_style.QUIET, linewidth=3, alpha=0.5, label="lower bound")
    ax.set_xlabel(label)
    ax.set_ylabel(y)
    if logarithmic:
        from matplotlib.ticker import NullFormatter

        ax.set_xscale("log")
        ax.xaxis.set_minor_formatter(NullFormatter())
    if frame[y].max() > 20 * max(frame[y].min(), 1e-300):
        ax.set_yscale("log")
    return ax
