"""Jobs that arrive over time: an event simulation, in step over many seeds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import require, require_float64, require_shape
from .._results import Result, Status
from .._tree import pytree
from ..curves import Curve
from ._online_policies import Present, name_of
from ._speedups import SearchedJobs, Speedups, jobs_of, own_speedups

_LANES = 64  # seeds in step with each other
_FIRST_SLOTS = 16


@pytree
class Arrivals:
    """When jobs arrive and how large they are; rows are seeds.

    times: (seeds, jobs), >= 0, not falling along a row. sizes: (seeds, jobs), > 0. kinds: (seeds,
    jobs) integers, which of several speedups a job has; None for the first. weights: (seeds,
    jobs), > 0; None for s(budget)/size, which counts slowdown.
    """

    times: Any
    sizes: Any
    kinds: Any = None
    weights: Any = None

    def __post_init__(self):
        times, sizes = (np.atleast_2d(np.asarray(v, float)) for v in (self.times, self.sizes))
        kinds = np.zeros(1, int) if self.kinds is None else np.asarray(self.kinds)
        given = {"sizes": sizes, "kinds": kinds, "weights": self.weights}
        shape = np.broadcast_shapes(times.shape, (1, 1))
        if times.shape[0] == 1:
            shape = (sizes.shape[0], shape[1])
        for name, value in given.items():
            require_shape(name, value, shape, "(seeds, jobs) as times has, or (jobs,).")
        if not np.issubdtype(kinds.dtype, np.integer):
            raise ValueError(f"kinds are {kinds.dtype}: integers that number the speedups.")
        for name, value in (("times", times), ("sizes", sizes), ("kinds", kinds)):
            object.__setattr__(self, name, np.broadcast_to(np.atleast_2d(value), shape))
        if len(shape) != 2 or 0 in shape:
            raise ValueError(f"times and sizes have shape {shape}: (seeds, jobs), one job or more.")
        require("times", times, lambda t: (t >= 0) & np.isfinite(t), "times are finite and >= 0.")
        rise = np.diff(times, axis=1)
        require("times: step", rise, lambda d: d >= 0, "arrivals must not go back in time; sort.")
        require("sizes", sizes, lambda x: (x > 0) & np.isfinite(x), "sizes are finite and > 0.")
        if self.weights is not None:
            weights = np.broadcast_to(np.asarray(self.weights, float), shape)
            require("weights", weights, lambda w: (w > 0) & np.isfinite(w), "finite and > 0.")
            object.__setattr__(self, "weights", weights)

    @classmethod
    def poisson(cls, rate, jobs, seeds, sizes, seed=0, kinds=None) -> Arrivals:
        """`jobs` Poisson arrivals per seed, `rate` of them per unit of time.

        sizes: a function of (numpy Generator, shape) that draws sizes, and of (numpy Generator,
        kinds) if there are several; kinds: probabilities of the speedups, or None for one.

        Example:
            >>> import concave_sched as cs
            >>> draw = lambda rng, shape: rng.exponential(2.0, shape)
            >>> a = cs.smartfill.Arrivals.poisson(0.5, jobs=10, seeds=3, sizes=draw)
            >>> a.times.shape
            (3, 10)
        """
        require("rate", rate, lambda r: (r > 0) & np.isfinite(r), "arrivals per time, > 0.")
        rng = np.random.default_rng(seed)
        times = np.cumsum(rng.exponential(1 / rate, (seeds, jobs)), axis=1)
        if kinds is None:
            return cls(times, sizes(rng, (seeds, jobs)))
        kind = rng.choice(len(kinds), (seeds, jobs), p=np.asarray(kinds, float))
        return cls(times, sizes(rng, kind), kind)


@pytree(static=("policy_name",))
class OnlineResult(Result):
    """What `simulate_online` returns: times by seed and job, and their means by seed.

    completion_times, flow_times, slowdowns: (seeds, jobs); the slowdown is the flow time over what
    the job alone would take with the whole budget. most_present: the most jobs there at once.
    """

    policy_name: str
    arrivals: Arrivals
    completion_times: Any
    slowdowns: Any
    most_present: int

    @property
    def flow_times(self):
        return self.completion_times - self.arrivals.times

    @property
    def mean_slowdown(self) -> float:
        return float(np.mean(self.slowdowns))

    @property
    def mean_flow_time(self) -> float:
        return float(np.mean(self.flow_times))

    @property
    def objective(self) -> float:
        """The mean slowdown."""
        return self.mean_slowdown

    @property
    def status(self) -> Status:
        done = np.all(np.isfinite(self.completion_times))
        return Status.FEASIBLE if done else Status.UNCONVERGED

    def interval(self, values="slowdowns", level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of a mean over seeds ("slowdowns" or "flow_times"), by Student's t.

        Jobs of one seed depend on each other; seeds do not. One seed gives no interval (NaN).
        """
        from scipy.stats import t

        means = np.mean(getattr(self, values), axis=1)
        if len(means) < 2:
            return np.nan, np.nan
        half = t.ppf((1 + level) / 2, len(means) - 1) * means.std(ddof=1) / np.sqrt(len(means))
        return float(means.mean() - half), float(means.mean() + half)

    def validate(self) -> None:
        """Raise unless every job ends, no earlier than it could with the whole budget alone."""
        bad = ~(self.slowdowns >= 1 - 1e-9)
        if bad.any():
            seed, job = np.argwhere(bad)[0]
            raise ValueError(
                f"slowdowns[{seed}, {job}] = {self.slowdowns[seed, job]}: no job is so fast."
            )

    def _facts(self):
        (low, high), (first, last) = self.interval(), self.interval("flow_times")
        return [
            ("policy", self.policy_name),
            ("seeds x jobs", f"{self.slowdowns.shape[0]} x {self.slowdowns.shape[1]}"),
            ("mean slowdown", f"{self.mean_slowdown:.6g} (95 %: {low:.6g} to {high:.6g})"),
            ("mean flow time", f"{self.mean_flow_time:.6g} (95 %: {first:.6g} to {last:.6g})"),
            ("most jobs at once", self.most_present),
            ("status", self.status),
        ]

    def to_dataframe(self):
        """One row per seed: mean slowdown, mean flow time, 99th percentile of slowdown."""
        import pandas as pd

        return pd.DataFrame(
            {
                "mean_slowdown": self.slowdowns.mean(axis=1),
                "mean_flow_time": self.flow_times.mean(axis=1),
                "slowdown_99": np.quantile(self.slowdowns, 0.99, axis=1),
            }
        )

    def plot(self, ax=None):
        """Share of jobs whose slowdown exceeds a value."""
        from ..plotting import slowdown_tail

        return slowdown_tail(self, ax)


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
    if not callable(policy):
        raise ValueError(f"policy = {policy!r}: a function of a smartfill.Present is needed.")
    require("budget", budget, lambda b: (b > 0) & np.isfinite(b), "a budget is finite and > 0.")
    shared = speedups if isinstance(speedups, Curve) else None
    kinds = own_speedups(speedups, 1 if shared is not None else len(speedups))
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
    _check_curves(kinds, float(budget))
    alone = arrivals.sizes / np.asarray(kinds(budget))[arrivals.kinds]
    weights = 1 / alone if arrivals.weights is None else arrivals.weights
    data = (arrivals.times, arrivals.sizes, weights, arrivals.kinds)
    blocks = [
        tuple(_padded(part[i : i + _LANES]) for part in data)
        for i in range(0, len(arrivals.times), _LANES)
    ]
    pure = policy if hasattr(policy, "__dataclass_fields__") else _Function(policy)
    jobs, slots = arrivals.times.shape[1], _FIRST_SLOTS
    while True:
        slots = min(slots, jobs)
        every = table if shared is None else jobs_of(own_speedups(shared, slots))
        run = partial(_block, pure, every, float(budget), slots, shared is not None)
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
    _check_policy(policy, ends, worst)
    slowdowns = (ends - arrivals.times) / alone
    return OnlineResult(name_of(policy), arrivals, ends, slowdowns, int(most.max()))


@pytree(static=("function",))
class _Function:
    function: Any

    def __call__(self, present):
        return self.function(present)


@partial(jax.jit, static_argnums=(4, 5))
def _run(policy, block, table, budget, slots, shared):
    return jax.vmap(lambda *one: _simulate(policy, one, table, budget, slots, shared))(*block)


def _simulate(policy, data, table, budget, slots, shared):
    """(completion times, most jobs at once, largest part of the budget that was overspent)."""
    times, sizes, weights, kinds = data
    count, place = times.size, jnp.arange(slots)
    start = jnp.append(times, jnp.inf)

    def event(_, state):
        time, next_job, left, job, here, ends, most, over = state
        mine = jnp.where(here, job, 0)
        jobs = table if shared else jax.tree.map(lambda leaf: leaf[kinds[mine]], table)
        at = lambda values: jnp.where(here, values[mine], 1)  # noqa: E731
        present = Present(jnp.where(here, left, 1), at(sizes), at(weights), here, budget, jobs)
        rates = policy(present)
        bad = jnp.maximum(jnp.sum(rates) / budget - 1, -jnp.min(rates) / budget)
        bad = jnp.maximum(bad, jnp.max(jnp.where(here, 0, jnp.abs(rates))) / budget)
        over = jnp.where(
            jnp.any(here), jnp.maximum(over, jnp.where(bad == bad, bad, jnp.inf)), over
        )
        rates = jnp.where(here, rates, 0)
        speeds = present.speeds(rates)
        wait = jnp.where(here & (speeds > 0), left / jnp.where(speeds > 0, speeds, 1), jnp.inf)
        first = jnp.argmin(wait)
        arrival = start[next_job]
        leaves = time + wait[first] <= arrival
        now = jnp.where(leaves, time + wait[first], arrival)
        step = jnp.where(jnp.isfinite(now), now - time, 0)
        left = jnp.maximum(left - speeds * step, 0)
        departs = leaves & jnp.isfinite(now)
        ends = ends.at[jnp.where(departs, job[first], count)].set(now, mode="drop")
        here = here & ~(departs & (place == first))
        comes = ~leaves & (next_job < count)
        free = jnp.argmin(here)
        most = jnp.maximum(most, jnp.sum(here) + jnp.where(comes, 1, 0))
        new = comes & (place == free) & ~here
        left = jnp.where(new, sizes[jnp.minimum(next_job, count - 1)], left)
        job = jnp.where(new, next_job, job)
        time = jnp.where(jnp.isfinite(now), now, time)
        return (
            time,
            jnp.where(comes, next_job + 1, next_job),
            left,
            job,
            here | new,
            ends,
            most,
            over,
        )

    zero = jnp.zeros_like(times[0])
    state = (
        zero,
        jnp.zeros((), int),
        jnp.ones(slots, times.dtype),
        jnp.zeros(slots, int),
        jnp.zeros(slots, bool),
        jnp.full(count, jnp.inf, times.dtype),
        jnp.zeros((), int),
        zero,
    )
    state = jax.lax.fori_loop(0, 2 * count, event, state)
    return state[5], state[6], state[7]


def _padded(rows):
    return np.concatenate([rows, np.repeat(rows[-1:], _LANES - len(rows), axis=0)])


def _block(policy, table, budget, slots, shared, block):
    return tuple(map(np.asarray, _run(policy, block, table, budget, slots, shared)))


def _check_curves(kinds: Speedups, budget):
    from ._general_instance import GeneralInstance

    GeneralInstance(kinds, np.ones(kinds.count), np.ones(kinds.count), budget)


def _check_policy(policy, ends, worst):
    if not worst.max() <= 1e-6:
        raise ValueError(
            f"policy {name_of(policy)}: rates must be >= 0, finite, 0 where nobody is here, and "
            f"sum to at most the budget; they are off by {worst.max():.3g} of it."
        )
    if not np.all(np.isfinite(ends)):
        raise ValueError(f"policy {name_of(policy)} left jobs without budget for ever.")
