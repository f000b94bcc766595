"""What the compiled loops work on: a graph in compressed rows, and copies linked to each other."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Arrays(NamedTuple):  # caches on disk know it by this name
    """A graph in compressed rows of children and of parents; row i is start[i] : start[i + 1]."""

    weight: np.ndarray
    child_start: np.ndarray
    child: np.ndarray
    child_cost: np.ndarray
    parent_start: np.ndarray
    parent: np.ndarray
    parent_cost: np.ndarray
    order: np.ndarray  # a topological order


class Copies(NamedTuple):
    """Copies of tasks in the order they were listed; those of one task are linked, newest first."""

    task: np.ndarray
    processor: np.ndarray
    start: np.ndarray
    end: np.ndarray
    older: np.ndarray  # (copies,) the copy of the same task listed before, or -1
    newest: np.ndarray  # (tasks,) the copy of each task listed last, or -1


class Lanes(NamedTuple):
    """The same copies linked by processor."""

    previous: np.ndarray  # (copies,) the copy before on the same processor, or -1
    last: np.ndarray  # (processors,) the last copy on each, or -1


def grouped(keys: np.ndarray, values: np.ndarray, costs: np.ndarray, size: int):
    """Compressed rows: `values` and `costs` grouped by key, in their order within a row."""
    start = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(keys, minlength=size), out=start[1:])
    by_key = np.argsort(keys, kind="stable")
    return start, values[by_key], costs[by_key]
