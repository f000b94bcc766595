"""The published example, the calibration, and the shared instances with proven optima."""

import csv
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from concave_sched import membatch as mb

ROOT = Path(__file__).parents[2]
CASES = json.loads((ROOT / "tests" / "data" / "membatch.json").read_text())["cases"]


@pytest.fixture(params=CASES, ids=lambda case: case["name"])
def case(request):
    return request.param, mb.Instance.from_items(request.param["items"], request.param["devices"])


@pytest.mark.parametrize(
    ("scheduler", "makespan", "total"),
    [
        (mb.baseline_ilp, 123.0, 221.0),
        (mb.least_loaded_first, 155.0, 404.04),
        (mb.solve, 115.0, 282.0),
    ],
    ids=["baseline", "fcfs", "membatch"],
)
def test_the_published_example(scheduler, makespan, total):
    r = scheduler(mb.example())
    assert r.objective == pytest.approx(makespan, abs=1e-6)
    assert r.total_time == pytest.approx(total, abs=1e-6)
    assert r.validate() == pytest.approx(makespan, abs=1e-6)


def test_who_runs_where_in_the_published_example():
    where = mb.least_loaded_first(mb.example()).to_dataframe().set_index("task").device
    assert where.to_dict() == {
        "number": "nano0",
        "fashion": "nano0",
        "cifar": "nano0",
        "chest.0": "nano1",
        "chest.1": "nano2",
    }
    table = mb.solve(mb.example()).to_dataframe().set_index("task")
    assert table.end[table.device == "orin0"].max() == pytest.approx(69.0)
    assert table.device["chest.1"].startswith("xavier")


def test_one_hundred_tasks():
    sweep = mb.sweep(100)
    assert mb.baseline_ilp(sweep).objective / 60 == pytest.approx(64.0)
    assert mb.least_loaded_first(sweep).objective / 60 == pytest.approx(47.77, abs=0.01)
    r = mb.solve(sweep)
    assert r.gap <= 0.003 and r.objective / 60 == pytest.approx(17.30, abs=0.01)
    r.validate()


def test_one_thousand_tasks():
    r = mb.solve(mb.sweep(1000))
    assert r.gap <= 0.002 and r.objective / 60 < 172.6
    r.validate()


def test_baseline_and_fcfs_reproduce_the_shared_values(case):
    case, instance = case
    for r, known in (
        (mb.baseline_ilp(instance), case["baseline"]),
        (mb.least_loaded_first(instance), case["fcfs"]),
    ):
        assert r.objective == pytest.approx(known["makespan"], abs=1e-6)
        assert r.total_time == pytest.approx(known["total"], abs=1e-6)


def test_proven_optima_are_reached(case):
    case, instance = case
    limit = 4.0 if case["proven"] else 3.0
    r = mb.solve(instance, time_limit=limit)
    r.validate()
    if case["proven"]:
        assert r.objective == pytest.approx(case["best"], abs=1e-6)
    assert r.objective <= 1.06 * case["best"]  # 3 s on a busy machine; 3 % in 20 s is asked
    assert r.bound <= case["best"] + 1e-6
    assert mb.lower_bound(instance) <= case["best"] + 1e-6


def test_witnesses_replay_to_their_makespan(case):
    case, instance = case
    import pandas as pd

    witness = pd.DataFrame(case["witness"]).rename(columns={"id": "task"})
    r = mb.simulate(instance, witness)
    assert r.objective <= case["best"] + 1e-6
    r.validate()


def test_the_shipped_profiles_are_what_the_script_derives():
    folder = ROOT / "fits" / "edge_profiles"
    spec = importlib.util.spec_from_file_location("edge_fit", folder / "fit.py")
    fit = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fit)
    with (folder / "published.csv").open() as file:
        published = {row["quantity"]: float(row["value"]) for row in csv.DictReader(file)}
    times, constants = fit.calibrate(published)
    assert constants["chest_larger_part"] == 69 / 123
    table = mb.edge_profiles().set_index(["workload", "type"])
    for name, minutes in times.items():
        for kind, value in zip(("orin", "xavier", "nano"), minutes, strict=True):
            assert table.time[name, kind] == pytest.approx(value, rel=1e-10)
    assert json.loads((folder / "params.json").read_text())["threshold_mb"] == pytest.approx(
        constants["threshold_mb"], rel=1e-12
    )
    readme = (folder / "README.md").read_text()
    assert "calibrated" in readme and "| matched, used in the calibration |" in readme


def test_rounds_depend_on_their_penalty():
    sweep = mb.sweep(30)
    low, high = (mb.rounds(sweep, penalty=w, round_time_limit=5.0) for w in (30.0, 2600.0))
    for r in (low, high):
        r.validate()
    assert high.objective > 2 * low.objective
    for barrier in ("batch", "round"):
        held = mb.rounds(sweep, penalty=30.0, barrier=barrier, round_time_limit=5.0)
        held.validate()
        assert held.objective >= low.objective - 1e-6 or barrier == "batch"


def test_all_unassigned_is_not_a_round():
    r = mb.rounds(mb.example(), penalty=1e-3)
    assert "5 rounds" in r.algorithm
    r.validate()


def test_equal_parts_cannot_give_both_published_numbers():
    even = mb.split(mb.example(split=False), parts="equal")
    r = mb.solve(even)
    assert r.objective == pytest.approx(123.0)
    assert np.isclose(even.time[3:, -1], 61.5).all()
