"""A task graph: weights, edges, communication; arrays inside."""

from __future__ import annotations

import dataclasses
import functools
import html
from typing import Any

import numpy as np

from .._checks import require
from ._arrays import Arrays, grouped


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class TaskGraph:
    """A directed acyclic graph of tasks with execution times and communication times.

    Args:
        weights: (n,) execution time w_i >= 0 of every task, in any unit of time.
        edges: (E, 2) integers: task edges[e, 0] has to finish before task edges[e, 1] starts.
        communication: (E,) time c >= 0 the data of an edge take from one processor to another, in
            the unit of the weights; 0 on the same processor. A number is shared by all edges.
        names: (n,) texts for tables and pictures; the task numbers by default.

    Attributes:
        csr: the compressed rows of children and parents, and a topological order.

    Raises:
        ValueError: for an empty graph, NaN, infinite or negative numbers, edges that leave the
            graph, loops, duplicate edges and cycles; the message names the first one.

    Cost: O(n + E log E) time, O(n + E) memory.

    >>> g = TaskGraph([2.0, 3.0, 1.0], [[0, 1], [1, 2]], [0.5, 4.0])
    >>> g.tasks, g.critical_path, round(g.ccr, 3)
    (3, 6.0, 1.125)
    """

    weights: Any
    edges: Any
    communication: Any = 0.0
    names: Any = None

    def __post_init__(self):
        set_field = functools.partial(object.__setattr__, self)
        set_field("weights", _read_weights(self.weights))
        set_field("edges", _read_edges(self.edges, self.tasks))
        set_field("communication", _read_communication(self.communication, self.edges))
        set_field("names", _read_names(self.names, self.tasks))
        for array in (self.weights, self.edges, self.communication):
            array.setflags(write=False)
        self.csr  # noqa: B018  builds the rows, and refuses cycles

    @property
    def tasks(self) -> int:
        """Number of tasks n."""
        return self.weights.size

    @functools.cached_property
    def csr(self) -> Arrays:
        from ._graph_kernels import find_cycle, topological_order

        n, (source, target) = self.tasks, self.edges.T
        child_rows = grouped(source, target, self.communication, n)
        parent_rows = grouped(target, source, self.communication, n)
        order = topological_order(*child_rows[:2], np.diff(parent_rows[0]))
        if order.size < n:
            ordered = np.zeros(n, bool)
            ordered[order] = True
            cycle = find_cycle(*parent_rows[:2], ordered)
            names = [self.name(i) for i in (*cycle[:12], cycle[0])]
            if cycle.size > 12:
                names[12:12] = ["..."]
            raise ValueError(f"edges contain the cycle {' -> '.join(names)}: remove one of them.")
        return Arrays(np.array(self.weights), *child_rows, *parent_rows, order)

    def name(self, task: int) -> str:
        """What a task is called in tables and pictures."""
        return str(task) if self.names is None else self.names[task]

    @functools.cached_property
    def bottom_levels(self) -> np.ndarray:
        """(n,) longest path from the start of a task to the end, communication included."""
        from ._graph_kernels import bottom_levels

        return bottom_levels(self.csr, True)

    @functools.cached_property
    def tails(self) -> np.ndarray:
        """(n,) longest path from the start of a task to the end, without communication."""
        from ._graph_kernels import bottom_levels

        return bottom_levels(self.csr, False)

    @functools.cached_property
    def levels(self) -> np.ndarray:
        """(n,) number of edges on the longest path from an entry task."""
        from ._graph_kernels import depths

        return depths(self.csr)

    @functools.cached_property
    def priority_order(self) -> np.ndarray:
        """(n,) tasks by descending bottom level, ties in topological order: itself topological."""
        order = self.csr.order
        return order[np.argsort(-self.bottom_levels[order], kind="stable")]

    @property
    def critical_path(self) -> float:
        """Length of the longest path without communication: no schedule is shorter."""
        return float(self.tails.max())

    @property
    def ccr(self) -> float:
        """Mean communication over mean weight; 0 without edges or work."""
        work = float(self.weights.mean())
        return float(self.communication.mean()) / work if self.communication.size and work else 0.0

    def with_ccr(self, ccr: float) -> TaskGraph:
        """The same graph with communication scaled to a ratio of mean communication to weight.

        >>> TaskGraph([1.0, 3.0], [[0, 1]], 5.0).with_ccr(0.5).communication
        array([1.])
        """
        if not (np.isfinite(ccr) and ccr >= 0):
            raise ValueError(f"ccr = {ccr}: give a finite ratio >= 0.")
        if ccr > 0 and self.ccr == 0:
            raise ValueError(
                "the communication times are all 0 (or the weights are): nothing to scale; give "
                "communication to TaskGraph."
            )
        factor = ccr / self.ccr if ccr else 0.0
        return TaskGraph(self.weights, self.edges, self.communication * factor, self.names)

    @classmethod
    def from_networkx(cls, graph, weight="weight", communication="communication") -> TaskGraph:
        """From a networkx.DiGraph: node attribute `weight`, edge attribute `communication`.

        Nodes become tasks in the graph's order and their labels become names; a missing attribute
        is an error that names the node, a missing communication counts 0.
        """
        from ._read import from_networkx

        return from_networkx(graph, weight, communication)

    @classmethod
    def from_wfcommons(cls, path, bandwidth: float = 1.25e9, ccr: float | None = None) -> TaskGraph:
        """From a WfCommons instance (JSON, schema 1.3 to 1.5), a path or the loaded dictionary.

        Weights are the recorded run times in seconds. The data of an edge are the files that the
        parent writes and the child reads, at `bandwidth` bytes per second. As recorded they are
        short against the run times, so `ccr` rescales them if given.
        """
        from ._read import from_wfcommons

        graph = from_wfcommons(path, bandwidth)
        return graph if ccr is None else graph.with_ccr(ccr)

    @classmethod
    def from_stg(cls, path, communication=0.0) -> TaskGraph:
        """From a Standard Task Graph file: lines `task weight parents parent...`.

        A line may give a communication time after each parent; else `communication` is used, a
        number or one number per edge in the order of the file.
        """
        from ._read import from_stg

        return from_stg(path, communication)

    @classmethod
    def from_dot(cls, path, weight="weight", communication="weight") -> TaskGraph:
        """From a DOT file: node attribute `weight` (1 where missing), edge attribute (0 there)."""
        from ._read import from_dot

        return from_dot(path, weight, communication)

    def to_networkx(self):
        """A networkx.DiGraph with attributes weight, name and communication."""
        from ._read import to_networkx

        return to_networkx(self)

    def to_dataframe(self):
        """One row per task: task, name, weight, level, bottom level, parents, children."""
        import pandas as pd

        return pd.DataFrame(
            {
                "task": np.arange(self.tasks),
                "name": [self.name(i) for i in range(self.tasks)],
                "weight": self.weights,
                "level": self.levels,
                "bottom_level": self.bottom_levels,
                "parents": np.diff(self.csr.parent_start),
                "children": np.diff(self.csr.child_start),
            }
        )

    def plot(self, parts=None, critical_path: bool = True, ax=None):
        """Draw the graph by levels, coloured by part, the longest path laid over it."""
        from ..plotting._tdpatd import plot_graph

        return plot_graph(self, parts, critical_path, ax)

    def _facts(self):
        return {
            "tasks": self.tasks,
            "edges": len(self.edges),
            "levels": int(self.levels.max()) + 1,
            "work": f"{self.weights.sum():.6g}",
            "critical path": f"{self.critical_path:.6g}",
            "CCR": f"{self.ccr:.4g}",
        }

    def __repr__(self) -> str:
        return f"TaskGraph({', '.join(f'{k}={v}' for k, v in self._facts().items())})"

    def _repr_html_(self) -> str:
        items = self._facts().items()
        cells = "".join(f"<tr><th>{html.escape(k)}</th><td>{v}</td></tr>" for k, v in items)
        return f"<table><caption><b>TaskGraph</b></caption>{cells}</table>"


def _read_weights(weights) -> np.ndarray:
    array = _numbers("weights", weights)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(
            f"weights has shape {array.shape}: give the time of every task, at least one."
        )
    require("weights", array, np.isfinite, "execution times have to be finite numbers.")
    require("weights", array, lambda w: w >= 0, "execution times cannot be negative.")
    _require_finite_sum("weights", array)
    return array


def _require_finite_sum(name: str, array: np.ndarray) -> None:
    if array.sum(dtype=np.longdouble) > np.finfo(float).max / 4:
        raise ValueError(f"{name} sum to more than 64-bit floats hold: choose a larger unit.")


def _numbers(name: str, value) -> np.ndarray:
    try:
        return np.array(value, float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} are not all numbers: give one time per entry.") from None


def _read_edges(edges, n: int) -> np.ndarray:
    try:
        array = np.array(edges)
    except ValueError:
        raise ValueError("edges are ragged: give pairs (task, task), shape (E, 2).") from None
    if array.size == 0:
        array = np.zeros((0, 2), np.int64)
    if array.ndim != 2 or array.shape[1] != 2 or array.dtype.kind not in "iu":
        raise ValueError(
            f"edges has shape {array.shape} and type {array.dtype}: give integers, (E, 2)."
        )
    array = np.ascontiguousarray(array, np.int64)
    outside = ((array < 0) | (array >= n)).any(axis=1)
    for bad, problem in (
        (outside, f"tasks are numbered 0 to {n - 1}."),
        (array[:, 0] == array[:, 1], "a task cannot precede itself."),
        (_repeated(array, n), "the edge is there before; merge the two."),
    ):
        if bad.any():
            e = int(np.flatnonzero(bad)[0])
            raise ValueError(f"edges[{e}] = ({array[e, 0]}, {array[e, 1]}): {problem}")
    return array


def _repeated(edges: np.ndarray, n: int) -> np.ndarray:
    """Edges that occur earlier in the list."""
    key = edges[:, 0] * n + edges[:, 1]
    repeated = np.ones(key.size, bool)
    repeated[np.unique(key, return_index=True)[1]] = False
    return repeated


def _read_communication(communication, edges: np.ndarray) -> np.ndarray:
    array = _numbers("communication", communication)
    if array.ndim == 0:
        array = np.full(len(edges), float(array))
    if array.shape != (len(edges),):
        raise ValueError(
            f"communication has shape {array.shape}, not ({len(edges)},): one time per edge."
        )
    require("communication", array, np.isfinite, "communication times have to be finite.")
    require("communication", array, lambda c: c >= 0, "communication times cannot be negative.")
    _require_finite_sum("communication", array)
    return array


def _read_names(names, n: int) -> tuple[str, ...] | None:
    if names is None:
        return None
    names = tuple(str(name) for name in names)
    if len(names) != n:
        raise ValueError(f"names has {len(names)} entries, not {n}: one per task.")
    return names
