"""When jobs arrive, how large they are, and what they weigh."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._checks import numbers, require, require_shape
from .._tree import pytree


@pytree
class Arrivals:
    """When jobs arrive and how large they are; rows are seeds.

    times: (seeds, jobs), >= 0, not falling along a row. sizes: (seeds, jobs), > 0. kinds: (seeds,
    jobs) integers, which of several speedups a job has; None for the first. weights: (seeds,
    jobs), > 0; None for s(budget)/size, which counts slowdown.
    """

    times: Any
    sizes: Any
    kinds: Any = None
    weights: Any = None

    def __post_init__(self):
        times = np.atleast_2d(np.asarray(numbers("times", self.times)))
        sizes = np.atleast_2d(np.asarray(numbers("sizes", self.sizes)))
        kinds = np.zeros((), int) if self.kinds is None else np.asarray(self.kinds)
        given = {"sizes": sizes, "kinds": kinds, "weights": self.weights}
        shape = np.broadcast_shapes(times.shape, (1, 1))
        if times.shape[0] == 1:
            shape = (sizes.shape[0], shape[1])
        for name, value in given.items():
            require_shape(name, value, shape, "(seeds, jobs) as times has, or (jobs,).")
        if not np.issubdtype(kinds.dtype, np.integer):
            raise ValueError(f"kinds are {kinds.dtype}: integers that number the speedups.")
        for name, value in (("times", times), ("sizes", sizes), ("kinds", kinds)):
            object.__setattr__(self, name, np.broadcast_to(np.atleast_2d(value), shape))
        if len(shape) != 2 or 0 in shape:
            raise ValueError(f"times and sizes have shape {shape}: (seeds, jobs), one job or more.")
        require("times", times, lambda t: (t >= 0) & np.isfinite(t), "times are finite and >= 0.")
        rise = np.diff(times, axis=1)
        require("times: step", rise, lambda d: d >= 0, "arrivals must not go back in time; sort.")
        require("sizes", sizes, lambda x: (x > 0) & np.isfinite(x), "sizes are finite and > 0.")
        if self.weights is not None:
            weights = np.broadcast_to(np.asarray(numbers("weights", self.weights)), shape)
            require("weights", weights, lambda w: (w > 0) & np.isfinite(w), "finite and > 0.")
            object.__setattr__(self, "weights", weights)

    @classmethod
    def poisson(cls, rate, jobs, seeds, sizes, seed=0, kinds=None) -> Arrivals:
        """`jobs` Poisson arrivals per seed, `rate` of them per unit of time.

        sizes: a function of (numpy Generator, shape) that draws sizes, and of (numpy Generator,
        kinds) if there are several; kinds: probabilities of the speedups, or None for one.

        Example:
            >>> import concave_sched as cs
            >>> draw = lambda rng, shape: rng.exponential(2.0, shape)
            >>> a = cs.smartfill.Arrivals.poisson(0.5, jobs=10, seeds=3, sizes=draw)
            >>> a.times.shape
            (3, 10)
        """
        require("rate", rate, lambda r: (r > 0) & np.isfinite(r), "arrivals per time, > 0.")
        if not callable(sizes):
            raise ValueError(f"sizes = {sizes!r}: a function that draws them is needed.")
        rng = np.random.default_rng(seed)
        times = np.cumsum(rng.exponential(1 / rate, (seeds, jobs)), axis=1)
        if kinds is None:
            return cls(times, sizes(rng, (seeds, jobs)))
        parts = np.asarray(numbers("kinds", kinds))
        require("sum of kinds", parts.sum(), lambda p: np.abs(p - 1) < 1e-9, "give probabilities.")
        kind = rng.choice(len(parts), (seeds, jobs), p=parts)
        return cls(times, sizes(rng, kind), kind)
