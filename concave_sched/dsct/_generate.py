"""Random instances of the paper's experiments, their open conventions spelled out."""

from __future__ import annotations

import jax
import numpy as np

from .._checks import numbers, require, require_whole
from ..curves import Exponential
from ._instance import Instance

# What the paper leaves open, in two readings that each fit some of its numbers and not others.
READINGS = {
    "A": {"rescale": True, "theta_tmax": float(np.log(10)), "deadline_low": 0.0},
    "B": {"rescale": True, "theta_tmax": 2.05, "deadline_low": 0.5},
}


def generate(
    n: int = 100,
    m: int = 10,
    mu: float = 5.0,
    rho: float = 0.35,
    theta_min: float = 0.1,
    a_max: float = 0.82,
    a_min: float = 0.001,
    reading: str = "A",
    rescale: bool | None = None,
    theta_tmax: float | None = None,
    deadline_low: float | None = None,
    speeds=None,
    seed=0,
    count: int | None = None,
) -> Instance:
    r"""Exponential accuracies as in the paper's experiments.

        theta_j ~ U(theta_min, mu theta_min),   max_work_j = theta_tmax / theta_j,
        d_max = rho sum_j max_work_j / sum_r s_r,   deadline_j ~ U(deadline_low d_max, d_max)

    Args:
        n, m: tasks and machines. mu: heterogeneity theta_max/theta_min, >= 1. rho: deadline
            tolerance, > 0. theta_min: least efficiency, per unit of work. a_max, a_min: accuracies.
        reading: "A" or "B", the values of the three conventions that the paper leaves open; each
            can be set on its own.
        rescale: True: a_max is reached at max_work; False: a_max is the limit at infinite work.
        theta_tmax: theta_j max_work_j, the same for all tasks; may be infinite with rescale=False,
            but then d_max needs a finite work, for which ln(100) / theta_j is taken.
        deadline_low: lower end of the law of deadlines, as a part of d_max.
        speeds: (m,), default all 1. seed: of NumPy's generator. count: a batch of so many
            independent instances, with a leading axis (None: one instance).

    Reading A: rescaled, theta_tmax = ln 10, deadlines U(0, d_max). Reading B: rescaled,
    theta_tmax = 2.05, deadlines U(d_max/2, d_max). Both were fitted to the published numbers.

    Example:
        >>> import concave_sched as cs
        >>> i = cs.dsct.generate(n=4, m=2, mu=1.0, rho=0.5, seed=3)
        >>> round(float(i.max_work[0]), 6), round(float(i.accuracies(i.max_work)[0]), 12)
        (23.025851, 0.82)

    Source: Section VII; readings in this package's notes on the paper.
    """
    if reading not in READINGS:
        raise ValueError(f"reading = {reading!r}: choose one of {', '.join(READINGS)}.")
    given = {"rescale": rescale, "theta_tmax": theta_tmax, "deadline_low": deadline_low}
    convention = READINGS[reading] | {k: v for k, v in given.items() if v is not None}
    for name, value in (("n", n), ("m", m), ("count", 1 if count is None else count)):
        require_whole(name, value, 1, "a whole number, at least 1")
    require("mu", mu, lambda x: (x >= 1) & np.isfinite(x), "the ratio of efficiencies is >= 1.")
    require("rho", rho, lambda x: (x > 0) & np.isfinite(x), "a deadline tolerance is > 0.")
    require("theta_min", theta_min, lambda x: (x > 0) & np.isfinite(x), "an efficiency is > 0.")
    require("a_max - a_min", a_max - a_min, lambda x: x > 0, "a_max has to exceed a_min.")
    low = convention["deadline_low"]
    require("deadline_low", low, lambda x: (x >= 0) & (x <= 1), "a part of d_max, from 0 to 1.")
    limit = convention["theta_tmax"]
    require("theta_tmax", limit, lambda x: x > 0, "theta * tmax is > 0.")
    if convention["rescale"] and not np.isfinite(limit):
        raise ValueError(
            "theta_tmax is infinite: a_max cannot be reached there; set rescale=False."
        )
    speeds = np.ones(m) if speeds is None else np.asarray(numbers("speeds", speeds))
    if speeds.shape != (m,):
        raise ValueError(f"speeds has shape {speeds.shape}: one for each of the {m} machines.")
    require("speeds", speeds, lambda s: (s > 0) & np.isfinite(s), "speeds are finite and > 0.")
    height = (a_max - a_min) / (-np.expm1(-limit) if convention["rescale"] else 1.0)
    shown = limit if np.isfinite(limit) else np.log(100)

    def draw(rng):
        theta = rng.uniform(theta_min, mu * theta_min, n)
        d_max = rho * np.sum(shown / theta) / speeds.sum()
        return theta, rng.uniform(low * d_max, d_max, n)

    def instance(theta, deadlines):
        accuracy = Exponential(float(a_min), float(a_min + height), theta)
        return Instance(accuracy, deadlines, limit / theta, speeds)

    rng = np.random.default_rng(seed)
    if count is None:
        return instance(*draw(rng))
    theta, deadlines = np.moveaxis(np.array([draw(stream) for stream in rng.spawn(count)]), 1, 0)
    # Instances that differ only in these need no check of their own.
    drawn = {"rate": theta, "deadlines": deadlines, "max_work": limit / theta}
    return jax.tree_util.tree_map_with_path(
        lambda path, leaf: drawn.get(path[-1].name, np.stack([leaf] * count)),
        instance(theta[0], deadlines[0]),
    )
