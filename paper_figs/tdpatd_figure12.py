"""Figure 12 of Huang et al. (2021): TDCA against TDPATD on 1,000 tasks, makespan and run time.

Against the number of processors, for three numbers of parts K; ETF and the lower bound beside. Run
times are the least of three, after compilation.
"""

from __future__ import annotations

import time
from pathlib import Path

import matplotlib
import pandas as pd

from concave_sched import tdpatd
from concave_sched.plotting import save
from concave_sched.plotting._tdpatd import plot_comparison

PARTS = (50, 100, 200)


def timed(method, repeats: int) -> tuple[float, float]:
    """(makespan, least seconds)."""
    method()
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        makespan = method().objective
        seconds.append(time.perf_counter() - begin)
    return makespan, min(seconds)


def main(fast: bool, folder: Path) -> None:
    """Write tdpatd_figure12.pdf and .csv; the fast setting has a fifth of tasks and parts."""
    import matplotlib.pyplot as plt

    scale, repeats = (5, 1) if fast else (1, 3)
    graph = tdpatd.generate(1000 // scale, levels=10, seed=12)
    rows = []
    for processors in (2, 8) if fast else (2, 4, 8, 12, 16, 20):
        instance = tdpatd.Instance(graph, processors)
        methods = {"TDCA": lambda i=instance: tdpatd.tdca(i)}
        for count in PARTS:
            methods[f"TDPATD, K = {count}"] = lambda i=instance, k=count // scale: tdpatd.paper(
                i, k
            )
        methods["ETF"] = lambda i=instance: tdpatd.etf(i)
        for name, method in methods.items():
            makespan, seconds = timed(method, repeats)
            rows.append((name, processors, makespan, seconds))
        rows.append(("lower bound", processors, instance.bounds.best, None))
    frame = pd.DataFrame(rows, columns=["method", "processors", "makespan", "seconds"])
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "tdpatd_figure12.csv", index=False)

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    plot_comparison(frame, "processors", "processors P", axes[0])
    times = frame[frame.method != "lower bound"]
    plot_comparison(times, "processors", "processors P", axes[1], y="seconds")
    for ax, label in zip(axes, ("makespan", "run time (s)"), strict=True):
        ax.set_ylabel(label)
        ax.set_yscale("log")
        ax.xaxis.get_major_locator().set_params(integer=True)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=6, frameon=False)
    save(figure, folder, "tdpatd_figure12")


if __name__ == "__main__":
    matplotlib.use("Agg")
    main(fast=False, folder=Path(__file__).parent / "output")
