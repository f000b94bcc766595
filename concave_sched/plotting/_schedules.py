"""Schedules of parallel jobs: who holds how much when, and who is done when."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from . import _style

NAMED_JOBS = 8
_MOST_BANDS, _MOST_PHASES, _CHUNK = 256, 512, 32


def rates_over_time(schedule, ax=None):
    """What every job holds over time, as stacked areas, the shortest job on top.

    schedule: a result of `smartfill`. Colour is job size; up to 8 jobs are also named. Beyond 256
    jobs neighbours in size share a band, and beyond 512 phases those drawn are evenly spread in
    time. White lines part groups of equally many jobs.

    Example:
        >>> import concave_sched as cs
        >>> from concave_sched import plotting
        >>> i = cs.smartfill.Instance(cs.curves.Power(1.0, 0.5), [2.0, 1.0], budget=2.0)
        >>> ax = plotting.rates_over_time(cs.smartfill.solve(i))
        >>> ax.set(xlabel="time (hours)", ylabel="GPUs")[0].get_text()
        'time (hours)'
    """
    _require_one(schedule)
    order = np.asarray(schedule.order)
    sizes = np.asarray(schedule.instance.sizes, float)[order]
    budget = float(schedule.instance.budget)
    ends, phases = _phases(np.asarray(schedule.completion_times, float)[order])
    bands = np.arange(order.size) * min(order.size, _MOST_BANDS) // order.size
    tops = np.cumsum(_band_rates(schedule, phases, bands), axis=0)
    mean_size = np.bincount(bands, sizes) / np.bincount(bands)

    ax = _style.axes(ax, (7.2, 4.0))
    edges = np.append(0.0, ends)
    norm, colour_map = _style.colour_scale(sizes)
    few = order.size <= NAMED_JOBS
    # Each area reaches down to 0 and the next covers it: no seams between neighbours.
    for band in range(len(mean_size) - 1, -1, -1):
        ax.stairs(
            tops[band],
            edges,
            fill=True,
            facecolor=colour_map(norm(mean_size[band])),
            edgecolor="white" if few else "none",
            linewidth=0.8 if few else 0.0,
            label=f"job {order[band]}, size {sizes[band]:.3g}" if few else None,
        )
    if few:
        ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2)
    else:
        every = -(-len(mean_size) // 12)
        for top in tops[every - 1 : -1 : every]:
            ax.stairs(top, edges, baseline=None, color="white", linewidth=0.5)
        _style.colour_bar(ax, norm, colour_map, "job size (units of work)")
    ax.set_xlim(0, edges[-1])
    ax.set_ylim(0, budget)
    ax.set_xlabel("time (work / speed)")
    ax.set_ylabel(f"budget held (units, {budget:g} in all)")
    ax.set_title(f"{schedule.policy.name}: {order.size} job{'s' * (order.size != 1)}")
    return ax


def completion_times(schedule, ax=None):
    """Completion time of every job against its size, one line per schedule.

    schedule: a result of `smartfill`, or several as a list or as a dict of names.

    Example:
        >>> import concave_sched as cs
        >>> from concave_sched import plotting
        >>> i = cs.smartfill.Instance(cs.curves.Power(1.0, 0.5), [2.0, 1.0], budget=2.0)
        >>> schedules = [cs.smartfill.solve(i), cs.smartfill.equal_share(i)]
        >>> len(plotting.completion_times(schedules).lines)
        2
    """
    schedules = _named(schedule)
    ax = _style.axes(ax)
    sizes, times = [], []
    for i, (name, one) in enumerate(schedules.items()):
        _require_one(one)
        order = np.asarray(one.order)[::-1]
        x = np.asarray(one.instance.sizes, float)[order]
        y = np.asarray(one.completion_times, float)[order]
        objective = f"{name} (weighted sum {float(one.objective):.4g})"
        ax.plot(x, y, label=objective, linewidth=1.6, **_style.line(i, x.size))
        sizes.append(x)
        times.append(y)
    for axis, values in (("x", np.concatenate(sizes)), ("y", np.concatenate(times))):
        if values.min() > 0 and values.max() > 50 * values.min():
            getattr(ax, f"set_{axis}scale")("log")
        elif axis == "y":
            ax.set_ylim(0, 1.05 * values.max())
    ax.set_xlabel("job size (units of work)")
    ax.set_ylabel("completion time (work / speed)")
    ax.legend(frameon=False)
    return ax


def _phases(ends):
    """Sorted end times and the phases they close, thinned evenly in time where there are many.

    `ends` belong to jobs sorted by falling size, so the last phase runs first.
    """
    n = ends.size
    phases = np.arange(n)[::-1]
    if n > _MOST_PHASES:
        wanted = np.linspace(0, ends[0], _MOST_PHASES + 1)[1:]
        phases = np.unique(n - 1 - np.searchsorted(ends[::-1], wanted).clip(0, n - 1))[::-1]
    return np.maximum.accumulate(ends[phases]), phases


def _band_rates(schedule, phases, bands):
    """(bands, phases) what the jobs of every band hold together."""
    import jax.numpy as jnp

    order = jnp.asarray(schedule.order)
    found = np.zeros((bands[-1] + 1, phases.size))
    for first in range(0, phases.size, _CHUNK):
        some = jnp.asarray(phases[first : first + _CHUNK])
        rates = np.asarray(schedule.policy.columns(schedule.instance, order, some), float)
        np.add.at(found[:, first : first + _CHUNK], bands, rates)
    return found


def _named(schedule) -> dict:
    if isinstance(schedule, Mapping):
        return dict(schedule)
    several = list(schedule) if isinstance(schedule, (list, tuple)) else [schedule]
    if not several:
        raise ValueError("schedule is empty: give one schedule or more.")
    names = [one.policy.name for one in several]
    return {
        name if names.count(name) == 1 else f"{name} {i}": one
        for i, (name, one) in enumerate(zip(names, several, strict=True))
    }


def _require_one(schedule):
    if np.ndim(schedule.objective):
        raise ValueError(
            f"schedule is a batch of shape {np.shape(schedule.objective)}: pick one, for example "
            "jax.tree.map(lambda x: x[0], batch)."
        )
