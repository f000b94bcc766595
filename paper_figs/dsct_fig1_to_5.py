"""Figures 1 to 5 of "Scheduling with Fully Compressible Tasks" and its published numbers.

The paper leaves open how accuracies are scaled, max_work, and the law of deadlines. Two readings
of it, A and B (`dsct.generate`), are drawn side by side; each was chosen so that some published
numbers come out, so agreement with those confirms nothing. In both, EDF-NoCompression may finish
late a task begun before its deadline. Fig. 1 is of our own data and fits. The exact solver of
Fig. 3 is SCIP, the paper's is MOSEK, on another machine.
"""

from __future__ import annotations

import time
from pathlib import Path

import jax
import matplotlib
import numpy as np
import pandas as pd

from concave_sched import dsct, fitting
from concave_sched.plotting import _style, save
from concave_sched.plotting._dsct import share_map

READINGS = ("A", "B")
EDGES = np.round(np.arange(0.0, 1.0, 0.1), 1)
NAMES = {
    "approx": "DSCT-APPROX",
    "none": "EDF-NoCompression",
    "levels": "EDF-3CompressionLevels",
    "bound": "DSCT-UB",
}


def main(fast: bool, folder: Path, instances: int | None = None, limit: float = 60.0) -> None:
    """Write a PDF and a CSV per figure, and dsct_numbers.csv.

    instances: per point, default 1000; limit: seconds for the exact solver. The fast setting has
    12 tasks on 2 machines throughout: it shows that the script runs, not the figures.
    """
    jax.config.update("jax_enable_x64", True)
    folder.mkdir(parents=True, exist_ok=True)
    count = instances or (6 if fast else 1000)
    figure_1(folder)
    tasks, machines = (12, 2) if fast else (100, 10)
    gaps = figure_2(folder, [1, 20] if fast else list(range(1, 21)), count, tasks)
    figure_3(folder, fast, limit)
    accuracies, shares = figures_4_and_5(folder, count, fast, tasks, machines)
    numbers(folder, gaps, accuracies, shares, count)


def figure_1(folder) -> None:
    """Accuracy against latency: measurements, the best family and the paper's exponential."""
    import matplotlib.pyplot as plt

    panels = (
        ("timm_i7_12700h_cpu", "timm/i7_12700h_cpu/pareto_in1k_only", "CPU i7-12700H, timm models"),
        ("ofa_latency", "ofa_mbv3/note10/latency", "Galaxy Note10, OFA sub-networks"),
    )
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
    rows = []
    for ax, (data, series, title) in zip(axes, panels, strict=True):
        latency, accuracy = fitting.load_series(data)[series]
        best = fitting.load_curve(data, series, at_zero=0.1)
        exponential = fitting.load_curve(data, series, "Exponential", at_zero=0.1)
        t = np.linspace(0, min(latency.max(), 100.0), 601)
        _style.axes(ax).plot(latency, accuracy, "o", ms=4, color=_style.QUIET, label="measured")
        family = type(getattr(best, "curve", best)).__name__
        for k, (name, curve) in enumerate(((family, best), ("Exponential", exponential))):
            values = np.asarray(curve(t))
            ax.plot(t, values, label=f"{name}, 0.1 % at 0", **_style.line(k, 301))
            rows += [(series, name, *pair) for pair in zip(t, values, strict=True)]
        rows += [(series, "measured", *pair) for pair in zip(latency, accuracy, strict=True)]
        shown = min(latency.max(), 100.0)  # one timm model takes 2.4 s for one point more
        ax.set(xlabel="latency per image (ms)", title=title, ylim=(0, 95), xlim=(-1, shown))
        ax.legend(frameon=False, loc="lower right", fontsize=9)
    axes[0].set_ylabel("top-1 accuracy (%)")
    table = pd.DataFrame(rows, columns=["series", "curve", "latency_ms", "accuracy"])
    _write(table, folder / "dsct_fig1.csv")
    _save(figure, folder / "dsct_fig1.pdf")


def figure_2(folder, ratios, count, tasks) -> pd.DataFrame:
    """Gap of the approximation to UB, and the guarantee, against the heterogeneity."""
    import matplotlib.pyplot as plt

    rows = []
    for reading in READINGS:
        for mu in ratios:
            batch = dsct.generate(tasks, 2, mu, 0.35, reading=reading, seed=mu, count=count)
            bound = dsct.run_batch(dsct.upper_bound, batch, progress=False)
            rough = dsct.run_batch(dsct.approximate, batch, progress=False, polish=False)
            fine = dsct.run_batch(dsct.approximate, batch, progress=False)
            gap = bound.objective - rough.objective
            guarantee = 2 * 0.819 * (1 + np.log(mu) / np.e)
            polished = (bound.objective - fine.objective).mean()
            rows.append((reading, mu, gap.mean(), gap.min(), gap.max(), polished, guarantee))
    columns = ["reading", "mu", "mean", "min", "max", "polished", "guarantee"]
    table = pd.DataFrame(rows, columns=columns)
    _write(table, folder / "dsct_fig2.csv")
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.8), sharey=True, layout="constrained")
    for ax, reading in zip(axes, READINGS, strict=True):
        part = table[table.reading == reading]
        _style.axes(ax).fill_between(
            part.mu, part["min"], part["max"], color=_style.WATER, alpha=0.35, lw=0,
            label="UB - APPROX, least to most",
        )  # fmt: skip
        ax.plot(part.mu, part["mean"], label="UB - APPROX, mean", **_style.line(0, 41))
        ax.plot(part.mu, part.polished, label="polished, mean", **_style.line(1, 41))
        ax.plot(part.mu, part.guarantee, label="guarantee G", **_style.line(2, 41))
        ax.set(xlabel="task heterogeneity $\\mu$", title=f"reading {reading}", ylim=(0, None))
        ax.set_xticks([1, 5, 10, 15, 20])
    axes[0].set_ylabel("sum of accuracies")
    axes[0].legend(frameon=False, loc="center right", bbox_to_anchor=(1.0, 0.55))
    _save(
        figure,
        folder / "dsct_fig2.pdf",
        f"{count} instances per point, n = {tasks}, m = 2, rho = .35",
    )
    return table


def figure_3(folder, fast, limit) -> None:
    """Times of the approximation and of the exact solver to a gap of 1e-4."""
    import matplotlib.pyplot as plt

    sizes = [(n, 2 if fast else 5) for n in ([12] if fast else [5, 10, 15, 20, 25, 30])]
    machines = [(12 if fast else 50, m) for m in ([2] if fast else [1, 2, 3, 4])]
    rows = []
    for n, m in [*sizes, *machines]:
        i = dsct.generate(n, m, seed=n + m)
        dsct.approximate(i)
        begin = time.perf_counter()
        fine = jax.block_until_ready(dsct.approximate(i))
        middle = time.perf_counter()
        exact = dsct.solve_exact(i, limit, gap=1e-4, start=fine)
        rows.append((n, m, middle - begin, time.perf_counter() - middle, float(exact.gap)))
    columns = ["tasks", "machines", "approximate_s", "exact_s", "exact_gap"]
    table = pd.DataFrame(rows, columns=columns)
    _write(table, folder / "dsct_fig3.csv")
    figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.8), sharey=True, layout="constrained")
    for ax, part, key, title in (
        (axes[0], table[: len(sizes)], "tasks", f"{sizes[0][1]} machines"),
        (axes[1], table[len(sizes) :], "machines", f"{machines[0][0]} tasks"),
    ):
        _style.axes(ax).plot(part[key], part.exact_s, label="exact, SCIP", **_style.line(1))
        ax.plot(part[key], part.approximate_s, label="APPROX, polished", **_style.line(0))
        ax.axhline(limit, color=_style.QUIET, lw=1, ls=":")
        ax.set(xlabel=key, title=title, yscale="log")
        ax.set_xticks(part[key])
    axes[0].set_ylabel("time (s)")
    axes[1].legend(frameon=False, loc="center right")
    _save(
        figure,
        folder / "dsct_fig3.pdf",
        "Exact to a relative gap of 1e-4, compilation included; dotted: limit",
    )


def figures_4_and_5(folder, count, fast, tasks, machines):
    """Mean accuracy against the tolerance of deadlines, and how accuracies are spread."""
    import matplotlib.pyplot as plt

    tolerances = [0.4, 0.7] if fast else np.round(np.arange(0.1, 1.51, 0.1), 1)
    means, shares = [], []
    for reading in READINGS:
        for rho in tolerances:
            seed = [round(10 * rho), READINGS.index(reading)]
            batch = dsct.generate(
                tasks, machines, 1.0, rho, reading=reading, seed=seed, count=count
            )
            solvers = {
                "approx": (dsct.approximate, {"polish": False}),
                "none": (dsct.edf_no_compression, {"finish": "start"}),
                "levels": (dsct.edf_three_levels, {}),
                "bound": (dsct.upper_bound, {}),
            }
            for name, (solver, options) in solvers.items():
                r = dsct.run_batch(solver, batch, progress=False, **options)
                accuracy = np.asarray(r.accuracies)
                means.append((reading, rho, name, accuracy.mean()))
                part = 100 * np.histogram(accuracy, EDGES)[0] / accuracy.size
                shares.append((reading, rho, name, *part))
    means = pd.DataFrame(means, columns=["reading", "rho", "algorithm", "accuracy"])
    ranges = [f"{low:.1f}-{low + 0.1:.1f}" for low in EDGES[:-1]]
    shares = pd.DataFrame(shares, columns=["reading", "rho", "algorithm", *ranges])
    _write(means, folder / "dsct_fig4.csv")
    _write(shares, folder / "dsct_fig5.csv")

    figure, axes = plt.subplots(1, 2, figsize=(9.5, 3.8), sharey=True, layout="constrained")
    for ax, reading in zip(axes, READINGS, strict=True):
        for k, name in enumerate(NAMES):
            part = means[(means.reading == reading) & (means.algorithm == name)]
            _style.axes(ax).plot(part.rho, part.accuracy, label=NAMES[name], **_style.line(k))
        ax.set(xlabel="deadline tolerance $\\rho$", title=f"reading {reading}", ylim=(0, 0.9))
    axes[0].set_ylabel("mean accuracy")
    axes[1].legend(frameon=False, loc="lower right")
    _save(
        figure,
        folder / "dsct_fig4.pdf",
        f"{count} instances per point, n = {tasks}, m = {machines}, mu = 1",
    )

    shown = ("approx", "none", "levels")
    figure, grid = plt.subplots(
        2, 3, figsize=(10, 5.4), sharex=True, sharey=True, layout="constrained"
    )
    for row, reading in zip(grid, READINGS, strict=True):
        for ax, name in zip(row, shown, strict=True):
            part = shares[(shares.reading == reading) & (shares.algorithm == name)]
            share_map(part.rho, part[ranges].to_numpy(), EDGES, ax=ax)
            ax.set(title=f"{NAMES[name]}, {reading}", xlabel="", ylabel="")
    grid[0, 0].set_ylabel("accuracy")
    grid[1, 0].set_ylabel("accuracy")
    for ax in grid[1]:
        ax.set_xlabel("deadline tolerance $\\rho$")
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scale = ScalarMappable(Normalize(0, 100), matplotlib.colormaps[_style.SEQUENTIAL])
    figure.colorbar(scale, ax=grid, label="tasks (%)").outline.set_visible(False)
    _save(figure, folder / "dsct_fig5.pdf")
    return means, shares


def numbers(folder, gaps, means, shares, count) -> None:
    """The table: paper beside ours, for both readings."""
    published = {
        (4, "gain over NoCompression at rho = .4 (%)"): 57.9,
        (4, "gain over 3 levels at rho = .4 (%)"): 22.2,
        (5, "APPROX: tasks of accuracy .7 to .8 at rho = .7 (%)"): 90.0,
        (5, "APPROX: tasks below .3 at rho = .7 (%)"): 2.0,
        (5, "NoCompression: tasks below .3 at rho = .7 (%)"): 28.0,
        (5, "3 levels: tasks below .3 at rho = .7 (%)"): 33.0,
        (2, "mean gap / G, mean over mu (%)"): 12.36,
    }
    columns = {}
    for reading in READINGS:
        mean = (
            means[(means.reading == reading) & (means.rho == 0.4)].set_index("algorithm").accuracy
        )
        share = shares[(shares.reading == reading) & (shares.rho == 0.7)].set_index("algorithm")
        low = share[["0.0-0.1", "0.1-0.2", "0.2-0.3"]].sum(axis=1)
        gap = gaps[gaps.reading == reading]
        columns[reading] = [
            100 * (mean["approx"] / mean["none"] - 1),
            100 * (mean["approx"] / mean["levels"] - 1),
            share.loc["approx", "0.7-0.8"],
            low["approx"],
            low["none"],
            low["levels"],
            100 * (gap["mean"] / gap.guarantee).mean(),
        ]
    rows = [
        {
            "figure": figure,
            "quantity": f"{quantity}, reading {reading}",
            "paper": paper,
            "ours": f"{ours:.4g}",
            "remark": f"{count} instances; readings were chosen among those that fit: "
            "agreement is no confirmation",
        }
        for reading, values in columns.items()
        for ((figure, quantity), paper), ours in zip(published.items(), values, strict=True)
    ]
    _write(pd.DataFrame(rows), folder / "dsct_numbers.csv")


def _write(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, index=False, float_format="%.9g")


def _save(figure, path: Path, caption: str = "") -> None:
    if caption:
        figure.supxlabel(caption, fontsize=8, color=_style.QUIET)
    save(figure, path.parent, path.stem)


if __name__ == "__main__":
    matplotlib.use("Agg")
    main(fast=False, folder=Path(__file__).parent / "output")
