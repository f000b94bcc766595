"""One machine, solved exactly."""

from __future__ import annotations

import jax.numpy as jnp

from .._checks import require_float64
from ..allocation._running_sum import running_sum, shifted
from ._entries import order_of, put_back, scheduled
from ._instance import Instance, require_instance
from ._relaxation import relax
from ._schedule import Schedule


def solve_single(instance: Instance) -> Schedule:
    r"""The optimal schedule of one machine of speed s.

        maximise  sum_j a_j(w_j)   subject to   sum_{d_i <= d_j} w_i <= s d_j  for every j,
                                                0 <= w_j <= max_work_j

    Tasks run by deadline, without a pause. Marginal accuracies a_j'(w_j) = price_j wherever
    0 < w_j < max_work_j; prices do not rise in the order of deadlines, and fall only where a
    deadline binds (equations 3 and 7 of the paper).

    Returns a `Schedule`, in the caller's order: objective, times, start, work, accuracies, prices,
    deadline_prices (d objective / d deadline), kkt(), certificate(), validate(). Pure; works under
    jit, vmap and grad; differentiable to second order where no further deadline is about to bind.

    Degenerate cases: deadlines of 0 leave their tasks at accuracy a_j(0), at an infinite or the
    largest price; equal deadlines need no care; where every task fits in full the status is SLACK
    and all prices are 0.

    Errors: ValueError if the instance has several machines (use `approximate` or `solve_exact`).

    Cost: a sort and one `nested_waterfill`.

    Example:
        >>> import concave_sched as cs
        >>> accuracy = cs.curves.Exponential(0.0, [0.9, 0.4, 0.6], [0.3, 2.0, 0.7])
        >>> i = cs.dsct.Instance(accuracy, [5.0, 1.0, 3.0], [10.0, 10.0, 0.2])
        >>> r = cs.dsct.solve_single(i)
        >>> [round(float(t), 6) for t in r.work], round(float(r.objective), 9)
        ([3.8, 1.0, 0.2], 1.036413826)

    Source: Section V, problem (1); the method replaces Algorithm 1 (see `algorithm_1`).
    """
    require_float64()
    require_instance(instance)
    if instance.machines != 1:
        raise ValueError(
            f"speeds has {instance.machines} machines and solve_single takes one: use "
            "dsct.approximate or dsct.solve_exact."
        )
    return scheduled(_solve_single, instance, order_of(instance.deadlines))


def _solve_single(i: Instance, order) -> Schedule:
    a = relax(i, order)
    start = shifted(running_sum(a.amounts / jnp.asarray(i.speeds)))
    return Schedule(
        None,
        jnp.zeros(i.tasks, jnp.int32),
        put_back(start, order),
        put_back(a.amounts, order),
        a.value,
        a.code,
        put_back(a.log_prices, order),
        a.value,
        "single machine",
    )
