"""Against optima proved by CP-SAT: bounds <= optimum <= every method, and solve finds it."""

import numpy as np
import pytest

pytest.importorskip("ortools")

from concave_sched import tdpatd  # noqa: E402
from concave_sched.reference._tdpatd import task_graph  # noqa: E402
from concave_sched.tdpatd import Instance, TaskGraph  # noqa: E402


def tiny(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 9))
    upper = np.argwhere(np.triu(np.ones((n, n), bool), 1))
    edges = upper[rng.random(len(upper)) < 0.4]
    costs = rng.integers(0, 30, len(edges))
    return TaskGraph(rng.integers(1, 10, n), edges, costs)


@pytest.mark.parametrize("seed", range(14))
def test_tiny_graphs(seed):
    instance = Instance(tiny(seed), 2 + seed % 2)
    with_copies = task_graph(instance, time_limit=20)
    without = task_graph(instance, duplication=False, time_limit=20)
    assert with_copies.status.name == without.status.name == "OPTIMAL"
    assert instance.bounds.best <= with_copies.objective <= without.objective
    again = tdpatd.simulate(instance, with_copies.sequences)
    assert again.objective <= with_copies.objective
    again.validate()
    for method in (tdpatd.bl_est, tdpatd.etf, tdpatd.heft, tdpatd.fifo):
        assert method(instance).objective >= without.objective
    for method in (tdpatd.dsh, tdpatd.tdca, lambda i: tdpatd.paper(i, i.graph.tasks)):
        assert method(instance).objective >= with_copies.objective
    found = tdpatd.solve(instance, effort=0.6, workers=1)
    assert found.objective == pytest.approx(with_copies.objective)


def test_published_optima():
    from tdpatd_cases import vector

    graph, runs = vector("tiny10_ccr2")
    for processors, run in runs.items():
        instance = Instance(graph, int(processors))
        assert task_graph(instance, time_limit=60).objective == run["opt_dup"]
        assert task_graph(instance, duplication=False).objective == run["opt_nodup"]


def test_reference_refuses_fractions_and_scales_them():
    fork = TaskGraph([0.5, 1.0, 1.0], [[0, 1], [0, 2]], 2.5)
    with pytest.raises(ValueError, match="whole numbers"):
        task_graph(Instance(fork, 2))
    assert task_graph(Instance(fork, 2), scale=2.0).objective == 1.5


def test_a_shared_rank_cannot_express_every_schedule():
    """Copies of two independent tasks in opposite orders on two processors."""
    edges = [[0, 2], [1, 2], [0, 3], [1, 3]]
    graph = TaskGraph([1.0, 1.0, 1.0, 1.0], edges, 5.0)
    schedule = tdpatd.simulate(Instance(graph, 2), [[0, 1, 2], [1, 0, 3]])
    assert schedule.validate() == 3.0
