"""The assignment problem in solver units, shared by the exact solvers."""

from __future__ import annotations

import numpy as np

from ._instance import Instance


class AssignmentModel:
    """An instance in EDF order and machines by speed; work in units of the longest possible.

    All arrays are NumPy. deadlines: (tasks,), in units of `unit`/speed; speeds: (machines,);
    work: (tasks, machines), the most a task can do on each; lengths: (tasks,), time between
    consecutive deadlines; base, worth: accuracies are base + worth * gain with gain in [0, 1].
    """

    def __init__(self, instance: Instance):
        self.instance = instance
        deadlines = np.asarray(instance.deadlines, float)
        self.order = np.argsort(deadlines, kind="stable")
        speeds = np.asarray(instance.speeds, float)
        self.machine_order = np.argsort(speeds, kind="stable")
        self.speeds = speeds[self.machine_order] / speeds.max()
        self.unit = max(deadlines.max() * speeds.max(), np.finfo(float).tiny)
        self.deadlines = deadlines[self.order] * (speeds.max() / self.unit)
        cap = np.asarray(instance.cap, float)[self.order] / self.unit
        self.work = np.minimum(cap[:, None], self.deadlines[:, None] * self.speeds)
        self.lengths = np.diff(self.deadlines, prepend=0.0)
        most = np.asarray(self.accuracies(self.work.max(axis=1)))
        self.base = np.asarray(self.accuracies(np.zeros(instance.tasks)))
        self.worth = max(float((most - self.base).max()), np.finfo(float).tiny)
        self.most_gain = (most - self.base) / self.worth
        # Machines r - 1 and r that may be exchanged.
        self.twins = [r for r in range(1, speeds.size) if self.speeds[r] == self.speeds[r - 1]]

    def accuracies(self, work):
        """(tasks,) of the work in solver units, tasks in EDF order."""
        given = np.empty(self.order.size)
        given[self.order] = work
        return np.asarray(self.instance.accuracies(given * self.unit))[self.order]

    def gains(self, work):
        return (self.accuracies(work) - self.base) / self.worth

    def slopes(self, work):
        """(tasks,) d gain / d work in solver units."""
        given = np.empty(self.order.size)
        given[self.order] = work
        gain = self.instance.accuracy.marginal(given * self.unit)
        shape = (self.order.size,)
        return np.broadcast_to(np.asarray(gain), shape)[self.order] * self.unit / self.worth

    def value(self, gain):
        """The sum of accuracies that a sum of gains stands for."""
        return float(gain * self.worth + self.base.sum())

    def to_solver(self, machine, work):
        """(machines, work) of a schedule: EDF order, twins numbered by their first task."""
        place = np.empty(self.speeds.size, int)
        place[self.machine_order] = np.arange(self.speeds.size)
        machine = place[np.asarray(machine)[self.order]]
        first = np.full(self.speeds.size, machine.size)
        np.minimum.at(first, machine, np.arange(machine.size))
        by_speed_then_first = np.lexsort((first, self.speeds))
        label = np.empty(self.speeds.size, int)
        label[by_speed_then_first] = np.arange(self.speeds.size)
        return label[machine], np.asarray(work, float)[self.order] / self.unit

    def from_solver(self, machine):
        """(tasks,) machines of the instance, in the caller's order."""
        given = np.empty(machine.size, int)
        given[self.order] = self.machine_order[machine]
        return given
