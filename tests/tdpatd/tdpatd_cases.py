"""Graphs that the tests share: random, structured, traced and recorded ones, and odd ones."""

import functools
import json
from pathlib import Path

import numpy as np

from concave_sched import tdpatd

DATA = Path(__file__).parents[1] / "data" / "tdpatd"


def vector(name):
    """(graph, runs) of a published case."""
    data = json.loads((DATA / f"{name}.json").read_text())
    edges = np.array(data["edges"])
    return tdpatd.TaskGraph(data["w"], edges[:, :2].astype(int), edges[:, 2]), data["runs"]


def vectors():
    return sorted(path.stem for path in DATA.glob("*.json"))


def random_graph(seed):
    """Any DAG: random density, zero weights and costs, several entries and exits, odd numbering."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    upper = np.argwhere(np.triu(np.ones((n, n), bool), 1))
    edges = upper[rng.random(len(upper)) < rng.choice([0.05, 0.15, 0.4])]
    weights = rng.choice([rng.integers(0, 10, n), rng.uniform(0, 10, n)])
    communication = rng.choice([0.0, 1.0, 5.0]) * rng.integers(0, 10, len(edges))
    number = rng.permutation(n)
    return tdpatd.TaskGraph(weights, number[edges], communication)


@functools.cache
def cases():
    """300 instances (name, instance)."""
    found = [(f"random{s}", random_graph(s), 1 + s % 7) for s in range(170)]
    for s in range(60):
        graph = tdpatd.generate(
            20 + 3 * s, levels=4 + s % 9, out_degree=1 + s % 4, ccr=(0.2, 1, 5)[s % 3], seed=s
        )
        found.append((f"layered{s}", graph, (2, 4, 8, 20)[s % 4]))
    sizes = {"chain": 30, "fork_join": 5, "stencil": 7, "out_tree": 6, "in_tree": 6, "fft": 4}
    sizes |= {"gaussian": 8, "independent": 25}
    for k, (kind, size) in enumerate(sizes.items()):
        for ccr in (0.3, 2.0, 10.0):
            for processors in (2, 3, 16) if k % 2 else (4, 8):
                graph = tdpatd.structured(kind, size, 6, ccr=ccr, seed=k)
                found.append((f"{kind}-{ccr}-{processors}", graph, processors))
    loss, arguments = tdpatd.bert_like(layers=1)
    traced = tdpatd.from_jax(loss, *arguments, grad=0)
    found += [(f"bert-{p}", traced, p) for p in (2, 4)]
    found += [(f"vector-{name}", vector(name)[0], 3) for name in vectors() if "bert6" not in name]
    found += [("many processors", random_graph(5), 1000)]
    spare = 300 - len(found)
    found += [(f"random{s}", random_graph(s), 2 + s % 3) for s in range(1000, 1000 + spare)]
    return [(name, tdpatd.Instance(graph, p)) for name, graph, p in found]
