"""How far from optimal the approximation can be at worst."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import require_whole
from ._entries import exponential
from ._instance import Instance, require_one

_CHUNK = 1 << 22  # gains looked at together


def guarantee(instance: Instance, method: str | None = None, points: int = 1025) -> float:
    r"""The absolute guarantee G of `approximate`: OPT - G <= objective.

        G = m int_0^inf max_j a_j'(t) dt

    Args:
        method: "closed form", for exponential accuracies: with A = max_j a_j(inf) - a_j(0),
            G = m A (1 + ln(theta_max/theta_min)/e), the paper's, which maximises over all rates
            between the extremes. "integral", for any curves: over the tasks there are; infinite
            where an accuracy has no limit. "within caps": the same up to the largest amount that
            any task can be cut at, max_j min(max_work_j, S d_j); always finite, the least of the
            three. Default: the closed form where there is one, else "within caps".
        points: first grid of the integral, log-spaced; where the task of the largest gain changes
            between two points, the place is found by bisection to rounding.

    Between two changes the integral is a difference of accuracies, so it is exact if no task's
    gain is largest only strictly between two points (never so for exponentials: their log gains
    are lines), and finite at infinite slopes.

    Cost: points x tasks evaluations.

    Example: equal tasks, where G is m times the whole accuracy.
        >>> import concave_sched as cs
        >>> accuracy = cs.curves.Exponential(0.1, 0.9, 0.5)
        >>> i = cs.dsct.Instance(accuracy, [50.0, 50.0], 200.0, speeds=[1.0, 2.0])
        >>> round(cs.dsct.guarantee(i), 9), round(cs.dsct.guarantee(i, "integral"), 9)
        (1.6, 1.6)

    Source: Theorem 3; the integral over the tasks there are is ours.
    """
    require_one(instance, "guarantee")
    if method not in (None, "closed form", "integral", "within caps"):
        raise ValueError(f"method = {method!r}: choose 'closed form', 'integral' or 'within caps'.")
    points = require_whole("points", points, 2, "a whole number, at least 2")
    closed = exponential(instance.accuracy, instance.tasks)
    if method == "closed form" and closed is None:
        raise ValueError("method = 'closed form' is for exponential accuracies: use 'integral'.")
    if closed is not None and method in (None, "closed form"):
        _, gain, rate = closed
        spread = np.log(rate.max() / rate.min())
        return float(instance.machines * gain.max() * (1 + spread / np.e))
    return float(instance.machines * _integral(instance, points, method == "integral"))


def _integral(i: Instance, points, unlimited):
    reach = np.sum(i.speeds) * np.asarray(i.deadlines, float)
    last = float(np.minimum(np.asarray(i.cap, float), reach).max())
    if unlimited:
        if _grows_forever(i):
            return np.inf
        last = 1e300
    if last == 0:
        return 0.0
    # From where nothing is lost even at an infinite slope.
    grid = np.log(last) + np.linspace(-1300.0 if unlimited else -600.0, 0.0, points)
    best = _best(i, grid)
    left, right, first, end = grid[:-1], grid[1:], best[:-1], best[1:]
    total = _gained(i, first[:1], np.zeros(1), np.exp(grid[:1]))
    while left.size:
        narrow = right - left <= 4 * np.finfo(float).eps * (1 + np.abs(left))
        done = (first == end) | narrow
        total += _gained(i, first[done], np.exp(left[done]), np.exp(right[done]))
        left, right, first, end = (v[~done] for v in (left, right, first, end))
        middle = (left + right) / 2
        here = _best(i, middle)
        left, right = np.append(left, middle), np.append(middle, right)
        first, end = np.append(first, here), np.append(here, end)
    return total


def _grows_forever(i):
    """Whether some accuracy gains between amounts of 1e150 and 1e300 what counts."""
    far, farther = (np.asarray(i.accuracies(np.full(i.tasks, t))) for t in (1e150, 1e300))
    scale = np.abs(far) + np.abs(np.asarray(i.accuracies(np.zeros(i.tasks))))
    return bool((farther - far > 1e-6 * scale).any())


def _best(i, log_amounts):
    """The task of the largest gain at each amount."""
    count = max(_CHUNK // i.tasks, 1)
    gains = jax.vmap(lambda u: jnp.argmax(i.accuracy.log_marginal(jnp.full(i.tasks, jnp.exp(u)))))
    parts = [gains(log_amounts[k : k + count]) for k in range(0, log_amounts.size, count)]
    return np.concatenate([np.asarray(part) for part in parts] or [np.zeros(0, int)])


def _gained(i, task, begin, end):
    """What the given tasks gain from one amount to the next, summed."""
    if not task.size:
        return 0.0
    curve = i.accuracy.take(task)
    return float(np.sum(np.asarray(curve(end)) - np.asarray(curve(begin))))
