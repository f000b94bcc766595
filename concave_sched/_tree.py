"""Frozen dataclasses that are pytrees, and the two questions we ask of their leaves."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform, overload

import jax
import numpy as np
from jax.core import Tracer

Class = TypeVar("Class", bound=type)


@overload
@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def pytree(cls: Class, /) -> Class: ...


@overload
@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def pytree(*, static: tuple[str, ...] = ()) -> Callable[[Class], Class]: ...


def pytree(cls=None, /, *, static: tuple[str, ...] = ()):
    """Make a class a frozen dataclass and a pytree; `static` fields are compared, the rest traced.

    Unflattening bypasses `__init__`, so validation runs when a user builds an instance and never
    inside a transformation, where leaves may be tracers or placeholders.
    """
    if cls is None:
        return lambda c: _pytree(c, static)
    return _pytree(cls, static)


def _pytree(cls, static):
    cls = dataclasses.dataclass(frozen=True, eq=False, repr=False)(cls)
    names = tuple(field.name for field in dataclasses.fields(cls))
    leaves = tuple(name for name in names if name not in static)

    def flatten(self):
        return [getattr(self, n) for n in leaves], tuple(getattr(self, n) for n in static)

    def flatten_with_keys(self):
        values, aux = flatten(self)
        return [(jax.tree_util.GetAttrKey(n), v) for n, v in zip(leaves, values, strict=True)], aux

    def unflatten(aux, values):
        self = object.__new__(cls)
        for name, value in zip((*leaves, *static), (*values, *aux), strict=True):
            object.__setattr__(self, name, value)
        return self

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)
    return cls


def is_concrete(*values) -> bool:
    """True if no value is being traced, so that it may be looked at."""
    return not any(isinstance(leaf, Tracer) for leaf in jax.tree.leaves(values))


def as_leaf(value) -> Any:
    """Numbers, lists and NumPy arrays as floating leaves; JAX arrays and tracers as they are."""
    if isinstance(value, (jax.Array, Tracer)):
        return value
    if isinstance(value, (bool, int, float)) or value is None:
        return value if value is None else float(value)
    array = np.asarray(value)
    return array if np.issubdtype(array.dtype, np.floating) else array.astype(float)
