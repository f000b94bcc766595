"""List scheduling with duplication."""

from __future__ import annotations

from ._instance import Instance
from ._schedule import Schedule, from_order


def dsh(instance: Instance) -> Schedule:
    """Duplication scheduling: highest bottom level first, late parents are copied into idle time.

    A task goes to the processor where it can start earliest when copies of its ancestors may fill
    the idle time before it: while one remote parent is late, the trail of latest parents behind it
    is copied as far as that helps.

    Cost: O(n P) trials, each the parents of a trail of at most 24 tasks.

    >>> from concave_sched.tdpatd import TaskGraph
    >>> fork = TaskGraph([1.0, 2.0, 2.0], [[0, 1], [0, 2]], 5.0)
    >>> dsh(Instance(fork, 2)).objective  # task 0 on both processors
    3.0

    Source: Kruatrachue, Lewis, IEEE Software 5 (1988).
    """
    from ._dsh_kernels import duplicate_list

    graph = instance.graph
    task, processor, _ = duplicate_list(graph.csr, graph.priority_order, instance.useful_processors)
    return from_order(instance, task, processor, "DSH")
