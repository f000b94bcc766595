"""Our solvers beside their peers, on the same instances in one process.

    python tests/benchmarks/peers.py [cvxpy] [saga] [pyjobshop] [extrap] [pyusl]

Peers that are not installed are skipped and named: `pip install anrg-saga pyjobshop extrap pyusl`
(cvxpy is one of our own dependencies). Prints Markdown, one table per peer. Seconds are those of a
whole call, model building included; ours are the best of the calls after the first, which compiles
and is in brackets. Time limits are those of the solvers. A quality above 1 means that ours is
better by that factor.
"""

from __future__ import annotations

import importlib
import math
import sys
import time
import warnings

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np  # noqa: E402

import concave_sched as cs  # noqa: E402

_COLUMNS = ("instance", "peer", "s", "here", "s (first)", "quality: here over peer")


def timed(function, repeat: int = 0):
    """Result, seconds of the first call, and the best of `repeat` further ones (or the first)."""
    seconds = []
    for _ in range(1 + repeat):
        began = time.perf_counter()
        result = jax.block_until_ready(function())
        seconds.append(time.perf_counter() - began)
    return result, seconds[0], min(seconds[1:], default=seconds[0])


def row(instance, peer, ours, better, repeat=3):
    """One line. peer, ours: (name, function, value of its result); better: "least" or "most"."""
    theirs, their_seconds, _ = timed(peer[1])
    mine, first, seconds = timed(ours[1], repeat)
    a, b = float(peer[2](theirs)), float(ours[2](mine))
    quality = a / b if better == "least" else b / a
    equal = math.isclose(quality, 1, rel_tol=1e-4)
    return (
        instance,
        f"{peer[0]}: {a:.6g}",
        f"{their_seconds:.2g}",
        f"{ours[0]}: {b:.6g}",
        f"{seconds:.2g} ({first:.2g})",
        f"1, {abs(quality - 1):.0e} apart" if equal else f"{quality:.3f}",
    )


def objective(result):
    return result.objective


def cvxpy():
    """Three of our continuous problems as cvxpy programs, by Clarabel (`cs.reference`)."""
    rng = np.random.default_rng(0)
    curve = cs.curves.Logarithmic(rng.uniform(1, 5, 1000), rng.uniform(0.1, 2, 1000))
    yield row(
        "one budget, 1,000 logarithms",
        ("Clarabel", lambda: cs.reference.waterfill(curve, 300.0), lambda r: r.value),
        ("waterfill", lambda: cs.waterfill(curve, 300.0), lambda r: r.value),
        "most",
    )
    speedup, sizes = cs.curves.Logarithmic(1.0, 1.0), rng.lognormal(0.0, 1.0, 40)
    jobs = cs.smartfill.Instance(speedup, sizes, budget=8.0)
    yield row(
        "40 jobs on 8 GPUs, logarithm",
        ("Clarabel", lambda: cs.reference.smartfill(speedup, sizes, budget=8.0), objective),
        ("smartfill.solve", lambda: cs.smartfill.solve(jobs), objective),
        "least",
    )
    tasks = cs.dsct.generate(100, 1, seed=0)
    yield row(
        "100 tasks with deadlines, one machine",
        ("Clarabel", lambda: cs.reference.dsct_single(tasks), objective),
        ("dsct.solve_single", lambda: cs.dsct.solve_single(tasks), objective),
        "most",
    )


def saga():
    """Its list schedulers beside ours on one random layered graph; then `solve`, which may copy."""
    from saga import Network, TaskGraph, schedulers

    instance = cs.tdpatd.Instance(cs.tdpatd.generate(500, levels=25, ccr=2.0, seed=1), 8)
    graph = instance.graph
    network = Network.create(
        [(str(p), 1.0) for p in range(8)],
        [(str(p), str(q), 1.0) for p in range(8) for q in range(p + 1, 8)],
    )
    tasks = TaskGraph.create(
        [(str(i), float(w)) for i, w in enumerate(graph.weights)],
        [
            (str(a), str(b), float(c))
            for (a, b), c in zip(graph.edges.tolist(), graph.communication, strict=True)
        ],
    )
    for peer, ours, repeat in (
        ("HeftScheduler", cs.tdpatd.heft, 3),
        ("ETFScheduler", cs.tdpatd.etf, 3),
        ("CpopScheduler", lambda i: cs.tdpatd.solve(i, time_limit=5.0), 1),
    ):
        scheduler = getattr(schedulers, peer)()
        yield row(
            f"500 tasks, {len(graph.edges):,} edges, 8 processors",
            (peer, lambda s=scheduler: s.schedule(network, tasks), lambda s: s.makespan),
            (getattr(ours, "__name__", "solve").replace("<lambda>", "solve, 5 s"),
             lambda f=ours: f(instance), objective),
            "least",
            repeat,
        )  # fmt: skip


def pyjobshop():
    """MemBatch as tasks with one mode per device, and a task graph whose messages take no time."""
    for parts in (12, 60):
        instance = cs.membatch.generate(parts, seed=1)
        yield row(
            f"{len(instance.tasks)} distinct tasks, 7 edge devices",
            ("CP-SAT, 60 s", lambda i=instance: _modes(i, 60.0), float),
            ("solve, 10 s", lambda i=instance: cs.membatch.solve(i, time_limit=10.0), objective),
            "least",
            1,
        )
    for tasks in (60, 600):
        graph = cs.tdpatd.generate(tasks, seed=2)
        graph = cs.tdpatd.TaskGraph(np.rint(graph.weights), graph.edges, 0 * graph.communication)
        instance = cs.tdpatd.Instance(graph, 4)
        yield row(
            f"{tasks} tasks, {len(graph.edges):,} edges, no messages, 4 processors",
            ("CP-SAT, 60 s", lambda i=instance: _precedence(i, 60.0), float),
            ("solve, 10 s", lambda i=instance: cs.tdpatd.solve(i, time_limit=10.0), objective),
            "least",
            1,
        )


def _modes(instance, limit, per_minute=10):
    """Makespan in minutes by PyJobShop: GPU and memory of each device are renewable resources."""
    from pyjobshop import Model

    model = Model()
    gpu = [model.add_renewable(int(round(d.gpu))) for d in instance.devices]
    memory = [model.add_renewable(int(round(d.memory))) for d in instance.devices]
    for i in range(len(instance.tasks)):
        task = model.add_task()
        for j in np.flatnonzero(instance.fits[i]):
            need = [int(np.ceil(x - 1e-9)) for x in (instance.gpu[i, j], instance.memory[i, j])]
            minutes = int(round(per_minute * instance.time[i, j]))
            model.add_mode(task, [gpu[j], memory[j]], minutes, need)
    return model.solve(time_limit=limit, display=False).objective / per_minute


def _precedence(instance, limit):
    from pyjobshop import Model

    model, graph = Model(), instance.graph
    processors = model.add_renewable(instance.processors)
    tasks = [model.add_task() for _ in graph.weights]
    for task, weight in zip(tasks, graph.weights, strict=True):
        model.add_mode(task, processors, int(weight), 1)
    for a, b in graph.edges.tolist():
        model.add_end_before_start(tasks[a], tasks[b])
    return model.solve(time_limit=limit, display=False).objective


def _scaling_series():
    """Throughput against processors with at least 6 amounts (Extra-P needs 5 to fit)."""
    for name in ("lanl_benchmarks", "mlperf_training_v31", "usl"):
        for series, (x, y) in cs.fitting.load_series(name).items():
            amounts, where = np.unique(x, return_inverse=True)
            means = np.bincount(where, weights=y) / np.bincount(where)
            if len(amounts) >= 6:
                yield series, amounts, means


def _held_out(title, name, peer_fit, our_fit, our_name):
    """Relative error at the largest amount, fitted without it: median over the series."""
    series = list(_scaling_series())
    errors, seconds = {}, {}
    for key, fit in (
        (name, peer_fit),
        (our_name, our_fit),
        (our_name, our_fit),
    ):  # ours twice: warm
        began = time.perf_counter()
        predicted = [float(fit(x[:-1], y[:-1])(x[-1])) for _, x, y in series]
        seconds.setdefault(key, []).append(time.perf_counter() - began)
        errors[key] = np.median(
            [abs(p / y[-1] - 1) for p, (_, _, y) in zip(predicted, series, strict=True)]
        )
    first, warm = seconds[our_name]
    return (
        f"{len(series)} series, {title}",
        f"{name}: {100 * errors[name]:.1f} %",
        f"{seconds[name][0]:.2g}",
        f"{our_name}: {100 * errors[our_name]:.1f} %",
        f"{warm:.2g} ({first:.2g})",
        f"{errors[name] / errors[our_name]:.3f}",
    )


def _our_best(x, y):
    return cs.fit_best(x, y, at_zero=0.0, families=("Power", "Logarithmic", "Hyperbolic")).curve


def extrap():
    """Held-out error of the model it chooses, of the throughput and of the time per unit."""
    from extrap.entities.callpath import Callpath
    from extrap.entities.coordinate import Coordinate
    from extrap.entities.measurement import Measurement
    from extrap.entities.metric import Metric
    from extrap.modelers.single_parameter import all_modelers

    def model(x, y, strong_scaling=False):
        modeler = all_modelers["Basic"]()
        if strong_scaling:  # as its documentation advises for times that fall
            modeler.allow_negative_exponents = True
            modeler.hypotheses_building_blocks = modeler.create_default_building_blocks(True, True)
        points = [
            Measurement(Coordinate(float(a)), Callpath("main"), Metric("value"), [float(b)])
            for a, b in zip(x, y, strict=True)
        ]
        (found,) = modeler.model([points])
        return found.hypothesis.function.evaluate

    def of_time(x, y):
        seconds = model(x, 1 / y, strong_scaling=True)
        return lambda a: 1 / seconds(a)

    title = "error at the largest amount"
    yield _held_out(title, "model of throughput", model, _our_best, "fit_best")
    yield _held_out(title, "model of time", of_time, _our_best, "fit_best")


def pyusl():
    """The universal scalability law: held-out error, with our fit of the same law and with ours."""
    import contextlib
    import io

    from pyusl import usl as peer

    def law(x, y):
        one = peer(gamma0=float(y[0] / x[0]))
        with contextlib.redirect_stdout(io.StringIO()):
            one.fit(np.asarray(x), np.asarray(y), requires_plot=False)
        return one.compute

    def ours(x, y):
        return cs.fit(cs.curves.UniversalScalability, x, y, at_zero=0.0).curve

    yield _held_out("error at the largest amount", "pyusl", law, ours, "UniversalScalability")
    yield _held_out("error at the largest amount", "pyusl", law, _our_best, "fit_best")


PEERS = {f.__name__: f for f in (cvxpy, saga, pyjobshop, extrap, pyusl)}


def main(names) -> int:
    unknown = set(names) - set(PEERS)
    if unknown:
        print(f"no such peer: {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}.")
        return 2
    for name in names or PEERS:
        try:
            importlib.import_module(name)
        except ImportError as missing:
            print(f"\n{name}: skipped, not installed ({missing})")
            continue
        print(f"\n{name}: {PEERS[name].__doc__}\n")
        print("| " + " | ".join(_COLUMNS) + " |\n" + "|---" * len(_COLUMNS) + "|")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the peers' own
            for line in PEERS[name]():
                print("| " + " | ".join(line) + " |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
