"""The compiled list schedulers against plain loops that follow the definitions."""

import numpy as np
import pytest
from tdpatd_cases import random_graph, vector, vectors

from concave_sched import tdpatd
from concave_sched.tdpatd._list import _position


def arrival(graph, i, p, processor, end):
    csr = graph.csr
    entries = range(csr.parent_start[i], csr.parent_start[i + 1])
    return max(
        (end[csr.parent[e]] + (csr.parent_cost[e] if processor[csr.parent[e]] != p else 0.0)
         for e in entries),
        default=0.0,
    )  # fmt: skip


def plain_bl_est(instance, parts):
    graph, processors = instance.graph, instance.useful_processors
    processor, end, free, pins = {}, {}, [0.0] * processors, {}
    for i in graph.priority_order.tolist():
        choices = [pins[parts[i]]] if parts[i] in pins else range(processors)
        start = {p: max(free[p], arrival(graph, i, p, processor, end)) for p in choices}
        p = min(start, key=lambda p: (start[p], p))
        pins[parts[i]] = processor[i] = p
        end[i] = free[p] = start[p] + graph.weights[i]
    return max(end.values())


def plain_etf(instance, parts):
    """The smallest start of all ready tasks and processors, then the higher bottom level."""
    graph, processors = instance.graph, instance.useful_processors
    position = _position(graph.priority_order)
    processor, end, free, pins = {}, {}, np.zeros(processors), {}
    starts = []
    while len(end) < graph.tasks:
        choices = []
        for i in range(graph.tasks):
            parents = graph.csr.parent[graph.csr.parent_start[i] : graph.csr.parent_start[i + 1]]
            if i in end or any(j not in end for j in parents.tolist()):
                continue
            for p in [pins[parts[i]]] if parts[i] in pins else range(processors):
                data = arrival(graph, i, p, processor, end)
                start = max(free[p], data)
                idlest = int(np.argmin(free))
                choices.append((start, position[i], data, p != idlest, p, i))
        start, _, _, _, p, i = min(choices)
        starts.append(start)
        pins[parts[i]] = processor[i] = p
        end[i] = free[p] = start + graph.weights[i]
    return starts, max(end.values())


def plain_heft(instance):
    graph = instance.graph
    processor, end = {}, {}
    rows = [[] for _ in range(instance.useful_processors)]
    for i in graph.priority_order.tolist():
        best = (np.inf, -1)
        for p, row in enumerate(rows):
            ready = arrival(graph, i, p, processor, end)
            gaps = [0.0, *(e for _, e in row)]
            stops = [*(s for s, _ in row), np.inf]
            fits = [
                max(ready, a) for a, b in zip(gaps, stops, strict=True)
                if max(ready, a) + graph.weights[i] <= b
            ]  # fmt: skip
            best = min(best, (min(fits), p))
        start, p = best
        rows[p] = sorted([*rows[p], (start, start + graph.weights[i])])
        processor[i], end[i] = p, start + graph.weights[i]
    return max(end.values())


def plain_fifo(instance, by_level):
    graph, csr = instance.graph, instance.graph.csr
    position = _position(graph.priority_order)
    left = np.diff(csr.parent_start).tolist()
    queue = [i for i in range(graph.tasks) if not left[i]]
    free, running = {p: 0.0 for p in range(instance.useful_processors)}, []
    processor, end = {}, {}
    while queue or running:
        if queue and free:
            p = min(free, key=lambda p: (free[p], p))
            i = min(queue, key=lambda i: position[i]) if by_level else queue[0]
            queue.remove(i)
            start = max(free.pop(p), arrival(graph, i, p, processor, end))
            processor[i], end[i] = p, start + graph.weights[i]
            running.append((end[i], i))
        else:
            running.sort()
            time, i = running.pop(0)
            free[processor[i]] = time
            for j in csr.child[csr.child_start[i] : csr.child_start[i + 1]].tolist():
                left[j] -= 1
                if not left[j]:
                    queue.append(j)
    return max(end.values())


def continuous(seed):
    """A graph without ties."""
    graph = random_graph(seed)
    rng = np.random.default_rng(seed)
    return tdpatd.TaskGraph(
        rng.uniform(1, 9, graph.tasks), graph.edges, rng.uniform(0, 9, len(graph.edges))
    )


@pytest.mark.parametrize("processors", [1, 2, 3, 5])
def test_lists_follow_their_definitions(processors):
    for seed in range(60):
        instance = tdpatd.Instance(continuous(seed), processors)
        own = np.arange(instance.graph.tasks)
        assert tdpatd.bl_est(instance).objective == plain_bl_est(instance, own)
        assert tdpatd.etf(instance).objective == pytest.approx(plain_etf(instance, own)[1])
        assert tdpatd.fifo(instance).objective == plain_fifo(instance, True)
        assert tdpatd.fifo(instance, "arrival").objective == plain_fifo(instance, False)
        assert tdpatd.heft(instance).objective <= plain_heft(instance) * (1 + 1e-12)


def test_pinned_lists_follow_their_definitions():
    for seed in range(60):
        instance = tdpatd.Instance(continuous(seed), 3)
        parts = tdpatd.partition(instance.graph, max(1, instance.graph.tasks // 3))
        for method, plain in (
            (tdpatd.bl_est_part, plain_bl_est(instance, parts)),
            (tdpatd.etf_part, plain_etf(instance, parts)[1]),
        ):
            schedule = method(instance, parts)
            assert schedule.objective == pytest.approx(plain)
            homes = {}
            for i, p in zip(schedule.task, schedule.processor, strict=True):
                assert homes.setdefault(parts[i], p) == p


def test_dsh_is_at_most_its_list_without_copies_where_only_one_task_joins():
    """A single join: copies can only help the exit, so DSH is never behind BL_EST."""
    rng = np.random.default_rng(0)
    for _ in range(30):
        n = int(rng.integers(2, 12))
        edges = [(i, n) for i in range(n)]
        graph = tdpatd.TaskGraph(rng.uniform(1, 9, n + 1), edges, rng.uniform(0, 20, n))
        instance = tdpatd.Instance(graph, 3)
        assert tdpatd.dsh(instance).objective <= tdpatd.bl_est(instance).objective + 1e-9


def test_published_makespans_of_the_lists():
    for name in ("forkjoin_20x10_ccr2", "seed200_L14_ccr2", "stencil20x20_ccr1", "tiny10_ccr2"):
        graph, runs = vector(name)
        for processors, run in runs.items():
            instance = tdpatd.Instance(graph, int(processors))
            for method, key in (
                (tdpatd.bl_est, "BL_EST"),
                (tdpatd.heft, "HEFT"),
                (tdpatd.fifo, "BL_FIFO"),
                (tdpatd.sequential, "SEQ"),
            ):
                assert method(instance).objective == pytest.approx(run["results"][key], rel=1e-9)


def test_published_bounds():
    for name in vectors():
        graph, runs = vector(name)
        for processors, run in runs.items():
            found, known = tdpatd.Instance(graph, int(processors)).bounds, run["lower_bounds"]
            for ours, key in zip(found[:3], ("cp", "work", "dup_cp"), strict=True):
                assert ours == pytest.approx(known[key], abs=1e-3)
            assert found.window >= known["area"] - 1e-3
            assert found.best <= run["best_known"]
