"""The default: never behind a member, within 1 % of the best known, within its time."""

import threading
import time

import numpy as np
import pytest
from tdpatd_cases import cases, vector

from concave_sched import tdpatd

ROWS = [
    ("forkjoin_20x10_ccr2", 4, 1.0),
    ("forkjoin_20x10_ccr2", 20, 1.0),
    ("seed200_L14_ccr2", 4, 1.0),
    ("seed200_L14_ccr2", 8, 1.0),
    ("stencil20x20_ccr1", 2, 1.0),
    ("stencil20x20_ccr1", 8, 1.0),
    ("tiny10_ccr2", 2, 0.5),
    ("wf_montage_ccr1", 2, 2.0),
    ("wf_montage_ccr1", 8, 2.0),
    ("jax_bert6_train", 4, 1.0),
]


@pytest.mark.parametrize("name, processors, effort", ROWS)
def test_within_one_per_cent_of_the_best_known(name, processors, effort):
    graph, runs = vector(name)
    instance = tdpatd.Instance(graph, processors)
    found = tdpatd.solve(instance, effort=effort, workers=1)
    assert found.validate() <= 1.01 * runs[str(processors)]["best_known"]
    assert found.objective <= min(tdpatd.bl_est(instance).objective, tdpatd.etf(instance).objective)


def test_never_behind_a_member_on_any_graph():
    for case, instance in cases():
        found = tdpatd.solve(instance, effort=0.0, workers=1)
        found.validate()
        assert found.objective <= min(found.members.values()), case
        assert {"sequential", "BL_EST", "ETF", "HEFT", "DSH"} <= found.members.keys()
        assert found.objective <= min(
            method(instance).objective for method in (tdpatd.bl_est, tdpatd.etf, tdpatd.dsh)
        )


def test_search_results_are_valid_on_odd_graphs():
    for case, instance in cases()[::25]:
        found = tdpatd.solve(instance, effort=0.15, workers=1)
        assert found.validate() == found.objective, case
        assert found.objective <= min(found.members.values()), case


def test_equal_arguments_give_equal_schedules():
    """Two threads, whatever their timing, and a busy processor in the second run."""
    instance = tdpatd.Instance(tdpatd.generate(120, 10, ccr=2.0, seed=2), 4)
    once = tdpatd.solve(instance, effort=0.3, seed=7)
    stop = threading.Event()
    busy = threading.Thread(target=lambda: [None for _ in iter(stop.is_set, True)])
    busy.start()
    again = tdpatd.solve(instance, effort=0.3, seed=7)
    stop.set()
    busy.join()
    assert once.members == again.members and once.status.name == "FEASIBLE"
    for name in ("task", "processor", "start", "end"):
        np.testing.assert_array_equal(getattr(once, name), getattr(again, name))
    other = tdpatd.solve(instance, effort=0.3, seed=8)
    assert other.sequences != once.sequences


def test_time_limit_and_status():
    instance = tdpatd.Instance(tdpatd.generate(300, 12, ccr=2.0, seed=5), 8)
    tdpatd.solve(instance, effort=0.0)
    begin = time.process_time()
    found = tdpatd.solve(instance, time_limit=1.0, workers=1)
    assert time.process_time() - begin < 3.0
    assert found.status.name == "TIME_LIMIT" and 0 < found.gap < 1
    assert found.runtime < 10.0
    assert found.algorithm in found.members


def test_two_workers_and_a_bar(capsys):
    instance = tdpatd.Instance(tdpatd.generate(80, 8, ccr=2.0, seed=5), 4)
    found = tdpatd.solve(instance, effort=0.4, progress=True)
    found.validate()
    assert "makespan" in capsys.readouterr().err


def test_annealing_only_improves_and_keeps_its_books():
    """The kernel's makespan is that of a replay of the list it returns."""
    from concave_sched.tdpatd._deduplicate import by_time
    from concave_sched.tdpatd._schedule import from_order
    from concave_sched.tdpatd._search_kernels import anneal

    for case, instance in cases()[1::20]:
        start, graph = tdpatd.etf(instance), instance.graph
        if start.objective == 0:
            continue
        listed = by_time(start)
        task, processor = start.task[listed], start.processor[listed]
        for hot, state in ((0.05, 3), (0.0005, 5)):
            task, processor, best_task, best_processor, best, work = anneal(
                graph.csr, graph.tails - graph.weights, instance.useful_processors, task,
                processor, np.array([state], np.uint64), hot * start.objective, 1500,
                start.objective,
            )  # fmt: skip
            assert work > 0 or graph.tasks == 1
            from_order(instance, task, processor, "last").validate()
            if best_task.size:
                found = from_order(instance, best_task, best_processor, "best")
                assert found.validate() <= best * (1 + 1e-12) < start.objective, case
