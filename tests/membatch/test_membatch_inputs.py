"""Tables in, and what is said about bad ones."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from concave_sched import membatch as mb

DEVICES = [{"type": "nano", "memory": 2693, "count": 2}, {"type": "orin", "memory": 16000}]
PROFILES = [
    {"workload": "a", "type": "nano", "time": 40.0, "gpu": 60.0, "memory": 900.0},
    {"workload": "a", "type": "orin", "time": 10.0, "gpu": 20.0, "memory": 900.0},
    {"workload": "b", "type": "nano", "time": 80.0, "gpu": 100.0, "memory": 4000.0},
    {"workload": "b", "type": "orin", "time": 30.0, "gpu": 50.0, "memory": 4000.0},
]


def test_csv_dataframe_and_lists_are_one(tmp_path):
    frames = pd.DataFrame(DEVICES), pd.DataFrame(PROFILES)
    tasks = pd.DataFrame({"task": ["x", "y"], "workload": ["a", "b"]})
    paths = []
    for name, frame in zip(("t", "d", "p"), (tasks, *frames), strict=True):
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
        paths.append(tmp_path / f"{name}.csv")
    kept = [frame.copy() for frame in (tasks, *frames)]
    variants = [
        mb.Instance(*paths),
        mb.Instance(tasks, *frames),
        mb.Instance({"x": "a", "y": "b"}, DEVICES, PROFILES),
        mb.Instance(tasks.to_dict("records"), str(paths[1]), PROFILES),
    ]
    for frame, copy in zip((tasks, *frames), kept, strict=True):
        pd.testing.assert_frame_equal(frame, copy)
    for instance in variants:
        assert instance.tasks == ("x", "y")
        assert [d.name for d in instance.devices] == ["nano0", "nano1", "orin0"]
        np.testing.assert_array_equal(instance.time, [[40, 40, 10], [80, 80, 30]])
        np.testing.assert_array_equal(instance.fits, [[True] * 3, [False, False, True]])


def test_items_take_numbers_dicts_and_sequences():
    devices = [mb.Device("n0", "nano", 100.0), mb.Device("o0", "orin", 200.0, 50.0)]
    items = [
        {"id": "a", "time": {"nano": 4, "orin": 2}, "gpu": 30, "mem_mb": 10},
        {"task": "b", "time": {"n0": 4, "o0": 3}, "gpu_pct": [40, 20], "memory": (10, 20)},
    ]
    i = mb.Instance.from_items(items, devices)
    np.testing.assert_array_equal(i.time, [[4, 2], [4, 3]])
    np.testing.assert_array_equal(i.gpu, [[30, 30], [40, 20]])
    np.testing.assert_array_equal(i.memory, [[10, 10], [10, 20]])
    assert mb.Instance(items, devices).tasks == ("a", "b")
    assert mb.solve(i).objective == 4.0 or mb.solve(i).objective == 3.0


def test_counts_make_copies():
    i = mb.Instance([{"task": "x", "workload": "a", "count": 3}], DEVICES, PROFILES)
    assert i.tasks == ("x.0", "x.1", "x.2")


def test_unknown_workloads_take_the_average_and_are_flagged():
    i = mb.Instance({"x": "a", "y": "new"}, DEVICES, PROFILES)
    assert i.averaged.tolist() == [False, True]
    np.testing.assert_allclose(i.time[1], [60, 60, 20])
    np.testing.assert_allclose(i.gpu[1], [80, 80, 35])
    np.testing.assert_allclose(i.memory[1], 2450)


def test_splitting_laws():
    i = mb.Instance({"x": "b"}, DEVICES, PROFILES)
    fill = mb.split(i)
    np.testing.assert_allclose(fill.memory[:, 0], [2693, 1307])
    np.testing.assert_allclose(fill.time[:, 2], [30 * 2693 / 4000, 30 * 1307 / 4000])
    np.testing.assert_allclose(fill.gpu[:, 2], 50)
    assert fill.parents == ("x", "x") and fill.fractions.sum() == pytest.approx(1)
    even = mb.split(i, 1500.0, "equal")
    np.testing.assert_allclose(even.memory[:, 0], 4000 / 3)
    half = mb.split(i, 1000.0, memory_exponent=0.5, time_exponent=2.0, gpu_exponent=1.0)
    np.testing.assert_allclose(half.memory.max(), 1000.0)
    np.testing.assert_allclose(half.fractions[0], 1 / 16)
    np.testing.assert_allclose(half.time[0, 2], 30 / 256)
    np.testing.assert_allclose(half.gpu[0, 2], 50 / 16)
    again = mb.split(fill, 1500.0)
    assert set(again.parents) == {"x"} and again.fractions.sum() == pytest.approx(1)
    mb.longest_first(again).validate()


def changed(rows, index, **entries):
    return [{**row, **(entries if k == index else {})} for k, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("tasks", "devices", "profiles", "message"),
    [
        ({"x": "a"}, [], PROFILES, "devices has no device"),
        ({"x": "a"}, changed(DEVICES, 0, count=0)[:1], PROFILES, "devices has no device"),
        ({"x": "a"}, changed(DEVICES, 0, memory=-1), PROFILES, r"devices\[0\]: memory = -1"),
        ({"x": "a"}, [{"type": "nano"}], PROFILES, "has no memory"),
        ({"x": "a"}, DEVICES, changed(PROFILES, 1, time=-3), r"profiles\[1\].*time.* = -3"),
        ({"x": "a"}, DEVICES, changed(PROFILES, 1, time=0), "time"),
        (
            {"x": "a"},
            DEVICES,
            changed(PROFILES, 2, gpu=120),
            r"profiles\[2\].*gpu.*120.*at most 100",
        ),
        ({"x": "a"}, DEVICES, changed(PROFILES, 2, gpu=-1), "gpu"),
        ({"x": "a"}, DEVICES, changed(PROFILES, 2, memory=-1), "memory"),
        ({"x": "a"}, DEVICES, changed(PROFILES, 2, memory=None), r"profiles\[2\].*memory.*nan"),
        ({"x": "a"}, DEVICES, changed(PROFILES, 2, time=float("nan")), r"profiles\[2\].*time"),
        ({"x": "a"}, DEVICES, changed(PROFILES, 2, time="soon"), "'soon' is not a number"),
        ({"x": "a"}, DEVICES, PROFILES[:3], "workload 'b' on type 'orin'"),
        ({"x": "a"}, DEVICES, PROFILES + PROFILES[:1], "occurs twice"),
        ({"x": "a"}, DEVICES, [], "profiles is empty"),
        ({"x": "a"}, DEVICES, None, "profiles is missing"),
        ([], DEVICES, PROFILES, "tasks is empty"),
        (None, DEVICES, PROFILES, "tasks = None: give a table"),
        ([{"task": "x"}], DEVICES, PROFILES, "no workload"),
        ([{"task": "x", "workload": "a"}] * 2, DEVICES, PROFILES, "'x' occurs twice"),
        ("missing.csv", DEVICES, PROFILES, "there is no such file"),
        ({"x": "a"}, [7], PROFILES, r"devices\[0\] = 7: give a dict"),
        ({"x": "a"}, [{"memory": 9}], PROFILES, r"devices\[0\] has neither type nor name"),
        ([{"workload": "a", "count": 1.5}], DEVICES, PROFILES, r"tasks\[0\]: count = 1.5"),
        ([{"workload": "a", "count": 0}], DEVICES, PROFILES, "every count is 0"),
        ([{"id": "x", "time": {"nano": 3}, "gpu": 3, "memory": 3}], DEVICES, None, "orin"),
        ([{"id": "x", "time": [1, 2], "gpu": 3, "memory": 3}], DEVICES, None, "3 devices"),
        ([{"id": "x", "time": 3, "gpu": 130, "memory": 3}], DEVICES, None, "at most 100"),
        ([{"id": "x", "time": 3, "gpu": 13, "memory": 3}], DEVICES, PROFILES, "leave profiles out"),
    ],
)
def test_bad_tables_are_told(tasks, devices, profiles, message):
    with pytest.raises(ValueError, match=message):
        mb.Instance(tasks, devices, profiles)


def test_tasks_that_fit_nowhere():
    whole = mb.Instance([{"id": "big", "time": 9, "gpu": 50, "memory": 20000}], DEVICES)
    for scheduler in (mb.solve, mb.baseline_ilp, mb.longest_first, mb.lower_bound, mb.rounds):
        with pytest.raises(ValueError, match="'big'.*split it"):
            scheduler(whole)
    mb.solve(mb.split(whole), time_limit=1)
    with pytest.raises(ValueError, match="fits no device even after splitting"):
        mb.split(whole, threshold=18000)
    narrow = [{"type": "nano", "memory": 2693, "gpu": 40}]
    with pytest.raises(ValueError, match="splitting does not lower a share"):
        mb.Instance([{"id": "wide", "time": 9, "gpu": 50, "memory": 20}], narrow)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda i: mb.solve(i, time_limit=0), "time_limit"),
        (lambda i: mb.solve(i, time_limit=None), "time_limit = None: give seconds"),
        (lambda i: mb.solve_exact(i, time_limit="long"), "time_limit = 'long'"),
        (lambda i: mb.solve(i, workers=0), "workers = 0"),
        (lambda i: mb.solve(i, seed=0.5), "seed = 0.5"),
        (lambda i: mb.solve("example"), "instance is a str: give membatch.Instance"),
        (lambda i: mb.simulate(i.tasks, i), "instance is a tuple"),
        (lambda i: mb.solve(i, gap=-1), "gap"),
        (lambda i: mb.solve(i, gap="small"), "gap = 'small'"),
        (lambda i: mb.solve(i, batched="sometimes"), "batched"),
        (lambda i: mb.rounds(i, penalty=-1), "penalty"),
        (lambda i: mb.rounds(i, barrier="wall"), "barrier"),
        (lambda i: mb.split(i, parts="odd"), "parts"),
        (lambda i: mb.split(i, threshold=-4), "threshold"),
        (lambda i: mb.least_loaded_first(i, queue="two"), "queue"),
        (lambda i: i.without("nano9"), "nano9"),
        (lambda i: mb.sweep(0), "tasks"),
        (lambda i: mb.workload("dogs"), "dogs"),
        (lambda i: mb.workload("skin", 0), "tasks = 0"),
        (lambda i: mb.generate(0, 1), "tasks = 0"),
        (lambda i: mb.Instance.from_arrays([1.0], [1.0], [1.0], [1.0]), "one row per task"),
        (lambda i: mb.Instance.from_arrays([[1.0]], [1.0], [1.0], [1.0, 2.0]), "device_memory"),
        (lambda i: mb.Instance.from_arrays([[1.0]], [1.0, 2.0], [1.0], [1.0]), "gpu"),
    ],
)
def test_bad_arguments_are_told(call, message):
    with pytest.raises(ValueError, match=message):
        call(mb.example())


def test_names_of_parts_may_not_be_taken():
    taken = mb.Instance({"x": "b", "x.0": "a"}, DEVICES, PROFILES)
    with pytest.raises(ValueError, match="rename the tasks"):
        mb.split(taken)


def test_one_dict_is_a_table_of_one_row():
    assert [d.name for d in mb.Instance({"x": "a"}, DEVICES[1], PROFILES[1:2]).devices] == ["orin0"]


def test_presets():
    assert sum(d.memory for d in mb.jetson_cluster()) == pytest.approx(
        4 * 2692.683 + 48000, abs=0.1
    )
    assert mb.workload("cifar", 3).tasks == ("cifar0", "cifar1", "cifar2")
    assert mb.sweep(5, split=False).workloads == ("number", "fashion", "cifar", "skin", "chest")
    assert mb.example().to_dataframe().shape[0] == 35


def test_arrays_cannot_be_changed_behind_our_back():
    i = mb.example()
    with pytest.raises(ValueError, match="read-only"):
        i.time[0, 0] = 1.0


def test_the_extras_are_named_where_they_are_missing(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r"concave_sched\[exact\]"):
        mb.solve_exact(mb.example())
    with pytest.raises(ImportError, match=r"concave_sched\[cluster\]"):
        mb.ray.run(mb.longest_first(mb.example()))


def test_a_capacity_of_one_is_a_capacity():
    task = [{"id": "x", "time": 10, "gpu": 0.5, "memory": 0.5}]
    r = mb.solve(mb.Instance(task, [{"type": "a", "memory": 1.0, "gpu": 1.0}]))
    assert r.utilisation["mean"].iloc[0] == 50.0


def test_counts_of_workloads_are_refused():
    with pytest.raises(ValueError, match=r"tasks\['number'\] = 60"):
        mb.Instance({"number": 60}, mb.jetson_cluster(), mb.edge_profiles())


def test_a_plan_without_its_columns_is_refused():
    i = mb.example()
    with pytest.raises(ValueError, match="plan has no column 'task'"):
        mb.simulate(i, mb.longest_first(i).to_dataframe().rename(columns={"task": "job"}))
    twice = pd.concat([mb.longest_first(i).to_dataframe()] * 2)
    with pytest.raises(ValueError, match="'number' occurs twice"):
        mb.simulate(i, twice)


def test_a_bound_above_the_makespan_is_refused():
    r = mb.longest_first(mb.example())
    with pytest.raises(ValueError, match="exceeds the makespan"):
        dataclasses.replace(r, proven_bound=2 * r.objective).validate()
