"""Importing the package is free of side effects: no solver, no device, no global setting."""

import subprocess
import sys

import pytest

LAZY = "cvxpy clarabel ecos ortools pyscipopt highspy ray joblib matplotlib pandas".split()


def run(code):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_optional_libraries_are_not_imported():
    loaded = run("import sys, concave_sched; print(*{name.split('.')[0] for name in sys.modules})")
    assert "jax" in loaded
    assert sorted(set(LAZY) & set(loaded)) == []


def test_no_backend_is_started_and_precision_is_left_alone():
    code = (
        "import concave_sched, jax; from jax._src import xla_bridge;"
        "print(len(xla_bridge._backends), jax.config.jax_enable_x64)"
    )
    assert run(code) == ["0", "False"]


@pytest.mark.parametrize("room", ["curves", "allocation", "smartfill", "fitting", "reference"])
def test_every_room_can_be_imported_first(room):
    loaded = run(f"import sys, concave_sched.{room}; print(*sys.modules)")
    assert f"concave_sched.{room}" in loaded and "cvxpy" not in loaded
