"""The shipped measurements, their fits, and the command line."""

import json

import numpy as np
import pytest

import concave_sched as cs
from concave_sched import fitting
from concave_sched.fitting._cli import main

NAMES = fitting.datasets()


def test_twelve_data_sets_are_shipped():
    assert len(NAMES) == 12
    assert {"gavel", "ofa_latency", "timm_rtx4090_amp"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_set_has_sources_fits_and_a_readme(name):
    table = fitting.load(name)
    assert table[["x", "y"]].notna().all().all() and (table.x > 0).all()
    assert table.source.str.contains("@").all()
    folder = fitting._data.data_folder() / name
    assert {"fit.py", "README.md", "picture.png"} <= {p.name for p in folder.iterdir()}
    saved = json.loads((folder / "params.json").read_text())["series"]
    assert set(saved) == set(table.series)
    for series, (x, y) in fitting.load_series(name).items():
        curve = fitting.load_curve(name, series)
        record = saved[series][0]
        sse = np.sum((y - np.asarray(curve(x))) ** 2)
        np.testing.assert_allclose(sse, record["sse"], rtol=1e-4, atol=1e-9 * np.sum(y**2))
        break


def test_saved_fits_are_what_fitting_gives_today():
    x, y = fitting.load_series("gavel")["gavel/v100/ResNet-50/bs64"]
    found = fitting.fit("Hyperbolic", x, y, at_zero=0.0)
    saved = fitting.load_curve("gavel", "gavel/v100/ResNet-50/bs64", "Hyperbolic", at_zero=0.0)
    np.testing.assert_allclose(found.curve(x), saved(x), rtol=1e-7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere",), "nowhere"),
        (("gavel", "no/such/series"), "no/such/series"),
        (("gavel", "gavel/v100/ResNet-50/bs64", "Sigmoid"), "Sigmoid"),
    ],
)
def test_unknown_names_are_told(arguments, message):
    with pytest.raises(ValueError, match=message):
        fitting.load_curve(*arguments)


def test_curves_survive_json():
    for curve in (
        cs.curves.Exponential(0.1, 0.8, 2.0),
        cs.curves.Hill(2.0, 3.0, 0.5).offset(1.0),
        cs.curves.PiecewiseLinear([0.0, 1.0, 3.0], [0.0, 2.0, 3.0]),
    ):
        again = fitting.curve_from_dict(json.loads(json.dumps(fitting.curve_to_dict(curve))))
        np.testing.assert_allclose(again(1.7), curve(1.7), rtol=1e-9)
    with pytest.raises(ValueError, match="named families"):
        fitting.curve_to_dict(cs.curves.Custom(lambda t: t**0.5))


def test_command_line_ranks_and_writes_what_loads_back(tmp_path, capsys):
    path = tmp_path / "speed.csv"
    x = [1, 2, 4, 8, 16]
    rows = [f"{name},{t},{c * t / (t + 5)}" for name, c in (("a", 9), ("b", 4)) for t in x]
    path.write_text("job,gpus,rate\n" + "\n".join(rows) + "\n")
    options = ["--x", "gpus", "--y", "rate", "--series", "job", "--at-zero", "0"]
    families = ["--family", "hyperbolic", "--family", "Power"]
    out = tmp_path / "out"
    assert main([str(path), *options, *families, "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "Hyperbolic" in printed and "params.json" in printed
    curve = fitting.load_curve(out / "params.json", "b")
    np.testing.assert_allclose(curve(5.0), 2.0, rtol=1e-6)
    assert {"a.png", "b.png", "ranking.csv"} <= {p.name for p in out.iterdir()}


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("x,y\n1,2\n2,abc\n", [], "line 3: y"),
        ("x,y\n1,2\n2,3\n", ["--y", "speed"], "no such column"),
        ("x,y\n1,2\n-2,3\n", [], "amounts"),
        ("x,y\n1,2\n2,3\n", ["--family", "cubic"], "cubic"),
    ],
)
def test_command_line_names_what_is_wrong(tmp_path, capsys, text, options, message):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    assert main([str(path), *options, "--out", str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err


def test_a_missing_file_is_told(tmp_path, capsys):
    assert main([str(tmp_path / "none.csv")]) == 2
    assert "no such file" in capsys.readouterr().err
