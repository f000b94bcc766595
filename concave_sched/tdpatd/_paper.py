"""The paper's five phases, one after another."""

from __future__ import annotations

import dataclasses
import time

from ._cluster import cluster
from ._deduplicate import deduplicate
from ._instance import Instance
from ._map_back import map_back
from ._partition import read_parts
from ._schedule import Schedule
from ._tdca import tdca


def paper(
    instance: Instance,
    partitions,
    *,
    communication: str = "max",
    completion: str = "earliest",
    rule: str = "first_child",
) -> Schedule:
    """TDPATD: partition, cluster, TDCA on the parts, map back, deduplicate.

    Args:
        instance: an `Instance`.
        partitions: number of parts K, from 1 to n; or (n,) the part of every task, for another
            cutter's parts. Everything depends on it: parts that span several levels of a layered
            graph turn the quotient into a chain, and the schedule into one processor's.
        communication: rule of `cluster`. completion: of `tdca`. rule: of `deduplicate`; "safe"
            never raises the makespan, the paper's "first_child" rarely does.

    Returns:
        A `Schedule` with `parts`. Leave out the last phase (the paper's B_Dedup) by calling the
        phases yourself.

    Cost: that of `tdca` on K parts; the other phases are near linear.

    >>> from concave_sched.tdpatd import generate
    >>> i = Instance(generate(200, levels=10, seed=0), 4)
    >>> r = paper(i, 150)
    >>> r.validate() == r.objective
    True

    Source: Huang, Shi, Xiao, Chen, Li (2021), Algorithms 1 and 2.
    """
    begin = time.perf_counter()
    parts = read_parts(instance.graph, partitions)
    of_parts = Instance(cluster(instance.graph, parts, communication), instance.processors)
    mapped = map_back(tdca(of_parts, completion=completion), instance, parts)
    kept = deduplicate(mapped, rule)
    return dataclasses.replace(
        kept, algorithm=f"TDPATD (K = {parts.max() + 1})", runtime=time.perf_counter() - begin
    )
