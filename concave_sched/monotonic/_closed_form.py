"""The default solver: the most heavies that fit in low slots, by a cumulative sum and a minimum."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import require_float64
from .._tree import is_concrete
from ._assignment import Assignment
from ._instance import Instance
from ._weighted import WeightedInstance, solve_weighted


def solve(instance: Instance | WeightedInstance) -> Assignment:
    r"""The cheapest assignment, in closed form.

    Let P(t) be the number of heavies among the first t of N = m n jobs and H = P(N). The most
    heavies that any assignment puts in slots 1..k is

        M_k = min(H, min_(0 <= q < m) P(q n + k) + k (m - 1 - q)),      M_0 = 0,

    at once for every k, so the optimum is sum_k c_k (M_k - M_(k-1)) for *every* nondecreasing c;
    the first i machines take A_i = max_k M_k - k (m - i) heavies. The q that attains the minimum
    is the certificate: however the first q n + k jobs are placed, at least (q + 1) k of them stand
    in slots 1..k, so at most k (m - 1 - q) such slots are left for the heavies still to come. With
    unequal slots n_1 >= n_2 >= ..., q n becomes C_q = n_1 + ... + n_q, the k in P becomes
    min(k, n_(q+1)), and k (m - 1 - q) the sum of min(k, n_i) over i > q + 1.

    Args:
        instance: an `Instance`. Concrete numbers run through a compiled loop on the CPU; under
            `jit`, `vmap` and `grad` the same formula is traced, and runs wherever JAX does. A
            leading axis of `heavy` is a batch. A `WeightedInstance` goes to `solve_weighted`.
        Traced slot costs cannot be refused: where they decrease, the objective is NaN.

    Returns:
        An `Assignment`. The derivative of `objective` in slot cost k is M_k - M_(k-1).

    Cost: O(m n) time; O(m + n) memory beyond the sequence when concrete.

    >>> import jax
    >>> jax.config.update("jax_enable_x64", True)
    >>> r = solve(Instance("LHLLHLLHL", 3, [1.0, 10.0, 100.0]))
    >>> r.objective, r.quotas, r.heavy_per_slot
    (12.0, array([0, 1, 2]), array([2, 1, 0]))

    Source: not in the paper, whose fastest method is its Algorithm 3; the result is the same as
    that of `eliminate_misalignment`.
    """
    require_float64()
    if isinstance(instance, WeightedInstance):
        return solve_weighted(instance)
    if not isinstance(instance, Instance):
        raise ValueError(
            f"instance = {type(instance).__name__}: solve takes a monotonic.Instance or "
            "WeightedInstance."
        )
    if not is_concrete(instance.heavy, instance.slot_costs):
        return _trace(instance)
    from ._kernels import closed_form

    heavy = np.asarray(instance.heavy)
    costs = np.asarray(instance.slot_costs, float)
    rows = np.ascontiguousarray(heavy.reshape(-1, heavy.shape[-1]))
    quotas, per_slot = closed_form(rows, instance.capacities, costs.size)
    quotas = quotas.reshape(*heavy.shape[:-1], instance.machines)
    per_slot = per_slot.reshape(*heavy.shape[:-1], costs.size)
    objective = per_slot @ costs
    return Assignment(instance, objective if objective.ndim else float(objective), quotas, per_slot)


def _trace(instance: Instance) -> Assignment:
    """The closed form in JAX, batched over the leading axes of the sequence."""
    one = _closed_form_equal if isinstance(instance.slots, int) else _closed_form_unequal
    count = lambda heavy: one(heavy, instance)  # noqa: E731
    for _ in range(jnp.ndim(instance.heavy) - 1):
        count = jax.vmap(count)
    most, sums = count(jnp.asarray(instance.heavy))
    wide = jnp.int32 if instance.total_slots < 2**31 else jnp.int64
    per_slot = jnp.diff(most.astype(wide), axis=-1)
    quotas = jnp.diff(sums.astype(wide), axis=-1)
    costs = jnp.asarray(instance.slot_costs)
    objective = jnp.matmul(per_slot.astype(costs.dtype), costs)
    rising = jnp.all(jnp.diff(costs) >= 0)
    objective = jnp.where(rising, objective, jnp.nan)
    return Assignment(instance, objective, quotas, per_slot)


def _count_type(total: int):
    """No number in the closed form exceeds the number of slots; narrow ones are faster."""
    return jnp.int16 if total < 2**15 else jnp.int32 if total < 2**31 else jnp.int64


def _prefix_counts(heavy, total: int):
    """P(1), ..., P(total), in runs of 16 added up side by side: faster than one cumulative sum."""
    run = 16
    padded = jnp.pad(heavy, (0, total - heavy.size + -total % run))
    columns = padded.astype(_count_type(total)).reshape(-1, run).T
    within = [columns[0]]
    for column in columns[1:]:
        within.append(within[-1] + column)
    before = jnp.cumsum(within[-1], dtype=columns.dtype) - within[-1]
    return (jnp.stack(within, axis=1) + before[:, None]).reshape(-1)[:total]


def _closed_form_equal(heavy, instance: Instance):
    m, n, size = instance.machines, instance.slots, jnp.shape(instance.slot_costs)[0]
    prefix = _prefix_counts(heavy, m * n)
    k = jnp.arange(1, n + 1, dtype=prefix.dtype)
    later = jnp.arange(m, dtype=prefix.dtype)[::-1]
    low_slots = later[:, None] * k[None, :]
    most = jnp.minimum(prefix[-1], jnp.min(prefix.reshape(m, n) + low_slots, axis=0))
    sums = jnp.maximum(jnp.max(most[None, :] - low_slots, axis=1), 0)
    most = jnp.concatenate([most, jnp.broadcast_to(prefix[-1], size - n)])
    return jnp.pad(most, (1, 0)), jnp.pad(sums, (1, 0))


def _closed_form_unequal(heavy, instance: Instance):
    prefix = _prefix_counts(heavy, instance.total_slots)
    k = np.arange(1, jnp.shape(instance.slot_costs)[0] + 1)
    in_low_slots = np.minimum(k, instance.capacities[:, None])
    later = np.cumsum(in_low_slots[::-1], axis=0)[::-1] - in_low_slots
    low_slots = jnp.asarray(later, prefix.dtype)
    times = instance.offsets[:-1, None] + in_low_slots
    most = jnp.minimum(prefix[-1], jnp.min(prefix[times - 1] + low_slots, axis=0))
    sums = jnp.maximum(jnp.max(most[None, :] - low_slots, axis=1), 0)
    return jnp.pad(most, (1, 0)), jnp.pad(sums, (1, 0))
