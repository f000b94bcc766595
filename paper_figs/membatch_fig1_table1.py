"""Figure 1 and Table I of "MemBatch ILP", from data: the cluster, the batches, the split tasks.

Figure 1 is a drawing of the workflow; here are its first two stages on 100 tasks: the memory of
each batch below the cluster's, and each part of a split task below a Nano's. Table I: the cluster.
"""

from __future__ import annotations

import pandas as pd

from concave_sched import membatch
from concave_sched.plotting import _style
from concave_sched.plotting._paper import draw_table, finish, house, legend_above, numbers, panels
from concave_sched.plotting._paper import write as write_csv

# type: (name, units, of them workers, CUDA cores, RAM in GB), Table I
CLUSTER = {
    "nano": ("Jetson Nano", 4, 4, 128, 4),
    "xavier": ("Jetson Xavier NX", 2, 2, 384, 16),
    "orin": ("Jetson Orin NX", 2, 1, 1024, 16),
}


@house
def main(fast, folder) -> None:
    """Write membatch_fig1 and membatch_table1; both settings are the same."""
    devices = pd.Series({kind: 0.0 for kind in CLUSTER})
    workers = pd.Series({kind: 0 for kind in CLUSTER})
    for device in membatch.jetson_cluster():
        devices[device.type] = device.memory / 1000
        workers[device.type] += 1
    rows = [
        (name, units, cores, ram, int(workers[kind]), float(devices[kind]))
        for kind, (name, units, _, cores, ram) in CLUSTER.items()
    ]
    columns = ["device type", "units", "CUDA cores", "RAM (GB)", "workers here",
               "usable memory here (GB)"]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    caption = "One Orin NX is the head. Usable memory of a Nano: calibrated to the published split."
    widths = (0.2, 0.1, 0.14, 0.13, 0.17, 0.26)
    draw_table(table, folder, "membatch_table1", caption, widths)
    batches = workflow(folder)
    agree = all(workers[kind] == count for kind, (_, _, count, *_) in CLUSTER.items())
    remark = "usable memory, calibrated: the larger part of the split Chest task"
    numbers([
        (1, "batches of 100 tasks", "a drawing", batches, "the usable memory is calibrated"),
        ("Table I", "workers: Nano, Xavier NX, Orin NX", "4, 2, 1",
         ", ".join(map(str, workers)), "equal" if agree else "differs"),
        ("Table I", "memory of a Nano (GB)", 4, float(devices["nano"]), remark),
    ], folder, "membatch_fig1_table1")  # fmt: skip


def workflow(folder) -> int:
    """Fig. 1: batches of 100 tasks (their number is returned), and the parts of split tasks."""
    whole = membatch.sweep(100, split=False)
    used = [whole.memory.max(1)[part].sum() / 1000 for part in membatch.batch(whole)]
    limit = whole.device_memory.sum() / 1000
    parts = membatch.sweep(5)
    workloads = pd.Series(parts.workloads)
    memory = pd.Series(parts.memory.max(1) / 1000)
    nano = float(parts.device_memory.min()) / 1000
    frames = [
        pd.DataFrame({"stage": "batch", "item": range(1, len(used) + 1), "memory_gb": used}),
        pd.DataFrame({"stage": "part", "item": parts.tasks, "memory_gb": memory}),
    ]
    write_csv(pd.concat(frames), folder, "membatch_fig1")

    figure, (left, right) = panels(height=3.2)
    bar = {"edgecolor": "0.25", "lw": 0.6}
    left.bar(range(1, len(used) + 1), used, color=_style.FILLS[3], label="memory needed", **bar)
    left.axhline(limit, color=_style.COLOURS[1], ls="--", label="memory there is")
    left.set(xlabel="batch, in order of arrival", ylabel="memory (GB)", ylim=(0, 1.1 * limit))
    left.set_title("1. Batching: 100 tasks")
    left.xaxis.get_major_locator().set_params(integer=True)
    for _, of in memory.groupby(workloads, sort=False):
        base = 0.0
        for size in of:
            right.bar(workloads[of.index[0]], size, bottom=base, color=_style.FILLS[3], **bar)
            base += size
    right.axhline(nano, color=_style.COLOURS[1], ls="--")
    right.set(xlabel="workload", title="2. Splitting: parts that fit a Nano", ylabel="memory (GB)")
    legend_above(figure, left, 2)
    finish(figure, folder, "membatch_fig1")
    return len(used)
