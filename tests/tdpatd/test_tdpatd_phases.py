"""The five phases one by one, on worked cases and by their defining properties."""

import numpy as np
import pytest
from tdpatd_cases import cases, random_graph

from concave_sched import tdpatd
from concave_sched.tdpatd import Instance, TaskGraph


def test_parts_are_acyclic_nonempty_and_exactly_as_many():
    for case, instance in cases()[::2]:
        graph = instance.graph
        for count in sorted({1, 2, graph.tasks // 3, graph.tasks - 1, graph.tasks} - {0}):
            if count > graph.tasks:
                continue
            for growth, refine in (("best", None), ("levels", True), ("trails", False)):
                parts = tdpatd.partition(graph, count, growth, refine)
                assert np.array_equal(np.unique(parts), np.arange(count)), case
                assert (parts[graph.edges[:, 0]] <= parts[graph.edges[:, 1]]).all(), case


def test_refinement_lowers_the_cut():
    lower = 0
    for seed in range(20):
        graph = tdpatd.generate(200, 14, seed=seed)
        growth = ("levels", "trails")[seed % 2]
        cut = []
        for refine in (False, True):
            parts = tdpatd.partition(graph, 20, growth, refine)
            crossing = parts[graph.edges[:, 0]] != parts[graph.edges[:, 1]]
            cut.append(graph.communication[crossing].sum())
        assert cut[1] <= cut[0] + 1e-9
        lower += cut[1] < cut[0]
    assert lower > 10


def test_parts_are_balanced():
    graph = tdpatd.generate(1000, 30, seed=0)
    weight = np.bincount(tdpatd.partition(graph, 40), graph.weights)
    assert weight.max() < 2.5 * weight.mean()


def test_fine_parts_of_layered_graphs_lose_little():
    """With K >= 8 levels x processors, the paper's pipeline is within 5 % of the lower bound."""
    graph = tdpatd.generate(1000, levels=10, seed=0)
    instance = Instance(graph, 4)
    assert tdpatd.paper(instance, 320).objective < 1.05 * instance.bounds.best
    coarse = tdpatd.paper(instance, 20)
    assert coarse.objective > 1.5 * instance.bounds.best


def test_a_heavy_task_has_a_part_of_its_own():
    weights = np.ones(30)
    weights[7] = 1000.0
    graph = TaskGraph(weights, [(i, i + 1) for i in range(29)], 1.0)
    parts = tdpatd.partition(graph, 10, "levels", False)
    assert np.count_nonzero(parts == parts[7]) == 1


@pytest.mark.parametrize("rule", ["max", "sum", "mean"])
def test_cluster_against_loops(rule):
    fold = {"max": max, "sum": sum, "mean": lambda v: sum(v) / len(v)}[rule]
    for seed in range(30):
        graph = random_graph(seed)
        parts = tdpatd.partition(graph, max(1, graph.tasks // 3))
        crossing: dict = {}
        for (a, b), c in zip(graph.edges.tolist(), graph.communication, strict=True):
            if parts[a] != parts[b]:
                crossing.setdefault((int(parts[a]), int(parts[b])), []).append(float(c))
        quotient = tdpatd.cluster(graph, parts, rule)
        found = dict(zip(map(tuple, quotient.edges.tolist()), quotient.communication, strict=True))
        assert found == pytest.approx({key: fold(values) for key, values in crossing.items()})
        for part in range(quotient.tasks):
            total = graph.weights[parts == part].sum()
            assert quotient.weights[part] == pytest.approx(total)


def test_the_papers_arithmetic_of_deduplication():
    """rct(3,1) = 217 and c = 27: 244 < 305 = rct(3,2), so the copy on processor 2 goes."""
    weights = [217.0, 88.0, 10.0, 10.0]  # v3, what delays it on processor 2, v9, v12
    graph = TaskGraph(weights, [[0, 2], [0, 3]], [27.0, 27.0])
    instance = Instance(graph, 2)
    before = tdpatd.simulate(instance, [[0, 3], [1, 0, 2]])
    assert before.end[before.task == 0].tolist() == [217.0, 305.0]
    for rule in ("first_child", "safe"):
        after = tdpatd.deduplicate(before, rule)
        assert after.sequences == [[0, 3], [1, 2]]
        assert after.start[after.task == 2].tolist() == [244.0]
        assert (before.objective, after.objective) == (315.0, 254.0)


def test_the_rules_differ_where_they_should():
    """Copy of 0 on processor 1 ends at 12, elsewhere at 10; children need 1 and 30.

    The first child alone says drop (12 > 10 + 1), the larger one says keep (12 < 10 + 30).
    """
    graph = TaskGraph([10.0, 2.0, 1.0, 1.0], [[0, 2], [0, 3]], [1.0, 30.0])
    before = tdpatd.simulate(Instance(graph, 2), [[0], [1, 0, 2, 3]])
    safe = tdpatd.deduplicate(before, "safe")
    assert safe.objective == before.objective == 14.0
    assert safe.sequences == [[0], [1, 0, 2, 3]]
    paper = tdpatd.deduplicate(before, "first_child")
    assert paper.sequences == [[0], [1, 2, 3]] and paper.objective == 41.0
    assert tdpatd.deduplicate(before, "needed").sequences == [[], [1, 0, 2, 3]]


def test_equality_is_kept_by_the_paper_and_dropped_by_the_safe_rule():
    graph = TaskGraph([10.0, 2.0, 1.0], [[0, 2]], [2.0])
    before = tdpatd.simulate(Instance(graph, 2), [[0], [1, 0, 2]])
    assert tdpatd.deduplicate(before, "first_child").sequences == [[0], [1, 0, 2]]
    assert tdpatd.deduplicate(before, "safe").sequences == [[0], [1, 2]]


def test_map_back_keeps_parts_together_by_bottom_level():
    graph = tdpatd.generate(60, 8, seed=2)
    instance = Instance(graph, 3)
    parts = tdpatd.partition(graph, 12)
    rough = tdpatd.tdca(Instance(tdpatd.cluster(graph, parts), 3))
    mapped = tdpatd.map_back(rough, instance, parts)
    for coarse, fine in zip(rough.sequences, mapped.sequences, strict=True):
        runs = parts[fine]
        assert list(runs[np.flatnonzero(np.diff(runs, prepend=-1))]) == coarse
        for part in coarse:
            members = [i for i in fine if parts[i] == part]
            assert sorted(members) == np.flatnonzero(parts == part).tolist()
            assert (np.diff(graph.bottom_levels[members]) <= 0).all()


def test_paper_is_its_five_phases():
    graph = tdpatd.generate(120, 10, ccr=2.0, seed=4)
    instance = Instance(graph, 4)
    parts = tdpatd.partition(graph, 80)
    rough = tdpatd.tdca(Instance(tdpatd.cluster(graph, parts), 4))
    by_hand = tdpatd.deduplicate(tdpatd.map_back(rough, instance, parts), "first_child")
    for schedule in (tdpatd.paper(instance, 80), tdpatd.paper(instance, parts)):
        assert schedule.sequences == by_hand.sequences
        assert schedule.algorithm == "TDPATD (K = 80)"


def test_favourite_parents_and_chains():
    """Chains start at the least bottom level and follow the parent whose data come last."""
    from concave_sched.tdpatd._tdca_kernels import favourite_parents, open_chains

    edges = [[0, 1], [0, 2], [1, 3], [2, 3]]
    graph = TaskGraph([2.0, 3.0, 3.0, 1.0], edges, [1.0, 5.0, 1.0, 9.0])
    order = graph.priority_order
    favourite = favourite_parents(graph.csr, order)
    assert favourite.tolist() == [-1, 0, 0, 2]
    assert open_chains(graph.csr, order, favourite, 2).tolist() == [0, 1, 0, 0]


def test_generated_graphs_are_as_described():
    for seed in range(10):
        graph = tdpatd.generate(150, levels=9, out_degree=2.5, ccr=2.0, seed=seed)
        levels, out = graph.levels, np.diff(graph.csr.child_start)
        into = np.diff(graph.csr.parent_start)
        assert levels.max() == 8 and (out == 0).sum() == 1 and (into == 0).sum() == 1
        assert (levels[graph.edges[:, 1]] - levels[graph.edges[:, 0]] == 1).all()
        inner = (levels > 0) & (levels < 7)
        assert 1.8 < out[inner].mean() < 3.2
        assert graph.ccr == pytest.approx(2.0, rel=0.25)
        for level in range(2, 8):
            assert np.ptp(into[levels == level]) <= 2
    again = tdpatd.generate(150, levels=9, out_degree=2.5, ccr=2.0, seed=9)
    np.testing.assert_array_equal(again.edges, graph.edges)
