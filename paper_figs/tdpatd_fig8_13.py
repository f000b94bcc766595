"""Figures 8 and 13 of Huang et al. (2021): graphs of BERT-like training steps.

8: makespan against the number of parts on one graph. 13: TDCA and TDPATD on graphs of growing
size. Traced from the pure JAX model of `tdpatd.bert_like`, gradient included, on two devices; the
lower bound, ETF and the default solver are beside. The paper's own graphs are not published.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from concave_sched import tdpatd
from concave_sched.plotting._paper import finish, house, numbers, panels, write
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
            "our default": lambda i: tdpatd.solve(i, effort=seconds),
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


@house
def main(fast, folder) -> None:
    """Write tdpatd_fig8_13 (run times in its CSV: not the same bytes twice)."""
    layers = [1, 2] if fast else [1, 3, 6, 12, 24]
    deep = training_step(2 if fast else 128)
    shares = np.geomspace(0.01, 1.0, 4 if fast else 9)
    eight = against_parts(deep, [max(1, round(share * deep.tasks)) for share in shares[:-1]])
    thirteen = against_tasks(layers, 0.3 if fast else SOLVE_SECONDS)
    both = pd.concat([eight.assign(figure="Fig. 8"), thirteen.assign(figure="Fig. 13")])
    write(both, folder, "tdpatd_fig8_13")
    draw(eight, thirteen, deep.tasks, folder)


def draw(eight, thirteen, tasks, folder) -> None:
    figure, (left, right) = panels(height=4.0)
    plot_comparison(
        eight.assign(makespan=eight.makespan / 1000), "parts", "parts K", left, logarithmic=True
    )
    left.set_title(f"Fig. 8: BERT-like, {tasks} tasks, P = {PROCESSORS}")
    left.set_ylabel("makespan (ms)")
    bound = thirteen[thirteen.method == "lower bound"].set_index("layers").makespan
    ratio = thirteen.makespan / thirteen.layers.map(bound)
    most = f"{thirteen.layers.max():g}"
    plot_comparison(thirteen.assign(makespan=ratio), "tasks", f"tasks n (1 to {most} layers)",
                    right, logarithmic=True)  # fmt: skip
    right.set_title(f"Fig. 13: training steps, P = {PROCESSORS}")
    right.set_ylabel("makespan over lower bound")
    right.set_xticks(sorted(set(thirteen.tasks)), sorted(set(thirteen.tasks)))
    for ax in (left, right):
        ax.legend(loc="upper center", ncols=3, bbox_to_anchor=(0.5, -0.16))
    finish(figure, folder, "tdpatd_fig8_13")
    numbers(compared(eight, thirteen), folder, "tdpatd_fig8_13")


def compared(eight, thirteen):
    """What the text says of the two figures, beside ours."""
    at = eight.pivot(index="parts", columns="method", values="makespan")
    lists = at[["ETF", "BL_EST"]].min(axis=1)
    best = 100 * (1 - at["TDPATD"] / lists)
    grown = thirteen.pivot(index="tasks", columns="method", values="makespan")
    ratio = grown["TDPATD"] / grown["TDCA"]
    remark = "graphs traced by us with a roofline of costs; the paper's are not published"
    return [
        (8, "gain over the better of BL_EST and ETF, best K", "30 to 40 %",
         f"{best.max():.1f} % at K = {best.idxmax()}", remark),
        (13, "TDPATD's makespan over TDCA's", "practically comparable",
         f"{ratio.min():.2f} to {ratio.max():.2f}", remark),
    ]  # fmt: skip
