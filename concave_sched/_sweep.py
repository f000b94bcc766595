"""A grid of parameters times seeds, run in chunks or in parallel, recorded as it goes."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Mapping, Sequence

from ._sweep_record import Record, key_of
from ._sweep_run import in_chunks, in_parallel, one_by_one, plain

_CHANGED = ("error", "keep", "rerun")


def sweep(
    function: Callable,
    grid: Mapping[str, Sequence] | Sequence[Mapping],
    seeds: int | Sequence[int] = 1,
    *,
    path=None,
    vectorised: bool = False,
    chunk: int = 256,
    devices: Sequence | None = None,
    workers: int | None = None,
    backend: str | None = None,
    retries: int = 1,
    changed: str = "error",
    throw: bool = True,
    progress: bool = True,
):
    """Run `function(**parameters, seed=seed)` on every cell of a grid and collect a tidy table.

    function: returns one number, or a mapping from names to numbers, texts or booleans.
    grid: a mapping from parameter names to the values each takes (their product is swept), or a
    list of mappings, one per combination. Values are numbers, texts, booleans, None, or tuples of
    those: they name the cell on disk. seeds: how many (0, 1, ...), or which.

    path: a file that records every finished cell, one JSON line each. A sweep that was cut short
    (power, Ctrl-C, a killed worker, kill -9 of everything) goes on from there when it is called
    again, with any number of workers: recorded cells are read, never run again. One file may hold
    several grids and functions; two sweeps of one file take turns. changed: what to do with cells
    recorded by another version of the function: "error", "keep" them, or "rerun" them. Only the
    function's own code is compared, not what it calls.

    vectorised: the function is pure JAX in scalars; it is compiled once and run on `chunk` cells
    at a time, spread over `devices` (default: all that JAX sees here) without communication, see
    `over_devices`. Parameters are numbers then. Otherwise cells run one by one: on `workers`
    processes of joblib where that is given (-1: all cores), or on a joblib `backend`: "ray" is the
    Ray cluster that this process is connected to, or that RAY_ADDRESS names, with one worker per
    CPU by default. Both need the extra `cluster`. Workers compute in 64 bits if this process does.

    retries: how often to go on after worker processes died. throw: whether a cell that raises makes
    the sweep raise, in the end, or give a row with the error in a column `failure`. progress: show
    a tqdm bar.

    Returns a DataFrame: a row per cell in the order of the grid (seeds fastest), columns the
    parameters, seed, and what the function returned.

    Errors: ValueError names the argument and the remedy. A cell that raises stops nothing: all
    others are finished and recorded first, then RuntimeError names the first failed cell and shows
    its traceback; another call runs only what failed. RuntimeError too if workers die too often.

    Cost: about 25 microseconds of processor time a cell beside the function; one by one, also what
    the disk takes to confirm a line, some milliseconds. On a GPU give `workers` to one-by-one
    functions that stay off it: each process would take the memory for itself.

    Example:
        >>> from concave_sched import sweep
        >>> table = sweep(lambda rate, seed: rate + seed, {"rate": [1.0, 2.0]}, 2, progress=False)
        >>> table.value.tolist()
        [1.0, 2.0, 2.0, 3.0]
    """
    import pandas as pd
    from tqdm import tqdm

    _check(function, vectorised, chunk, devices, workers, backend, retries, changed)
    cells = _cells(grid, seeds)
    if vectorised:
        runner = in_chunks(function, list(cells.values()), chunk, devices)
    elif workers in (None, 1) and backend is None:
        runner = one_by_one(function)
    else:
        runner = in_parallel(function, -1 if workers is None else workers, backend)
    failures, deaths = {}, 0
    record = Record(path, function)
    with record:
        _settle_stale(record, cells, changed)
        done = [key for key in cells if key in record.rows]
        with tqdm(total=len(cells), initial=len(done), disable=not progress, desc="sweep") as bar:
            while todo := [
                c for k, c in cells.items() if k not in record.rows and k not in failures
            ]:
                if deaths > retries:
                    raise _worn_out(deaths, len(todo), todo[0], path)
                for outcome in runner(record, todo):
                    if outcome.row is None:
                        failures[outcome.key] = outcome
                    bar.update()
                deaths += 1  # unless nothing is left to do
                bar.update(sum(k in record.rows or k in failures for k in cells) - bar.n)
    if failures and throw:
        raise _failed(failures, cells, path)
    table = [{**cell, **record.rows.get(key, {})} for key, cell in cells.items()]
    if not throw:
        for row, key in zip(table, cells, strict=True):
            row["failure"] = failures[key].error if key in failures else None
    return pd.DataFrame(table)


def _check(function, vectorised, chunk, devices, workers, backend, retries, changed):
    if not callable(function):
        raise ValueError(f"function = {function!r}: give a function of the parameters and seed.")
    for name, value, least in (("chunk", chunk, 1), ("retries", retries, 0)):
        if _whole(value) is None or value < least:
            raise ValueError(f"{name} = {value!r}: a whole number, at least {least}.")
    if workers is not None and (_whole(workers) is None or workers == 0):
        raise ValueError(f"workers = {workers!r}: a whole number, or -1 for all cores.")
    if workers == 1 and backend is not None:
        raise ValueError(
            f"workers = 1 with backend = {backend!r}: joblib runs that in this process; give 2 or "
            "more, or leave workers out for all."
        )
    if vectorised and (workers not in (None, 1) or backend is not None):
        raise ValueError("vectorised runs in this process: leave workers and backend out.")
    if devices is not None and not vectorised:
        raise ValueError("devices are for vectorised sweeps: set vectorised=True, or leave it out.")
    if devices is not None and len(devices) == 0:
        raise ValueError("devices is empty: give some of jax.devices(), or leave it out for all.")
    if changed not in _CHANGED:
        raise ValueError(f"changed = {changed!r}: choose one of {', '.join(_CHANGED)}.")


def _cells(grid, seeds) -> dict[str, dict]:
    """Every cell by its key, in the order of the table."""
    if isinstance(grid, Mapping):
        for name, values in grid.items():
            if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
                raise ValueError(f"grid[{name!r}] = {values!r}: give a list of values.")
        chosen = itertools.product(*grid.values())
        combinations = [dict(zip(grid, values, strict=True)) for values in chosen]
    else:
        try:
            combinations = [dict(one) for one in grid]
        except (TypeError, ValueError):
            raise ValueError(
                f"grid = {grid!r}: give lists of values by parameter, or a list of dicts."
            ) from None
    if not combinations:
        raise ValueError("grid is empty: give at least one value for every parameter.")
    seeds = _seeds(seeds)
    cells = {}
    for one in combinations:
        one = {name: _value(name, value) for name, value in one.items()}
        for seed in seeds:
            cell = {**one, "seed": seed}
            key = key_of(cell)
            if key in cells:
                raise ValueError(f"grid has the cell {cell} twice: give each combination once.")
            cells[key] = cell
    return cells


def _seeds(seeds) -> list[int]:
    if _whole(seeds) is not None:
        seeds = range(seeds)
    try:
        seeds = [operator.index(seed) for seed in seeds]
    except TypeError:
        raise ValueError(f"seeds = {seeds!r}: give whole numbers, or how many.") from None
    if not seeds:
        raise ValueError("seeds is empty: give at least one.")
    return seeds


def _whole(value) -> int | None:
    try:
        return operator.index(value)
    except TypeError:
        return None


def _value(name, value):
    if not isinstance(name, str) or name == "seed":
        raise ValueError(
            f"grid has a parameter {name!r}: parameters are names of arguments; seeds are given by "
            "the argument seeds=."
        )
    value = plain(value)
    parts = value if isinstance(value, (tuple, list)) else [value]
    for part in parts:
        if not (part is None or isinstance(part, (bool, int, float, str))):
            raise ValueError(
                f"grid has {name} = {value!r}: numbers, texts, booleans, None or tuples of those "
                "name a cell; give a name and look the object up in the function."
            )
    return value


def _settle_stale(record, cells, changed):
    """Cells that another version of the function has finished."""
    stale = {key: row for key, row in record.stale.items() if key in cells}
    if stale and changed == "error":
        raise ValueError(
            f"path = {record.path} has {len(stale)} of these cells from {record.name!r} as it was "
            "before its code changed: give another path, or changed='keep' to keep them or 'rerun'."
        )
    if changed == "keep":
        record.rows |= stale


def _failed(failures, cells, path) -> RuntimeError:
    key, first = next(iter(failures.items()))
    kept = "the others are recorded" if path is not None else "give path= to keep the others"
    error = RuntimeError(
        f"{len(failures)} of {len(cells)} cells failed, first {cells[key]}: {first.error}; {kept}, "
        "or throw=False for a table with the failures in it."
    )
    error.add_note(first.trace)
    return error


def _worn_out(deaths, left, cell, path) -> RuntimeError:
    kept = "finished ones are recorded" if path is not None else "give path= to keep finished ones"
    return RuntimeError(
        f"worker processes died {deaths} times (killed, or out of memory), {left} cells are left, "
        f"first {cell}; {kept}: call again to go on, with fewer workers= or more retries=."
    )
