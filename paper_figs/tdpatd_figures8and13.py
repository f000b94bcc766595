"""Figures 8 and 13 of Huang et al. (2021): graphs of BERT-like training steps.

8: makespan against the number of parts on one graph. 13: TDCA and TDPATD on graphs of growing
size. Traced from the pure JAX model of `tdpatd.bert_like`, gradient included, on two devices; the
lower bound, ETF and the default solver are beside. The paper's own graphs are not published.
"""

from __future__ import annotations

import time
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

from concave_sched import tdpatd
from concave_sched.plotting import save
from concave_sched.plotting._tdpatd import plot_comparison

PROCESSORS, SOLVE_SECONDS = 2, 8.0


def training_step(layers: int, fast_link: bool = False) -> tdpatd.TaskGraph:
    loss, arguments = tdpatd.bert_like(layers)
    device = tdpatd.Device(link=300e9, latency=1e-6) if fast_link else None
    return tdpatd.from_jax(loss, *arguments, grad=0, device=device)


def against_parts(graph: tdpatd.TaskGraph, counts) -> pd.DataFrame:
    instance = tdpatd.Instance(graph, PROCESSORS)
    flat = {"ETF": tdpatd.etf(instance).objective, "BL_EST": tdpatd.bl_est(instance).objective}
    flat["lower bound"] = instance.bounds.best
    rows = []
    for count in counts:
        parts = tdpatd.partition(graph, count)
        found = {
            "TDPATD": tdpatd.paper(instance, parts).objective,
            "ETF_PART": tdpatd.etf_part(instance, parts).objective,
            **flat,
        }
        rows += [{"method": m, "parts": count, "makespan": v} for m, v in found.items()]
    return pd.DataFrame(rows)


def against_tasks(layers, seconds: float) -> pd.DataFrame:
    rows = []
    for count in layers:
        graph = training_step(count)
        instance = tdpatd.Instance(graph, PROCESSORS)
        methods = {
            "TDPATD": lambda i: min(
                (tdpatd.paper(i, round(share * i.graph.tasks)) for share in (0.1, 0.2, 0.4)),
                key=lambda r: r.objective,
            ),
            "TDCA": tdpatd.tdca,
            "ETF": tdpatd.etf,
            "solve": lambda i: tdpatd.solve(i, effort=seconds),
        }
        for name, method in methods.items():
            begin = time.perf_counter()
            makespan = method(instance).objective
            spent = time.perf_counter() - begin
            rows.append({"method": name, "makespan": makespan, "seconds": spent})
        rows.append({"method": "lower bound", "makespan": instance.bounds.best})
        for row in rows[-5:]:
            row.update(layers=count, tasks=graph.tasks)
    return pd.DataFrame(rows)


def main(fast: bool, folder: Path) -> None:
    """Write tdpatd_figures8and13.pdf and .csv."""
    import matplotlib.pyplot as plt

    layers = [1, 2] if fast else [1, 3, 6, 12, 24]
    deep = training_step(2 if fast else 128)
    shares = np.geomspace(0.01, 1.0, 4 if fast else 9)
    eight = against_parts(deep, [max(1, round(share * deep.tasks)) for share in shares[:-1]])
    thirteen = against_tasks(layers, 0.3 if fast else SOLVE_SECONDS)
    folder.mkdir(parents=True, exist_ok=True)
    both = pd.concat([eight.assign(figure="Fig. 8"), thirteen.assign(figure="Fig. 13")])
    both.to_csv(folder / "tdpatd_figures8and13.csv", index=False)

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
    plot_comparison(eight, "parts", "parts K", left, logarithmic=True)
    left.set_title(f"Fig. 8: BERT-like, {deep.tasks} tasks, P = {PROCESSORS}", loc="left")
    left.set_ylabel("makespan (µs)")
    scaled = thirteen.assign(
        makespan=thirteen.makespan / thirteen.groupby("layers").makespan.transform("min")
    )
    plot_comparison(scaled, "tasks", "tasks n (1 to 24 layers)", right, logarithmic=True)
    right.set_title(f"Fig. 13: training steps, P = {PROCESSORS}", loc="left")
    right.set_ylabel("makespan over lower bound")
    right.set_xticks(sorted(set(thirteen.tasks)), sorted(set(thirteen.tasks)))
    for ax in (left, right):
        ax.legend(frameon=False, fontsize="small", loc="upper center", ncols=3,
                  bbox_to_anchor=(0.5, -0.16))  # fmt: skip
    save(figure, folder, "tdpatd_figures8and13")


if __name__ == "__main__":
    matplotlib.use("Agg")
    main(fast=False, folder=Path(__file__).parent / "output")
