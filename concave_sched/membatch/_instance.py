"""What is scheduled: tasks with a time, a GPU share and a memory on every device of a cluster."""

from __future__ import annotations

import dataclasses

import numpy as np

from .._checks import require
from ._tables import profile_table, read_devices, read_profiles, read_tasks

TOLERANCE = 1e-9


@dataclasses.dataclass(frozen=True)
class Device:
    """A device of the cluster: memory in MB, GPU capacity in per cent."""

    name: str
    type: str
    memory: float
    gpu: float = 100.0


class Instance:
    r"""Tasks to be run once each, on one device, without interruption.

    Task i on device j takes t_ij minutes, g_ij per cent of the GPU and m_ij MB of memory. A device
    runs tasks concurrently while both fit:

        minimise  C  subject to  s_i + t_i,d(i) <= C,
        sum of g_i,d(i) over the tasks running on j <= Cap_j,   of m_i,d(i) <= Mem_j,  at all times.

    Args:
        tasks: one of: workload names, one per task; a dict {task: workload}; a table with the
            columns `task`, `workload` and optionally `count` (copies); or items, which carry
            their own numbers (see `from_items`), with `profiles` left out.
        devices: a table with the columns `type`, `memory` and optionally `name`, `gpu` (capacity,
            100 by default) and `count`; or a list of `Device`.
        profiles: a table with the columns `workload`, `type` (of device), `time`, `gpu` and
            `memory`: one row for every workload on every type of device in the cluster.

    A table is a DataFrame, a path to a CSV file, or a list of dicts. Times are in minutes, GPU
    shares in per cent and memory in MB; any other units will do if they are kept throughout. A
    task whose workload has no profile gets the average of the profiles, and is flagged in
    `averaged`, in the table of the result and in its summary (the paper's default mode).

    Attributes:
        tasks, workloads, parents: (tasks,) names; the parent is the task a part was split from.
        fractions: (tasks,) the part of its parent that a task is; 1 unless split.
        devices: (devices,) of `Device`.
        time, gpu, memory: (tasks, devices).
        averaged: (tasks,) booleans.
        fits: (tasks, devices) whether the task can run there at all.

    Raises:
        ValueError: naming the table, the entry and the remedy: no device, negative or missing
            numbers, a GPU share over 100, a name used twice, a missing profile.

    >>> import concave_sched.membatch as mb
    >>> devices = [{"type": "orin", "memory": 16000}, {"type": "nano", "memory": 2693, "count": 2}]
    >>> profiles = [
    ...     {"workload": "mnist", "type": "orin", "time": 22, "gpu": 10, "memory": 60},
    ...     {"workload": "mnist", "type": "nano", "time": 29, "gpu": 30, "memory": 60},
    ... ]
    >>> instance = Instance(["mnist"] * 8, devices, profiles)
    >>> instance
    Instance(tasks=8, devices=3, workloads=1)
    >>> mb.solve(instance).objective
    22.0
    """

    def __init__(self, tasks, devices, profiles=None):
        self.devices = tuple(Device(**record) for record in read_devices(devices))
        names, workloads, own = read_tasks(tasks)
        if own is not None:
            if profiles is not None:
                raise ValueError(
                    "profiles: the tasks carry their own time, gpu and memory; leave profiles out."
                )
            numbers, averaged = profile_table(own, names, self.devices, "items"), None
        else:
            table, known = read_profiles(profiles, self.devices)
            row = np.array([known.get(w, len(known)) for w in workloads])
            numbers, averaged = table[:, row], row == len(known)
        self._set(names, workloads, None, numbers, averaged)

    @classmethod
    def from_items(cls, items, devices) -> Instance:
        """An instance from tasks that carry their own numbers.

        Args:
            items: dicts with `id`, `time`, `gpu` and `memory` (also `gpu_pct`, `mem_mb`), each
                a number, a dict by device name or device type, or a sequence with one entry per
                device; optionally `workload` (also `cls`) and `parent`.
            devices: as for `Instance`; `mem_mb` and `gpu_pct` are understood as well.

        >>> items = [{"id": "a", "time": {"nano": 40, "orin": 10}, "gpu": 60, "mem_mb": 900}]
        >>> devices = [{"name": "n0", "type": "nano", "mem_mb": 2693, "gpu_pct": 100},
        ...            {"name": "o0", "type": "orin", "mem_mb": 16000, "gpu_pct": 100}]
        >>> Instance.from_items(items, devices).time
        array([[40., 10.]])
        """
        return cls(items, devices)

    @classmethod
    def from_arrays(cls, time, gpu, memory, device_memory, device_gpu=100.0) -> Instance:
        """An instance from (tasks, devices) arrays; `memory` and `gpu` may be (tasks,).

        >>> Instance.from_arrays([[5.0, 9.0], [5.0, 9.0]], [60.0, 60.0], [1.0, 1.0], [4.0, 4.0])
        Instance(tasks=2, devices=2, workloads=2)
        """
        time = np.asarray(time, float)
        if time.ndim != 2:
            raise ValueError(f"time has shape {time.shape}: give one row per task.")
        capacity = np.broadcast_to(np.asarray(device_gpu, float), time.shape[1:])
        room = np.asarray(device_memory, float)
        if room.shape != time.shape[1:]:
            raise ValueError(
                f"device_memory has shape {room.shape} and time {time.shape}: give one memory "
                "for every column of time."
            )
        columns: list[np.ndarray] = [time]
        for name, value in (("gpu", gpu), ("memory", memory)):
            array = np.asarray(value, float)
            array = array[:, None] if array.ndim == 1 else array
            try:
                columns.append(np.broadcast_to(array, time.shape))
            except ValueError:
                raise ValueError(
                    f"{name} has shape {np.shape(value)}: give {time.shape} or {time.shape[:1]}."
                ) from None
        devices = [
            {"name": f"device{j}", "type": f"device{j}", "memory": room[j], "gpu": capacity[j]}
            for j in range(time.shape[1])
        ]
        items = [
            {"id": f"t{i}", "time": columns[0][i], "gpu": columns[1][i], "memory": columns[2][i]}
            for i in range(time.shape[0])
        ]
        return cls(items, devices)

    def _set(self, tasks, workloads, parents, numbers, averaged, fractions=None):
        self.tasks, self.workloads = tuple(tasks), tuple(workloads)
        self.parents = tuple(parents) if parents is not None else self.tasks
        self.time, self.gpu, self.memory = (np.ascontiguousarray(n, float) for n in numbers)
        count = len(self.tasks)
        self.averaged = np.zeros(count, bool) if averaged is None else np.asarray(averaged)
        self.fractions = np.ones(count) if fractions is None else np.asarray(fractions, float)
        self.device_memory = np.array([d.memory for d in self.devices])
        self.device_gpu = np.array([d.gpu for d in self.devices])
        room = self.device_memory * (1 + TOLERANCE)
        share_fits = self.gpu <= self.device_gpu * (1 + TOLERANCE)
        self.fits = share_fits & (self.memory <= room)
        for array in (self.time, self.gpu, self.memory, self.averaged, self.fractions):
            array.setflags(write=False)
        stuck = np.flatnonzero(~share_fits.any(1))
        if stuck.size:
            i = int(stuck[0])
            raise ValueError(
                f"task {self.tasks[i]!r} needs a GPU share of {self.gpu[i].min():g} and no device "
                f"offers more than {self.device_gpu.max():g}: splitting does not lower a share, "
                "so correct its profile or add a device."
            )

    def _derive(
        self, tasks, workloads, parents, numbers, averaged, fractions, devices=None
    ) -> Instance:
        """A new instance with other tasks, on these devices or on those given."""
        made = object.__new__(Instance)
        made.devices = self.devices if devices is None else tuple(devices)
        made._set(tasks, workloads, parents, numbers, averaged, fractions)
        return made

    def subset(self, tasks) -> Instance:
        """The instance of the tasks with these indices, in this order.

        A part whose sisters are left out counts as a task of its own.

        >>> import concave_sched.membatch as mb
        >>> mb.example().subset([0, 2]).tasks
        ('number', 'cifar')
        """
        index = np.asarray(tasks, np.int64)
        names, parents = ([of[i] for i in index] for of in (self.tasks, self.parents))
        present: dict[str, float] = {}
        for i, parent in zip(index, parents, strict=True):
            present[parent] = present.get(parent, 0.0) + float(self.fractions[i])
        whole = np.array([present[parent] > 1 - 1e-6 for parent in parents], bool)
        return self._derive(
            names,
            [self.workloads[i] for i in index],
            [p if w else n for p, n, w in zip(parents, names, whole, strict=True)],
            (self.time[index], self.gpu[index], self.memory[index]),
            self.averaged[index],
            np.where(whole, self.fractions[index], 1.0),
        )

    def without(self, device: str) -> Instance:
        """The instance on the other devices: what is left when one fails.

        >>> import concave_sched.membatch as mb
        >>> len(mb.example().without("orin0").devices)
        6
        """
        names = [d.name for d in self.devices]
        if device not in names:
            raise ValueError(f"device = {device!r}: there are {', '.join(names)}.")
        if len(names) == 1:
            raise ValueError(f"device = {device!r}: it is the only one, and nothing would be left.")
        keep = np.array([name != device for name in names])
        numbers = (self.time[:, keep], self.gpu[:, keep], self.memory[:, keep])
        devices = [d for d in self.devices if d.name != device]
        return self._derive(
            self.tasks,
            self.workloads,
            self.parents,
            numbers,
            self.averaged,
            self.fractions,
            devices,
        )

    def to_dataframe(self):
        """One row per task and device: the numbers that will be used."""
        import pandas as pd

        count, width = self.time.shape
        return pd.DataFrame(
            {
                "task": np.repeat(np.array(self.tasks, object), width),
                "workload": np.repeat(np.array(self.workloads, object), width),
                "parent": np.repeat(np.array(self.parents, object), width),
                "averaged": np.repeat(self.averaged, width),
                "device": np.tile(np.array([d.name for d in self.devices], object), count),
                "type": np.tile(np.array([d.type for d in self.devices], object), count),
                "time": self.time.ravel(),
                "gpu": self.gpu.ravel(),
                "memory": self.memory.ravel(),
            }
        )

    def __repr__(self) -> str:
        kinds = len(set(self.workloads))
        return f"Instance(tasks={len(self.tasks)}, devices={len(self.devices)}, workloads={kinds})"


def require_placeable(instance) -> None:
    """Raise unless this is an `Instance` whose tasks each fit some device when it is empty."""
    if not isinstance(instance, Instance):
        raise ValueError(
            f"instance is a {type(instance).__name__}: give membatch.Instance(tasks, devices, "
            "profiles)."
        )
    stuck = np.flatnonzero(~instance.fits.any(1))
    if stuck.size:
        i = int(stuck[0])
        raise ValueError(
            f"task {instance.tasks[i]!r} needs {instance.memory[i].min():g} MB and a GPU share of "
            f"{instance.gpu[i].min():g}, and no device has room for both (the largest memory is "
            f"{instance.device_memory.max():g} MB): split it, membatch.split(instance), or add a "
            "device."
        )


def check_numbers(numbers, where: str) -> None:
    """Raise at the first time that is not positive, share outside 0..100 or negative memory."""
    time, gpu, memory = numbers
    finite = "give a finite number"
    require(f"{where} time", time, lambda t: np.isfinite(t) & (t > 0), f"{finite} of minutes > 0.")
    require(f"{where} gpu", gpu, lambda g: np.isfinite(g) & (g >= 0), f"{finite}, 0 to 100.")
    require(f"{where} gpu", gpu, lambda g: g <= 100, "a GPU share is at most 100 per cent.")
    require(f"{where} memory", memory, lambda m: np.isfinite(m) & (m >= 0), f"{finite} >= 0.")
