"""The paper's random layered graphs."""

from __future__ import annotations

import operator

import numpy as np

from ._graph import TaskGraph


def generate(
    tasks: int,
    levels: int | None = None,
    out_degree: float = 3.0,
    ccr: float = 1.0,
    data_range: tuple[float, float] = (10.0, 100.0),
    seed: int = 0,
) -> TaskGraph:
    """A random layered graph: one entry, one exit, the other tasks spread over the levels between.

    A task of an inner level gets about Normal(out_degree, 1) children in the next level (at least
    one, at most all), always those with the fewest parents so far. The entry precedes the whole
    second level and the last but one level precedes the exit. A task left without a parent gets
    a random one in the level above. Communication is uniform on `data_range`, weights are uniform
    on `data_range` divided by `ccr`.

    Args:
        tasks: n >= 3.
        levels: 3 to n; the square root of n, rounded, by default. The paper does not say, and it
            decides everything.
        out_degree: mean out-degree AOD > 0.
        ccr: ratio of mean communication to mean weight, > 0.
        data_range: CDR, low and high, 0 <= low <= high.
        seed: of the generator.

    Cost: O(n + E log n).

    >>> g = generate(50, levels=6, seed=1)
    >>> g.tasks, int(g.levels.max()) + 1
    (50, 6)

    Source: Huang et al. (2021), Section 4, "generation procedure"; levels, AOD, CDR and the law of
    the weights are not given there.
    """
    try:
        tasks = operator.index(tasks)
        levels = levels if levels is None else operator.index(levels)
    except TypeError:
        raise ValueError(f"tasks = {tasks!r}, levels = {levels!r}: give whole numbers.") from None
    levels = max(3, min(round(tasks**0.5), tasks)) if levels is None else levels
    low, high = data_range
    for name, value, fits, remedy in (
        ("tasks", tasks, tasks >= 3, "at least 3: entry, one level, exit"),
        ("levels", levels, 3 <= levels <= tasks, f"from 3 to the {tasks} tasks"),
        ("out_degree", out_degree, out_degree > 0, "a positive mean"),
        ("ccr", ccr, ccr > 0 and np.isfinite(ccr), "a positive ratio; scale with with_ccr(0)"),
        ("data_range", data_range, 0 <= low <= high < np.inf, "0 <= low <= high"),
    ):
        if not fits:
            raise ValueError(f"{name} = {value}: give {remedy}.")
    rng = np.random.default_rng(seed)
    inner = levels - 2
    size = 1 + np.bincount(rng.integers(inner, size=tasks - 2 - inner), minlength=inner)
    size = np.concatenate([[1], size, [1]])
    first = np.concatenate([[0], np.cumsum(size)])
    edges = [np.stack([np.zeros(size[1], int), np.arange(first[1], first[2])], 1)]
    for level in range(1, levels - 2):
        edges.append(_connect(rng, first[level], size[level], size[level + 1], out_degree))
    last = np.arange(first[levels - 2], first[levels - 1])
    edges.append(np.stack([last, np.full(last.size, tasks - 1)], 1))
    pairs = np.concatenate(edges)
    communication = rng.uniform(low, high, len(pairs))
    return TaskGraph(rng.uniform(low, high, tasks) / ccr, pairs, communication)


def _connect(rng, first: int, size: int, below: int, out_degree: float) -> np.ndarray:
    """Edges from one level to the next: children of least in-degree, ties at random."""
    degree = np.clip(np.rint(rng.normal(out_degree, 1.0, size)), 1, below).astype(int)
    in_degree = np.zeros(below, int)
    pairs = []
    for i in range(size):
        preference = np.lexsort((rng.random(below), in_degree))
        children = preference[: degree[i]]
        in_degree[children] += 1
        pairs += [(first + i, first + size + j) for j in children]
    for j in np.flatnonzero(in_degree == 0):
        pairs.append((first + rng.integers(size), first + size + j))
    return np.array(pairs)
