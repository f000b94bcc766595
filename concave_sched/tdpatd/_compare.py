"""The paper's table: TDPATD beside every baseline, with bound and run times."""

from __future__ import annotations

import time

from ._cluster import cluster
from ._dsh import dsh
from ._instance import Instance
from ._list import bl_est, bl_est_part, etf, etf_part, fifo, heft, sequential
from ._map_back import map_back
from ._paper import paper
from ._partition import read_parts
from ._tdca import tdca

TDCA_UP_TO = 2000


def compare(instance: Instance, partitions):
    """TDPATD and all baselines on one instance, best first.

    Args:
        instance: an `Instance`.
        partitions: number of parts K, or (n,) the part of every task.

    Returns:
        A DataFrame: method, makespan, over_bound (makespan over the lower bound), gain (what
        TDPATD's makespan is below the method's, a share; negative where TDPATD is behind) and
        seconds. "B_Dedup" is TDPATD before its last phase, "FIFO" the paper's wording of BL_EST.
        TDCA on the tasks themselves is left out above 2,000 tasks.

    >>> from concave_sched.tdpatd import generate
    >>> table = compare(Instance(generate(100, levels=8, seed=0), 4), 60)
    >>> sorted(table.method)[:4]
    ['BL_EST', 'BL_EST_PART', 'B_Dedup', 'DSH']
    """
    import pandas as pd

    parts = read_parts(instance.graph, partitions)
    methods = {
        "TDPATD": lambda: paper(instance, parts),
        "B_Dedup": lambda: _before_deduplication(instance, parts),
        "FIFO": lambda: fifo(instance),
        "BL_EST": lambda: bl_est(instance),
        "ETF": lambda: etf(instance),
        "BL_EST_PART": lambda: bl_est_part(instance, parts),
        "ETF_PART": lambda: etf_part(instance, parts),
        "HEFT": lambda: heft(instance),
        "DSH": lambda: dsh(instance),
        "sequential": lambda: sequential(instance),
    }
    if instance.graph.tasks <= TDCA_UP_TO:
        methods["TDCA"] = lambda: tdca(instance)
    rows = []
    for name, method in methods.items():
        begin = time.perf_counter()
        makespan = method().objective
        rows.append({"method": name, "makespan": makespan, "seconds": time.perf_counter() - begin})
    frame = pd.DataFrame(rows)
    own = frame.makespan[0]
    frame.insert(2, "over_bound", frame.makespan / instance.bounds.best)
    frame.insert(3, "gain", 1 - own / frame.makespan)
    return frame.sort_values("makespan", ignore_index=True)


def _before_deduplication(instance, parts):
    of_parts = Instance(cluster(instance.graph, parts), instance.processors)
    return map_back(tdca(of_parts), instance, parts)
