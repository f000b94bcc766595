"""Machine and slot of every job from the quotas, in JAX."""

from __future__ import annotations

import jax.numpy as jnp


def place_traced(instance, quotas):
    """The formulas of the specification under `jit` and `vmap`: rank, machine by search, slot."""
    heavy = jnp.asarray(instance.heavy)
    dtype = quotas.dtype
    zero = jnp.zeros(1, dtype)
    sums = jnp.concatenate([zero, jnp.cumsum(quotas, dtype=dtype)])
    offsets = jnp.asarray(instance.offsets, dtype)
    light_sums = offsets - sums
    time = jnp.arange(1, heavy.size + 1, dtype=dtype)
    heavy_rank = jnp.cumsum(heavy.astype(dtype), dtype=dtype)
    light_rank = time - heavy_rank
    rank = jnp.where(heavy, heavy_rank, light_rank)
    i = jnp.where(
        heavy,
        jnp.searchsorted(sums[1:], heavy_rank),
        jnp.searchsorted(light_sums[1:], light_rank),
    )
    latest = time - offsets[i]
    slot = jnp.where(
        heavy,
        jnp.maximum(rank - sums[i], latest),
        jnp.minimum(rank - light_sums[i] + quotas[i], latest),
    )
    return i, slot - 1
