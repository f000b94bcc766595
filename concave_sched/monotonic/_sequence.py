"""Reading a job sequence: booleans, letters or energies."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from .._checks import require
from .._tree import is_concrete


def read_sequence(sequence, energies, remedy: str) -> tuple[Any, tuple[Any, Any]]:
    """Booleans (True: heavy), and the pair (light energy, heavy energy)."""
    if not is_concrete(sequence):
        if sequence.dtype != bool:
            raise ValueError(
                f"heavy is traced with dtype {sequence.dtype}: pass booleans, True where heavy, "
                "and the energies apart, as energies=(light, heavy)."
            )
        return _with_shape(sequence), _pair(energies)
    if isinstance(sequence, str):
        return _with_shape(_letters(sequence)), _pair(energies)
    array = sequence if isinstance(sequence, jax.Array) else np.asarray(sequence)
    if array.dtype == bool:
        return _with_shape(array), _pair(energies)
    if array.dtype.kind == "U":
        array = str(array) if array.ndim == 0 else array
        return _with_shape(_letters(array)), _pair(energies)
    if array.dtype.kind not in "iuf":
        raise ValueError(
            f"heavy has dtype {array.dtype}: give booleans, letters H and L, or energies."
        )
    heavy, found = _energies(_with_shape(np.asarray(array)), remedy)
    if energies is not None:
        if found != (0.0, 1.0):
            raise ValueError(
                f"energies = {energies!r}, but heavy gives the energies {found} already: "
                "pass booleans in heavy, or leave energies out."
            )
        found = _pair(energies)
    return heavy, found


def _letters(sequence):
    if isinstance(sequence, str):
        raw = np.frombuffer(sequence.encode("ascii", "replace"), np.uint8)
        heavy, bad = raw == ord("H"), (raw != ord("H")) & (raw != ord("L"))
    else:
        heavy, bad = sequence == "H", (sequence != "H") & (sequence != "L")
    if bad.any():
        index = tuple(int(i) for i in np.argwhere(bad)[0])
        found = sequence[index[0]] if isinstance(sequence, str) else str(sequence[index])
        raise ValueError(f"heavy{list(index)} = {found!r}: write H for heavy and L for light.")
    return heavy


def _energies(array, remedy: str):
    require("heavy", array, np.isfinite, "energies have to be finite numbers.")
    low, high = array.min(), array.max()
    third = (array != low) & (array != high)
    if third.any():
        index = tuple(int(i) for i in np.argwhere(third)[0])
        raise ValueError(
            f"heavy{list(index)} = {array[index]} is a third energy beside {low} and {high}: two "
            f"kinds have a closed form; for more, {remedy}."
        )
    if low < high:
        return array == high, (float(low), float(high))
    # One kind only: heavy, unless it costs nothing or less, so that the other kind may be 0.
    if low > 0:
        return np.ones(array.shape, bool), (0.0, float(high))
    return np.zeros(array.shape, bool), (float(low), 1.0 if low == 0 else 0.0)


def _pair(energies) -> Any:
    if energies is None:
        return (0.0, 1.0)
    if isinstance(energies, jax.Array):
        energies = tuple(energies) if energies.ndim == 1 else (energies,)
    energies = tuple(energies) if np.iterable(energies) else (energies,)
    if len(energies) != 2 or any(isinstance(e, str) for e in energies):
        raise ValueError(f"energies = {energies!r}: give two numbers, (light, heavy).")
    known = [e for e in energies if is_concrete(e)]
    require("energies", known or None, np.isfinite, "energies have to be finite numbers.")
    return tuple(float(e) if isinstance(e, (int, float, np.number)) else e for e in energies)


def _with_shape(array):
    if array.ndim == 0 or array.shape[-1] == 0:
        raise ValueError(f"heavy has shape {array.shape}: give the sequence of jobs, at least one.")
    return array
