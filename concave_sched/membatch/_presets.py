"""The paper's cluster and workloads, with the calibrated profiles (the paper prints none)."""

from __future__ import annotations

import functools
import json

from ..fitting._data import data_folder
from ._instance import Device, Instance
from ._split import split as split_tasks

SWEEP_ORDER = ("number", "fashion", "cifar", "skin", "chest")


def edge_profiles():
    """The calibrated profiles of the five workloads on the three Jetson types, as a DataFrame.

    Calibrated, not measured: the paper prints no profiles, and fits/edge_profiles/fit.py derives
    numbers that reproduce its example; its README lists what is matched and what is not.

    >>> profiles = edge_profiles()
    >>> sorted(profiles.workload.unique())
    ['chest', 'cifar', 'fashion', 'number', 'skin']
    """
    import pandas as pd

    return pd.read_csv(data_folder() / "edge_profiles" / "profiles.csv")


@functools.cache
def _nano_memory() -> float:
    path = data_folder() / "edge_profiles" / "params.json"
    return json.loads(path.read_text())["threshold_mb"]


def jetson_cluster() -> list[Device]:
    """The paper's seven workers: 4 Jetson Nano, 2 Xavier NX, 1 Orin NX, in Ray's node order.

    A Nano has 4 GB, of which the calibrated 2,693 MB are usable: the size of the larger part of
    the split Chest task. The other devices have 16,000 MB.

    >>> [device.name for device in jetson_cluster()]
    ['nano0', 'nano1', 'nano2', 'nano3', 'xavier0', 'xavier1', 'orin0']
    """
    counts = {"nano": (4, _nano_memory()), "xavier": (2, 16000.0), "orin": (1, 16000.0)}
    return [
        Device(f"{kind}{k}", kind, memory)
        for kind, (count, memory) in counts.items()
        for k in range(count)
    ]


def example(split: bool = True) -> Instance:
    """The published example: Number, Fashion, CIFAR and Chest once each, calibrated profiles.

    Published and calibrated: makespan and total time 123 / 221 for the baseline ILP, 155 / 404.04
    for FCFS, 115 / 282 for MemBatch (minutes).

    split: cut Chest in two, as the paper does.

    >>> example().tasks
    ('number', 'fashion', 'cifar', 'chest.0', 'chest.1')
    """
    names = ("number", "fashion", "cifar", "chest")
    return _prepare(
        Instance({name: name for name in names}, jetson_cluster(), edge_profiles()), split
    )


def sweep(tasks: int = 100, split: bool = True) -> Instance:
    """The workloads of the paper's sweep over 5 to 100 tasks: the five in turn, calibrated.

    >>> len(sweep(100).tasks)
    160
    """
    if tasks < 1:
        raise ValueError(f"tasks = {tasks}: give at least one.")
    names = [SWEEP_ORDER[i % len(SWEEP_ORDER)] for i in range(tasks)]
    return _prepare(Instance(names, jetson_cluster(), edge_profiles()), split)


def workload(name: str, tasks: int = 1, split: bool = True) -> Instance:
    """One of the five workloads, `tasks` times, on the paper's cluster, calibrated profiles.

    >>> workload("skin").tasks
    ('skin.0', 'skin.1', 'skin.2')
    """
    if name not in SWEEP_ORDER:
        raise ValueError(f"name = {name!r}: choose one of {', '.join(SWEEP_ORDER)}.")
    if tasks < 1:
        raise ValueError(f"tasks = {tasks}: give at least one.")
    labels = [name] if tasks == 1 else [f"{name}{i}" for i in range(tasks)]
    tasks_of = dict.fromkeys(labels, name)
    return _prepare(Instance(tasks_of, jetson_cluster(), edge_profiles()), split)


def _prepare(instance: Instance, split: bool) -> Instance:
    return split_tasks(instance) if split else instance
