"""Sweeps: the table, the record on disk, parallel runs, a worker killed in the middle."""

import json
import os
import signal

import jax.numpy as jnp
import pytest

import concave_sched as cs
from concave_sched import sweep


def line(slope, seed):
    return {"height": slope * seed, "label": f"{slope}/{seed}"}


def logged(x, seed, log):
    with open(log, "a") as file:
        file.write(f"{x} {seed}\n")
    return x + seed


def test_table_is_tidy_and_in_order():
    table = sweep(line, {"slope": [2.0, 3.0]}, seeds=[5, 7], progress=False)
    assert table.columns.tolist() == ["slope", "seed", "height", "label"]
    assert table.height.tolist() == [10.0, 14.0, 15.0, 21.0]


def test_combinations_may_be_listed():
    table = sweep(line, [{"slope": 1.0}, {"slope": 4.0}], seeds=[2], progress=False)
    assert table.height.tolist() == [2.0, 8.0]


def test_chunks_agree_with_one_by_one():
    def value(budget, rate, seed):
        curve = cs.curves.Logarithmic(1.0, rate * jnp.array([1.0, 2.0]) + jnp.asarray(seed, float))
        return {"value": cs.waterfill(curve, budget).value}

    grid = {"budget": [1.0, 2.0, 3.0], "rate": [0.5, 1.0]}
    single = sweep(value, grid, 2, progress=False)
    chunks = sweep(value, grid, 2, vectorised=True, chunk=5, progress=False)
    assert chunks.value.tolist() == pytest.approx(single.value.tolist(), rel=1e-14)
    assert chunks[["budget", "rate", "seed"]].equals(single[["budget", "rate", "seed"]])


def test_text_cannot_be_vectorised():
    with pytest.raises(ValueError, match="'name' is not a number"):
        sweep(lambda name, seed: 0.0, {"name": ["a"]}, vectorised=True, progress=False)


def test_recorded_cells_are_read_not_run(tmp_path):
    log, path = tmp_path / "log", tmp_path / "runs.jsonl"
    sweep(logged, {"x": [1, 2], "log": [str(log)]}, 2, path=path, progress=False)
    longer = sweep(logged, {"x": [2, 3], "log": [str(log)]}, 3, path=path, progress=False)
    assert longer.value.tolist() == [2, 3, 4, 3, 4, 5]
    ran = log.read_text().splitlines()
    assert len(ran) == len(set(ran)) == 8


def test_a_line_cut_short_is_run_again(tmp_path):
    path = tmp_path / "runs.jsonl"
    whole = sweep(line, {"slope": [2.0]}, 3, path=path, progress=False)
    path.write_bytes(path.read_bytes()[:-9])
    again = sweep(line, {"slope": [2.0]}, 3, path=path, progress=False)
    assert again.equals(whole)
    assert len([json.loads(text) for text in path.read_text().splitlines()]) == 3


def test_a_cell_that_raises_loses_no_other(tmp_path):
    def fragile(x, seed):
        if x == 2 and not (tmp_path / "mended").exists():
            raise ArithmeticError("two")
        return x

    path = tmp_path / "runs.jsonl"
    with pytest.raises(RuntimeError, match=r"1 of 3 cells failed.*'x': 2.*ArithmeticError: two"):
        sweep(fragile, {"x": [1, 2, 3]}, path=path, progress=False)
    assert len(path.read_text().splitlines()) == 2
    (tmp_path / "mended").touch()
    assert sweep(fragile, {"x": [1, 2, 3]}, path=path, progress=False).value.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "grid, seeds, message",
    [
        ({"x": []}, 1, "empty"),
        ({"x": [1]}, 0, "empty"),
        ({"seed": [1]}, 1, "'seed'"),
        ({"x": [1, 1]}, 1, "twice"),
    ],
)
def test_bad_grids_are_refused(grid, seeds, message):
    with pytest.raises(ValueError, match=message):
        sweep(line, grid, seeds, progress=False)


def _mortal(x, seed, folder):
    with open(os.path.join(folder, "log"), "a") as file:
        file.write(f"{x}\n")
    flag = os.path.join(folder, "killed")
    if x == 5 and not os.path.exists(flag):
        open(flag, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return x * x


@pytest.mark.parametrize("retries", [0, 1])
def test_a_killed_worker_loses_and_repeats_no_finished_cell(tmp_path, retries):
    pytest.importorskip("joblib")
    path = tmp_path / "runs.jsonl"

    def run(tries):
        grid = {"x": list(range(12)), "folder": [str(tmp_path)]}
        return sweep(_mortal, grid, path=path, workers=2, retries=tries, progress=False)

    if retries == 0:
        with pytest.raises(Exception, match="worker|process"):
            run(0)
        recorded = [json.loads(text)["cell"]["x"] for text in path.read_text().splitlines()]
        before = (tmp_path / "log").read_text().split()
        table = run(0)
        again = (tmp_path / "log").read_text().split()[len(before) :]
        assert not set(map(str, recorded)) & set(again)
    else:
        table = run(1)
    assert table.value.tolist() == [x * x for x in range(12)]
    lines = [json.loads(text)["cell"]["x"] for text in path.read_text().splitlines()]
    assert sorted(lines) == list(range(12))
