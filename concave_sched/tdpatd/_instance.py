"""What is scheduled: a task graph on identical processors."""

from __future__ import annotations

import dataclasses
import functools
import operator

from ._bounds import Bounds, lower_bounds
from ._graph import TaskGraph


@dataclasses.dataclass(frozen=True, eq=False)
class Instance:
    r"""A task graph to be run on P identical, fully connected processors.

    Every task runs at least once, without interruption, and may have copies, at most one on each
    processor; a processor runs one copy at a time. Data go between any processors at any time
    without contention. With rct(j, q) the finish of the copy of j on q, a copy of i on p starts at

        rst(i, p) >= max over parents j of min over copies (j, q) of rct(j, q) + c(j, i) [p != q],

    and the makespan is the latest finish of any copy. Deciding the minimum is NP-hard.

    Args:
        graph: a TaskGraph.
        processors: number of processors P >= 1.

    Raises:
        ValueError: for anything else.

    >>> Instance(TaskGraph([2.0, 3.0], [[0, 1]], [1.0]), 2)
    Instance(tasks=2, edges=1, processors=2)

    Source: Huang, Shi, Xiao, Chen, Li (2021), Section 2.
    """

    graph: TaskGraph
    processors: int

    def __post_init__(self):
        if not isinstance(self.graph, TaskGraph):
            raise ValueError(
                f"graph is a {type(self.graph).__name__}: build tdpatd.TaskGraph(weights, edges, "
                "communication), or use TaskGraph.from_networkx."
            )
        try:
            processors = operator.index(self.processors)
        except TypeError:
            raise ValueError(f"processors = {self.processors!r}: give a whole number.") from None
        if processors < 1:
            raise ValueError(f"processors = {processors}: at least one processor is needed.")
        object.__setattr__(self, "processors", processors)

    @property
    def useful_processors(self) -> int:
        """No schedule gains from more processors than tasks: copies that serve nobody can go."""
        return min(self.processors, self.graph.tasks)

    @functools.cached_property
    def bounds(self) -> Bounds:
        """Lower bounds on every schedule's makespan, computed once; see `lower_bounds`."""
        return lower_bounds(self)

    def __repr__(self) -> str:
        graph = self.graph
        return (
            f"Instance(tasks={graph.tasks}, edges={len(graph.edges)}, processors={self.processors})"
        )


def require_instance(value) -> None:
    """Raise unless this is an `Instance`."""
    if not isinstance(value, Instance):
        raise ValueError(
            f"instance is a {type(value).__name__}: give tdpatd.Instance(graph, processors)."
        )
