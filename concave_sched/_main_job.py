"""The main job: measurement -> fit -> schedule -> certificate -> confirmation, system by system."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np

_CONFIRMED = 1e-6  # relative distance from the independent solver that counts as agreement


def run(series: str, jobs: int, seed: int, folder) -> int:
    """Do the main job, print its tables, write the report; returns 0 if all was confirmed, else 1.

    series: one of the shipped Gavel series (steps per second against GPUs). Job sizes are drawn
    log-normally (median one hour on one GPU, sigma 1) from the seed; the budget is the largest
    number of GPUs measured, so that nothing is extrapolated. The other four systems follow, each
    with one instance, its objective, bound, time and what confirmed it.
    """
    from tqdm import tqdm

    from . import curves, fitting, reference, smartfill
    from ._main_systems import Line, systems
    from ._report import write_report

    if jobs < 1:
        raise ValueError(f"jobs = {jobs}: at least one job is needed.")
    data = fitting.load_series("gavel")
    if series not in data:
        raise ValueError(
            f"series = {series!r}: no such series; for example {', '.join(list(data)[:3])}."
        )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    steps = tqdm(total=9, desc="fit", leave=False)

    def next_step(name):
        steps.update()
        steps.set_description(name)

    began = time.perf_counter()
    gpus, speed = data[series]
    ranking = fitting.fit_best(gpus, speed, at_zero=0.0, families=_FAMILIES)
    latency, measured = fitting.load_series("ofa_latency")[_ACCURACY]
    accuracy = fitting.fit(curves.Lomax, latency, measured, at_zero=_GUESSING)
    next_step("schedule")
    speedup, budget = ranking.curve, float(gpus.max())
    hour = 3600 * float(speedup(1.0))
    sizes = hour * np.random.default_rng(seed).lognormal(0.0, 1.0, jobs)
    instance = smartfill.Instance(speedup, sizes, budget=budget)
    solving = time.perf_counter()
    optimum = smartfill.solve(instance)
    optimum.objective.block_until_ready()
    solved = time.perf_counter() - solving
    policies = {
        "SmartFill": optimum,
        "heSRPT, fitted power": smartfill.hesrpt(instance),
        "equal share": smartfill.equal_share(instance),
        "shortest first": smartfill.shortest_first(instance),
    }
    next_step("certify")
    certificate = optimum.certificate()
    next_step("confirm by cvxpy")
    confirmed = reference.smartfill(speedup, sizes, budget=budget)
    distance = abs(confirmed.objective / float(optimum.objective) - 1)
    agreed = bool(distance <= _CONFIRMED and certificate.gap <= 1e-9)
    facts = {
        "measurement": f"{series}: {len(gpus)} points, 1 to {budget:.0f} GPUs",
        "fit": f"{type(speedup).__name__}, R² {float(ranking.r2):.5f}",
        "jobs": f"{jobs}, log-normal sizes, seed {seed}; objective: mean slowdown",
        "certificate": f"gap {certificate.gap:.1e}, KKT residual {certificate.kkt_residual:.1e}, "
        f"constraint violation {certificate.feasibility:.1e}",
        "cvxpy (Clarabel)": f"{_slowdown(confirmed.objective, instance):.8f}, "
        f"{distance:.1e} from SmartFill's {_slowdown(optimum.objective, instance):.8f} "
        f"({confirmed.status.name.lower()})",
        "confirmed": "yes" if agreed else f"NO: further apart than {_CONFIRMED:.0e}",
    }
    rows = [
        {
            "policy": name,
            "mean slowdown": _slowdown(result.objective, instance),
            "above optimum": f"{float(result.objective / optimum.objective - 1):+.2%}",
            "last completion (h)": float(result.completion_times.max()) / 3600,
        }
        for name, result in policies.items()
    ]
    lines = [
        Line(
            "smartfill",
            f"{jobs} jobs sharing {budget:.0f} GPUs: mean slowdown",
            f"{_slowdown(optimum.objective, instance):.6f}",
            f"{_slowdown(certificate.dual, instance):.6f}",
            solved,
            f"cvxpy, {distance:.0e} away",
            agreed,
            optimum.plot,
        )
    ]
    next_step("dsct")
    for line in systems(accuracy, seed):
        lines.append(line)
        next_step(_AFTER.get(line.system, "draw"))
    table = [
        {
            "system": line.system,
            "what": line.question,
            "objective": line.objective,
            "bound": line.bound,
            "seconds": f"{line.seconds:.2g}",
            "confirmed by": line.confirmed_by + ("" if line.agreed else ": NOT CONFIRMED"),
        }
        for line in lines
    ]
    write_report(folder, facts, rows, table, ranking, accuracy, _ACCURACY, policies, lines)
    numbers = {"facts": facts, "policies": rows, "systems": table}
    (folder / "summary.json").write_text(json.dumps(numbers, indent=1, ensure_ascii=False) + "\n")
    optimum.to_dataframe().to_csv(folder / "schedule.csv", index_label="job")
    next_step("done")
    steps.close()
    _print(facts, rows, table)
    agreed = all(line.agreed for line in lines)
    print(f"\n{time.perf_counter() - began:.1f} s; report: {(folder / 'report.html').resolve()}")
    return 0 if agreed else 1


_ACCURACY = "ofa_mbv3/note10/latency"
_GUESSING = 0.1  # per cent: one class in a thousand
_AFTER = {"dsct": "monotonic", "monotonic": "membatch", "membatch": "tdpatd"}
_FAMILIES = ("Power", "Logarithmic", "Hyperbolic", "Exponential")  # four points rank no more


def _slowdown(objective, instance) -> float:
    """Mean of T_i over the time job i would take alone: weights are 1/size."""
    alone = float(instance.speedup(instance.budget))
    return float(objective) * alone / len(instance.sizes)


def _print(facts, rows, table):
    import pandas as pd

    width = max(map(len, facts))
    for label, value in facts.items():
        print(f"{label:<{width}}  {value}")
    print()
    print(pd.DataFrame(rows).to_string(index=False, float_format="%.4f"))
    print()
    for line in table:
        print(f"{line['system']:<9}  {line['what']}")
        print(
            f"{'':<9}  {line['objective']}, bound {line['bound']}, in {line['seconds']} s; "
            f"{line['confirmed by']}"
        )
