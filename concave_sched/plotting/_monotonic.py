"""Drawings of monotonic assignments: the grid of machines and slots, moves, bounds, run times."""

from __future__ import annotations

import numpy as np

from . import _style

# Heavy prints dark, light pale, empty white.
HEAVY, LIGHT, MARK = _style.FILLS[:3]
EMPTY, ABSENT = "white", "0.73"
LABELLED_CELLS = 400


def plot_grid(assignment, misaligned=(), ax=None):
    """Machines x slots as a coloured grid, jobs numbered by arrival.

    misaligned: machines i whose last heavy is joined to the first light of machine i + 1.
    """
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    instance = assignment.instance
    machine, slot = np.asarray(assignment.machine), np.asarray(assignment.slot)
    weighted = assignment.quotas is None
    weight = np.asarray(instance.weights if weighted else instance.heavy, float)
    rows, columns = instance.machines, np.shape(instance.slot_costs)[-1]
    ax = _axes(ax, columns, rows)
    handles = []
    if weighted:
        grid = np.full((rows, columns), np.nan)
        grid[machine, slot] = weight
        image = ax.imshow(grid, cmap="cividis_r", aspect="auto")
        ax.figure.colorbar(image, ax=ax, label="weight (energy units)")
        dark = weight > (weight.min() + weight.max()) / 2
    else:
        _fill(ax, rows, columns, instance.capacities, machine, slot, weight)
        handles = [Patch(facecolor=HEAVY, edgecolor="black", label="heavy")]
        handles += [Patch(facecolor=LIGHT, edgecolor="black", label="light")]
        if instance.jobs < instance.total_slots:
            handles += [Patch(facecolor=EMPTY, edgecolor="black", label="empty")]
        if instance.total_slots < rows * columns:
            handles += [Patch(facecolor=ABSENT, edgecolor="black", label="no such slot")]
        dark = weight > 0
        for i in misaligned:
            _mark_misaligned(ax, weight > 0, machine, slot, i)
        if len(misaligned):
            handles += [Line2D([], [], color=MARK, lw=2.5, marker="o", label="misaligned pair")]
    if rows * columns <= LABELLED_CELLS:
        for job in range(instance.jobs):
            colour = "white" if dark[job] else "black"
            ax.text(slot[job], machine[job], str(job), ha="center", va="center", color=colour)
    ax.set_xlabel("slot (0 is the cheapest)" if _rising(instance) else "slot")
    ax.set_ylabel("machine")
    ax.set_title(f"{assignment.algorithm}: cost {assignment.objective:.6g}")
    _style.whole_numbers(ax.xaxis, min(columns, 12))
    _style.whole_numbers(ax.yaxis, min(rows, 12))
    if handles:
        ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    return ax


def plot_certificate(certificate, ax=None):
    """The most heavies that fit in the first k slots, and the rate at which that bound grows."""
    ax = _style.axes(ax)
    k = np.arange(1, certificate.bound.size + 1)
    style = {"marker": "o", "markersize": 3} if k.size <= 60 else {}
    ax.plot(k, certificate.bound, color=HEAVY, label="at most, in slots 1..k", **style)
    ax.set_xlabel("slots k on every machine")
    ax.set_ylabel("heavy jobs")
    ax.set_title(f"cost {certificate.primal:.6g}, lower bound {certificate.dual:.6g}")
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)
    return ax


def plot_times(x, seconds, references=None, ax=None, label="", logarithmic=True):
    """Run times, one line per algorithm; `references` (x, seconds) are drawn dashed and grey."""
    ax = _style.axes(ax)
    for i, (name, values) in enumerate(seconds.items()):
        style = _style.line(i, len(x))
        ax.plot(x, values, label=name, **style)
        if references and name in references:
            at, measured = references[name]
            ax.plot(at, measured, **style | {"linestyle": ":", "linewidth": 1.2, "mfc": "white"})
    if references:
        ax.plot([], [], color="grey", ls=":", marker="o", mfc="white", ms=4,
                label="C++17 -O2, measured elsewhere")  # fmt: skip
    ax.set_yscale("log")
    if logarithmic:
        ax.set_xscale("log")
        ax.set_xticks(x, [f"{value:g}" for value in x])
        ax.minorticks_off()
    ax.set_xlabel(label)
    ax.set_ylabel("time per instance (s)")
    ax.grid(True, which="major", alpha=0.3)
    return ax


def plot_swap(before, after, exchanged, axes=None):
    """Two schedules side by side, and the two jobs that change places marked in both.

    `before` and `after` map each machine's name to its jobs, as (name, heavy) in order of slots.
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Rectangle

    axes = plt.subplots(1, 2, figsize=(9, 2.4), sharey=True)[1] if axes is None else axes
    for ax, schedule, title in zip(axes, (before, after), ("before", "after"), strict=True):
        columns = max(len(jobs) for jobs in schedule.values())
        for row, jobs in enumerate(schedule.values()):
            for column, (name, heavy) in enumerate(jobs):
                marked = name in exchanged
                ax.add_patch(
                    Rectangle(
                        (column - 0.46, row - 0.4), 0.92, 0.8, zorder=3 if marked else 2,
                        facecolor=HEAVY if heavy else LIGHT,
                        edgecolor=MARK if marked else "black", linewidth=3 if marked else 0.8,
                    )
                )  # fmt: skip
                colour = "white" if heavy else "black"
                ax.text(column, row, name, ha="center", va="center", color=colour, zorder=4)
        ax.set_xlim(-0.6, columns - 0.4)
        ax.set_ylim(len(schedule) - 0.4, -0.6)
        ax.set_xticks(range(columns), range(1, columns + 1))
        ax.set_yticks(range(len(schedule)), list(schedule))
        ax.set_xlabel("slot (cost rises to the right)")
        ax.set_title(title)
        ax.spines[["top", "right"]].set_visible(False)
    return axes


def _axes(ax, columns: int, rows: int):
    return _style.axes(ax, (min(2.6 + 0.6 * columns, 11), min(1.4 + 0.5 * rows, 8)))


def _fill(ax, rows, columns, capacities, machine, slot, heavy):
    from matplotlib.colors import ListedColormap

    grid = np.where(np.arange(columns) < capacities[:, None], 0.0, np.nan)
    grid[machine, slot] = 1 + heavy
    colours = ListedColormap([EMPTY, LIGHT, HEAVY])
    ax.imshow(grid, cmap=colours.with_extremes(bad=ABSENT), vmin=0, vmax=2, aspect="auto")
    if rows * columns <= LABELLED_CELLS:
        ax.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
        ax.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
        ax.grid(True, which="minor", color="black", lw=0.8)
        ax.tick_params(which="minor", length=0)


def _mark_misaligned(ax, heavy, machine, slot, i):
    """Join the last heavy of machine i to the first light of the next (or where it would be)."""
    last = slot[(machine == i) & heavy].max()
    lights = slot[(machine == i + 1) & ~heavy]
    first = lights.min() if lights.size else np.count_nonzero(machine == i + 1)
    ends = (last, i), (first, i + 1)
    ax.plot(*zip(*ends, strict=True), "o", color=MARK, mfc="none", ms=20, mew=2)
    line = {"arrowstyle": "-", "color": MARK, "lw": 2.5, "shrinkA": 10, "shrinkB": 10}
    ax.annotate("", *ends, arrowprops=line)


def _rising(instance) -> bool:
    costs = np.asarray(instance.slot_costs)
    return costs.ndim == 1 and bool((np.diff(costs) >= 0).all())
