"""Validation finds every kind of damage; it shares no code with the solvers."""

import dataclasses

import numpy as np
import pytest

from concave_sched import tdpatd
from concave_sched.tdpatd import Instance, TaskGraph


def schedule():
    graph = TaskGraph([2.0, 3.0, 4.0, 1.0], [[0, 1], [0, 2], [1, 3], [2, 3]], 1.0)
    return tdpatd.simulate(Instance(graph, 2), [[0, 1, 3], [0, 2]])


def changed(field, index, value):
    good = schedule()
    array = getattr(good, field).copy()
    array[index] = value
    return dataclasses.replace(good, **{field: array})


def without(*copies):
    good = schedule()
    keep = np.setdiff1d(np.arange(good.task.size), copies)
    names = ("task", "processor", "start", "end")
    return dataclasses.replace(good, **{name: getattr(good, name)[keep] for name in names})


def moved(copy, by):
    good = schedule()
    start, end = good.start.copy(), good.end.copy()
    start[copy] += by
    end[copy] += by
    return dataclasses.replace(good, start=start, end=end)


def test_the_good_one_passes():
    good = schedule()
    assert good.validate() == good.objective == 8.0
    assert good.sequences == [[0, 1, 3], [0, 2]]
    assert good.duplicate.tolist() == [False, False, False, True, False]


@pytest.mark.parametrize(
    "bad, message",
    [
        (without(4), "task 2 never runs"),
        (changed("end", 2, 9.0), "task 3 runs from 7.0 to 9.0, weight 1.0"),
        (changed("task", 3, 9), "no such one"),
        (changed("processor", 4, 5), "no such one"),
        (changed("start", 1, np.nan), "not a finite number"),
        (moved(0, -1.0), "task 0 runs from -1.0"),
        (moved(2, -0.5), "task 3 starts on processor 0 at 6.5, before the data of task 2"),
        (moved(4, -0.5), "processor 1 runs two copies at once|before the data"),
        (moved(1, -0.5), "processor 0 runs two copies at once"),
        (changed("processor", [3, 4], [0, 1]), "two copies on processor 0|two copies at once"),
        (without(3), "task 2 starts on processor 1 at 2.0, before the data of task 0 arrive at 3"),
    ],
)
def test_damage_is_found(bad, message):
    with pytest.raises(ValueError, match=message):
        bad.validate()


def test_deadlock_of_zero_weights_is_found():
    """Times alone look fine; the order on the processors cannot run."""
    graph = TaskGraph([0.0, 0.0, 0.0, 0.0], [[0, 1], [2, 3]], 0.0)
    zeros = np.zeros(4)
    bad = tdpatd.Schedule(
        Instance(graph, 2), np.array([1, 2, 3, 0]), np.array([0, 0, 1, 1]), zeros, zeros, "by hand"
    )
    with pytest.raises(ValueError, match="deadlock: task"):
        bad.validate()


def test_a_local_copy_later_in_the_sequence_serves_nobody_earlier():
    graph = TaskGraph([5.0, 1.0, 1.0], [[0, 1]], 20.0)
    instance = Instance(graph, 2)
    late = tdpatd.simulate(instance, [[0, 2], [1, 0]])
    assert late.start[late.task == 1].tolist() == [25.0]
    early = tdpatd.simulate(instance, [[0, 2], [0, 1]])
    assert early.start[early.task == 1].tolist() == [5.0]


def test_bounds_above_the_makespan_are_refused():
    good = schedule()
    good.instance.__dict__["bounds"] = tdpatd.Bounds(9.0, 9.0, 9.0, 9.0)
    with pytest.raises(ValueError, match="bound = 9.0 is above"):
        good.validate()


def test_explanations_hold_together():
    graph = tdpatd.generate(80, 8, ccr=3.0, seed=1)
    for method in (tdpatd.etf, tdpatd.dsh, tdpatd.tdca):
        found = method(Instance(graph, 4))
        path = found.critical_path()
        assert path.start.iloc[0] == 0.0 and path.end.iloc[-1] == found.objective
        assert path.waits_for.iloc[0] == "nothing"
        steps = zip(path.index[:-1], path.index[1:], strict=True)
        for a, b in steps:
            gap = path.start[b] - path.end[a]
            assert gap >= -1e-9
            if path.processor[a] == path.processor[b]:
                assert gap == pytest.approx(0, abs=1e-9)
        slow = found.bottlenecks()
        assert (slow.from_processor != slow.to_processor).all()
        assert (slow.saving >= -1e-9).all() and (slow.saving <= slow.transfer + 1e-9).all()
        assert (found.duplicates().copies > 1).all()
        assert 0 < found.utilisation.min() <= found.utilisation.max() <= 1 + 1e-12


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        dataclasses.replace(schedule(), start=schedule().start[:-1]).validate()
