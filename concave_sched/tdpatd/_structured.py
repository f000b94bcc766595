"""Graphs of known shape: where list schedulers are good, and where copies pay."""

from __future__ import annotations

import numpy as np

from ._graph import TaskGraph


def structured(
    kind: str,
    size: int,
    width: int = 8,
    ccr: float = 1.0,
    data_range: tuple[float, float] = (10.0, 100.0),
    seed: int = 0,
) -> TaskGraph:
    """A graph of a known shape with random weights and communication.

    Args:
        kind: "chain" of `size` tasks; "fork_join" with `size` stages of `width` tasks; "stencil",
            a size x size wavefront; "out_tree" or "in_tree", binary with `size` levels; "fft" of
            2^size points; "gaussian" elimination of a size x size matrix; "independent", `size`
            tasks without edges.
        size, width: see `kind`; at least 1.
        ccr: ratio of mean communication to mean weight, > 0.
        data_range: weights and communication are uniform on it before scaling.
        seed: of the generator.

    >>> structured("fork_join", 10, 20).tasks
    211
    """
    if kind not in KINDS:
        raise ValueError(f"kind = {kind!r}: choose one of {', '.join(KINDS)}.")
    if size < 1 or width < 1:
        raise ValueError(f"size = {size}, width = {width}: give at least 1.")
    low, high = data_range
    if not (ccr > 0 and 0 <= low <= high and high > 0):
        raise ValueError(f"ccr = {ccr}, data_range = {data_range}: give positive numbers.")
    tasks, edges = KINDS[kind](size, width)
    rng = np.random.default_rng(seed)
    weights = rng.uniform(low, high, tasks)
    graph = TaskGraph(weights, edges, rng.uniform(low, high, len(edges)))
    return graph.with_ccr(ccr) if len(edges) else graph


def _chain(size, width):
    return size, [(i, i + 1) for i in range(size - 1)]


def _independent(size, width):
    return size, []


def _fork_join(size, width):
    edges = []
    for stage in range(size):
        fork = stage * (width + 1)
        for k in range(1, width + 1):
            edges += [(fork, fork + k), (fork + k, fork + width + 1)]
    return size * (width + 1) + 1, edges


def _stencil(size, width):
    cell = np.arange(size * size).reshape(size, size)
    right = np.stack([cell[:, :-1].ravel(), cell[:, 1:].ravel()], 1)
    down = np.stack([cell[:-1].ravel(), cell[1:].ravel()], 1)
    return size * size, np.concatenate([right, down])


def _out_tree(size, width):
    tasks = 2**size - 1
    return tasks, [((i - 1) // 2, i) for i in range(1, tasks)]


def _in_tree(size, width):
    tasks, edges = _out_tree(size, width)
    return tasks, [(tasks - 1 - b, tasks - 1 - a) for a, b in edges]


def _fft(size, width):
    points = 2**size
    edges = []
    for stage in range(size):
        for k in range(points):
            for other in (k, k ^ (1 << stage)):
                edges.append((stage * points + k, (stage + 1) * points + other))
    return (size + 1) * points, edges


def _gaussian(size, width):
    """Pivot k, then the updates of columns k + 1.. by it."""
    number, edges = {}, []
    for k in range(size):
        for j in range(k, size):
            number[k, j] = len(number)
    for k in range(size):
        for j in range(k + 1, size):
            edges.append((number[k, k], number[k, j]))
            edges.append((number[k, j], number[k + 1, j]))
    return len(number), edges


KINDS = {
    "chain": _chain,
    "fork_join": _fork_join,
    "stencil": _stencil,
    "out_tree": _out_tree,
    "in_tree": _in_tree,
    "fft": _fft,
    "gaussian": _gaussian,
    "independent": _independent,
}
