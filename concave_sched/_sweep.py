"""A grid of parameters times seeds, run in chunks or in parallel, recorded as it goes."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np


def sweep(
    function: Callable,
    grid: Mapping[str, Sequence] | Sequence[Mapping],
    seeds: int | Sequence[int] = 1,
    *,
    path=None,
    vectorised: bool = False,
    chunk: int = 256,
    workers: int = 1,
    backend: str | None = None,
    retries: int = 1,
    progress: bool = True,
):
    """Run `function(**parameters, seed=seed)` on every cell of a grid and collect a tidy table.

    function: returns one number, or a mapping from names to numbers, strings or booleans.
    grid: a mapping from parameter names to the values each takes (their product is swept), or a
    list of mappings, one per combination. seeds: how many (0, 1, ...), or which.
    path: a file that records every finished cell, one JSON line each. A sweep that was cut short
    (power, a killed worker, Ctrl-C) goes on from there: recorded cells are read, never run again,
    and one file may hold several grids of one function.
    vectorised: the function is pure JAX in scalars, and is compiled once with jit and vmap and
    run on `chunk` cells at a time (the last chunk is filled up, so it compiles once); text
    parameters cannot be vectorised. Otherwise cells run one by one, on `workers` processes of
    joblib where workers != 1 (-1: all cores). backend: a joblib backend for those, for example
    "ray" for the cluster that Ray is connected to; both need the extra `cluster`.
    retries: how often work goes on after a worker process died. progress: show a tqdm bar.

    Returns a DataFrame: a row per cell in the order of the grid (seeds fastest), columns the
    parameters, seed, and what the function returned.

    Errors: ValueError for an empty grid, parameters named "seed", or repeated cells. A cell that
    raises stops nothing: all others are finished and recorded first, then RuntimeError names the
    first failed cell; another call runs only what failed.

    Example:
        >>> from concave_sched import sweep
        >>> table = sweep(lambda rate, seed: rate + seed, {"rate": [1.0, 2.0]}, 2, progress=False)
        >>> table.value.tolist()
        [1.0, 2.0, 2.0, 3.0]
    """
    import pandas as pd
    from tqdm import tqdm

    cells = _cells(grid, seeds)
    keys = [_key(cell) for cell in cells]
    if len(set(keys)) < len(keys):
        twice = next(cell for cell, key in zip(cells, keys, strict=True) if keys.count(key) > 1)
        raise ValueError(f"grid has the cell {twice} twice: give each combination once.")
    record = _Record(path)
    wanted = dict(zip(keys, cells, strict=True))
    bar = tqdm(total=len(cells), disable=not progress, desc="sweep")
    bar.update(sum(key in record.rows for key in keys))
    failures: dict[str, str] = {}
    runner = _in_chunks(function, chunk) if vectorised else _one_by_one(function, workers, backend)
    with record, bar:
        for attempt in range(retries + 1):
            todo = {k: c for k, c in wanted.items() if k not in record.rows and k not in failures}
            try:
                for key, row, error in runner(todo):
                    if error is None:
                        record.add(key, wanted[key], row)
                    else:
                        failures[key] = error
                    bar.update()
                break
            except Exception as error:
                if not _worker_died(error) or attempt == retries:
                    raise
    if failures:
        key, message = next(iter(failures.items()))
        kept = "the others are recorded" if path is not None else "give path= to keep the others"
        raise RuntimeError(
            f"{len(failures)} of {len(cells)} cells failed, first {wanted[key]}: {message}; {kept}."
        )
    return pd.DataFrame([{**wanted[key], **record.rows[key]} for key in keys])


def _cells(grid, seeds) -> list[dict]:
    if isinstance(grid, Mapping):
        values = [list(v) for v in grid.values()]
        combinations = [
            dict(zip(grid, chosen, strict=True)) for chosen in itertools.product(*values)
        ]
    else:
        combinations = [dict(one) for one in grid]
    seeds = list(range(seeds)) if isinstance(seeds, int) else [int(s) for s in seeds]
    if not combinations or not seeds:
        raise ValueError("grid or seeds is empty: nothing to sweep.")
    if any("seed" in one for one in combinations):
        raise ValueError("grid has a parameter 'seed': give seeds by the argument seeds=.")
    return [{**_plain(one), "seed": seed} for one in combinations for seed in seeds]


def _plain(row: Mapping) -> dict:
    """NumPy and JAX scalars as Python's, so that a row reads back from JSON as it was."""
    return {name: v.item() if hasattr(v, "item") else v for name, v in row.items()}


def _key(cell: Mapping) -> str:
    return json.dumps(cell, sort_keys=True)


def _row(value) -> dict:
    return _plain(value if isinstance(value, Mapping) else {"value": value})


class _Record:
    """Finished cells: in memory, and in a file that only ever grows by whole lines."""

    def __init__(self, path):
        self.path = None if path is None else Path(path)
        self.rows: dict[str, dict] = {}
        self.file = None
        if self.path is not None and self.path.exists():
            self._read()

    def _read(self):
        text = self.path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        for line in whole.splitlines():
            entry = json.loads(line)
            self.rows[_key(entry["cell"])] = entry["row"]
        if whole != text:  # a line cut short by a crash: its cell runs again
            os.truncate(self.path, len(whole.encode()))

    def __enter__(self):
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.file = self.path.open("a", encoding="utf-8")

    def __exit__(self, *_):
        if self.file is not None:
            self.file.close()

    def add(self, key, cell, row):
        self.rows[key] = row
        if self.file is not None:
            self.file.write(json.dumps({"cell": cell, "row": row}) + "\n")
            self.file.flush()
            os.fsync(self.file.fileno())


def _attempt(function, key, cell):
    try:
        return key, _row(function(**cell)), None
    except Exception as error:
        return key, None, f"{type(error).__name__}: {error}"


def _one_by_one(function, workers, backend):
    def run(todo) -> Iterator:
        if workers == 1 and backend is None:
            yield from (_attempt(function, key, cell) for key, cell in todo.items())
            return
        try:
            import joblib
        except ImportError as error:
            raise ImportError(
                "workers != 1 needs joblib: pip install 'concave_sched[cluster]'."
            ) from error
        if backend == "ray":
            from ray.util.joblib import register_ray

            register_ray()
        calls = (joblib.delayed(_attempt)(function, key, cell) for key, cell in todo.items())
        # Ray's backend hands results back only all together.
        order = "list" if backend == "ray" else "generator_unordered"
        with joblib.parallel_config(backend or "loky", n_jobs=workers):
            yield from joblib.Parallel(return_as=order, batch_size=1)(calls)

    return run


def _in_chunks(function, chunk):
    def run(todo) -> Iterator:
        import jax

        compiled = jax.jit(jax.vmap(lambda cell: function(**cell)))
        keys, cells = list(todo), list(todo.values())
        size = min(chunk, len(cells))
        for first in range(0, len(cells), max(size, 1)):
            part = cells[first : first + size]
            filled = part + [part[-1]] * (size - len(part))
            columns = {name: np.array([cell[name] for cell in filled]) for name in part[0]}
            for name, column in columns.items():
                if column.dtype.kind not in "biuf":
                    raise ValueError(f"parameter {name!r} is not a number: use vectorised=False.")
            values = compiled(columns)
            rows = values if isinstance(values, Mapping) else {"value": values}
            rows = {name: np.asarray(column) for name, column in rows.items()}
            for i, key in enumerate(keys[first : first + size]):
                yield key, _plain({name: column[i] for name, column in rows.items()}), None

    return run


def _worker_died(error) -> bool:
    return type(error).__name__ in ("TerminatedWorkerError", "BrokenProcessPool")
