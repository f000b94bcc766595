"""How far from optimal the approximation can be at worst."""

from __future__ import annotations

import jax
import numpy as np

from ._entries import exponential, take
from ._instance import Instance, require_one

_CHUNK = 1 << 22  # gains looked at together


def guarantee(instance: Instance, method: str | None = None, points: int = 1025) -> float:
    r"""The absolute guarantee G of `approximate`: OPT - G <= objective.

        G = m int_0^inf max_j a_j'(t) dt

    Args:
        method: "closed form", for exponential accuracies alone: with A the largest a_j(inf) - a_j(0),
            G = m A (1 + ln(theta_max/theta_min) / e), the paper's, which maximises over all rates
            between the extremes. "integral", for any curves: the maximum over the tasks there
            are, each up to its cap min(max_work_j, S d_j), beyond which none is ever cut; smaller.
            Default: the closed form where there is one.
        points: first grid of the integral, log-spaced; where the task of the largest gain changes
            between two points, the place is found by bisection to rounding.

    Between two changes the integral is a difference of accuracies, so it is exact if one task's
    gain exceeds all others on an interval whenever it does at both ends (true of exponentials,
    and of any two curves whose gains cross once), and finite at infinite slopes.

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
    if method not in (None, "closed form", "integral"):
        raise ValueError(f"method = {method!r}: choose 'closed form' or 'integral'.")
    closed = exponential(instance.accuracy, instance.tasks)
    if method == "closed form" and closed is None:
        raise ValueError("method = 'closed form' is for exponential accuracies: use 'integral'.")
    if closed is not None and method != "integral":
        _, gain, rate = closed
        spread = np.log(rate.max() / rate.min())
        return float(instance.machines * gain.max() * (1 + spread / np.e))
    if int(points) != points or points < 2:
        raise ValueError(f"points = {points}: a whole number, at least 2.")
    return float(instance.machines * _integral(instance, int(points)))


def _integral(i: Instance, points):
    reach = np.sum(i.speeds) * np.asarray(i.deadlines, float)
    cap = np.minimum(np.asarray(i.cap, float), reach)
    if not (cap > 0).any():
        return 0.0
    # From where nothing is lost even at an infinite slope, to the last cap.
    low = np.log(cap.max()) - 600.0
    near = np.linspace(np.log(cap[cap > 0].min()) - 30.0, np.log(cap.max()), points)
    grid = np.unique(np.concatenate([[low], near, np.log(cap[cap > 0])]))
    best = _best(i, cap, grid)
    left, right = grid[:-1], grid[1:]
    first, last = best[:-1], best[1:]
    pieces = [(left[first == last], right[first == last], first[first == last])]
    left, right, first, last = (v[first != last] for v in (left, right, first, last))
    while left.size:
        middle = (left + right) / 2
        here = _best(i, cap, middle)
        narrow = (right - left) <= 8 * np.finfo(float).eps * (1 + np.abs(middle))
        pieces.append((left[narrow], right[narrow], first[narrow]))
        left, right, first, last, middle, here = (
            v[~narrow] for v in (left, right, first, last, middle, here)
        )
        begins = np.concatenate([left, middle])
        ends = np.concatenate([middle, right])
        at_begin, at_end = np.concatenate([first, here]), np.concatenate([here, last])
        same = at_begin == at_end
        pieces.append((begins[same], ends[same], at_begin[same]))
        left, right, first, last = begins[~same], ends[~same], at_begin[~same], at_end[~same]
    left, right, task = (np.concatenate(v) for v in zip(*pieces, strict=True))
    begin = np.where(left <= low, 0.0, np.exp(left))
    return np.sum(_at(i, task, np.exp(right)) - _at(i, task, begin))


def _best(i, cap, log_amounts):
    """The task of the largest gain just after each amount, among those not yet at their cap."""
    count = max(_CHUNK // i.tasks, 1)
    found = []
    for k in range(0, log_amounts.size, count):
        amounts = np.exp(log_amounts[k : k + count])[:, None]
        gain = np.asarray(jax.vmap(i.accuracy.log_marginal)(amounts.ravel()))
        found.append(np.where(amounts < cap * (1 - 1e-14), gain, -np.inf).argmax(axis=1))
    return np.concatenate(found)


def _at(i, task, amounts):
    """Accuracy of the given tasks at the given amounts."""
    return np.asarray(take(i.accuracy, task)(amounts))
