"""Cells run one by one, on worker processes, or in vectorised chunks."""

from __future__ import annotations

import functools
import os
import pickle
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from ._devices import over_devices
from ._sweep_record import Record, append, key_of, line, running_a_cell

_EXTRA = "pip install 'concave_sched[cluster]'"
_PROCESSES = ("loky", "multiprocessing", "threading")  # joblib's backends on this machine


class Outcome(NamedTuple):
    """What became of a cell: its row, or an error in one line and its traceback."""

    key: str
    row: dict | None
    error: str = ""
    trace: str = ""


Runner = Callable[[Record, list[dict]], Iterator[Outcome]]


def attempt(function: Callable, cell: Mapping) -> Outcome:
    """Run one cell; what it raises, and a result that fits no table, is its outcome."""
    try:
        return Outcome(key_of(cell), row_of(function(**cell), cell))
    except (Exception, SystemExit) as error:
        what = f"{type(error).__name__}: {error}"
        return Outcome(key_of(cell), None, what, traceback.format_exc())


def row_of(value, cell: Mapping) -> dict:
    """A row of the table as plain values, which read back from JSON as they were."""
    row = {str(k): plain(v) for k, v in value.items()} if isinstance(value, Mapping) else None
    row = {"value": plain(value)} if row is None else row
    for name, entry in row.items():
        if not (entry is None or isinstance(entry, (bool, int, float, str))):
            raise TypeError(
                f"the function returned {name!r} of type {type(entry).__name__}: return one "
                "number, or a mapping from names to numbers, texts and booleans."
            )
        if name in cell:
            raise ValueError(f"the function returned {name!r}, a parameter: rename it.")
    return row


def plain(value):
    """NumPy and JAX scalars as Python's."""
    return value.item() if hasattr(value, "item") and np.ndim(value) == 0 else value


def one_by_one(function) -> Runner:
    def run(record, todo):
        for cell in todo:
            outcome = attempt(function, cell)
            if outcome.row is not None:
                record.add({outcome.key: (cell, outcome.row)})
            yield outcome

    return run


class _Task(NamedTuple):
    """What a worker process needs to know; the function as bytes, so that it is read once."""

    function: bytes
    x64: bool
    name_and_code: tuple[str, str]
    disk: tuple[Path, Path, int] | None  # the record, its lock, the process that sweeps


def in_parallel(function, workers: int, backend: str | None) -> Runner:
    """Cells on joblib's workers. Those on this machine write to disk themselves."""
    name = backend or "loky"
    try:
        import joblib

        if name == "ray":
            import ray

            cloudpickle = getattr(ray, "cloudpickle")  # noqa: B009 (its stubs leave it out)
        else:
            import cloudpickle
    except ImportError as error:
        raise ImportError(f"workers and backend need {error.name}: {_EXTRA}.") from error
    try:
        sent = cloudpickle.dumps(function)
    except Exception as error:
        raise ValueError(
            f"function cannot be sent to worker processes ({type(error).__name__}: {error}): open "
            "files, locks and the like inside it, or leave workers and backend out."
        ) from error

    def run(record, todo):
        disk = None
        if record.path is not None and name in _PROCESSES:
            record.busy.touch()
            disk = record.path, record.busy, os.getpid()
        task = _Task(sent, jax.config.read("jax_enable_x64"), (record.name, record.code), disk)
        cells = {key_of(cell): cell for cell in todo}
        with joblib.parallel_config(_ray_backend() if name == "ray" else name, n_jobs=workers):
            pool = joblib.Parallel(
                return_as="generator_unordered",
                batch_size=1,  # pyright: ignore[reportArgumentType]
            )
            calls = (joblib.delayed(_in_worker)(task, cell) for cell in todo)
            try:
                for outcome in pool(calls):
                    if outcome is None:  # its worker died, the others go on
                        continue
                    if outcome.row is not None and disk:
                        record.rows[outcome.key] = outcome.row
                    elif outcome.row is not None:
                        record.add({outcome.key: (cells[outcome.key], outcome.row)})
                    yield outcome
            except Exception as error:
                if type(error).__name__ not in ("TerminatedWorkerError", "BrokenProcessPool"):
                    raise
                record.read()  # some may have finished and not been received

    return run


def _in_worker(task: _Task, cell) -> Outcome:
    jax.config.update("jax_enable_x64", task.x64)
    function = _read(task.function)
    if task.disk is None:
        return attempt(function, cell)
    path, busy, sweep = task.disk
    with running_a_cell(busy, sweep):
        outcome = attempt(function, cell)
        if outcome.row is not None:
            append(path, [line(*task.name_and_code, cell, outcome.row)])
    return outcome


@functools.lru_cache(maxsize=2)
def _read(function: bytes) -> Callable:
    """Once per process: a function read anew for every cell would be compiled anew by JAX."""
    return pickle.loads(function)


def _ray_backend():
    """joblib's Ray backend, which hands on each result as it comes and outlives its workers."""
    from ray.exceptions import RayError
    from ray.util.joblib.ray_backend import RayBackend

    class Streaming(RayBackend):
        supports_return_generator = True

        def retrieve_result_callback(self, result):
            try:
                return super().retrieve_result_callback(result)
            except RayError:
                return [None]

    # Ray's default asks for no processor, so that all workers may crowd on one node.
    options = {"num_cpus": 1, "scheduling_strategy": "SPREAD", "max_restarts": -1}
    return Streaming(ray_remote_args=options)


def in_chunks(function, cells: list[dict], chunk: int, devices) -> Runner:
    """Chunks of cells as arrays, compiled once and spread over the devices."""
    if any(cell.keys() != cells[0].keys() for cell in cells):
        raise ValueError("grid: vectorised cells all have the same parameters; run several sweeps.")
    types = {}
    for name in cells[0]:
        types[name] = np.array([cell[name] for cell in cells]).dtype
        if types[name].kind not in "biuf":
            raise ValueError(f"parameter {name!r} is not a number: use vectorised=False.")
    compiled = over_devices(lambda cell: function(**cell), devices)

    def run(record, todo):
        size = min(chunk, len(todo))
        for first in range(0, len(todo), max(size, 1)):
            part = todo[first : first + size]
            filled = part + [part[-1]] * (size - len(part))
            columns = {n: np.array([cell[n] for cell in filled], t) for n, t in types.items()}
            values = jax.device_get(compiled(columns))
            rows = values if isinstance(values, Mapping) else {"value": values}
            done = {}
            for i, cell in enumerate(part):
                one = {n: c[i] if isinstance(c, np.ndarray) else c for n, c in rows.items()}
                done[key_of(cell)] = cell, row_of(one, cell)
            record.add(done)
            yield from (Outcome(key, row) for key, (_, row) in done.items())

    return run
