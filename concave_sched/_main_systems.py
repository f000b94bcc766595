"""What the main job solves: one instance per system, with its bound and what confirmed it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

AGREE = 1e-6  # relative distance from the independent answer that counts as agreement


class Options(NamedTuple):
    """What the command line decides, and its defaults."""

    series: str = "gavel/p100/Transformer/bs16"
    jobs: int = 100
    seed: int = 0


class Figure(NamedTuple):
    """A picture of the report: file name, caption, and what draws it on the Axes given."""

    name: str
    caption: str
    draw: Callable
    xlabel: str | None = None
    ylabel: str | None = None


@dataclasses.dataclass
class Solved:
    """One system in the main job: its question, answer and evidence, and what the report shows."""

    system: str
    question: str
    quantity: str
    objective: float
    bound: float
    seconds: float
    confirmed_by: str
    agreed: bool
    answer: str
    schedule: Any
    figures: list[Figure]
    facts: dict[str, str] = dataclasses.field(default_factory=dict)
    rows: list[dict] = dataclasses.field(default_factory=list)

    @property
    def distance(self) -> float:
        """How far from optimal, at most: the share of the bound between it and the objective."""
        return abs(self.objective - self.bound) / abs(self.bound)


def timed(function, *arguments, **options):
    """The result of a call and its seconds."""
    import jax

    began = time.perf_counter()
    result = function(*arguments, **options)
    jax.block_until_ready(getattr(result, "objective", result))
    return result, time.perf_counter() - began


def away(apart: float) -> str:
    """A relative distance between two answers, in words."""
    return f"{apart:.0e} away" if apart else "the same number"


def solve_dsct(options: Options) -> Solved:
    """Requests of several images each, on three servers; accuracy against latency is measured."""
    from . import curves, dsct, fitting, reference

    latency, measured = fitting.load_series("ofa_latency")[_ACCURACY]
    accuracy = fitting.fit(curves.Lomax, latency, measured, at_zero=_GUESSING)
    rng = np.random.default_rng(options.seed)
    images, speeds = rng.integers(10, 60, 40), [1.0, 1.0, 1.6]
    # k images take k times as long: a request's curve is that of one image, stretched.
    of_one = accuracy.curve.curve
    of_many = dataclasses.replace(of_one, rate=1000 * float(of_one.rate) / images)
    instance = dsct.Instance(
        of_many.offset(float(accuracy.curve.low)),
        rng.uniform(0.5, 6.0, images.size),
        images * float(latency.max()) / 1000,
        speeds,
    )
    dsct.approximate(instance, local_search=True)  # compiles
    best, seconds = timed(dsct.approximate, instance, local_search=True)
    best.validate()
    full = dsct.edf_no_compression(instance)
    together = dsct.Instance(
        instance.accuracy, instance.deadlines, instance.max_work, [sum(speeds)]
    )
    other = reference.dsct_single(together).objective
    apart = abs(other / float(dsct.upper_bound(instance).objective) - 1)
    count, run = np.bincount(best.machine, minlength=3), np.asarray(best.duration)
    found = np.asarray(best.accuracies)
    return Solved(
        "dsct",
        f"{images.size} requests with deadlines on {len(speeds)} servers: how long may each run, "
        "where and when?",
        "mean accuracy (%)",
        float(best.objective) / images.size,
        float(best.bound) / images.size,
        seconds,
        f"relaxation by cvxpy, {away(apart)}; deadlines replayed",
        bool(apart <= AGREE and float(best.objective) <= float(best.bound) * (1 + 1e-9)),
        f"The servers take {count[0]}, {count[1]} and {count[2]} requests (the third is 1.6 times "
        f"as fast). A request runs {run.min():.2f} to {run.max():.2f} s, is {found.min():.1f} to "
        f"{found.max():.1f} % accurate, and none is late. Without compression "
        f"{int((np.asarray(full.work) == 0).sum())} requests would go unanswered and the mean be "
        f"{float(full.objective) / images.size:.1f} %.",
        best,
        [
            Figure(
                "accuracy",
                f"The measurement, {_ACCURACY}, and the fit that requests are stretched from.",
                accuracy.plot,
                "latency of one image (ms)",
                "top-1 accuracy (%)",
            ),
            Figure(
                "dsct",
                "Which request runs where, when, and how long: a bar each, dark is accurate.",
                best.plot,
                "time (s)",
                "server",
            ),
        ],
    )


def solve_monotonic(options: Options) -> Solved:
    """Heavy jobs on slots that get dearer, in closed form, confirmed by dynamic programming."""
    from . import monotonic

    rng = np.random.default_rng(options.seed)
    machines, slots = 100, 100
    instance = monotonic.Instance(
        rng.random(machines * slots) < 0.5, machines, np.cumsum(rng.exponential(1.0, slots))
    )
    monotonic.solve(instance)  # compiles
    best, seconds = timed(monotonic.solve, instance)
    other = monotonic.dynamic_programming(instance)
    apart = abs(float(other.objective) / float(best.objective) - 1)
    plain = monotonic.eliminate_misalignment(instance, max_moves=0)
    quotas = np.asarray(best.quotas)
    return Solved(
        "monotonic",
        f"{machines * slots:,} light and heavy jobs in a fixed order, {machines} machines whose "
        "slots get dearer: which machine takes which job?",
        "cost of the heavy jobs",
        float(best.objective),
        float(best.certificate().dual),
        seconds,
        f"dynamic programming, {away(apart)}; a counted bound",
        apart <= AGREE,
        f"Machine 0 takes {quotas[0]} heavy jobs, machine {machines - 1} takes {quotas[-1]}, the "
        f"others {quotas[1:-1].min()} to {quotas[1:-1].max()}. Filling one machine after the other "
        f"would cost {float(plain.objective / best.objective - 1):.1%} more.",
        best,
        [
            Figure(
                "monotonic",
                "Where the heavy jobs stand: a row per machine, a column per slot, dear to the "
                "right.",
                best.plot,
            )
        ],
    )


def compile_kernels() -> None:
    """Run every kernel of membatch and tdpatd once: numba compiles them and keeps them on disk."""
    from . import membatch, tdpatd

    membatch.solve(membatch.sweep(20), time_limit=5.0)
    small = tdpatd.Instance(tdpatd.generate(20), 2)
    tdpatd.compare(small, partitions=8)
    tdpatd.solve(small, time_limit=0.5)


def solve_membatch(options: Options) -> Solved:
    """The paper's hundred learning tasks on seven edge devices; the instance is not random."""
    from . import membatch

    instance = membatch.sweep(100)
    membatch.solve(membatch.sweep(20), time_limit=5.0)  # compiles, or loads what is compiled
    best, seconds = timed(membatch.solve, instance, time_limit=5.0)
    best.validate()
    default = membatch.least_loaded_first(instance)
    use = best.utilisation
    return Solved(
        "membatch",
        "100 calibrated learning tasks (in 160 parts) on 7 edge devices: which device runs what, "
        "and when?",
        "makespan (h)",
        best.objective / 60,
        best.bound / 60,
        seconds,
        "GPU and memory replayed at every instant; bound by an energy LP (HiGHS)",
        best.gap <= 0.01,
        f"{use.tasks.idxmax()} runs {use.tasks.max()} parts, {use.tasks.idxmin()} runs "
        f"{use.tasks.min()}; GPUs are used {use['mean'].min():.0f} to {use['mean'].max():.0f} % of "
        f"the time. Ray's default order would need {default.objective / 60:.1f} h.",
        best,
        [Figure("membatch", "Which device runs what, when: a lane per device.", best.plot)],
    )


def solve_tdpatd(options: Options) -> Solved:
    """The training step of a BERT-like model, traced by JAX; the instance is not random."""
    from . import tdpatd

    loss, arguments = tdpatd.bert_like(layers=6)
    graph = tdpatd.from_jax(loss, *arguments, grad=0)
    small = tdpatd.Instance(tdpatd.generate(20), 2)
    tdpatd.compare(small, partitions=8)  # this and the next line compile, or load
    tdpatd.solve(small, time_limit=0.5)
    best, seconds = timed(tdpatd.solve, tdpatd.Instance(graph, 4), time_limit=5.0)
    apart = abs(best.validate() / best.objective - 1)
    work = float(np.sum(graph.weights))
    return Solved(
        "tdpatd",
        f"{graph.tasks:,} operations of a BERT-like training step (6 layers) on 4 devices: which "
        "runs where, when, and twice?",
        "makespan (ms)",
        best.objective / 1000,
        best.bound / 1000,
        seconds,
        "precedence, arrivals and overlaps replayed copy by copy",
        bool(apart <= AGREE and best.objective >= best.bound * (1 - 1e-9)),
        f"The step is {work / best.objective:.2f} times as fast as on one device; no schedule "
        f"passes {work / best.bound:.2f} times, and one chain of operations alone takes "
        f"{best.instance.bounds.critical_path / best.bound:.0%} of the bound. "
        f"{best.duplicated_tasks.size} operations run more than once.",
        best,
        [
            Figure(
                "tdpatd",
                "Which operation runs where, when: a lane per device, by place in the graph.",
                partial(best.plot, unit="µs"),
            )
        ],
    )


_ACCURACY = "ofa_mbv3/note10/latency"
_GUESSING = 0.1  # per cent: one class in a thousand
