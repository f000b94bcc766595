"""The optimal policy."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from .._checks import require_float64
from .._results import Status
from ._instance import Instance, require_common
from ._result import Optimal, Schedule, in_caller_order, sort_jobs, typed
from ._schedule import completion_times, objective, schedule


def solve(instance: Instance) -> Schedule:
    """Minimise the weighted completion time of parallel jobs: the SmartFill algorithm.

        minimise  sum_i w_i T_i   over rates theta_i(t) >= 0 with sum_i theta_i(t) <= budget,
        where job i ends at T_i when the integral of s(theta_i(t)) reaches its size.

    Jobs end shortest first and rates are constant between completions; within a phase the weighted
    marginal gains a_i s'(theta_i) of the jobs served are equal (CDR rule), and the costs a_i are
    the same in every phase.

    Returns a `Schedule` (a pytree), arrays in the caller's order: objective, completion_times,
    durations, marginal_costs (a_i = d objective/d size_i), prices, rates on demand, certificate().
    Pure; works under jit, vmap and grad; the objective is differentiable in sizes, weights, budget
    and speedup parameters by the envelope theorem, everything by implicit rules to second order.
    Ties in size: lighter jobs end last; equal jobs may swap labels.

    Cost after the sort: O(jobs) for regular speedups (about 4 microseconds per job on one core,
    0.1 for Power, which is closed form); O(jobs * window) for SaturatingPower and the families that
    search for inverses (at 600 jobs 0.3 to 2 milliseconds per job). A gradient adds O(jobs), one in
    the speedup's parameters O(jobs^2) time; derivatives of times and durations O(jobs^2) memory.

    Errors: `Instance` checks its arguments; RuntimeError if JAX is set to 32 bits.

    Example:
        >>> import concave_sched as cs
        >>> i = cs.smartfill.Instance(cs.curves.Power(1.0, 0.5), [1.0, 1.0], [1.0, 1.0], 1.0)
        >>> round(float(cs.smartfill.solve(i).objective), 9)   # 1 + sqrt(3)
        2.732050808

    Source: "Optimal Parallel Scheduling under Concave Speedup Functions", Algorithm 2; the O(jobs)
    form, the certificate and the derivatives are ours.
    """
    require_float64()
    require_common(instance)
    return _solve(instance)


@jax.jit
def _solve(instance: Instance) -> Schedule:
    order, sizes, weights, budget = sort_jobs(instance)
    speedup = typed(instance.speedup, sizes.dtype)
    solved = schedule(speedup, sizes, weights, budget)
    value = objective(speedup, sizes, weights, budget, solved)
    times = completion_times(solved.duration)
    # Exact arithmetic has primal = dual and no negative phase; rounding grows with the job count.
    slack = 1e-9 * jnp.abs(value)
    good = (jnp.abs(jnp.dot(weights, times) - value) <= slack) & (
        jnp.min(solved.duration) >= -1e-9 * times[0]
    )
    return Schedule(
        instance,
        Optimal(solved.log_cost, solved.log_price),
        value,
        in_caller_order(times, order),
        in_caller_order(solved.duration, order),
        order,
        jnp.where(good, Status.OPTIMAL.code, Status.UNCONVERGED.code),
    )
