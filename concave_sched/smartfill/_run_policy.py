"""Any policy on jobs that are all there at time 0, with budgets that may change."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import require_float64
from .._results import Status
from ._general_certificate import NO_BOUND
from ._general_instance import StepBudget, as_general
from ._general_result import GeneralSchedule
from ._online_policies import Present, as_policy, name_of, require_fair, require_progress
from ._speedups import jobs_of


def run_policy(instance, policy) -> GeneralSchedule:
    """Let a policy share the budget anew at every completion and budget step.

    instance: a `GeneralInstance` or `Instance`. policy: as in `simulate_online`. Returns a
    `GeneralSchedule` without costs, prices or bound. Cost: one call of the policy per event.

    Example:
        >>> import concave_sched as cs
        >>> i = cs.smartfill.GeneralInstance(cs.curves.Power(1.0, 0.5), [2.0, 1.0], budget=4.0)
        >>> r = cs.smartfill.run_policy(i, cs.smartfill.SHORTEST_FIRST)
        >>> [float(t) for t in r.completion_times]
        [1.5, 0.5]
    """
    require_float64()
    instance = as_general(instance)
    jobs, pure = jobs_of(instance.speedups), as_policy(policy)
    sizes, weights = np.asarray(instance.sizes, float), np.asarray(instance.weights, float)
    steps = instance.budget
    if not isinstance(steps, StepBudget):
        steps = StepBudget([0.0], [steps])
    left, here, time = sizes.copy(), np.ones(len(sizes), bool), 0.0
    times, lengths, shares = np.zeros(len(sizes)), [], []
    while here.any():
        budget = float(steps.at(time))
        rates, speeds = (
            np.asarray(v) for v in _share(pure, jobs, left, sizes, weights, here, budget)
        )
        over = max(rates.sum() / budget - 1, -rates.min() / budget)
        require_fair(policy, over, f" at time {time:.6g}")
        wait = np.full(len(sizes), np.inf)
        np.divide(left, speeds, out=wait, where=here & (speeds > 0))
        later = steps.starts[steps.starts > time]
        change = later[0] - time if later.size else np.inf
        step = min(wait.min(), change)
        require_progress(policy, step)
        done = int(wait.argmin())
        ends = wait[done] <= change
        time = time + step if ends else float(later[0])
        left = np.maximum(left - np.where(here, speeds, 0) * step, 0)
        lengths.append(step)
        shares.append(np.where(here, rates, 0))
        if ends:
            here[done], times[done] = False, time
    return GeneralSchedule(
        instance=instance,
        policy_name=name_of(policy),
        objective=float(weights @ times),
        bound=np.nan,
        bound_by=NO_BOUND,
        bound_prices=None,
        completion_times=times,
        order=np.argsort(-times, kind="stable"),
        interval_durations=np.array(lengths),
        interval_rates=np.array(shares).T,
        log_costs=None,
        log_prices=None,
        code=Status.FEASIBLE.code,
    )


@jax.jit
def _share(policy, jobs, left, sizes, weights, here, budget):
    clean = lambda values: jnp.where(here, values, 1)  # noqa: E731
    present = Present(clean(left), clean(sizes), clean(weights), here, budget, jobs)
    rates = policy(present)
    return rates, present.speeds(jnp.where(here, rates, 0))
