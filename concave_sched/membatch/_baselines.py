"""The schedulers to compare with: the baseline ILP, Ray's default policy, longest first."""

from __future__ import annotations

import heapq
import time

import numpy as np

from .._milp import solve_milp
from ._instance import require_placeable
from ._lists import Arrays, longest_order
from ._plan import Plan
from ._schedule import Schedule
from ._simulate import simulate

SPREAD_THRESHOLD, TOP_FRACTION = 0.5, 0.2


def baseline_ilp(instance) -> Schedule:
    r"""The paper's baseline: minimise total computation time, then queue.

        min sum_ij t_ij x_ij,  sum_j x_ij = 1,  x binary, x_ij = 0 where i does not fit on j.

    Nothing ties the tasks to each other, so the program separates: every task goes to its fastest
    device. It is solved as an integer program by HiGHS all the same, and the equality asserted.
    Devices work off their queues in order of arrival.

    Returns:
        A `Schedule`.

    Raises:
        ValueError: if a task fits no device.
        RuntimeError: if HiGHS fails or its optimum is not the separate one.

    Cost: a program of tasks x devices binaries that presolve solves.

    >>> import concave_sched.membatch as mb
    >>> r = baseline_ilp(mb.example())
    >>> round(r.objective, 6), round(r.total_time, 6)
    (123.0, 221.0)

    Source: MemBatch ILP, Section I (its reference 4).
    """
    from scipy.sparse import csr_array

    require_placeable(instance)
    begun = time.perf_counter()
    i, j = np.nonzero(instance.fits)
    cost = instance.time[i, j]
    once = csr_array((np.ones(i.size), (i, np.arange(i.size))))
    found = solve_milp(cost, [(once, 1, 1)], 1, integers=i.size, mip_rel_gap=0.0)
    if found.x is None:
        raise RuntimeError(f"HiGHS did not solve the baseline program: {found.message}")
    device = np.where(instance.fits, instance.time, np.inf).argmin(1)
    separate = float(instance.time[np.arange(device.size), device].sum())
    if abs(found.fun - separate) > 1e-6 * separate:
        raise RuntimeError(f"the program gives {found.fun} and the separate optima {separate}.")
    plan = Plan(device, np.arange(device.size))
    runtime = time.perf_counter() - begun
    return simulate(instance, plan, algorithm="baseline ILP, HiGHS", runtime=runtime)


def longest_first(instance) -> Schedule:
    """LPT list scheduling: longest task first, each where it would complete earliest.

    A task is as long as on its fastest device; devices keep a timeline, so that a later task may
    use a hole that earlier ones left.

    Returns:
        A `Schedule`.

    Raises:
        ValueError: if a task fits no device.

    Cost: O(tasks x devices x events on a timeline).

    >>> import concave_sched.membatch as mb
    >>> round(longest_first(mb.example()).objective, 6)
    115.0

    Source: Graham (1969); for unrelated machines, earliest completion as in HEFT.
    """
    require_placeable(instance)
    arrays, order = Arrays(instance), longest_order(instance)
    arrays.compile()
    begun = time.perf_counter()
    device, start = arrays.earliest_completion(order)
    runtime = time.perf_counter() - begun
    return simulate(
        instance, Plan.by_start(device, start), algorithm="longest first", runtime=runtime
    )


def least_loaded_first(instance, seed: int = 0, *, queue: str = "single") -> Schedule:
    r"""First come first served on the least loaded node: Ray's default (hybrid) policy.

    Tasks are taken in order of arrival; the head waits while no node is free for it. Free nodes
    are scored by the used part of their memory, scores below the spread threshold 0.5 count as 0
    (Ray scores CPU, memory and object store, not GPUs nor custom resources); sorted by score, then
    by node order, the task goes to one of the first k = max(1, floor(0.2 nodes)), at random.

    Args:
        instance: an `Instance`.
        seed: of the choice among the first k; with fewer than 10 nodes k = 1 and nothing is random.
        queue: "single", the paper's; or "by_workload": a queue for each workload, as Ray keeps one
            for each kind of task, so that a waiting head blocks only its own kind.

    Returns:
        A `Schedule`. The policy is online, so its plan's releases are the times of decision.

    Raises:
        ValueError: if a task fits no device, or on an unknown queue.

    Cost: O(tasks x devices) and a heap of the running tasks.

    >>> import concave_sched.membatch as mb
    >>> r = least_loaded_first(mb.example())
    >>> round(r.objective, 6), round(r.total_time, 2)
    (155.0, 404.04)

    Source: MemBatch ILP, Section I; Ray 2.60, hybrid scheduling policy.
    """
    if queue not in ("single", "by_workload"):
        raise ValueError(f"queue = {queue!r}: choose single or by_workload.")
    require_placeable(instance)
    begun = time.perf_counter()
    rng = np.random.default_rng(seed)
    kinds = instance.workloads if queue == "by_workload" else ("",) * len(instance.tasks)
    queues: dict[str, list[int]] = {}
    for i in reversed(range(len(kinds))):
        queues.setdefault(kinds[i], []).append(i)
    lines = [queues[kind] for kind in dict.fromkeys(kinds)]
    top = max(1, int(TOP_FRACTION * len(instance.devices)))
    cluster = _Cluster(instance)
    device = np.zeros(len(kinds), np.int64)
    release, order, now = np.zeros(len(kinds)), [], 0.0
    while any(lines):
        for line in lines:
            while line and (free := cluster.free(line[-1])).size:
                i = line.pop()
                score = cluster.score()[free]
                j = int(rng.choice(free[np.argsort(score, kind="stable")[:top]]))
                cluster.start(i, j, now)
                device[i], release[i] = j, now
                order.append(i)
        now = cluster.wait()
    runtime = time.perf_counter() - begun
    plan = Plan(device, order, release)
    name = "FCFS, least loaded first"
    return simulate(instance, plan, algorithm=name, runtime=runtime)


class _Cluster:
    """What is in use on every device, and when it ends."""

    def __init__(self, instance):
        self.instance = instance
        self.gpu = np.zeros(len(instance.devices))
        self.memory = np.zeros(len(instance.devices))
        self.running: list[tuple[float, int, int]] = []
        self.members = np.zeros(len(instance.devices), int)

    def free(self, i: int) -> np.ndarray:
        instance = self.instance
        gpu = self.gpu + instance.gpu[i] <= instance.device_gpu * (1 + 1e-9)
        memory = self.memory + instance.memory[i] <= instance.device_memory * (1 + 1e-9)
        return np.flatnonzero(gpu & memory)

    def score(self) -> np.ndarray:
        used = self.memory / self.instance.device_memory
        return np.where(used < SPREAD_THRESHOLD, 0.0, used)

    def start(self, i: int, j: int, now: float) -> None:
        heapq.heappush(self.running, (now + self.instance.time[i, j], i, j))
        self._change(i, j, 1)

    def wait(self) -> float:
        """Advance to the next completion; all tasks that end then give back what they hold."""
        now = self.running[0][0] if self.running else 0.0
        while self.running and self.running[0][0] <= now * (1 + 1e-12):
            _, i, j = heapq.heappop(self.running)
            self._change(i, j, -1)
        return now

    def _change(self, i: int, j: int, sign: int) -> None:
        self.members[j] += sign
        self.gpu[j] += sign * self.instance.gpu[i, j]
        self.memory[j] += sign * self.instance.memory[i, j]
        if self.members[j] == 0:
            self.gpu[j] = self.memory[j] = 0.0
