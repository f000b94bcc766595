"""Graphs whose optimum is known by hand."""

import numpy as np
import pytest

from concave_sched import tdpatd
from concave_sched.tdpatd import Instance, TaskGraph

QUICK = {"effort": 0.5, "workers": 1}


def test_chain_is_sequential():
    graph = tdpatd.structured("chain", 50, ccr=3.0)
    for processors in (1, 2, 7):
        schedule = tdpatd.solve(Instance(graph, processors), **QUICK)
        assert schedule.objective == pytest.approx(graph.weights.sum())
        assert schedule.status.name == "OPTIMAL"


def test_one_processor_is_the_work():
    graph = tdpatd.generate(60, levels=8, seed=3)
    instance = Instance(graph, 1)
    for method in (tdpatd.bl_est, tdpatd.etf, tdpatd.fifo, tdpatd.heft, tdpatd.dsh, tdpatd.tdca):
        assert method(instance).objective == pytest.approx(graph.weights.sum())


def test_out_tree_with_enough_processors_copies_the_way_to_every_leaf():
    graph = tdpatd.structured("out_tree", 4, ccr=20.0)
    schedule = tdpatd.solve(Instance(graph, 8), **QUICK)
    assert schedule.objective == pytest.approx(graph.critical_path)


def test_fork_needs_duplication():
    fork = TaskGraph([4.0, 1.0, 1.0, 1.0], [[0, 1], [0, 2], [0, 3]], 9.0)
    assert tdpatd.etf(Instance(fork, 3)).objective == 7.0
    for method in (tdpatd.dsh, tdpatd.tdca, lambda i: tdpatd.solve(i, **QUICK)):
        schedule = method(Instance(fork, 3))
        assert schedule.objective == 5.0
        np.testing.assert_array_equal(np.bincount(schedule.task), [3, 1, 1, 1])
        assert schedule.duplicated_tasks.tolist() == [0]
    table = tdpatd.dsh(Instance(fork, 3)).duplicates()
    assert table.work_added.tolist() == [8.0]


def test_equal_independent_tasks_fill_rounds():
    graph = TaskGraph(np.ones(13), [], 0.0)
    assert tdpatd.solve(Instance(graph, 5), **QUICK).objective == 3.0
    assert tdpatd.etf(Instance(graph, 5)).objective == 3.0


def test_join_bound_sums_local_parents():
    """Two parents of 3 with data of 2: local 3 + 3 + 1, or one remote 3 + 2 + 1."""
    join = TaskGraph([3.0, 3.0, 1.0], [[0, 2], [1, 2]], 2.0)
    instance = Instance(join, 2)
    assert instance.bounds.duplication == pytest.approx(6.0)
    assert tdpatd.solve(instance, **QUICK).objective == 6.0


def test_window_bound_counts_heads_and_tails():
    """A root of 2, eight tasks of 1, an end of 3, on 4 processors: 2 + 8 / 4 + 3."""
    edges = [(0, k) for k in range(1, 9)] + [(k, 9) for k in range(1, 9)]
    graph = TaskGraph([2.0, *np.ones(8), 3.0], edges, 0.0)
    instance = Instance(graph, 4)
    assert instance.bounds.window == pytest.approx(7.0)
    assert tdpatd.etf(instance).objective == 7.0


def test_more_processors_than_tasks():
    graph = tdpatd.generate(12, levels=4, seed=0)
    few, many = (tdpatd.solve(Instance(graph, p), **QUICK) for p in (12, 10_000))
    assert many.validate() == pytest.approx(few.objective)


def test_all_zero_weights():
    graph = TaskGraph([0.0, 0.0, 0.0], [[0, 1], [1, 2]], 4.0)
    schedule = tdpatd.solve(Instance(graph, 2), **QUICK)
    assert schedule.objective == 0.0 and schedule.gap == 0.0 and schedule.validate() == 0.0
    assert np.isfinite(schedule.utilisation).all()


def test_single_task():
    schedule = tdpatd.solve(Instance(TaskGraph([2.5], []), 3), **QUICK)
    assert schedule.objective == 2.5 and schedule.sequences[0] == [0]
    assert tdpatd.paper(Instance(TaskGraph([2.5], []), 3), 1).objective == 2.5
