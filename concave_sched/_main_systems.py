"""The other four systems in the main job: one instance each, solved, bounded and confirmed."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

_AGREE = 1e-6  # relative distance from the independent answer that counts as agreement


class Line(NamedTuple):
    """One system's line in the table of the main job, and its picture."""

    system: str
    question: str
    objective: str
    bound: str
    seconds: float
    confirmed_by: str
    agreed: bool
    draw: Callable


def systems(accuracy, seed: int) -> Iterator[Line]:
    """The lines of dsct, monotonic, membatch and tdpatd.

    accuracy: the `Fit` of a Lomax, with its value at 0, to accuracy (%) against latency (ms).
    """
    yield _dsct(accuracy, seed)
    yield _monotonic(seed)
    yield _membatch()
    yield _tdpatd()


def _timed(function, *arguments, **options):
    began = time.perf_counter()
    result = function(*arguments, **options)
    return result, time.perf_counter() - began


def _dsct(accuracy, seed) -> Line:
    from . import dsct, reference

    rng = np.random.default_rng(seed)
    images, speeds = rng.integers(10, 60, 40), [1.0, 1.0, 1.6]
    # k images take k times as long: a request's curve is that of one image, stretched.
    of_one = accuracy.curve.curve
    of_many = dataclasses.replace(of_one, rate=1000 * float(of_one.rate) / images)
    instance = dsct.Instance(
        of_many.offset(float(accuracy.curve.low)),
        rng.uniform(0.5, 6.0, images.size),
        images * float(accuracy.x.max()) / 1000,
        speeds,
    )
    dsct.approximate(instance, local_search=True)  # compiles
    best, seconds = _timed(dsct.approximate, instance, local_search=True)
    best.validate()
    together = dsct.Instance(
        instance.accuracy, instance.deadlines, instance.max_work, [sum(speeds)]
    )
    other = reference.dsct_single(together).objective
    distance = abs(other / float(dsct.upper_bound(instance).objective) - 1)
    return Line(
        "dsct",
        f"{images.size} requests with deadlines on {len(speeds)} servers: mean accuracy (%)",
        f"{float(best.objective) / images.size:.4f}",
        f"{float(best.bound) / images.size:.4f}",
        seconds,
        f"relaxation by cvxpy, {distance:.0e} away; deadlines checked",
        distance <= _AGREE and float(best.objective) <= float(best.bound) * (1 + 1e-9),
        best.plot,
    )


def _monotonic(seed) -> Line:
    from . import monotonic

    rng = np.random.default_rng(seed)
    machines, slots = 100, 100
    instance = monotonic.Instance(
        rng.random(machines * slots) < 0.5, machines, np.cumsum(rng.exponential(1.0, slots))
    )
    monotonic.solve(instance)
    best, seconds = _timed(monotonic.solve, instance)
    other = monotonic.dynamic_programming(instance)
    distance = abs(float(other.objective) / float(best.objective) - 1)
    certificate = best.certificate()
    return Line(
        "monotonic",
        f"{machines * slots:,} light and heavy jobs, {machines} machines: energy of the heavy",
        f"{float(best.objective):.6g}",
        f"{float(certificate.dual):.6g}",
        seconds,
        f"dynamic programming, {distance:.0e} away",
        distance <= _AGREE,
        best.plot,
    )


def _membatch() -> Line:
    from . import membatch

    instance = membatch.sweep(100)
    best, seconds = _timed(membatch.solve, instance, time_limit=5.0)
    best.validate()
    return Line(
        "membatch",
        "100 calibrated learning tasks on 7 edge devices: makespan (h)",
        f"{best.objective / 60:.4g}",
        f"{best.bound / 60:.4g}",
        seconds,
        "capacity checked at every instant; bound by an energy LP (HiGHS)",
        best.gap <= 0.01,
        best.plot,
    )


def _tdpatd() -> Line:
    from . import tdpatd

    loss, arguments = tdpatd.bert_like(layers=6)
    graph = tdpatd.from_jax(loss, *arguments, grad=0)
    best, seconds = _timed(tdpatd.solve, tdpatd.Instance(graph, 4), time_limit=5.0)
    validated = best.validate()
    distance = abs(validated / best.objective - 1)
    return Line(
        "tdpatd",
        f"{graph.tasks:,} operations of a BERT-6 training step on 4 devices: makespan (ms)",
        f"{best.objective / 1000:.4g}",
        f"{best.bound / 1000:.4g}",
        seconds,
        "precedence, arrivals and overlaps checked copy by copy",
        distance <= _AGREE and best.objective >= best.bound * (1 - 1e-9),
        best.plot,
    )
