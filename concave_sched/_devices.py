"""One function over many instances, split over many devices."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, PartitionSpec


def over_devices(function: Callable, devices: Sequence | None = None) -> Callable:
    """`jax.vmap(function)`, compiled, with the batch split evenly over devices.

    function: pure JAX; its arguments and results are pytrees of arrays. devices: default all of
    this process, `jax.local_devices()`.

    The function returned takes arguments with one leading axis more, the batch, and returns
    results with it. Every device runs its part of the batch by itself: the program has no
    communication, so no device waits for another's iterations, as it would in a plain
    `jax.jit(jax.vmap(function))` of sharded arrays, whose while loops ask all devices in every
    round whether any goes on. A batch that the number of devices does not divide is filled up with
    its last instance, at the price of a copy. Arguments that are on the devices already, by
    `jax.device_put(x, NamedSharding(mesh, PartitionSpec("batch")))` or as results of such a
    function, stay there. Works under jit, vmap and grad.

    Example:
        >>> import jax, numpy as np
        >>> import concave_sched as cs
        >>> def value(budget):
        ...     return cs.waterfill(cs.curves.Logarithmic(1.0, [1.0, 2.0]), budget).value
        >>> values = cs.over_devices(value)(np.linspace(1.0, 2.0, 5))
        >>> bool(abs(values - jax.vmap(value)(np.linspace(1.0, 2.0, 5))).max() < 1e-12)
        True
    """

    @functools.cache
    def compiled():
        mesh = Mesh(np.array(jax.local_devices() if devices is None else devices), ("batch",))
        batch = PartitionSpec("batch")
        mapped = jax.shard_map(
            jax.vmap(function), mesh=mesh, in_specs=batch, out_specs=batch, check_vma=False
        )
        return mesh.size, jax.jit(mapped)

    def run(*arguments):
        many, solve = compiled()
        counts = {np.shape(leaf)[:1] for leaf in jax.tree.leaves(arguments)}
        if len(counts) != 1 or () in counts:
            raise ValueError(
                "over_devices maps over the leading axis of every array in its arguments, and "
                f"those are {sorted(counts)}: give all the same batch; close over what is shared."
            )
        ((count,),) = counts
        missing = -count % many
        if not missing:
            return solve(*arguments)
        filled = np.minimum(np.arange(count + missing), count - 1)
        arguments = jax.tree.map(lambda leaf: jnp.asarray(leaf)[filled], arguments)
        return jax.tree.map(lambda leaf: leaf[:count], solve(*arguments))

    return run
