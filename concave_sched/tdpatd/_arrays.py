"""A task graph as the compiled loops see it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Arrays(NamedTuple):
    """Compressed rows of children and of parents; row i is start[i] : start[i + 1]."""

    weight: np.ndarray
    child_start: np.ndarray
    child: np.ndarray
    child_cost: np.ndarray
    parent_start: np.ndarray
    parent: np.ndarray
    parent_cost: np.ndarray
    order: np.ndarray  # a topological order


def rows(keys: np.ndarray, values: np.ndarray, costs: np.ndarray, size: int):
    """Compressed rows: `values` and `costs` grouped by key, in their order within a row."""
    start = np.zeros(size + 1, np.int64)
    np.cumsum(np.bincount(keys, minlength=size), out=start[1:])
    by_key = np.argsort(keys, kind="stable")
    return start, values[by_key], costs[by_key]
