"""The assignment problem in HiGHS, any concave accuracy by Kelley's cutting planes."""

from __future__ import annotations

import time

import numpy as np

from .._milp import solve_milp
from ._polish import polish

_FIRST_CUTS, _ROUNDS = 24, 100


def search(model, start, time_limit, gap, verbose):
    """(machine of every task, upper bound on the sum of accuracies).

    Every accuracy is replaced by the least of some tangents, so every optimum is an upper bound;
    the machines found are solved exactly, and tangents where they and the program rest are added.
    """
    deadline = time.perf_counter() + time_limit
    layout = _Layout(model)
    best, machine = float(start.objective), np.asarray(start.machine)
    most = model.work.max(axis=1)
    # Denser near 0, where curves bend most; a tangent at 0 itself may be infinitely steep.
    spots = np.concatenate(
        [np.geomspace(1e-6, 1, _FIRST_CUTS // 2), np.linspace(0.1, 1, _FIRST_CUTS // 2)]
    )
    cuts = [_tangents(model, spot * most) for spot in spots]
    bound = np.inf
    for _ in range(_ROUNDS):
        left = deadline - time.perf_counter()
        if left <= 0:
            break
        rows = layout.rows(cuts, (best - model.base.sum()) / model.worth)
        found = solve_milp(
            -layout.objective,
            [rows],
            layout.upper,
            integers=layout.on.size,
            time_limit=left,
            mip_rel_gap=gap / 4,
            disp=verbose,
        )
        if found.mip_dual_bound is not None and np.isfinite(found.mip_dual_bound):
            bound = min(bound, model.value(-found.mip_dual_bound))
        if found.status == 2:  # nothing beats the incumbent
            bound = min(bound, best)
        if found.x is None:
            break
        on, work = layout.read(found.x)
        chosen = model.from_solver(on.argmax(axis=1))
        exact = polish(model.instance, chosen)
        if float(exact.objective) > best:
            best, machine = float(exact.objective), chosen
        if bound - best <= gap * abs(bound):
            break
        polished = np.asarray(exact.work)[model.order] / model.unit
        new = [_tangents(model, work), _tangents(model, polished)]
        if found.status == 0 and all(_holds(layout, found.x, cut) for cut in new):
            break  # the program is exact where it rests
        cuts += new
    return machine, bound


def _tangents(model, work):
    """(intercept, slope) of gain at the given work, which is kept off 0."""
    most = model.work.max(axis=1)
    work = np.clip(work, 1e-9 * np.maximum(most, 1e-300), np.maximum(most, 1e-300))
    slope = model.slopes(work)
    return model.gains(work) - slope * work, slope


def _holds(layout, x, cut):
    _, work = layout.read(x)
    gain = x[layout.gain]
    return bool(np.all(gain <= cut[0] + cut[1] * work + 1e-10))


class _Layout:
    """Columns: on (tasks x machines), part (the same), gain, between (tasks x segments)."""

    def __init__(self, model):
        self.model = model
        n, m = model.work.shape
        self.shape, self.size = (n, m), 2 * n * m + n + n * n
        index = np.arange(self.size)
        self.on = index[: n * m].reshape(n, m)
        self.part = index[n * m : 2 * n * m].reshape(n, m)
        self.gain = index[2 * n * m : 2 * n * m + n]
        self.between = index[2 * n * m + n :].reshape(n, n)
        self.objective = np.zeros(self.size)
        self.objective[self.gain] = 1.0
        self.upper = np.ones(self.size)
        self.upper[self.part] = model.work
        self.upper[self.gain] = np.maximum(model.most_gain, 0)
        usable = np.arange(n)[:, None] >= np.arange(n)[None, :]
        self.upper[self.between] = np.where(usable, model.speeds.max() * model.lengths, 0)
        self._fixed = self._constraints()

    def read(self, x):
        """(on, work) of a solution."""
        return x[self.on], x[self.part].sum(axis=1)

    def rows(self, cuts, least):
        """(matrix, lower, upper) of all rows, the tangents, and the sum of gains to beat."""
        from scipy.sparse import coo_array

        entries, low, high = (list(v) for v in self._fixed)
        n, m = self.shape
        for intercept, slope in cuts:
            for j in range(n):
                columns = [self.gain[j], *self.part[j]]
                entries.append((columns, [1.0, *([-slope[j]] * m)]))
                low.append(-np.inf)
                high.append(intercept[j])
        entries.append((list(self.gain), [1.0] * n))
        low.append(least - 1e-9 * max(abs(least), 1.0))
        high.append(np.inf)
        row = np.repeat(np.arange(len(entries)), [len(c) for c, _ in entries])
        column = np.concatenate([np.asarray(c) for c, _ in entries])
        value = np.concatenate([np.asarray(v, float) for _, v in entries])
        matrix = coo_array((value, (row, column)), shape=(len(entries), self.size))
        return matrix.tocsr(), np.array(low), np.array(high)

    def _constraints(self):
        model, (n, m) = self.model, self.shape
        entries, low, high = [], [], []

        def add(columns, values, least, most):
            entries.append((list(columns), list(values)))
            low.append(least)
            high.append(most)

        for j in range(n):
            add(self.on[j], [1.0] * m, 1.0, 1.0)
            for r in range(m):
                add([self.part[j, r], self.on[j, r]], [1.0, -model.work[j, r]], -np.inf, 0.0)
                limit = model.speeds[r] * model.deadlines[j]
                add(self.part[: j + 1, r], [1.0] * (j + 1), -np.inf, limit)
            columns = [*self.part[j], *self.between[j, : j + 1]]
            add(columns, [1.0] * m + [-1.0] * (j + 1), -np.inf, 0.0)
            total = model.speeds.sum() * model.lengths[j]
            add(self.between[j:, j], [1.0] * (n - j), -np.inf, total)
        for r in model.twins:
            for j in range(n):
                columns = [self.on[j, r], *self.on[:j, r - 1]]
                add(columns, [1.0] + [-1.0] * j, -np.inf, 0.0)
        return entries, low, high
