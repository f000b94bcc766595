"""The paper's first algorithm: a table over machines and heavies placed so far."""

from __future__ import annotations

import numpy as np

from .._checks import require_float64
from ._assignment import Assignment
from ._construct import from_quotas
from ._instance import Instance, require_single


def dynamic_programming(instance: Instance) -> Assignment:
    r"""Dynamic programming over monotonic assignments.

    With D_i(h) the least cost of h heavies on the first i machines, D_0(0) = 0,

        D_i(a) = min_(h <= a) D_(i-1)(h) + sum_(k=1..a-h) c[ max(k, t_H[h+k] - C_(i-1)) ],

    where t_H[a] is the arrival of the a-th heavy and C_i the slots of the first i machines; a slot
    beyond the machine's last is not allowed. The optimum is D_m(H). The sum is the paper's G_i,
    grown along with the table in place of its Algorithm 2.

    Args:
        instance: an `Instance` of one sequence.

    Returns:
        An `Assignment`. Where several quotas cost the same, they may differ from those of `solve`.

    Raises:
        ValueError: on a batch.

    Cost: O(machines^2 x slots^2) time; 4 bytes x machines x (heavies + 1) memory at most.

    >>> import jax
    >>> jax.config.update("jax_enable_x64", True)
    >>> dynamic_programming(Instance("LHLLHLLHL", 3, [1.0, 10.0, 100.0])).objective
    12.0

    Source: Zhao, Fu, Su (2025), Section 3.3, Algorithm 2.
    """
    require_float64()
    require_single(instance, "dynamic_programming")
    from ._dynamic_programming_kernels import fill_table
    from ._kernels import arrival_times, block_sums

    heavy = np.asarray(instance.heavy)
    heavy_times = arrival_times(heavy, instance.total_slots)[0]
    blocks = block_sums(heavy, instance.capacities)
    costs = np.asarray(instance.slot_costs, float)
    quotas = fill_table(heavy_times, instance.offsets, blocks, costs)
    return from_quotas(instance, quotas, "dynamic programming", heavy_times=heavy_times)
