"""The paper's fast algorithm: move one heavy at a time to the next machine, until all align."""

from __future__ import annotations

import numpy as np

from .._checks import require, require_float64
from ._assignment import Assignment
from ._construct import from_quotas, require_feasible
from ._instance import Instance, require_single

ORDERS = ("first", "last", "random")


def eliminate_misalignment(
    instance: Instance,
    order: str = "first",
    *,
    seed: int = 0,
    strict: bool = False,
    start=None,
    max_moves: int | None = None,
) -> Assignment:
    r"""Misalignment elimination, from the block counts.

    Machine i starts with the heavies of its own block of jobs, h_i = P(C_i) - P(C_(i-1)). Let
    A_i = h_1 + ... + h_i and B_i = C_i - A_i. With t_H[a] and t_L[b] the arrival of the a-th heavy
    and of the b-th light, the last heavy of machine i and the first light of machine i+1 have slots

        p_i^H = max(h_i, t_H[A_i] - C_(i-1)),   p_(i+1)^L = min(h_(i+1) + 1, t_L[B_i + 1] - C_i).

    Machines i and i+1 are misaligned if both exist and p_i^H >= p_(i+1)^L: move one heavy from i
    to i+1 and look again at the pairs around. The end is the same for every order of moves.

    Args:
        instance: an `Instance` of one sequence.
        order: which misaligned pair to move next: "first", "last" or "random".
        seed: for order "random".
        strict: test with ">", as one reading of the paper has it. Kept to show that it is wrong:
            on LHHLLL with 3 machines it stops above the optimum.
        start: (machines,) other feasible quotas to start from. Kept to show that the paper's
            claim for any start is wrong: on HHLL, quotas (0, 2) are aligned and not optimal.
        max_moves: stop after so many moves, to look at the steps.

    Returns:
        An `Assignment` with `moves`, which is the sum of P(C_i) - A_i; its quotas equal those of
        `solve`. OPTIMAL is claimed only after comparison with the closed form.

    Raises:
        ValueError: on a batch, an unknown order, or quotas that cannot be met.

    Cost: O(machines x jobs) moves at most; near-linear in practice. Memory O(jobs).

    >>> import jax
    >>> jax.config.update("jax_enable_x64", True)
    >>> i = Instance("LHHLLL", 3, [1.0, 5.0])
    >>> r = eliminate_misalignment(i)
    >>> r.objective, r.quotas, r.moves
    (2.0, array([0, 1, 1]), 2)
    >>> eliminate_misalignment(i, strict=True).objective
    6.0

    Source: Zhao, Fu, Su (2025), Section 4, Definition 1 and Algorithm 3.
    """
    require_float64()
    require_single(instance, "eliminate_misalignment")
    if order not in ORDERS:
        raise ValueError(f"order = {order!r}: choose one of {', '.join(ORDERS)}.")
    require("max_moves", max_moves, lambda n: n >= 0, "give a number of moves, or None for all.")
    from . import _misalignment_kernels as kernels
    from ._kernels import arrival_times, block_sums

    heavy, offsets = np.asarray(instance.heavy), instance.offsets
    times = arrival_times(heavy, instance.total_slots)
    if start is None:
        sums = block_sums(heavy, instance.capacities)
    else:
        sums = np.concatenate([[0], np.cumsum(require_feasible(instance, start))])
    limit = np.iinfo(np.int64).max if max_moves is None else int(max_moves)
    if order == "random":
        generator = np.random.default_rng(seed)
        moves = kernels.shuffle(sums, offsets, *times, bool(strict), limit, generator)
    else:
        direction = 1 if order == "first" else -1
        moves = kernels.sweep(sums, offsets, *times, bool(strict), limit, direction)
    return from_quotas(
        instance, np.diff(sums), "misalignment elimination", heavy_times=times[0], moves=moves
    )


def misaligned_pairs(instance: Instance, quotas) -> np.ndarray:
    """The machines i whose last heavy stands at or after the first light of machine i + 1."""
    from ._kernels import arrival_times
    from ._misalignment_kernels import is_misaligned

    sums = np.concatenate([[0], np.cumsum(quotas, dtype=np.int64)])
    times = arrival_times(np.asarray(instance.heavy), instance.total_slots)
    pairs = range(instance.machines - 1)
    return np.array(
        [i for i in pairs if is_misaligned(i, sums, instance.offsets, *times, False)], int
    )
