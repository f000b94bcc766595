"""No finished cell is lost or run twice: a worker killed, a sweep killed, all of it killed."""

import collections
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

from concave_sched import sweep

pytest.importorskip(
    "joblib", reason="joblib is not installed: pip install 'concave_sched[cluster]'"
)
SQUARES = [x * x for x in range(12)]


def note(folder, *words):
    with open(os.path.join(folder, "log"), "a") as log:
        print(*words, file=log)


def counts(folder, what):
    words = [line.split() for line in (Path(folder) / "log").read_text().splitlines()]
    return collections.Counter(int(x) for happened, x in words if happened == what)


def wait_until(condition):
    end = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < end, "waited five minutes in vain"
        time.sleep(0.05)


def once(folder, name):
    """True the first time."""
    try:
        os.close(os.open(os.path.join(folder, name), os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def mortal(x, seed, folder):
    note(folder, "begin", x)
    if x == 5 and once(folder, "killed"):
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.01)
    note(folder, "end", x)
    return x * x


def recorded(path):
    return [json.loads(line)["cell"]["x"] for line in path.read_text().splitlines()]


@pytest.mark.parametrize("retries", [0, 1])
def test_a_killed_worker_loses_and_repeats_no_finished_cell(tmp_path, retries):
    path = tmp_path / "runs.jsonl"

    def run(tries):
        grid = {"x": list(range(12)), "folder": [str(tmp_path)]}
        return sweep(mortal, grid, path=path, workers=2, retries=tries, progress=False)

    if retries == 0:
        with pytest.raises(RuntimeError, match="worker processes died 1 times.*call again"):
            run(0)
        before, ended = recorded(path), counts(tmp_path, "end")
        assert 5 not in before and set(before) <= set(ended)
        table = run(0)
        begun = counts(tmp_path, "begin")
        assert all(begun[x] == 1 for x in before)
    else:
        table = run(1)
    assert table.value.tolist() == SQUARES
    assert sorted(recorded(path)) == list(range(12))
    assert counts(tmp_path, "begin")[5] == 2


def patient(x, seed, folder):
    """Cells 5 and 6 end only when they may."""
    note(folder, "begin", x)
    while x in (5, 6) and not os.path.exists(os.path.join(folder, "go")):
        time.sleep(0.02)
    note(folder, "end", x)
    return x * x


def arguments(folder):
    grid = {"x": list(range(12)), "folder": [str(folder)]}
    return {"function": patient, "grid": grid, "path": folder / "runs.jsonl", "progress": False}


@pytest.fixture
def killed(tmp_path):
    """A function that starts a sweep elsewhere and kills it while two workers are in a cell."""
    started = []

    def start_and_kill(everything):
        here = Path(__file__).parent
        code = (
            f"import sys; sys.path.insert(0, {str(here)!r})\n"
            "from pathlib import Path\n"
            "import test_sweep_crashes as t\n"
            f"t.sweep(**t.arguments(Path({str(tmp_path)!r})), workers=2)\n"
        )
        process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
        started.append(process)
        log = tmp_path / "log"
        wait_until(lambda: log.exists() and {5, 6} <= set(counts(tmp_path, "begin")))
        wait_until(lambda: len(recorded(tmp_path / "runs.jsonl")) == 5)
        (os.killpg if everything else os.kill)(process.pid, signal.SIGKILL)
        process.wait()

    yield start_and_kill
    (tmp_path / "go").touch()
    for process in started:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def test_everything_killed_and_resumed(tmp_path, killed):
    killed(everything=True)
    (tmp_path / "go").touch()
    assert sweep(**arguments(tmp_path)).value.tolist() == SQUARES
    assert counts(tmp_path, "end") == dict.fromkeys(range(12), 1)
    assert counts(tmp_path, "begin") == {x: 2 if x in (5, 6) else 1 for x in range(12)}
    assert not (tmp_path / "runs.jsonl.busy").exists()


def test_cells_outlive_a_killed_sweep_and_are_not_run_again(tmp_path, killed, capsys):
    killed(everything=False)
    threading.Timer(0.5, (tmp_path / "go").touch).start()
    assert sweep(**arguments(tmp_path)).value.tolist() == SQUARES
    assert "waiting" in capsys.readouterr().err
    assert counts(tmp_path, "begin") == counts(tmp_path, "end") == dict.fromkeys(range(12), 1)


def test_two_sweeps_of_one_file_take_turns(tmp_path):
    def slow(x, seed):
        ran.append(x)
        time.sleep(0.02)
        return x * x

    ran, tables = [], []
    path = tmp_path / "runs.jsonl"

    def run():
        tables.append(sweep(slow, {"x": range(12)}, path=path, progress=False))

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran) == list(range(12))
    assert [table.value.tolist() for table in tables] == [SQUARES, SQUARES]


def test_workers_compute_in_64_bits_and_compile_once(tmp_path):
    """A function sent by value must not be a new one in every cell: JAX would trace it anew."""

    @jax.jit
    def double(x):
        note(tmp_path, os.getpid(), 0)
        return 2 * x

    def value(x, seed):
        return {"value": double(jnp.asarray(x)), "kind": str(jnp.ones(()).dtype)}

    table = sweep(value, {"x": [0.1 * k for k in range(8)]}, workers=2, progress=False)
    assert table.value.tolist() == [2 * x for x in table.x]
    assert set(table.kind) == {"float64"}
    traced = (tmp_path / "log").read_text().split()[::2]
    assert len(traced) == len(set(traced)) <= 2


def test_a_function_that_cannot_be_sent_is_told():
    lock = threading.Lock()
    with pytest.raises(ValueError, match="function cannot be sent.*lock"):
        sweep(lambda x, seed: lock.locked(), {"x": [1]}, workers=2, progress=False)


@pytest.mark.parametrize("backend, module", [(None, "joblib"), ("ray", "ray")])
def test_missing_libraries_name_the_extra(monkeypatch, backend, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        ImportError, match=rf"need {module}: pip install 'concave_sched\[cluster\]'"
    ):
        sweep(mortal, {"x": [1]}, workers=2, backend=backend, progress=False)
