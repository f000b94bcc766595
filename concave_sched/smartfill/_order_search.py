"""Search over completion orders: many starts, swaps and insertions, every round one batch."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from ._orders import evaluate_orders


class Found(NamedTuple):
    """The best order (jobs, last completed first), its value a . x, and what the search did."""

    order: np.ndarray
    value: float
    evaluations: int
    ends: np.ndarray  # where each start ended: values, best first


def search_orders(jobs, sizes, weights, budget, speedups, starts, seed, progress=False) -> Found:
    """Minimise a . x over orders by descent from `starts` orders.

    The first starts sort by size over speed, with and without the weight, at the whole budget and
    at an equal share of it; the others are those with sizes blurred by up to half. From there:
    completion times of the order are sorted again as long as that helps; then the best
    swap or insertion over a distance of 1, then of 3, is taken; the best end also tries the longest
    moves. Deterministic for a seed.
    """
    search = _Search(jobs, sizes, weights, budget)
    orders = first_orders(speedups, sizes, weights, budget, starts, seed)
    orders, values = search.resort(orders)
    n, wide = len(sizes), 12 if len(sizes) <= 24 else 6
    for reach in (1, 3):
        orders, values = search.descend(orders, values, min(reach, n - 1), progress)
        orders, values = _distinct(orders, values)
    best, value = search.descend(orders[:1], values[:1], min(wide, n - 1), progress)
    orders, values = _distinct(np.append(best, orders, 0), np.append(value, values))
    return Found(orders[0], float(values[0]), search.evaluations, values)


def first_orders(speedups, sizes, weights, budget, starts, seed):
    """(starts, jobs): sorted by size over speed, the largest first."""
    rng = np.random.default_rng(seed)
    n = len(sizes)
    whole, share = (np.asarray(speedups(b)) for b in (budget, budget / n))
    keys = [sizes / whole / weights, sizes / share / weights, sizes / whole, sizes / share]
    keys += [keys[k % 4] * np.exp(rng.uniform(-0.5, 0.5, n)) for k in range(starts - 4)]
    return np.argsort(-np.array(keys[: max(starts, 1)]), axis=1, kind="stable")


class _Search:
    def __init__(self, jobs, sizes, weights, budget):
        self.instance = jobs, sizes, weights, budget
        self.evaluations = 0

    def values(self, orders):
        self.evaluations += len(orders)
        found = evaluate_orders(*self.instance, orders)
        return np.where(np.isnan(found.values), np.inf, found.values), found.durations

    def resort(self, orders):
        """Sort jobs by the completion times that an order gives while that lowers its value."""
        values, durations = self.values(orders)
        for _ in range(20):
            ends = np.cumsum(durations[:, ::-1], axis=1)[:, ::-1]
            again = np.argsort(-ends, axis=1, kind="stable")
            moved = np.take_along_axis(orders, again, axis=1)
            new, new_durations = self.values(moved)
            better = new < values * (1 - 1e-12)
            if not better.any():
                break
            orders = np.where(better[:, None], moved, orders)
            values = np.where(better, new, values)
            durations = np.where(better[:, None], new_durations, durations)
        return orders, values

    def descend(self, orders, values, reach, progress):
        """The best move of every order, again and again, until none helps."""
        from tqdm import tqdm

        moves = _moves(orders.shape[1], reach)
        orders, values = orders.copy(), values.copy()
        live = np.arange(len(orders)) if len(moves) else np.arange(0)
        bar = tqdm(disable=not progress, desc=f"orders, moves up to {reach}", unit="round")
        while live.size:
            near = orders[live][:, moves]
            found = self.values(near.reshape(-1, orders.shape[1]))[0].reshape(live.size, -1)
            best = found.argmin(axis=1)
            new = found[np.arange(live.size), best]
            better = new < values[live] * (1 - 1e-12)
            orders[live[better]] = near[better, best[better]]
            values[live[better]] = new[better]
            live = live[better]
            # Two descents that meet go on as one.
            live = live[np.unique(orders[live], axis=0, return_index=True)[1]]
            bar.update()
            bar.set_postfix(best=f"{values.min():.6g}")
        bar.close()
        return orders, values


@cache
def _moves(n, reach):
    """(moves, n) permutations: one job inserted elsewhere or two swapped, up to `reach` apart."""
    found = set()
    for p in range(n):
        for q in range(max(p - reach, 0), min(p + reach, n - 1) + 1):
            if p != q:
                rest = [*range(p), *range(p + 1, n)]
                found.add((*rest[:q], p, *rest[q:]))
                swapped = list(range(n))
                swapped[p], swapped[q] = q, p
                found.add(tuple(swapped))
    return np.array(sorted(found), int).reshape(-1, n)


def _distinct(orders, values):
    """Different orders, the best first."""
    first = np.sort(np.unique(orders, axis=0, return_index=True)[1])
    rank = first[np.argsort(values[first], kind="stable")]
    return orders[rank], values[rank]
