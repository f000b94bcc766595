"""Thousands of instances, in chunks, with a progress bar."""

from __future__ import annotations

from collections.abc import Callable

import jax
import numpy as np

from .._checks import require_whole
from ._instance import Instance, require_instance


def run_batch(
    solver: Callable, batch: Instance, chunk: int = 256, progress: bool = True, **options
):
    """Apply a solver to a batch of instances, so many at a time, behind a progress bar.

    solver: `solve_single`, `upper_bound`, `approximate`, `edf_no_compression`, `edf_three_levels`
    or another function of an instance with one leading axis. batch: from `stack` or
    `generate(count=...)`. options: passed on. Chunks bound the memory; all but the last have one
    shape and share one compiled program (the last is padded by repetition and cut).

    Returns the solver's result with the leading axis, as NumPy arrays.

    Example:
        >>> import concave_sched as cs
        >>> batch = cs.dsct.generate(10, 2, count=5)
        >>> r = cs.dsct.run_batch(cs.dsct.upper_bound, batch, chunk=2, progress=False)
        >>> r.objective.shape
        (5,)
    """
    from tqdm import tqdm

    require_instance(batch)
    if not callable(solver):
        raise ValueError(f"solver = {solver!r}: give a function of an instance.")
    if np.ndim(batch.deadlines) != 2:
        raise ValueError(
            f"batch has deadlines of shape {np.shape(batch.deadlines)}: instances with one leading "
            "axis are needed; make one with dsct.stack or generate(count=...)."
        )
    chunk = require_whole("chunk", chunk, 1, "a whole number, at least 1")
    count = batch.deadlines.shape[0]
    size = min(chunk, count)
    parts = []
    name = getattr(solver, "__name__", "batch")
    with tqdm(total=count, desc=name, disable=not progress, leave=False) as bar:
        for first in range(0, count, size):
            some = np.minimum(np.arange(first, first + size), count - 1)
            found = solver(jax.tree.map(lambda leaf: np.asarray(leaf)[some], batch), **options)  # noqa: B023
            kept = min(size, count - first)
            parts.append(jax.tree.map(lambda leaf: np.asarray(leaf)[:kept], found))  # noqa: B023
            bar.update(kept)
    return jax.tree.map(lambda *leaves: np.concatenate(leaves), *parts)
