"""The README's commands and its example are what CI and a newcomer run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

import concave_sched
from concave_sched.__main__ import _parser, main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_exactly_two_set_up_commands():
    blocks = re.findall(r"^```sh\n(.*?)^```", README, flags=re.M | re.S)
    assert len(blocks) == 2
    assert all(block.count("\n") == 1 and "pip install" in block for block in blocks)


def test_ci_runs_the_readmes_test_command():
    script = (ROOT / ".ci" / "run").read_text()
    assert "<!-- test -->" in script and "pip install" not in script


def test_example_runs(capsys):
    (code,) = re.findall(r"^```python\n(.*?)^```", README, flags=re.M | re.S)
    assert code.count("\n") <= 25
    scope = {}
    exec(compile(code, "README.md", "exec"), scope)
    assert scope["best"].certificate().gap < 1e-12
    assert scope["a"].amounts.sum() == pytest.approx(8.0, rel=1e-12)
    assert scope["worth"](8.0) < 0
    assert "SmartFill" in capsys.readouterr().out
    plt.close("all")


def test_table_names_the_five_systems():
    for system in ("smartfill", "dsct", "monotonic", "membatch", "tdpatd"):
        assert f"| `{system}` |" in README
        assert (ROOT / "concave_sched" / system / "__init__.py").is_file()


def test_main_job(tmp_path):
    """The main job in its own process, with fewer jobs: it confirms itself or exits with 1.

    It runs far from the repository: with the README's test command that is the installed wheel.
    """
    command = [sys.executable, "-m", "concave_sched", "--jobs", "12", "--folder", str(tmp_path)]
    env = os.environ | {"XLA_FLAGS": ""}  # as users run it
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"confirmed +yes", done.stdout)
    assert re.search(r"SmartFill +\d+\.\d+ +\+0\.00%", done.stdout)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    others = {"dsct", "monotonic", "membatch", "tdpatd"}
    for system in ("smartfill", *others):
        assert len(re.findall(rf"^{system} +\S", done.stdout, flags=re.M)) == 1
        assert (tmp_path / f"{system}.csv").read_text().count("\n") > 12
        assert f"python -m concave_sched --only {system}" in page
    assert "NOT CONFIRMED" not in done.stdout
    pictures = {path.stem for path in tmp_path.glob("*.png")}
    assert pictures == {"speedup", "rates", "completion_times", "accuracy"} | others
    assert page.count("data:image/png;base64,") == 8 and "http" not in page
    assert (tmp_path / "smartfill.csv").read_text().count("\n") == 13
    commands = set(re.findall(r"<code>python -m concave_sched (.*?)</code>", page))
    assert len(commands) == 6
    assert {_parser().parse_args(words.split()).jobs for words in commands} == {12, 100}


@pytest.mark.parametrize(
    "words, message",
    [
        (["--series", "nothing"], "no such series; for example gavel/"),
        (["--only", "dsct", "nothing"], "no such system; there are smartfill, dsct"),
        (["--jobs", "0"], "at least one job"),
    ],
)
def test_wrong_options_are_errors_with_a_hint(capsys, tmp_path, words, message):
    assert main([*words, "--folder", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err


def test_version_is_the_projects():
    project = (ROOT / "pyproject.toml").read_text()
    assert f'version = "{concave_sched.__version__}"' in project
