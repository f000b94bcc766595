"""Sweeps: the table, the record on disk, what is refused, chunks over devices."""

import functools
import json
import math
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
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


def test_zeros_after_a_loss_of_power_are_cut_off(tmp_path):
    path = tmp_path / "runs.jsonl"
    first = sweep(line, {"slope": [1.0, 2.0]}, path=path, progress=False)
    whole = path.read_bytes()
    for rest in (whole, whole[:-1], whole[:-9]):
        path.write_bytes(rest + bytes(50))
        again = sweep(line, {"slope": [1.0, 2.0]}, path=path, progress=False)
        assert again.equals(first) and path.read_bytes() == whole


@pytest.mark.parametrize(
    "grid, seeds, message",
    [
        ({"x": []}, 1, "empty"),
        ({"x": [1]}, 0, "empty"),
        ({"seed": [1]}, 1, "'seed'"),
        ({"x": [1, 1]}, 1, "twice"),
        ({"x": [math.nan, math.nan]}, 1, "twice"),
        ({"x": "ab"}, 1, r"grid\['x'\] = 'ab': give a list"),
        ({"x": 3}, 1, r"grid\['x'\] = 3: give a list"),
        ({1: [3]}, 1, "names of arguments"),
        ({"x": [np.ones(2)]}, 1, "grid has x = "),
        ({"x": [object()]}, 1, "look the object up"),
        ({"x": [1]}, 1.5, "seeds = 1.5"),
        ({"x": [1]}, [0.5], "whole numbers"),
        (None, 1, "grid = None: give lists"),
        ([1], 1, r"grid = \[1\]: give lists"),
        ("ab", 1, "grid = 'ab': give lists"),
    ],
)
def test_bad_grids_are_refused(grid, seeds, message):
    with pytest.raises(ValueError, match=message):
        sweep(line, grid, seeds, progress=False)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"chunk": 0}, "chunk = 0"),
        ({"retries": -1}, "retries = -1"),
        ({"workers": 0}, "workers = 0"),
        ({"workers": 1, "backend": "ray"}, "workers = 1 with backend = 'ray'"),
        ({"workers": 2, "vectorised": True}, "leave workers and backend out"),
        ({"devices": [None]}, "vectorised=True"),
        ({"devices": [], "vectorised": True}, "devices is empty"),
        ({"path": Path.cwd()}, "is a folder: give a file in it"),
        ({"path": 5}, "path = 5: give a file's name"),
        ({"changed": "yes"}, "changed = 'yes': choose one of error, keep, rerun"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        sweep(line, {"slope": [1.0]}, progress=False, **options)


def test_any_plain_parameter_names_a_cell(tmp_path):
    grid = {
        "x": [math.nan, -0.0, 0.1 + 0.2, 1, 1.5, True, None, "é\u2028{", (1, "b"), np.float32(2)]
    }
    ran = []

    def show(x, seed):
        ran.append(x)
        return {"text": repr(x), "number": math.inf, "none": None, "count": np.int64(2**40)}

    first = sweep(show, grid, path=tmp_path / "runs.jsonl", progress=False)
    again = sweep(show, grid, path=tmp_path / "runs.jsonl", progress=False)
    assert len(ran) == 10 and again.equals(first)
    assert first.text.tolist()[2:5] == ["0.30000000000000004", "1", "1.5"]
    assert first["count"].tolist() == [2**40] * 10 and first.number.tolist() == [math.inf] * 10


@pytest.mark.parametrize(
    "result, message",
    [
        (np.ones(3), "'value' of type ndarray"),
        ({"curve": cs.curves.Power(1.0, 0.5)}, "'curve' of type Power"),
        ({"x": 1.0}, "'x', a parameter"),
    ],
)
@pytest.mark.parametrize("vectorised", [False, True])
def test_results_that_fit_no_table_are_told(result, message, vectorised):
    with pytest.raises((RuntimeError, TypeError, ValueError), match=message):
        sweep(lambda x, seed: result, {"x": [1.0]}, vectorised=vectorised, progress=False)


def test_failures_can_be_rows():
    def fragile(x, seed):
        return {"root": math.sqrt(x)}

    table = sweep(fragile, {"x": [4.0, -1.0]}, throw=False, progress=False)
    assert table.root.tolist()[0] == 2.0 and math.isnan(table.root[1])
    assert table.failure[1].startswith("ValueError: ") and not isinstance(table.failure[0], str)
    with pytest.raises(RuntimeError) as caught:
        sweep(fragile, {"x": [-1.0]}, progress=False)
    assert "math.sqrt(x)" in caught.value.__notes__[0]


def power(factor):
    def value(x, seed):
        """Closes over its factor."""
        return factor * x

    return value


def other(x, seed):
    return -x


def test_a_changed_function_is_noticed(tmp_path):
    def run(function, **options):
        grid = {"x": [1.0, 2.0]}
        return sweep(function, grid, path=path, progress=False, **options).value.tolist()

    path = tmp_path / "runs.jsonl"
    assert run(power(2.0)) == [2.0, 4.0] == run(power(2.0))
    with pytest.raises(ValueError, match="2 of these cells from 'power.<locals>.value'.*'rerun'"):
        run(power(3.0))
    assert run(power(3.0), changed="keep") == [2.0, 4.0]
    assert run(power(3.0), changed="rerun") == [3.0, 6.0] == run(power(3.0))
    assert run(other) == [-1.0, -2.0]
    half = functools.partial(lambda x, seed, by: x / by, by=2.0)
    assert run(half) == [0.5, 1.0] == run(functools.partial(half.func, by=2.0))
    with pytest.raises(ValueError, match="before its code changed"):
        run(functools.partial(half.func, by=4.0))
    assert len(path.read_text().splitlines()) == 8


def test_a_line_torn_in_the_middle_costs_its_own_cell_only(tmp_path):
    path = tmp_path / "runs.jsonl"
    whole = sweep(line, {"slope": [2.0]}, 4, path=path, progress=False)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + lines[1][:20] + "".join(lines[2:])[:-1])
    ran = []

    def counted(**cell):
        ran.append(cell["seed"])
        return line(**cell)

    counted.__qualname__ = line.__qualname__
    options = {"path": path, "progress": False, "changed": "keep"}
    assert sweep(counted, {"slope": [2.0]}, 4, **options).equals(whole)
    assert ran == [1]


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "{}\n", "no end of line", '{"cell": 1}\n'])
def test_other_files_are_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "mine.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match="line 1 is none that a sweep wrote"):
        sweep(line, {"slope": [2.0]}, path=path, progress=False)
    assert path.read_text() == content


def test_chunks_are_spread_over_the_devices():
    def spread(x, seed):
        return {"value": jnp.sqrt(x), "seed_too": seed}

    grid = {"x": np.linspace(1.0, 2.0, 5)}
    table = sweep(spread, grid, 2, vectorised=True, chunk=3, progress=False)
    assert table.value.tolist() == pytest.approx(np.repeat(np.sqrt(grid["x"]), 2), rel=1e-15)
    assert table.seed_too.tolist() == [0, 1] * 5
    one = sweep(
        spread, grid, 2, vectorised=True, chunk=3, devices=jax.devices()[:1], progress=False
    )
    assert one.equals(table)


def test_vectorised_cells_have_the_same_parameters():
    with pytest.raises(ValueError, match="the same parameters"):
        sweep(line, [{"slope": 1.0}, {"steep": 1.0}], vectorised=True, progress=False)
