"""List schedulers: one decision per task, never taken back."""

from __future__ import annotations

import numpy as np

from ._instance import Instance
from ._schedule import Schedule, from_order


def _position(order: np.ndarray) -> np.ndarray:
    position = np.empty(order.size, np.int64)
    position[order] = np.arange(order.size)
    return position


def bl_est(instance: Instance) -> Schedule:
    """Highest bottom level first, to the processor where the task starts earliest.

    Args:
        instance: an `Instance`.

    Returns:
        A `Schedule` without duplicates.

    Cost: O(n (log n + P) + E).

    >>> from concave_sched.tdpatd import TaskGraph
    >>> fork = TaskGraph([1.0, 2.0, 2.0], [[0, 1], [0, 2]], 5.0)
    >>> bl_est(Instance(fork, 2)).objective
    5.0

    Source: Ozkaya, Benoit, Ucar, Herrmann, Catalyurek (2019), the field's BL_EST. Huang et al.
    (2021) word it differently: see `fifo`.
    """
    return _bl_est(instance, np.arange(instance.graph.tasks), "BL_EST")


def bl_est_part(instance: Instance, parts) -> Schedule:
    """BL_EST where the first task of a part pins the whole part to its processor.

    parts: (n,) part of every task, or the number of parts to cut by `partition`.

    Example:
        >>> from concave_sched.tdpatd import TaskGraph
        >>> fork = TaskGraph([1.0, 2.0, 2.0], [[0, 1], [0, 2]], 0.5)
        >>> bl_est_part(Instance(fork, 2), [0, 0, 0]).objective
        5.0
    """
    return _with_parts(_bl_est, instance, parts, "BL_EST_PART")


def _bl_est(instance, pins, name, **extra):
    from ._list_kernels import highest_level_first

    graph = instance.graph
    placed = highest_level_first(graph.csr, graph.priority_order, instance.useful_processors, pins)
    return from_order(instance, *placed, name, **extra)


def etf(instance: Instance) -> Schedule:
    """Earliest task first: among ready tasks and processors the pair that can start earliest.

    Ties go to the higher bottom level.

    Args:
        instance: an `Instance`.

    Returns:
        A `Schedule` without duplicates.

    Cost: O(n (log n + P) + E): every task waits in two heaps, see the kernel.

    >>> from concave_sched.tdpatd import TaskGraph
    >>> fork = TaskGraph([1.0, 2.0, 2.0], [[0, 1], [0, 2]], 0.5)
    >>> etf(Instance(fork, 2)).objective
    3.5

    Source: Hwang, Chow, Anger, Lee, SIAM J. Comput. 18 (1989); baseline of Huang et al. (2021).
    """
    return _etf(instance, np.arange(instance.graph.tasks), "ETF")


def etf_part(instance: Instance, parts) -> Schedule:
    """ETF where the first task of a part pins the whole part to its processor.

    parts: (n,) part of every task, or the number of parts to cut by `partition`.

    Example:
        >>> from concave_sched.tdpatd import TaskGraph
        >>> fork = TaskGraph([1.0, 2.0, 2.0], [[0, 1], [0, 2]], 0.5)
        >>> etf_part(Instance(fork, 2), [0, 0, 1]).objective
        3.5
    """
    return _with_parts(_etf, instance, parts, "ETF_PART")


def _etf(instance, pins, name, **extra):
    from ._etf_kernels import earliest_task_first

    graph = instance.graph
    position = _position(graph.priority_order)
    placed = earliest_task_first(graph.csr, position, instance.useful_processors, pins)
    return from_order(instance, *placed, name, **extra)


def _with_parts(method, instance, parts, name):
    from ._partition import read_parts

    parts = read_parts(instance.graph, parts)
    return method(instance, parts, name, parts=parts)


def fifo(instance: Instance, queue: str = "bottom_level") -> Schedule:
    """What the paper's words for BL_EST describe: first ready, first served, data ignored.

    Whenever a processor is free, the first task of the ready queue goes to it (to the one free
    longest, if several are), wherever its data are. The paper's claims hold against this, and not
    against `bl_est` or `etf`.

    Args:
        instance: an `Instance`.
        queue: ready tasks stand in descending "bottom_level", or in order of "arrival".

    Cost: O(n (log n + P) + E).

    >>> from concave_sched.tdpatd import TaskGraph
    >>> chain = TaskGraph([1.0, 1.0, 1.0], [[0, 1], [1, 2]], 9.0)
    >>> fifo(Instance(chain, 2)).objective, bl_est(Instance(chain, 2)).objective
    (21.0, 3.0)

    Source: Huang et al. (2021), Section 4, "BL_EST".
    """
    if queue not in ("bottom_level", "arrival"):
        raise ValueError(f"queue = {queue!r}: choose 'bottom_level' or 'arrival'.")
    from ._list_kernels import first_in_first_out

    graph = instance.graph
    by_level = _position(graph.priority_order)
    priority = by_level if queue == "bottom_level" else by_level[:0]
    placed = first_in_first_out(graph.csr, priority, instance.useful_processors)
    return from_order(instance, *placed, "FIFO")


def heft(instance: Instance) -> Schedule:
    """HEFT on identical processors: highest bottom level first, earliest finish, gaps are filled.

    Cost: O(n P log n + E) where gaps are few, O(n^2) at worst.

    >>> from concave_sched.tdpatd import TaskGraph
    >>> fork = TaskGraph([1.0, 2.0, 2.0], [[0, 1], [0, 2]], 0.5)
    >>> heft(Instance(fork, 2)).objective
    3.5

    Source: Topcuoglu, Hariri, Wu, IEEE TPDS 13 (2002).
    """
    from ._list_kernels import with_insertion

    graph = instance.graph
    placed = with_insertion(graph.csr, graph.priority_order, instance.useful_processors)
    return from_order(instance, *placed, "HEFT")


def sequential(instance: Instance) -> Schedule:
    """All tasks on one processor: the sum of the weights, best where communication dominates.

    >>> from concave_sched.tdpatd import TaskGraph
    >>> sequential(Instance(TaskGraph([1.0, 2.0], [[0, 1]], 9.0), 4)).objective
    3.0
    """
    order = instance.graph.priority_order
    return from_order(instance, order, np.zeros(order.size, np.int64), "sequential")
