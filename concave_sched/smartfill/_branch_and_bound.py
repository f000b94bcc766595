"""Exact minimisation over completion orders: branch on who completes last, next to last, ...

The costs a_1..a_k of a prefix (the last k to complete, last first) do not depend on the rest. If
job j joined next it would cost a_j(prefix), and joining later it costs no less: bottles substitute
each other, so what j adds to F falls with every job, and every cost, that is there already. Hence

    sum_{i in prefix} a_i x_i + sum_{j not in prefix} a_j(prefix) x_j

bounds every order that begins with the prefix, and computing it also computes all its children.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ._orders import evaluate_orders, newest_phase

_NODES = 64


class Proof(NamedTuple):
    """order: best found (None: none better than the incumbent); bound: valid for every order."""

    order: np.ndarray | None
    value: float
    bound: float
    nodes: int
    complete: bool


def branch_and_bound(jobs, sizes, weights, budget, incumbent, nodes, progress=False) -> Proof:
    """Prove or improve the incumbent (a value) over all orders, looking at up to `nodes` prefixes.

    Depth first in blocks, so memory stays at jobs^2 blocks.
    """
    from tqdm import tqdm

    n = len(sizes)
    costs = np.full((1, n), -np.inf)
    stack = [(np.zeros((1, 0), np.int64), costs, np.full(1, -np.inf), np.array([-np.inf]))]
    best, best_order, looked = float(incumbent), None, 0
    bar = tqdm(disable=not progress, desc="branch and bound", unit="prefix")
    while stack and looked < nodes:
        prefix, costs, price, bound = stack.pop()
        if len(prefix) > _NODES:
            stack.append((prefix[_NODES:], costs[_NODES:], price[_NODES:], bound[_NODES:]))
            prefix, costs, price = prefix[:_NODES], costs[:_NODES], price[:_NODES]
        looked += len(prefix)
        bar.update(len(prefix))
        new, prices = _expand(jobs, sizes, weights, budget, costs, price)
        bound = np.exp(new) @ sizes
        keep = bound < best * (1 - 1e-12)
        prefix, costs, new, prices, bound = (
            part[keep] for part in (prefix, costs, new, prices, bound)
        )
        if not len(prefix):
            continue
        if prefix.shape[1] == n - 1:
            # The last job is forced, so the bound is the value; an order with a negative phase is
            # no schedule, and some swap of it is better than the best schedule it allows.
            missing = np.argmax(costs == -np.inf, axis=1).astype(np.int64)
            orders = np.concatenate([prefix, missing[:, None]], axis=1)
            lengths = evaluate_orders(jobs, sizes, weights, budget, orders).durations
            real = lengths.min(axis=1) >= -1e-9 * lengths.sum(axis=1)
            if real.any() and bound[real].min() < best:
                first = int(np.where(real, bound, np.inf).argmin())
                best, best_order = float(bound[first]), orders[first]
            continue
        stack.append(_children(prefix, costs, new, prices, bound))
    bar.close()
    open_bounds = [bound.min(initial=np.inf) for _, _, _, bound in stack]
    return Proof(best_order, best, min(best, *open_bounds, np.inf), looked, not stack)


def _children(prefix, costs, new, prices, bound):
    node, job = np.nonzero(costs == -np.inf)
    child = costs[node]
    child[np.arange(len(node)), job] = new[node, job]
    # Cheapest parents first; among siblings the dearest newcomer last, as it is looked at first.
    rank = np.lexsort((np.exp(new[node, job]), bound[node]))
    longer = np.concatenate([prefix[node], job[:, None].astype(np.int64)], axis=1)
    return longer[rank], child[rank], prices[node, job][rank], bound[node][rank]


def _expand(jobs, sizes, weights, budget, costs, price):
    """(nodes, jobs) log costs if each job outside joins next (inside: its own), and log prices."""
    count = len(costs)
    pad = _NODES - count
    costs = np.concatenate([costs, np.repeat(costs[-1:], pad, axis=0)])
    price = np.concatenate([price, np.repeat(price[-1:], pad)])
    new, prices = _expand_lanes(jobs, jnp.asarray(weights), budget, costs, price)
    return np.asarray(new)[:count], np.asarray(prices)[:count]


@jax.jit
def _expand_lanes(jobs, weights, budget, costs, price):
    def one(costs, price):
        here = costs > -jnp.inf
        total = jnp.sum(jnp.where(here, weights, 0))

        def join(job):
            # A job that is there already is asked for with itself taken out, and then ignored.
            others = jnp.where(jnp.arange(costs.size) == job, -jnp.inf, costs)
            phase = newest_phase(jobs, others, budget, jnp.log(total + weights[job]), price, job)
            return phase.log_cost, phase.log_price

        new, prices = jax.vmap(join)(jnp.arange(costs.size))
        return jnp.where(here, costs, new), prices

    return jax.vmap(one)(costs, price)
