"""An independent optimum: for all sequences at once, over every path through the load multisets.

The number of jobs in each slot index is all that machines of equal costs leave to choose, so the
cost of a set of sequences is a minimum over partitions, layer by layer, without any theory.
"""

import itertools

import numba
import numpy as np


def load_graph(capacities):
    """Edges (from, to, slot) between load multisets, layer by layer, in topological order."""
    index = {(0,) * len(capacities): 0}
    layers, frontier = [], [(0,) * len(capacities)]
    for _ in range(sum(capacities)):
        edges, following = [], []
        for loads, i in itertools.product(frontier, range(len(capacities))):
            if loads[i] == capacities[i] or (i and loads[i - 1] == loads[i]):
                continue
            after = (*loads[:i], loads[i] + 1, *loads[i + 1 :])
            if after not in index:
                index[after] = len(index)
                following.append(after)
            edges.append((index[loads], index[after], loads[i]))
        layers.append(np.array(edges))
        frontier = following
    ends = np.cumsum([0, *(len(e) for e in layers)])
    return np.concatenate(layers), ends, len(index)


@numba.njit(cache=True)
def optima(sequences, edges, ends, states, costs):
    """Least heavy cost of every row of `sequences`; the number of heavies is in the row."""
    best = np.empty(len(sequences))
    value = np.empty(states)
    for row in range(len(sequences)):
        value[:] = np.inf
        value[0] = 0.0
        for t in range(sequences.shape[1]):
            for e in range(ends[t], ends[t + 1]):
                paid = costs[edges[e, 2]] if sequences[row, t] else 0.0
                value[edges[e, 1]] = min(value[edges[e, 1]], value[edges[e, 0]] + paid)
            final = edges[ends[t + 1] - 1, 1]
        best[row] = value[final]
    return best


def all_sequences(jobs):
    """(2**jobs, jobs) booleans."""
    return (np.arange(2**jobs)[:, None] >> np.arange(jobs) & 1).astype(bool)


def least_cost(sequences, capacities, costs):
    """The optimum of each row."""
    sequences = np.atleast_2d(np.asarray(sequences, bool))
    padded = np.zeros((len(sequences), sum(capacities)), bool)
    padded[:, : sequences.shape[1]] = sequences
    edges, ends, states = load_graph(list(capacities))
    return optima(padded, edges, ends, states, np.asarray(costs, float))


def least_cost_by_products(weights, capacities, costs):
    """One optimum over every word of machines, the plainest brute force; costs may differ by row.

    `capacities` in any order.
    """
    machines, best = len(capacities), np.inf
    costs = np.broadcast_to(np.asarray(costs, float), (machines, np.shape(costs)[-1]))
    for word in itertools.product(range(machines), repeat=len(weights)):
        load, cost = [0] * machines, 0.0
        for weight, i in zip(weights, word, strict=True):
            if load[i] == capacities[i]:
                break
            cost += weight * costs[i, load[i]]
            load[i] += 1
        else:
            best = min(best, cost)
    return best
