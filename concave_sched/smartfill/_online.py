"""Jobs that arrive over time: an event simulation, in step over many seeds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from .._checks import require, require_float64
from ..curves import Curve
from ._arrivals import Arrivals
from ._general_instance import GeneralInstance, StepBudget
from ._instance import read_budget
from ._online_events import run_seeds
from ._online_policies import as_policy, name_of, require_fair, require_progress
from ._online_result import OnlineResult
from ._speedups import SearchedJobs, jobs_of, own_speedups

_LANES = 64  # seeds in step with each other
_FIRST_SLOTS = 16


def simulate_online(
    policy, arrivals: Arrivals, speedups, budget=1.0, progress: bool = False
) -> OnlineResult:
    """Let jobs arrive, and share the budget anew at every arrival and departure.

    policy: SMARTFILL, EQUAL_SHARE, SHORTEST_FIRST, HeSRPT(exponent) of `smartfill`, or any function
    of a `Present` that returns the (slots,) rates, >= 0, of sum at most the budget, 0 where nobody
    is `here`; it is traced by JAX. arrivals: `Arrivals`. speedups: one curve for all jobs, or a
    list of curves that `arrivals.kinds` numbers. budget: > 0.

    Seeds run in step, in blocks on every core; empty slots are added until all jobs that are
    there at once find one. With all arrivals at time 0, SmartFill gives the schedule of `solve`.

    Cost: two events a job, O(slots) each; for SmartFill O(slots * jobs there). Compilation takes
    seconds for every new count of slots or jobs.

    Errors: ValueError for bad arguments, for kinds of families without closed inverse, and for
    policies that overspend, give to nobody, or let all jobs rest.

    Example:
        >>> import concave_sched as cs
        >>> draw = lambda rng, shape: rng.exponential(2.0, shape)
        >>> jobs = cs.smartfill.Arrivals.poisson(0.5, jobs=20, seeds=4, sizes=draw)
        >>> curve = cs.curves.Logarithmic(1.0, 1.0)
        >>> equal = cs.smartfill.simulate_online(cs.smartfill.EQUAL_SHARE, jobs, curve, 4.0)
        >>> equal.slowdowns.shape, equal.mean_slowdown > 1
        ((4, 20), True)
    """
    from tqdm import tqdm

    require_float64()
    pure = as_policy(policy)
    if not isinstance(arrivals, Arrivals):
        raise ValueError(f"arrivals = {arrivals!r}: give smartfill.Arrivals(times, sizes).")
    if isinstance(budget, StepBudget):
        raise ValueError(
            "budget is a StepBudget: arriving jobs share a constant budget, a number; run_policy "
            "takes budgets that change, for jobs that are all there at time 0."
        )
    budget = read_budget(budget)
    shared = speedups if isinstance(speedups, Curve) else None
    kinds = own_speedups(speedups, len(speedups) if isinstance(speedups, (list, tuple)) else 1)
    require(
        "arrivals.kinds",
        arrivals.kinds,
        lambda k: (k >= 0) & (k < kinds.count),
        f"there are {kinds.count} speedups.",
    )
    table = jobs_of(kinds)
    if isinstance(table, SearchedJobs) and shared is None:
        raise ValueError(
            "speedups: several kinds need families with a closed inverse (the regular ones and "
            "Power); fit one of those, or give one curve for all."
        )
    GeneralInstance(kinds, np.ones(kinds.count), np.ones(kinds.count), budget)  # checks the curves
    alone = arrivals.sizes / np.asarray(kinds(budget))[arrivals.kinds]
    weights = 1 / alone if arrivals.weights is None else arrivals.weights
    data = (arrivals.times, arrivals.sizes, weights, arrivals.kinds)
    blocks = [
        tuple(_padded(part[i : i + _LANES]) for part in data)
        for i in range(0, len(arrivals.times), _LANES)
    ]
    jobs, slots = arrivals.times.shape[1], _FIRST_SLOTS
    while True:
        slots = min(slots, jobs)
        every = table if shared is None else jobs_of(own_speedups(shared, slots))
        run = partial(run_seeds, pure, every, float(budget), slots, shared is not None)
        with ThreadPoolExecutor() as pool:
            found = list(
                tqdm(pool.map(run, blocks), total=len(blocks), disable=not progress, desc="seeds")
            )
        ends, most, worst = (
            np.concatenate(part)[: len(arrivals.times)] for part in zip(*found, strict=True)
        )
        if most.max() <= slots:
            break
        slots = min(2 * slots, jobs)
    require_fair(policy, worst.max())
    require_progress(policy, ends)
    slowdowns = (ends - arrivals.times) / alone
    return OnlineResult(name_of(policy), arrivals, ends, slowdowns, int(most.max()))


def _padded(rows):
    return np.concatenate([rows, np.repeat(rows[-1:], _LANES - len(rows), axis=0)])
