"""The scheduler to use: area program, list scheduling, annealing and CP-SAT; the best plan wins."""

from __future__ import annotations

import importlib.util
import time

import numpy as np

from .._checks import require_number, require_seconds, require_whole
from ._area import area_program
from ._baselines import least_loaded_first, longest_first
from ._batched import solve_batched
from ._bound import fastest_bound, lower_bound
from ._exact import ROUNDING, status_of
from ._instance import require_placeable
from ._lists import Arrays, orders, repack
from ._plan import Plan
from ._schedule import Schedule
from ._search import Search
from ._simulate import simulate, start_times

SMALL = 64  # tasks: up to here a proof is tried, beyond it 0.2 % is near enough
MOST_INTERVALS = 1000  # tasks x devices: beyond it CP-SAT has not improved on annealing


def solve(
    instance,
    time_limit: float = 10.0,
    *,
    gap: float | None = None,
    batched: str = "none",
    seed: int = 0,
    workers: int | None = None,
) -> Schedule:
    r"""A plan of small makespan, with a proven bound.

    1. Candidates, all executed by the simulator: longest first, FCFS least loaded first, list
       scheduling in other orders, and the area program (`lower_bound` in whole numbers of equal
       tasks per device), packed device by device. The result is never worse than any of them.
    2. Annealing over the devices' packing lists, in runs of growing length, on all cores.
    3. CP-SAT with the best plan as hint, for up to 1,000 pairs of task and device, to prove it
       or to improve it; where it does neither in a sixth of the time, annealing has the rest.

    Few kinds of tasks are solved by the area program alone; with distinct profiles annealing
    does nearly all the work.

    Args:
        instance: an `Instance`; split it first where tasks are too large.
        time_limit: seconds. A search that the clock ends depends on the computer's speed.
        gap: stop when makespan / bound - 1 is at most this; by default 0 for up to 64 tasks
            and 0.002 beyond.
        batched: "none"; "carry", to plan batch by batch (Algorithm 1) onto what earlier batches
            took, by area program and list scheduling alone; "barrier", to solve every batch by
            itself and start it when the last one is over. Both cost makespan: for arrivals that
            are not all known, not for speed.
        seed: of all random choices.
        workers: threads; all cores by default.

    Returns:
        A `Schedule` with `bound` and `gap`; OPTIMAL where they are proven equal.

    Raises:
        ValueError: if a task fits no device, or on a bad argument.

    Cost: up to the time limit, plus once the loading of compiled code.

    >>> import concave_sched.membatch as mb
    >>> r = solve(mb.example())
    >>> round(r.objective, 6), round(r.total_time, 6), r.status.name
    (115.0, 282.0, 'OPTIMAL')

    Source: MemBatch ILP for the problem; the area program, the annealing and the order are ours.
    """
    require_placeable(instance)
    time_limit = require_seconds(time_limit)
    if gap is not None:
        gap = require_number("gap", gap, 0.0, "give a fraction, 0 or more")
    if workers is not None:
        workers = require_whole("workers", workers, 1, "give at least 1, or None")
    seed = require_whole("seed", seed, 0, "give a whole number >= 0")
    if batched != "none":
        return solve_batched(instance, batched, time_limit, gap, seed, workers)
    arrays = Arrays(instance)
    arrays.compile()
    begun = time.perf_counter()
    gap = gap if gap is not None else 0.0 if len(instance.tasks) <= SMALL else 0.002
    state = _State(instance, arrays, begun + time_limit, gap, seed, workers)
    state.candidates(time_limit)
    if not state.done():
        state.improve(time_limit)
    stopped = time.perf_counter() >= state.end - 0.02 * time_limit
    return simulate(
        instance,
        state.plan,
        bound=min(state.bound, state.objective),
        status=status_of(state.objective, state.bound, stopped),
        algorithm=state.algorithm,
        runtime=time.perf_counter() - begun,
    )


class _State:
    """The best plan so far, the best bound so far, and the clock."""

    def __init__(self, instance, arrays, end, gap, seed, workers):
        self.instance, self.arrays, self.end, self.gap = instance, arrays, end, gap
        self.seed, self.workers = seed, workers
        self.objective, self.plan, self.algorithm = np.inf, Plan([], []), ""  # none yet
        self.bound = 0.0

    def left(self) -> float:
        return self.end - time.perf_counter()

    def target(self) -> float:
        """A makespan at which to stop."""
        return self.bound * (1 + max(self.gap, ROUNDING))

    def done(self) -> bool:
        return self.objective <= self.target() or self.left() <= 0

    def offer(self, plan: Plan, algorithm: str) -> None:
        start = start_times(self.instance, plan)
        time = self.instance.time[np.arange(start.size), plan.device]
        objective = float((start + time).max())
        if objective < self.objective:
            self.objective, self.plan, self.algorithm = objective, plan, algorithm

    def candidates(self, time_limit: float) -> None:
        instance, arrays = self.instance, self.arrays
        allowed, bound = area_program(instance, time_limit / 4, max(1e-4, self.gap / 4))
        self.bound = max(bound, fastest_bound(instance))
        for where, name in ((allowed, "area program"), (None, "earliest completion")):
            for order in orders(instance):
                if self.done():
                    break
                device, start = arrays.earliest_completion(order, where)
                self.offer(Plan.by_start(device, start), name)
                self.offer(Plan.by_start(device, repack(arrays, device, start)), name)
        for schedule in (longest_first(instance), least_loaded_first(instance, self.seed)):
            self.offer(schedule.plan, schedule.algorithm)
        if not self.done():
            self.bound = max(self.bound, lower_bound(instance))

    def improve(self, time_limit: float) -> None:
        device, start = self.plan.device, start_times(self.instance, self.plan)
        search = Search(self.arrays, device, start, self.seed, self.workers)
        exact = (
            self.instance.fits.sum() <= MOST_INTERVALS
            and importlib.util.find_spec("ortools") is not None
        )
        if exact:
            self._anneal(search, min(0.05 * time_limit, 0.02 * len(self.instance.tasks)))
            if not self.done():
                self._prove(time_limit / 6 if len(self.instance.tasks) > 24 else self.left())
        if not self.done():
            self._anneal(search, self.left())

    def _anneal(self, search: Search, seconds: float) -> None:
        search.run(min(seconds, self.left()), self.target())
        self.offer(Plan.by_start(search.device, search.start), "annealing")

    def _prove(self, seconds: float) -> None:
        from ._cp import solve_cp

        found = solve_cp(
            self.instance,
            self.objective,
            min(seconds, self.left()),
            lower=self.bound,
            hint=(self.plan.device, start_times(self.instance, self.plan)),
            workers=self.workers,
            seed=self.seed,
        )
        self.bound = max(self.bound, found.bound)
        if found.device is not None:
            self.offer(Plan.by_start(found.device, found.start), "CP-SAT")
