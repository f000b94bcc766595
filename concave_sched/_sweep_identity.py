"""Whether a function is the one whose results are on disk: its name and what it is made of."""

from __future__ import annotations

import functools
import hashlib
import inspect
import sys
import types


def identity(function) -> tuple[str, str]:
    """(name, code): code is the version of Python and a digest of the compiled function.

    The digest covers the function and those inside it, its default arguments, bound arguments of a
    `functools.partial` and variables it closes over, as far as these are plain, unchangeable values
    or functions. Comments, its docstring and its place do not count, nor do functions it calls by
    a global name.
    """
    parts = []
    name = _collect(function, parts, set())
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
    return name, f"{sys.implementation.cache_tag}:{digest}"


def same_code(one: str, other: str) -> bool:
    """False where one Python compiled both and they differ; two Pythons cannot be compared."""
    return one == other or one.partition(":")[0] != other.partition(":")[0]


def _collect(function, parts, seen) -> str:
    if isinstance(function, functools.partial):
        parts.append([_plain(v) for v in function.args])
        parts.append(sorted((k, _plain(v)) for k, v in function.keywords.items()))
        return _collect(function.func, parts, seen)
    function = inspect.unwrap(getattr(function, "__func__", function))
    name = getattr(function, "__qualname__", type(function).__qualname__)
    if not isinstance(function, types.FunctionType):
        function = getattr(type(function).__call__, "__func__", type(function).__call__)
    if not isinstance(function, types.FunctionType) or id(function) in seen:
        return name
    seen.add(id(function))
    parts.append(_code(function.__code__, function.__doc__))
    parts.append(_plain(function.__defaults__))
    parts.append(sorted((k, _plain(v)) for k, v in (function.__kwdefaults__ or {}).items()))
    for cell in function.__closure__ or ():
        try:
            value = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
        if isinstance(inspect.unwrap(value) if callable(value) else None, types.FunctionType):
            _collect(value, parts, seen)
        else:
            parts.append(_plain(value))
    return name


def _code(code, documentation):
    constants = [
        _code(c, None) if isinstance(c, types.CodeType) else _plain(c)
        for c in code.co_consts
        if not (isinstance(c, str) and c == documentation)
    ]
    return code.co_code.hex(), code.co_names, code.co_varnames, constants


def _plain(value):
    """Text that is the same in every run, or nothing for what has none."""
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return repr(value)
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, frozenset):
        return sorted(map(str, map(_plain, value)))
    return ""
