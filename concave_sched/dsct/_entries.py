"""Orders of the tasks, and curves and arrays rearranged to them."""

from __future__ import annotations

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from .._tree import is_concrete
from ..curves import Curve, Exponential, Offset


@functools.cache
def over_batch(core, leading: int):
    """`core` compiled, and mapped over so many leading axes of all its arguments."""
    for _ in range(leading):
        core = jax.vmap(core)
    return jax.jit(core)


def scheduled(core, instance, *arguments):
    """The Schedule that the compiled `core` finds, with the caller's own instance in it.

    core leaves the instance out: a compiled program would copy it to its outputs.
    """
    found = over_batch(core, np.ndim(instance.deadlines) - 1)(instance, *arguments)
    return dataclasses.replace(found, instance=instance)


def order_of(keys):
    """The stable order of the keys along the last axis, on the host where they are known."""
    if is_concrete(keys):
        keys = np.asarray(keys)
        order = np.argsort(keys)  # several times faster than a stable sort
        ordered = np.take_along_axis(keys, order, -1)
        if np.any(ordered[..., 1:] == ordered[..., :-1]):
            order = np.argsort(keys, kind="stable")
        return order.astype(np.int32)
    return jnp.argsort(jax.lax.stop_gradient(keys), stable=True)


def put_back(values, order):
    """What is listed in `order`, in the caller's order."""
    return jnp.zeros_like(values).at[order].set(values, unique_indices=True)


def exponential(curve: Curve, tasks: int):
    """(low, gain, rate), each (tasks,), if the accuracy is exponential, else None."""
    if isinstance(curve, Offset):
        inner = exponential(curve.curve, tasks)
        return inner and (inner[0] + np.asarray(curve.low, float), *inner[1:])
    if not isinstance(curve, Exponential):
        return None
    low, high, rate = (np.asarray(v, float) for v in (curve.low, curve.high, curve.rate))
    return tuple(np.broadcast_to(v, tasks) for v in (low, high - low, rate))
