"""Parameters of a new curve, and the amounts it is asked about: read, checked, made floats."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from .._checks import require
from .._tree import as_leaf
from ._numerics import float_dtype


def clean(curve):
    """Turn a new curve's parameters into floating leaves that broadcast against each other."""
    names, family = tuple(curve.__dataclass_fields__), type(curve).__name__
    for name in names:
        value = getattr(curve, name)
        try:
            leaf = as_leaf(value)
        except (TypeError, ValueError):
            leaf = None
        if leaf is None:
            raise ValueError(f"{name} = {value!r}: {family} needs a number, or one per entry.")
        object.__setattr__(curve, name, leaf)
    shapes = [np.shape(getattr(curve, name)) for name in names]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        found = ", ".join(f"{n} {s}" for n, s in zip(names, shapes, strict=True))
        raise ValueError(
            f"parameters of {family} have shapes {found}: give each as a scalar or one per entry."
        ) from None


def require_positive(curve, *names, advice=""):
    """Raise unless the named parameters are finite and > 0."""
    for name in names:
        remedy = f"{type(curve).__name__} needs a finite {name} > 0.{advice}"
        require(name, getattr(curve, name), lambda v: (v > 0) & np.isfinite(v), remedy)


def amount_of(t, curve):
    """t as a float, negative amounts as 0 (`maximum` would halve the derivative at 0)."""
    t = jnp.asarray(t, float_dtype(t, *curve._leaves()))
    return jnp.where(t < 0, 0, t)
