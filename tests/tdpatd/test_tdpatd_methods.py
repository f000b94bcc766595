"""Every method on 300 graphs: valid, above the bounds, replayed alike; safe steps are safe."""

import numpy as np
import pytest
from tdpatd_cases import cases, random_graph

from concave_sched import tdpatd

METHODS = {
    "sequential": tdpatd.sequential,
    "bl_est": tdpatd.bl_est,
    "etf": tdpatd.etf,
    "fifo": tdpatd.fifo,
    "heft": tdpatd.heft,
    "dsh": tdpatd.dsh,
    "tdca": tdpatd.tdca,
    "bl_est_part": lambda i: tdpatd.bl_est_part(i, max(1, i.graph.tasks // 3)),
    "etf_part": lambda i: tdpatd.etf_part(i, max(1, i.graph.tasks // 3)),
    "paper": lambda i: tdpatd.paper(i, max(1, i.graph.tasks // 2)),
    "paper_finest": lambda i: tdpatd.paper(i, i.graph.tasks, completion="least_loaded"),
}
ROUNDING = 1 + 1e-9


def test_there_are_300():
    assert len(cases()) == 300


@pytest.mark.parametrize("name", METHODS)
def test_schedules_are_valid(name):
    for case, instance in cases():
        schedule = METHODS[name](instance)
        assert schedule.validate() == schedule.objective, case
        assert instance.bounds.best <= schedule.objective, case
        if name not in ("dsh", "tdca", "paper", "paper_finest"):
            assert schedule.task.size == instance.graph.tasks, case


def test_forward_pass_agrees_with_events():
    for case, instance in cases():
        order = instance.graph.priority_order
        rank = np.empty(order.size)
        rank[order] = np.arange(order.size)
        rng = np.random.default_rng(1)
        on = rng.random((order.size, instance.useful_processors)) < 0.3
        on[np.arange(order.size), rng.integers(instance.useful_processors, size=order.size)] = True
        rows = [order[on[order, p]] for p in range(instance.useful_processors)]
        events = tdpatd.simulate(instance, rows)
        forward = tdpatd.simulate(instance, rows, rank=rank)
        np.testing.assert_array_equal(events.start, forward.start, err_msg=case)
        np.testing.assert_array_equal(events.end, forward.end, err_msg=case)


def test_times_are_the_earliest_of_their_sequences():
    """Plain fixed-point iteration on random copies, sequences not of one rank."""
    for seed in range(40):
        graph = random_graph(seed)
        instance = tdpatd.Instance(graph, 3)
        schedule = tdpatd.dsh(instance)
        free, done = dict.fromkeys(range(3), 0.0), {}
        rows = [list(row) for row in schedule.sequences]
        csr = graph.csr
        for _ in range(schedule.task.size):
            best = None
            for p, row in enumerate(rows):
                if not row:
                    continue
                i = row[0]
                time = free[p]
                for e in range(csr.parent_start[i], csr.parent_start[i + 1]):
                    arrivals = [
                        end + (csr.parent_cost[e] if q != p else 0.0)
                        for (j, q), end in done.items()
                        if j == csr.parent[e]
                    ]
                    time = max(time, min(arrivals, default=np.inf))
                if best is None or time + graph.weights[i] < best[0]:
                    best = (time + graph.weights[i], i, p)
            end, i, p = best
            rows[p].pop(0)
            free[p] = done[i, p] = end
        assert max(done.values()) == schedule.objective


def test_phases_never_raise_the_makespan():
    for case, instance in cases():
        n = instance.graph.tasks
        for count in {max(1, n // 4), max(1, 2 * n // 3)}:
            parts = tdpatd.partition(instance.graph, count)
            of_parts = tdpatd.Instance(tdpatd.cluster(instance.graph, parts), instance.processors)
            for method in (tdpatd.tdca, tdpatd.dsh, tdpatd.etf):
                rough = method(of_parts)
                mapped = tdpatd.map_back(rough, instance, parts)
                assert mapped.objective <= rough.objective * ROUNDING, case
                for rule in ("safe", "needed"):
                    kept = tdpatd.deduplicate(mapped, rule)
                    kept.validate()
                    assert kept.objective <= mapped.objective * ROUNDING, case
                    assert kept.task.size <= mapped.task.size


def test_tdca_steps_never_raise_the_makespan():
    steps = ("trails", "merging", "insertion")
    for case, instance in cases()[::3]:
        previous = np.inf
        for used in range(4):
            chosen = {step: k < used for k, step in enumerate(steps)}
            found = tdpatd.tdca(instance, **chosen).objective
            assert found <= previous * ROUNDING, case
            previous = found
