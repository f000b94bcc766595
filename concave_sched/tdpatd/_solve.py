"""The default: a portfolio of everything here, then local search, never worse than any member."""

from __future__ import annotations

import dataclasses
import functools
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .._checks import require_number, require_whole
from .._clock import Clock
from ._cluster import cluster
from ._deduplicate import by_time, deduplicate
from ._dsh import dsh
from ._instance import Instance, require_instance
from ._list import bl_est, bl_est_part, etf, etf_part, fifo, heft, sequential
from ._map_back import map_back
from ._paper import paper
from ._partition import partition
from ._schedule import ROUNDING, Schedule, from_order
from ._tdca import tdca

LADDER = (0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
EFFORT = 8.0  # seconds' worth of work by default
PORTFOLIO_SHARE, NOISE_SHARE = 0.25, 0.15  # of the time, at most
HOT = (0.02, 0.006, 0.002, 0.0007)  # starting temperatures of the rounds, in makespans
COLD = 0.02  # a round ends at this fraction of its starting temperature
CHUNK = 0.02  # seconds of search between looks at the clock
PATIENCE = 8  # rounds without gain after which small graphs stop early
# Seconds on an ordinary core, measured: a member on parts by tasks + edges, DSH by these times
# processors, TDCA by parts times edges times processors, annealing by copies replayed or moved.
PARTS, DSH, TDCA, REPLAY = (3e-3, 2.4e-6), (1.5e-4, 6e-8), (3e-3, 6e-9), 3e-8


def solve(
    instance: Instance,
    time_limit: float | None = None,
    *,
    effort: float = EFFORT,
    seed: int = 0,
    workers: int = 2,
    progress: bool = False,
) -> Schedule:
    r"""The best schedule found: portfolio, noisy restarts and local search.

    All list schedulers, DSH, TDCA and, for a ladder of K up to n, the paper's pipeline, its
    variants on parts and the pinned lists are run, and copies nobody reads are dropped. DSH is
    restarted with randomly perturbed bottom levels. Simulated annealing then moves, copies and
    drops single copies, trails of parents and connected groups on the critical chain. It stops at
    the lower bound, when its work is done, or when small graphs gain no more.

    The search counts its work, so that equal arguments give equal schedules on every computer.

    Args:
        instance: an `Instance`.
        time_limit: seconds on the clock in place of `effort`, compilation apart. What is found
            then depends on the computer and its load, and differs from run to run.
        effort: work of the search, in seconds of an ordinary core with a second one beside it. The
            basic members (lists, DSH, sequential) always run to their end; 0 gives their best.
        seed: of the search.
        workers: searches side by side, each in a thread of its own; their number matters to what
            is found, the number of cores does not.
        progress: show a bar.

    Returns:
        A `Schedule` with `members` {name: makespan} of everything tried and `algorithm`, the
        winner's name; its makespan is at most every member's. `bound` and `gap` say how far any
        schedule could still be below.

    Raises:
        ValueError: for a negative time limit or effort, or no workers.

    Cost: about `effort` seconds on two idle cores, far less where the bound is met or nothing is
    gained any more.

    >>> from concave_sched.tdpatd import TaskGraph
    >>> fork = TaskGraph([1.0, 2.0, 2.0], [[0, 1], [0, 2]], 5.0)
    >>> r = solve(Instance(fork, 2))
    >>> r.objective, round(r.bound, 9), r.status.name
    (3.0, 3.0, 'OPTIMAL')

    Source: ours; the members are named after theirs.
    """
    require_instance(instance)
    effort = require_number("effort", effort, 0.0, "give the work in seconds, >= 0")
    if effort == float("inf") and time_limit is None:
        raise ValueError("effort = inf: give a finite work in seconds, or a time_limit.")
    if time_limit is not None:
        time_limit = require_number("time_limit", time_limit, 0.0, "give seconds >= 0, or None")
    workers = require_whole("workers", workers, 1, "at least one")
    seed = require_whole("seed", seed, 0, "give a whole number >= 0")
    _compile()
    clock = Clock(effort if time_limit is None else time_limit, counted=time_limit is None)
    run = _Run(instance, clock, seed, workers, progress)
    with run.bar:
        run.portfolio()
        run.noise()
        run.search()
    return run.result()


@functools.cache
def _compile() -> None:
    """Compile, or load from the cache, before the clock starts."""
    from ._graph import TaskGraph

    tiny = Instance(TaskGraph([1.0, 2.0, 2.0], [[0, 1], [0, 2]], 1.5), 2)
    run = _Run(tiny, Clock(0.1, counted=True), 0, 1, False)
    run.portfolio()
    run.stop_at_bound = False
    run.noise(restarts=1)
    run.search(rounds=1)


class _Run:
    """One call of solve: the clock, the best so far, the members' makespans."""

    def __init__(self, instance: Instance, clock: Clock, seed: int, workers: int, progress: bool):
        from tqdm import tqdm

        self.instance, self.clock, self.seed, self.workers = instance, clock, seed, workers
        self.best = sequential(instance)
        self.members: dict[str, float] = {}
        self.starts: list[Schedule] = []
        self.on_parts_best: tuple[float, int] | None = None  # (makespan, K)
        self.stop_at_bound = True
        self.size = instance.graph.tasks + len(instance.graph.edges)
        self.bar = tqdm(
            total=max(round(clock.seconds, 1), 1e-9), unit="s", disable=not progress, leave=False
        )

    @property
    def solved(self) -> bool:
        return self.stop_at_bound and self.best.gap <= ROUNDING

    def offer(self, schedule: Schedule, name: str | None = None) -> None:
        """Record a member, drop its useless copies, keep it if it is the best."""
        name = name or schedule.algorithm
        self.members[name] = min(schedule.objective, self.members.get(name, np.inf))
        if schedule.task.size > self.instance.graph.tasks:
            leaner = deduplicate(deduplicate(schedule), "needed")
            if leaner.objective <= schedule.objective:
                schedule = leaner
        schedule = dataclasses.replace(schedule, algorithm=name)
        self.starts = sorted([*self.starts, schedule], key=lambda s: s.objective)[:4]
        if schedule.objective < self.best.objective:
            self.best = schedule
        self.bar.n = min(self.clock.elapsed, self.bar.total)
        self.bar.set_postfix_str(f"makespan {self.best.objective:.6g}")

    def portfolio(self) -> None:
        instance, clock = self.instance, self.clock
        for method in (sequential, bl_est, etf, heft, dsh, fifo):
            self.offer(method(instance))
        clock.charge(_estimate(PARTS, self.size))
        deadline = PORTFOLIO_SHARE * clock.seconds
        n = instance.graph.tasks
        counts = {max(1, round(share * n)) for share in LADDER}
        counts |= {k for k in (2, 4, 8, 12, 16, 24, 32, 48, 64, 100) if k <= n}
        ladder = sorted(counts, key=lambda k: (k % 2, k))  # in two passes, coarse to fine
        ladder = [k for k in ladder if k < n] + [n]
        for k in ladder:
            if clock.elapsed > deadline / 2 or self.solved:
                break
            self.on_parts(k, "best", None)
        for k in ladder:
            if clock.elapsed > deadline * 0.7 or self.solved:
                break
            # a trial of TDCA replays up to every copy: the square of the parts decides
            edges = max(k, len(instance.graph.edges))
            cost = _estimate(TDCA, k * edges * instance.useful_processors)
            if clock.elapsed + 7 * cost <= 2 * deadline:
                self.offer(tdca(instance) if k == n else paper(instance, k))
                clock.charge(cost)
        rng = np.random.default_rng(self.seed)
        while n > 2 and clock.elapsed < deadline and not self.solved and self.on_parts_best:
            if rng.random() < 0.5:
                k = round(self.on_parts_best[1] * np.exp(rng.normal(0, 0.2)))
            else:
                k = round(n ** rng.random())
            growth = str(rng.choice(["levels", "trails"]))
            self.on_parts(int(np.clip(k, 2, n - 1)), growth, bool(rng.random() < 0.5))

    def on_parts(self, k: int, growth: str, refine: bool | None) -> None:
        """Lists with pinned parts, and lists on the graph of parts mapped back, for one K."""
        instance = self.instance
        parts = partition(instance.graph, k, growth, refine)
        of_parts = Instance(cluster(instance.graph, parts), instance.processors)
        found = [
            etf_part(instance, parts),
            bl_est_part(instance, parts),
            map_back(etf(of_parts), instance, parts),
            map_back(dsh(of_parts), instance, parts),
        ]
        for schedule in found:
            self.offer(schedule)
        best = min(schedule.objective for schedule in found)
        self.on_parts_best = min(self.on_parts_best or (best, k), (best, k))
        self.clock.charge(_estimate(PARTS, self.size))

    def noise(self, restarts: int = 10**9) -> None:
        """DSH with bottom levels of randomly scaled weights and communication."""
        from ._dsh_kernels import FEW, duplicate_list
        from ._graph_kernels import bottom_levels

        graph, rng = self.instance.graph, np.random.default_rng(self.seed)
        csr, processors = graph.csr, self.instance.useful_processors
        cost = _estimate(DSH, self.size * min(processors, FEW))
        deadline = self.clock.elapsed + NOISE_SHARE * self.clock.seconds
        for _ in range(restarts):
            if self.clock.elapsed > deadline or self.solved:
                return
            spread = rng.choice([0.1, 0.3, 0.6])
            weight = csr.weight * rng.uniform(1 - spread, 1 + spread, csr.weight.size)
            travel = csr.child_cost * rng.uniform(0, 2 * rng.random(), csr.child_cost.size)
            level = bottom_levels(csr._replace(weight=weight, child_cost=travel), True)
            order = csr.order[np.argsort(-level[csr.order], kind="stable")]
            task, processor, makespan = duplicate_list(csr, order, processors)
            if makespan < self.best.objective:
                self.offer(from_order(self.instance, task, processor, "DSH, noisy levels"))
            self.clock.charge(cost)

    def search(self, rounds: int = 10**9) -> None:
        """Rounds of annealing from the best so far, side by side; the first from several starts."""
        idle, seconds = 0, max(self.clock.left / len(HOT), 1e-9)
        with ThreadPoolExecutor(self.workers) as pool:
            for number in range(rounds):
                if self.clock.left <= 0 or self.solved or idle >= PATIENCE:
                    break
                starts = self.starts if number == 0 else [self.best]
                clocks = [self.clock.part(seconds) for _ in range(self.workers)]
                jobs = []
                for worker, clock in enumerate(clocks):
                    hot = HOT[(number + worker) % len(HOT)]
                    start = starts[worker % len(starts)]
                    spawn = np.random.SeedSequence([self.seed, number, worker])
                    jobs.append(pool.submit(self._anneal, start, hot, clock, spawn))
                before = self.best.objective
                for job in jobs:
                    task, processor, found = job.result()
                    if task.size and found < self.best.objective:
                        schedule = from_order(self.instance, task, processor, "local search")
                        if schedule.objective < self.best.objective:
                            self.offer(schedule)
                self.clock.charge(max(clock.elapsed for clock in clocks))
                idle = idle + 1 if self.best.objective >= before else 0

    def _anneal(self, start: Schedule, hot: float, clock: Clock, spawn):
        """One round: chunks of trials between looks at the clock, ever cooler."""
        from ._search_kernels import anneal

        graph, instance = self.instance.graph, self.instance
        listed = by_time(start)
        task, processor = start.task[listed], start.processor[listed]
        state = spawn.generate_state(1, np.uint64) | np.uint64(1)
        best, best_task, best_processor = start.objective, task[:0], processor[:0]
        after, most = graph.tails - graph.weights, 50_000 + 2000 * graph.tasks
        done, trials = 0, 50
        while done < most and clock.left > 0:
            share = max(done / most, clock.elapsed / clock.seconds)
            temperature = start.objective * hot * COLD**share
            task, processor, found_task, found_processor, best, work = anneal(
                graph.csr, after, instance.useful_processors, task, processor, state,
                temperature, trials, best,
            )  # fmt: skip
            clock.charge(REPLAY * (work + 10 * trials))
            if found_task.size:
                best_task, best_processor = found_task, found_processor
                if best <= instance.bounds.best * (1 + ROUNDING):
                    break
            done += trials
            rate = done / max(clock.elapsed, 1e-9)
            trials = int(np.clip(rate * CHUNK, 50, most / 20))
        return best_task, best_processor, best

    def result(self) -> Schedule:
        cut = not self.clock.counted and not self.solved and self.clock.left <= 0
        return dataclasses.replace(
            self.best, members=self.members, runtime=self.clock.runtime, limited=cut
        )


def _estimate(cost: tuple[float, float], size: float) -> float:
    """Seconds of a step: an overhead, and so much for every entry."""
    return cost[0] + cost[1] * size
