"""The default: a portfolio of everything here, then local search, never worse than any member."""

from __future__ import annotations

import dataclasses
import os
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ._cluster import cluster
from ._deduplicate import by_time, deduplicate
from ._dsh import dsh
from ._instance import Instance
from ._list import bl_est, bl_est_part, etf, etf_part, fifo, heft, sequential
from ._map_back import map_back
from ._paper import paper
from ._partition import partition
from ._schedule import ROUNDING, Schedule, from_order
from ._tdca import tdca

LADDER = (0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
PORTFOLIO_SHARE, NOISE_SHARE = 0.25, 0.15  # of the time limit, at most
HOT = (0.02, 0.006, 0.002, 0.0007)  # starting temperatures of the rounds, in makespans
COLD = 0.02  # a round ends at this fraction of its starting temperature
CHUNK = 0.02  # seconds of search between looks at the clock
PATIENCE = 8  # rounds without gain after which small graphs stop early


def solve(
    instance: Instance,
    time_limit: float = 8.0,
    *,
    seed: int = 0,
    workers: int | None = None,
    progress: bool = False,
) -> Schedule:
    r"""The best schedule found: portfolio, noisy restarts and local search within a time limit.

    All list schedulers, DSH, TDCA and, for a ladder of K up to n, the paper's pipeline, its
    variants on parts and the pinned lists are run, and copies nobody reads are dropped. DSH is
    restarted with randomly perturbed bottom levels. Simulated annealing then moves, copies and
    drops single copies, trails of parents and connected groups on the critical chain. It stops at
    the lower bound, at the time limit, or when small graphs gain no more.

    Args:
        instance: an `Instance`.
        time_limit: seconds, compilation apart. The basic members (lists, DSH, sequential) always
            run to their end; 0 gives their best.
        seed: of the search; what is reached in the time still depends on the computer.
        workers: searches side by side; the number of processor cores, at most 2, by default.
        progress: show a bar.

    Returns:
        A `Schedule` with `members` {name: makespan} of everything tried and `algorithm`, the
        winner's name; its makespan is at most every member's. `bound` and `gap` say how far any
        schedule could still be below.

    Raises:
        ValueError: for a negative time limit or no workers.

    >>> from concave_sched.tdpatd import TaskGraph
    >>> fork = TaskGraph([1.0, 2.0, 2.0], [[0, 1], [0, 2]], 5.0)
    >>> r = solve(Instance(fork, 2), time_limit=1.0)
    >>> r.objective, round(r.bound, 9), r.status.name
    (3.0, 3.0, 'OPTIMAL')

    Source: ours; the members are named after theirs.
    """
    if not time_limit >= 0:
        raise ValueError(f"time_limit = {time_limit}: give seconds >= 0.")
    workers = min(2, os.cpu_count() or 1) if workers is None else workers
    if workers < 1:
        raise ValueError(f"workers = {workers}: at least one.")
    _compile()
    run = _Run(instance, time_limit, seed, workers, progress)
    with run.bar:
        run.portfolio()
        run.noise()
        run.search()
    return run.result()


def _compile() -> None:
    """Compile, or load from the cache, before the clock starts."""
    from ._graph import TaskGraph

    if not _compile.done:
        _compile.done = True
        tiny = Instance(TaskGraph([1.0, 2.0, 2.0], [[0, 1], [0, 2]], 1.5), 2)
        run = _Run(tiny, 0.1, 0, 1, False)
        run.portfolio()
        run.stop_at_bound = False
        run.noise(restarts=1)
        run.search(rounds=1)


_compile.done = False


class _Run:
    """One call of solve: the clock, the best so far, the members' makespans."""

    def __init__(self, instance, time_limit, seed, workers, progress):
        from tqdm import tqdm

        self.instance, self.seed, self.workers = instance, seed, workers
        self.begin = time.perf_counter()
        self.time_limit = time_limit
        self.best: Schedule = sequential(instance)
        self.members: dict[str, float] = {}
        self.starts: list[Schedule] = []
        self.on_parts_best: tuple[float, int] | None = None  # (makespan, K)
        self.stop_at_bound = True
        self.limited = False
        self.bar = tqdm(
            total=max(round(time_limit, 1), 1e-9), unit="s", disable=not progress, leave=False
        )

    @property
    def elapsed(self) -> float:
        return time.perf_counter() - self.begin

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
        self.bar.n = min(self.elapsed, self.bar.total)
        self.bar.set_postfix_str(f"makespan {self.best.objective:.6g}")

    def portfolio(self) -> None:
        instance = self.instance
        for method in (sequential, bl_est, etf, heft, dsh, fifo):
            self.offer(method(instance))
        deadline = PORTFOLIO_SHARE * self.time_limit
        n = instance.graph.tasks
        counts = {max(1, round(share * n)) for share in LADDER}
        counts |= {k for k in (2, 4, 8, 12, 16, 24, 32, 48, 64, 100) if k <= n}
        ladder = sorted(counts, key=lambda k: (k % 2, k))  # in two passes, coarse to fine
        ladder = [k for k in ladder if k < n] + [n]
        for k in ladder:
            if self.elapsed > deadline / 2 or self.solved:
                break
            self.on_parts(k, "best", None)
        for k in ladder:
            # a trial of TDCA replays up to every copy: the square of the parts decides
            cost = 2e-7 * k * max(k, len(instance.graph.edges)) * instance.useful_processors
            if self.elapsed > deadline * 0.7 or self.solved:
                break
            if self.elapsed + 0.2 * cost <= 2 * deadline:
                self.offer(tdca(instance) if k == n else paper(instance, k))
        rng = np.random.default_rng(self.seed)
        while n > 2 and self.elapsed < deadline and not self.solved and self.on_parts_best:
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

    def noise(self, restarts: int = 10**9) -> None:
        """DSH with bottom levels of randomly scaled weights and communication."""
        from ._dsh_kernels import duplicate_list
        from ._graph_kernels import bottom_levels

        graph, rng = self.instance.graph, np.random.default_rng(self.seed)
        csr, processors = graph.csr, self.instance.useful_processors
        deadline = self.elapsed + NOISE_SHARE * self.time_limit
        for _ in range(restarts):
            if self.elapsed > deadline or self.solved:
                return
            spread = rng.choice([0.1, 0.3, 0.6])
            weight = csr.weight * rng.uniform(1 - spread, 1 + spread, csr.weight.size)
            cost = csr.child_cost * rng.uniform(0, 2 * rng.random(), csr.child_cost.size)
            level = bottom_levels(csr._replace(weight=weight, child_cost=cost), True)
            order = csr.order[np.argsort(-level[csr.order], kind="stable")]
            task, processor, _, end = duplicate_list(csr, order, processors)
            if end.max() < self.best.objective:
                self.offer(from_order(self.instance, task, processor, "DSH, noisy levels"))

    def search(self, rounds: int = 10**9) -> None:
        """Rounds of annealing from the best so far, side by side; the first from several starts."""
        idle, seconds = 0, max((self.time_limit - self.elapsed) / len(HOT), 1e-9)
        with ThreadPoolExecutor(self.workers) as pool:
            for number in range(rounds):
                if self.elapsed >= self.time_limit or self.solved or idle >= PATIENCE:
                    break
                starts = self.starts if number == 0 else [self.best]
                jobs = []
                for worker in range(self.workers):
                    hot = HOT[(number + worker) % len(HOT)]
                    start = starts[worker % len(starts)]
                    spawn = np.random.SeedSequence([self.seed, number, worker])
                    jobs.append(pool.submit(self._anneal, start, hot, seconds, spawn))
                before = self.best.objective
                for job in jobs:
                    task, processor, found = job.result()
                    if task.size and found < self.best.objective:
                        schedule = from_order(self.instance, task, processor, "local search")
                        if schedule.objective < self.best.objective:
                            self.offer(schedule)
                idle = idle + 1 if self.best.objective >= before else 0
        self.limited = not self.solved and self.elapsed >= self.time_limit

    def _anneal(self, start: Schedule, hot: float, seconds: float, spawn):
        """One round: chunks of trials between looks at the clock, ever cooler."""
        from ._search_kernels import anneal

        graph, instance = self.instance.graph, self.instance
        listed = by_time(start)
        task, processor = start.task[listed], start.processor[listed]
        state = spawn.generate_state(1, np.uint64) | np.uint64(1)
        best, best_task, best_processor = start.objective, task[:0], processor[:0]
        after, most = graph.tails - graph.weights, 50_000 + 2000 * graph.tasks
        begin, done, trials = time.perf_counter(), 0, 50
        while done < most:
            spent = time.perf_counter() - begin
            if spent >= seconds or self.elapsed >= self.time_limit:
                break
            share = max(done / most, spent / seconds)
            temperature = start.objective * hot * COLD**share
            task, processor, found_task, found_processor, best = anneal(
                graph.csr, after, instance.useful_processors, task, processor, state,
                temperature, temperature, trials, best,
            )  # fmt: skip
            if found_task.size:
                best_task, best_processor = found_task, found_processor
                if best <= instance.bounds.best * (1 + ROUNDING):
                    break
            done += trials
            rate = done / max(time.perf_counter() - begin, 1e-9)
            trials = int(np.clip(rate * CHUNK, 50, most / 20))
        return best_task, best_processor, best

    def result(self) -> Schedule:
        return dataclasses.replace(
            self.best, members=self.members, runtime=self.elapsed, limited=self.limited
        )
