"""Figure 12 of Huang et al. (2021): TDCA against TDPATD on 1,000 tasks, makespan and run time.

Against the number of processors, for three numbers of parts K; ETF and the lower bound beside. Run
times are processor time, the least of three, after compilation.
"""

from __future__ import annotations

import time

import pandas as pd

from concave_sched import tdpatd
from concave_sched.plotting._paper import finish, house, legend_above, numbers, panels, write
from concave_sched.plotting._tdpatd import plot_comparison

PARTS = (50, 100, 200)


def timed(method, repeats: int) -> tuple[float, float]:
    """(makespan, least seconds)."""
    method()
    seconds = []
    for _ in range(repeats):
        begin = time.process_time()
        makespan = method().objective
        seconds.append(time.process_time() - begin)
    return makespan, min(seconds)


@house
def main(fast, folder) -> None:
    """Write tdpatd_fig12 (run times); the fast setting has a fifth of tasks and parts."""
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
    write(frame, folder, "tdpatd_fig12")
    draw(frame, folder)


def draw(frame, folder) -> None:
    figure, axes = panels(height=3.8)
    plot_comparison(frame, "processors", "processors P", axes[0])
    times = frame[frame.method != "lower bound"]
    plot_comparison(times, "processors", "processors P", axes[1], y="seconds")
    for ax, label in zip(axes, ("makespan (time units)", "processor time (s)"), strict=True):
        ax.set_ylabel(label)
        ax.set_yscale("log")
        ax.xaxis.get_major_locator().set_params(integer=True)
    legend_above(figure, axes[0], 3)
    finish(figure, folder, "tdpatd_fig12", "10 levels, CCR 1.")
    numbers(compared(frame), folder, "tdpatd_fig12")


def compared(frame):
    """What the text says of Fig. 12, beside ours, for every K."""
    makespan = frame.pivot(index="processors", columns="method", values="makespan")
    seconds = frame.pivot(index="processors", columns="method", values="seconds")
    rows = []
    for count in PARTS:
        name = f"TDPATD, K = {count}"
        faster, longer = seconds["TDCA"] / seconds[name], makespan[name] / makespan["TDCA"]
        rows += [
            (12, f"TDCA's run time over TDPATD's, K = {count}", "about 10",
             f"{faster.min():.0f} to {faster.max():.0f}",
             "K, levels and computer are not given; both compiled here"),
            (12, f"TDPATD's makespan over TDCA's, K = {count}", "similar at few processors",
             f"{longer.min():.2f} to {longer.max():.2f}",
             "parts this coarse hold whole levels, so the graph of parts is nearly a chain"),
        ]  # fmt: skip
    return rows
