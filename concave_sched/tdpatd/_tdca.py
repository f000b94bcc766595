"""Phase 3: TDCA, duplication around chains of favourite predecessors, for few processors."""

from __future__ import annotations

import numpy as np

from ._instance import Instance
from ._schedule import Schedule, from_order

COMPLETIONS = ("earliest", "least_loaded")


def tdca(
    instance: Instance,
    *,
    completion: str = "earliest",
    trails: bool = True,
    merging: bool = True,
    insertion: bool = True,
) -> Schedule:
    r"""TDCA with the paper's changes for more tasks than processors.

    With ect(i) the completion of i next to its favourite parent fpred(i) = argmax_j ect(j) +
    c(j, i): chains of favourite parents, each from the unassigned task of least bottom level, open
    the P processors; the other tasks follow in descending bottom level, each to argmin_p rct(i, p)
    (Algorithm 1). Then, each step kept if the makespan does not rise: the trail of favourite
    parents before the first task of a processor is copied there; two processors are merged; the
    source of every edge between processors is copied to the target's processor.

    Args:
        instance: an `Instance`; in the paper its graph is one of parts, see `cluster`.
        completion: "least_loaded" for the other reading of Algorithm 1: the processor whose last
            task completes first. Worse where parts are fine.
        trails, merging, insertion: leave a step out to see what it brings.

    Returns:
        A `Schedule`, in general with duplicates.

    Cost: O((P + P^2 + E d) (E d + n P)) time with d copies per task, O(n P) memory; each trial
    replays only what comes after it and stops as soon as the makespan must rise.

    >>> from concave_sched.tdpatd import TaskGraph
    >>> fork = TaskGraph([1.0, 2.0, 2.0], [[0, 1], [0, 2]], 5.0)
    >>> tdca(Instance(fork, 2)).objective
    3.0

    Source: He, Meng, Pan, Yuan, Zhou, IEEE TPDS 30 (2018), as changed by Huang et al. (2021),
    Algorithm 1. The former's text was not at hand: its phases follow public descriptions.
    """
    if completion not in COMPLETIONS:
        raise ValueError(f"completion = {completion!r}: choose {' or '.join(COMPLETIONS)}.")
    from . import _tdca_kernels as kernels

    graph = instance.graph
    order = graph.priority_order
    favourite = kernels.favourite_parents(graph.csr, order)
    home = kernels.open_chains(graph.csr, order, favourite, instance.useful_processors)
    kernels.complete_chains(graph.csr, order, home, completion == "least_loaded")
    on = kernels.duplicate_and_merge(
        graph.csr, order, favourite, graph.tails, home, trails, merging, insertion
    )
    rank, processor = np.nonzero(on)
    return from_order(instance, order[rank], processor, "TDCA")
