"""The first system of the main job: from a measured speedup to the optimal shares of jobs."""

from __future__ import annotations

from functools import partial

import numpy as np

from ._main_systems import AGREE, Figure, Options, Solved, away, timed

_FAMILIES = ("Power", "Logarithmic", "Hyperbolic", "Exponential")  # four points rank no more


def solve_smartfill(options: Options) -> Solved:
    """Jobs under a shipped measurement (Gavel), beside three baselines, confirmed by cvxpy.

    Job sizes are drawn log-normally (median one hour on one GPU, sigma 1) from the seed; the
    budget is the largest number of GPUs measured, so that nothing is extrapolated.
    """
    from . import fitting, reference, smartfill
    from .plotting import completion_times, rates_over_time

    series, jobs, seed = options
    data = fitting.load_series("gavel")
    if series not in data:
        raise ValueError(
            f"series = {series!r}: no such series; for example {', '.join(list(data)[:3])}."
        )
    gpus, steps_per_second = data[series]
    speed = 3.6 * steps_per_second  # thousand steps per hour, so that times are hours
    ranking = fitting.fit_best(gpus, speed, at_zero=0.0, families=_FAMILIES)
    speedup, budget = ranking.curve, float(gpus.max())
    sizes = float(speedup(1.0)) * np.random.default_rng(seed).lognormal(0.0, 1.0, jobs)
    instance = smartfill.Instance(speedup, sizes, budget=budget)
    smartfill.solve(instance).objective.block_until_ready()  # compiles
    optimum, seconds = timed(smartfill.solve, instance)
    policies = {
        "SmartFill": optimum,
        "heSRPT, fitted power": smartfill.hesrpt(instance),
        "equal share": smartfill.equal_share(instance),
        "shortest first": smartfill.shortest_first(instance),
    }
    certificate = optimum.certificate()
    confirmed = reference.smartfill(speedup, sizes, budget=budget)
    apart = abs(confirmed.objective / float(optimum.objective) - 1)
    agreed = bool(apart <= AGREE and certificate.gap <= 1e-9)

    def slowdown(objective):
        """Mean of T_i over the time job i would take alone: weights are 1/size."""
        return float(objective) * float(speedup(budget)) / jobs

    best = slowdown(optimum.objective)
    rows = [
        {
            "policy": name,
            "mean slowdown": slowdown(result.objective),
            "above optimum": f"{float(result.objective / optimum.objective - 1):+.2%}",
            "last completion (h)": float(result.completion_times.max()),
        }
        for name, result in policies.items()
    ]
    first = int(np.argmin(sizes))
    held = np.asarray(optimum.rates_during(first))
    return Solved(
        "smartfill",
        f"{jobs} training jobs share {budget:.0f} GPUs: who gets how many, and when?",
        "mean slowdown",
        best,
        slowdown(certificate.dual),
        seconds,
        f"cvxpy, {away(apart)}; duality gap {certificate.gap:.0e}",
        agreed,
        f"At the start {int((held > 0).sum())} of the {jobs} jobs hold GPUs, the shortest "
        f"{held[first]:.2f} of {budget:.0f}; each completion hands GPUs to longer jobs, and the "
        f"last ends after {float(optimum.completion_times.max()):.1f} h. On average a job takes "
        f"{best:.2f} times as long as it would alone on all GPUs; equal shares make that "
        f"{rows[2]['mean slowdown']:.2f}, one job after the other "
        f"{rows[3]['mean slowdown']:.2f}.",
        optimum,
        [
            Figure(
                "speedup",
                f"The measurement, {series}, and its best fit.",
                ranking.plot,
                "GPUs",
                "thousand steps per hour",
            ),
            Figure(
                "rates",
                "Who holds how many GPUs, when: each band is one job, the shortest on top.",
                partial(rates_over_time, optimum),
                "time (h)",
                "GPUs",
            ),
            Figure(
                "completion_times",
                "When each job ends, by policy.",
                partial(completion_times, policies),
                "job size (thousand steps)",
                "completion time (h)",
            ),
        ],
        {
            "measurement": f"{series}: {len(gpus)} points, 1 to {budget:.0f} GPUs",
            "fit": f"{type(speedup).__name__}, R² {float(ranking.r2):.5f}",
            "jobs": f"{jobs}, log-normal sizes, seed {seed}; objective: mean slowdown",
            "certificate": f"gap {certificate.gap:.1e}, KKT residual "
            f"{certificate.kkt_residual:.1e}, constraint violation {certificate.feasibility:.1e}",
            "cvxpy (Clarabel)": f"{slowdown(confirmed.objective):.8f}, {apart:.1e} from "
            f"SmartFill's {best:.8f} ({confirmed.status.name.lower()})",
            "confirmed": "yes" if agreed else f"NO: further apart than {AGREE:.0e}",
        },
        rows,
    )
