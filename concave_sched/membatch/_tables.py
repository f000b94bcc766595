"""Read tables of tasks, devices and profiles: DataFrames, CSV files, or lists of dicts."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Mapping

import numpy as np

SAME = {
    "task": ("task", "id"),
    "workload": ("workload", "cls", "class"),
    "name": ("name", "device"),
    "type": ("type", "device_type"),
    "memory": ("memory", "mem_mb", "memory_mb"),
    "gpu": ("gpu", "gpu_pct"),
}


def records(table, argument: str) -> list[dict]:
    """The rows of a table as dicts; the caller's table is left alone."""
    if isinstance(table, (str, os.PathLike)):
        import pandas as pd

        try:
            table = pd.read_csv(table)
        except FileNotFoundError:
            raise ValueError(f"{argument} = {os.fspath(table)!r}: there is no such file.") from None
    if hasattr(table, "to_dict") and hasattr(table, "columns"):
        return table.to_dict("records")
    if isinstance(table, Mapping):
        table = [table]
    if not isinstance(table, Iterable):
        raise ValueError(f"{argument} = {table!r}: give a table, a path, or a list of dicts.")
    return [_as_dict(row, f"{argument}[{i}]") for i, row in enumerate(table)]


def _as_dict(row, where: str) -> dict:
    if isinstance(row, Mapping):
        return dict(row)
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        return dataclasses.asdict(row)
    raise ValueError(f"{where} = {row!r}: give a dict, or a table with columns.")


def field(row: dict, name: str, where: str, *default):
    """One entry of a row under any of its names; missing or empty takes the default or raises."""
    for key in SAME.get(name, (name,)):
        if key in row and not _empty(row[key]):
            return row[key]
    if default:
        return default[0]
    raise ValueError(f"{where} has no {name}: add the column {name!r} (it has {', '.join(row)}).")


def _empty(value) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def number(row: dict, name: str, where: str, *default) -> float:
    value = field(row, name, where, *default)
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{where}: {name} = {value!r} is not a number.") from None


def _count(row: dict, where: str) -> int:
    count = number(row, "count", where, 1)
    if count != int(count) or count < 0:
        raise ValueError(f"{where}: count = {count:g}: give a whole number, 0 or more.")
    return int(count)


def read_devices(devices) -> list[dict]:
    """Rows of name, type, memory and gpu, one per device."""
    found, per_type = [], {}
    for i, row in enumerate(records(devices, "devices")):
        where = f"devices[{i}]"
        kind = str(field(row, "type", where, field(row, "name", where, None)))
        if kind == "None":
            raise ValueError(f"{where} has neither type nor name: add the column 'type'.")
        memory, gpu = number(row, "memory", where), number(row, "gpu", where, 100.0)
        for name, value in (("memory", memory), ("gpu", gpu)):
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"{where}: {name} = {value:g}: give a finite number above 0.")
        count, name = _count(row, where), field(row, "name", where, None)
        for copy in range(count):
            index = per_type[kind] = per_type.get(kind, -1) + 1
            label = f"{kind}{index}" if name is None else str(name)
            label = f"{label}.{copy}" if name is not None and count > 1 else label
            found.append({"name": label, "type": kind, "memory": memory, "gpu": gpu})
    if not found:
        raise ValueError("devices has no device: give at least one.")
    _unique([d["name"] for d in found], "devices", "name")
    return found


def read_tasks(tasks) -> tuple[list[str], list[str], list[dict] | None]:
    """Names and workloads; and the rows themselves where these carry times."""
    if isinstance(tasks, Mapping) and not any(isinstance(v, Mapping) for v in tasks.values()):
        for name, kind in tasks.items():
            if not isinstance(kind, str):
                raise ValueError(
                    f"tasks[{name!r}] = {kind!r}: a dict maps a task to its workload's name."
                )
        names, workloads = [str(t) for t in tasks], list(tasks.values())
        _unique(names, "tasks", "task")
        return names, workloads, None
    listed = isinstance(tasks, Iterable) and not isinstance(tasks, str)
    if listed and not hasattr(tasks, "columns"):
        tasks = list(tasks)
        if tasks and all(isinstance(task, str) for task in tasks):
            return [f"t{i}" for i in range(len(tasks))], list(tasks), None
    rows = records(tasks, "tasks")
    if not rows:
        raise ValueError("tasks is empty: give at least one task.")
    carry = "time" in rows[0]
    names, workloads, own = [], [], []
    for i, row in enumerate(rows):
        where = f"tasks[{i}]"
        name = str(field(row, "task", where, f"t{i}"))
        workload = str(
            field(row, "workload", where, name) if carry else field(row, "workload", where)
        )
        count = _count(row, where)
        copies = [name] if count == 1 else [f"{name}.{k}" for k in range(count)]
        names += copies
        workloads += [workload] * count
        own += [row] * count
    if not names:
        raise ValueError("tasks: every count is 0; give at least one task.")
    _unique(names, "tasks", "task")
    return names, workloads, own if carry else None


def _unique(names, argument: str, column: str) -> None:
    if len(set(names)) < len(names):
        seen: set[str] = set()
        twice = next(n for n in names if n in seen or seen.add(n))
        raise ValueError(f"{argument}: the {column} {twice!r} occurs twice; give each its own.")


def read_profiles(profiles, devices) -> tuple[np.ndarray, dict[str, int]]:
    """(3, workloads + 1, devices) time, gpu, memory, the average last; and {workload: row}."""
    from ._instance import check_numbers

    if profiles is None:
        raise ValueError("profiles is missing: give a table of workload, type, time, gpu, memory.")
    entries: dict[tuple[str, str], list[float]] = {}
    for i, row in enumerate(records(profiles, "profiles")):
        where = f"profiles[{i}]"
        key = str(field(row, "workload", where)), str(field(row, "type", where))
        if key in entries:
            raise ValueError(f"{where}: {key[0]!r} on {key[1]!r} occurs twice; keep one row.")
        entries[key] = [number(row, n, where, np.nan) for n in ("time", "gpu", "memory")]
        check_numbers(entries[key], f"{where} ({key[0]} on {key[1]})")
    if not entries:
        raise ValueError("profiles is empty: give one row per workload and type of device.")
    known = {workload: i for i, workload in enumerate(dict.fromkeys(w for w, _ in entries))}
    table = np.empty((3, len(known) + 1, len(devices)))
    for workload, i in known.items():
        for j, device in enumerate(devices):
            if (workload, device.type) not in entries:
                raise ValueError(
                    f"profiles has no row for workload {workload!r} on type {device.type!r}: add "
                    "one, with a GPU share or memory beyond the device if it cannot run there."
                )
            table[:, i, j] = entries[workload, device.type]
    table[:, -1] = table[:, :-1].mean(1)
    return table, known


def profile_table(items, names, devices, argument: str) -> np.ndarray:
    """(3, items, devices) numbers of items that carry their own."""
    from ._instance import check_numbers

    table = np.empty((3, len(items), len(devices)))
    for i, (row, name) in enumerate(zip(items, names, strict=True)):
        for k, column in enumerate(("time", "gpu", "memory")):
            where = f"{argument}[{i}] ({name})"
            value = field(row, column, where)
            table[k, i] = _per_device(value, devices, f"{where} {column}")
        check_numbers(table[:, i], f"{argument}[{i}] ({name})")
    return table


def _per_device(value, devices, where: str):
    """One number per device from a number, a sequence, or a dict by device name or type."""
    if isinstance(value, Mapping):
        missing = [d for d in devices if d.name not in value and d.type not in value]
        if missing:
            raise ValueError(
                f"{where} has no entry for {missing[0].name!r} or its type {missing[0].type!r}: "
                "add one."
            )
        value = [value[d.name] if d.name in value else value[d.type] for d in devices]
    try:
        array = np.asarray(value, float)
        return np.broadcast_to(array, (len(devices),))
    except (TypeError, ValueError):
        raise ValueError(
            f"{where} = {value!r}: give a number, a dict by device type, or one number for each "
            f"of the {len(devices)} devices."
        ) from None
