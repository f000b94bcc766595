"""Input checks: they look at concrete values only, and name the argument, the entry, the remedy."""

from __future__ import annotations

import jax
import numpy as np

from ._tree import is_concrete


def require_float64() -> None:
    """Raise unless JAX computes in 64 bits; importing the package never switches that on."""
    if not jax.config.jax_enable_x64:
        raise RuntimeError(
            "concave_sched solves in 64-bit floats and JAX is set to 32: "
            'run jax.config.update("jax_enable_x64", True) before the first computation.'
        )


def require(name: str, value, condition, remedy: str) -> None:
    """Raise a ValueError that names the first entry of `value` at which `condition` fails.

    `condition` maps a NumPy array to booleans; NaN always fails. Traced values pass.
    """
    if value is None or not is_concrete(value):
        return
    array = np.asarray(value)
    with np.errstate(invalid="ignore"):
        bad = ~np.asarray(condition(array)) | np.isnan(array)
    if bad.any():
        index = tuple(int(i) for i in np.argwhere(bad)[0])
        where = "" if not index else str(list(index))
        raise ValueError(f"{name}{where} = {array[index]}: {remedy}")


def require_shape(name: str, value, shape: tuple[int, ...], remedy: str) -> None:
    """Raise unless the trailing axes of `value` broadcast to `shape`."""
    if value is None:
        return
    found = np.shape(value)
    try:
        fits = np.broadcast_shapes(found, shape)[-len(shape) :] == shape if shape else True
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{name} has shape {found}, not {shape}: {remedy}")
