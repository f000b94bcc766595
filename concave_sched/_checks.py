"""Input checks: they look at concrete values only, and name the argument, the entry, the remedy."""

from __future__ import annotations

import operator

import jax.numpy as jnp
import numpy as np

from ._tree import as_leaf, is_concrete


def require_float64() -> None:
    """Raise unless JAX computes in 64 bits; importing the package never switches that on."""
    if jnp.result_type(float) != np.float64:
        raise RuntimeError(
            "concave_sched solves in 64-bit floats and JAX is set to 32: "
            'run jax.config.update("jax_enable_x64", True) before the first computation.'
        )


def numbers(name: str, value):
    """A number, list or array as a floating leaf (see `as_leaf`), or a ValueError naming it."""
    try:
        return as_leaf(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} = {value!r}: give numbers.") from None


def require(name: str, value, condition, remedy: str) -> None:
    """Raise a ValueError that names the first entry of `value` at which `condition` fails.

    `condition` maps a NumPy array to booleans; NaN always fails, and so does what is no number.
    Traced values pass.
    """
    if value is None or not is_concrete(value):
        return
    array = np.asarray(value)
    try:
        with np.errstate(invalid="ignore"):
            bad = ~np.asarray(condition(array)) | np.isnan(array)
    except TypeError:
        raise ValueError(f"{name} = {value!r}: {remedy}") from None
    if bad.any():
        index = tuple(int(i) for i in np.argwhere(bad)[0])
        where = "" if not index else str(list(index))
        raise ValueError(f"{name}{where} = {array[index]}: {remedy}")


def require_number(name: str, value, low: float, remedy: str) -> float:
    """The value as a float, at least `low`; else a ValueError."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not number >= low:
        raise ValueError(f"{name} = {value!r}: {remedy}.")
    return number


def require_seconds(time_limit) -> float:
    """A time limit as a float above 0; else a ValueError."""
    smallest = float(np.nextafter(0.0, 1.0))
    return require_number("time_limit", time_limit, smallest, "give seconds above 0")


def require_whole(name: str, value, low: int, remedy: str) -> int:
    """The value as an int, at least `low`; else a ValueError."""
    try:
        number = operator.index(value)
    except TypeError:
        number = low - 1
    if number < low:
        raise ValueError(f"{name} = {value!r}: {remedy}.")
    return number


def require_shape(name: str, value, shape: tuple[int, ...], remedy: str) -> None:
    """Raise unless `value` is a scalar, which all entries share, or its trailing axes are `shape`.

    Of several axes the leading ones may be missing or 1; a vector of one is never shared by many.
    """
    if value is None:
        return
    found = np.shape(value)
    ends = found[-len(shape) :] if shape else ()
    fits = not ends or ends[-1] == shape[-1]
    for have, want in zip(ends[-2::-1], shape[-2::-1], strict=False):
        fits &= have in (1, want)
    if not fits:
        raise ValueError(f"{name} has shape {found}, not {shape}: {remedy}")
