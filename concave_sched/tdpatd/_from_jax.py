"""Task graphs of JAX programs, by tracing on shapes: nothing is computed or allocated."""

from __future__ import annotations

import functools
import os
import re
from typing import Any, NamedTuple

import jax
import numpy as np

from ._device import Device, operations, size_of
from ._graph import TaskGraph

INLINED = {
    "jit", "pjit", "closed_call", "core_call", "remat", "remat2", "checkpoint",
    "custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr",
}  # fmt: skip
FREE = {
    "reshape", "broadcast_in_dim", "squeeze", "expand_dims", "stop_gradient", "copy",
    "sharding_constraint", "optimization_barrier",
}  # fmt: skip
MOST_TASKS = 1_000_000
_BACKWARD = re.compile(r"transpose\(jvp\(([^()]*)\)\)")
_WRAPPED = re.compile(r"jvp\(([^()]*)\)")


class Source(NamedTuple):
    """One output of a task."""

    task: int
    output: int
    size: float


class Value(NamedTuple):
    """What a variable holds: where its data come from and their bytes; no source if resident."""

    sources: tuple[Source, ...]
    size: float


class Stacked(NamedTuple):
    """A value of known slices along the first axis, as a scan writes and reads them."""

    slices: tuple[Value, ...]

    @property
    def sources(self):
        return tuple(source for part in self.slices for source in part.sources)

    @property
    def size(self):
        return sum(part.size for part in self.slices)


def from_jax(function, *arguments, grad=None, device: Device | None = None) -> TaskGraph:
    """The task graph of a JAX function, one task per operation, ready to be scheduled.

    The function is traced on the shapes of its arguments. Calls (`jit`, `custom_jvp`,
    `custom_vjp`, `checkpoint`) are opened, a `scan` is unrolled, with the bytes of a slice on the
    edges of its steps; `cond` (its longest branch) and `while_loop` (one trip) stay one task each.
    Operations without arithmetic (reshape, broadcast, ...) go with their consumer, results nobody
    uses are left out. Arguments and constants are on every device, so they are no tasks and no
    edges. Between two tasks there is one edge, with the bytes of all values that pass.

    Args:
        function: a JAX function; of arrays or pytrees.
        arguments: arrays, pytrees of arrays, or `jax.ShapeDtypeStruct`s.
        grad: None for the function itself; else the numbers of the arguments by which its value
            and gradient are traced, an integer or a tuple (True: the first). The function then has
            to return one number; integer leaves are allowed.
        device: a `Device` for the times; the default is `Device()`.

    Returns:
        A `TaskGraph` in microseconds, its names "scope/operation (file:line)" of your source;
        scopes are those of `jax.named_scope`, the backward pass starts with "backward".

    Raises:
        ValueError: if no operation is left, or a scan unrolls to over a million tasks.
        TypeError: from JAX, if the function cannot be traced.

    Cost: JAX's tracing (about 0.1 ms an operation), and as much for the graph.

    >>> import jax.numpy as jnp
    >>> def model(w, x):
    ...     return jnp.tanh(x @ w).sum()
    >>> g = from_jax(model, jnp.ones((64, 64)), jnp.ones((8, 64)), grad=0)
    >>> g.names[0].split(" ")[0], g.names[-2].split(" ")[0]
    ('dot_general', 'backward/dot_general')
    """
    device = Device() if device is None else device
    shapes = jax.tree.map(_shape, arguments)
    if grad is not None and grad is not False:
        argnums = 0 if grad is True else grad
        function = jax.value_and_grad(function, argnums=argnums, allow_int=True)
    closed = jax.make_jaxpr(function)(*shapes)
    builder = _Builder(device)
    resident = [Value((), size_of(v.aval)) for v in closed.jaxpr.invars]
    results = builder.run(closed, resident, "")
    return builder.graph(results)


def _shape(leaf):
    if isinstance(leaf, jax.ShapeDtypeStruct) or isinstance(leaf, (bool, int, float, complex)):
        return leaf
    if hasattr(leaf, "shape") and hasattr(leaf, "dtype"):
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype)
    return leaf


class _Builder:
    """Tasks and edges met so far."""

    def __init__(self, device: Device):
        self.device = device
        self.times: list[float] = []
        self.names: list[str] = []
        self.reads: list[set[Source]] = []

    def run(self, jaxpr, inputs, scope: str, place: str = "") -> list:
        """Add the tasks of a jaxpr on the given values; the values of its outputs."""
        from jax.extend.core import Literal

        constants = getattr(jaxpr, "consts", ())
        jaxpr = getattr(jaxpr, "jaxpr", jaxpr)
        values: dict[Any, Value | Stacked] = {}
        for variable, constant in zip(jaxpr.constvars, constants, strict=False):
            values[variable] = Value((), getattr(constant, "nbytes", 8))
        values.update(zip(jaxpr.invars, inputs, strict=True))

        def read(atom):
            if isinstance(atom, Literal):
                return Value((), 0.0)
            return values[atom]

        for equation in jaxpr.eqns:
            inputs = [read(atom) for atom in equation.invars]
            outputs = self.equation(equation, inputs, scope, place)
            values.update(zip(equation.outvars, outputs, strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def equation(self, equation, inputs, scope: str, place: str) -> list:
        """Open a call, pass a free operation on, or add a task.

        place: where the enclosing call stands, for traces that JAX caches without a location.
        """
        name, params = equation.primitive.name, equation.params
        place = _location(equation.source_info) or place
        here = _join(scope, str(equation.source_info.name_stack))
        if name in INLINED:
            inner = next(params[k] for k in ("jaxpr", "call_jaxpr", "fun_jaxpr") if k in params)
            return self.run(inner, inputs, here, place)
        if name == "scan":
            return self.scan(params, inputs, here, place)
        if name in FREE or _only_retypes(equation):
            return inputs[: len(equation.outvars)]
        return self.task(equation, inputs, here, place)

    def scan(self, params, inputs, scope: str, place: str) -> list:
        """Unroll: constants stay, the carry passes, every step reads its slice."""
        (fixed, carried), length = _parts(params), params["length"]
        if len(self.times) + length * len(params["jaxpr"].jaxpr.eqns) > MOST_TASKS:
            raise ValueError(
                f"a scan of {length} steps unrolls to over {MOST_TASKS} tasks: trace a shorter "
                "sequence."
            )
        constants, carry = inputs[:fixed], inputs[fixed : fixed + carried]
        stacks = [_slices(value, length) for value in inputs[fixed + carried :]]
        steps = range(length - 1, -1, -1) if params["reverse"] else range(length)
        written: dict[int, list] = {}
        for step in steps:
            rows = [stack[step] for stack in stacks]
            results = self.run(params["jaxpr"], [*constants, *carry, *rows], scope, place)
            carry, written[step] = results[:carried], results[carried:]
        outputs = len(params["jaxpr"].jaxpr.outvars) - carried
        stacked = [Stacked(tuple(written[s][k] for s in range(length))) for k in range(outputs)]
        return [*carry, *stacked]

    def task(self, equation, inputs, scope: str, place: str) -> list[Value]:
        number = len(self.times)
        sizes = [size_of(variable.aval) for variable in equation.outvars]
        self.times.append(self.time(equation, sum(v.size for v in inputs) + sum(sizes)))
        name = _join(_plain(scope), equation.primitive.name)
        self.names.append(f"{name} ({place})" if place else name)
        self.reads.append({source for value in inputs for source in value.sources})
        return [Value((Source(number, k, size),), size) for k, size in enumerate(sizes)]

    def time(self, equation, touched: float) -> float:
        if equation.primitive.name == "cond":
            return max(self.inner_time(branch) for branch in equation.params["branches"])
        if equation.primitive.name == "while":
            loop = (equation.params["cond_jaxpr"], equation.params["body_jaxpr"])
            return sum(self.inner_time(part) for part in loop)
        if not equation.outvars:
            return self.device.operation_time(0.0, touched)
        return self.device.operation_time(operations(equation), touched)

    def inner_time(self, jaxpr) -> float:
        """Time of everything inside, one after another on one device."""
        inner = _Builder(self.device)
        inner.run(jaxpr, [Value((), size_of(v.aval)) for v in jaxpr.jaxpr.invars], "")
        return sum(inner.times) or 1e6 * self.device.overhead

    def graph(self, results) -> TaskGraph:
        """The graph of the tasks that the results need."""
        needed = np.zeros(len(self.times), bool)
        needed[[source.task for value in results for source in value.sources]] = True
        for task in range(len(self.times) - 1, -1, -1):
            if needed[task]:
                needed[[source.task for source in self.reads[task]]] = True
        if not needed.any():
            raise ValueError(
                "the function has no operation whose result is used: return what it computes."
            )
        number = np.cumsum(needed) - 1
        sizes: dict[tuple[int, int], float] = {}
        for task in np.flatnonzero(needed):
            for source in self.reads[task]:
                edge = (number[source.task], number[task])
                sizes[edge] = sizes.get(edge, 0.0) + source.size
        edges = np.array(list(sizes), np.int64).reshape(-1, 2)
        times = [self.device.transfer_time(size) for size in sizes.values()]
        kept = np.flatnonzero(needed)
        return TaskGraph(np.array(self.times)[kept], edges, times, [self.names[i] for i in kept])


def _parts(scan) -> tuple[int, int]:
    """How many of a scan's inputs are constants, and how many are carried."""
    if "num_consts" in scan:
        return scan["num_consts"], scan["num_carry"]
    constants, carry, _ = scan["ft_in"].unpack()  # as later versions of JAX have it
    return len(constants), len(carry)


def _only_retypes(equation) -> bool:
    """A conversion to the same type: JAX marks weak types so."""
    if equation.primitive.name != "convert_element_type":
        return False
    return equation.invars[0].aval.dtype == equation.outvars[0].aval.dtype


def _slices(value, length: int):
    if isinstance(value, Stacked) and len(value.slices) == length:
        return value.slices
    part = [s._replace(size=s.size / max(length, 1)) for s in value.sources]
    return [Value(tuple(part), value.size / max(length, 1))] * length


def _join(*parts: str) -> str:
    return "/".join(part for part in parts if part)


@functools.cache
def _plain(scope: str) -> str:
    """A name stack as "scope" for the forward and "backward/scope" for the backward pass."""
    while scope != (plainer := _WRAPPED.sub(r"\1", _BACKWARD.sub(r"backward/\1", scope))):
        scope = plainer
    return _join(*scope.split("/"))


def _location(source_info) -> str:
    """file:line of the innermost frame outside of JAX, "" where the trace has none."""
    traceback = getattr(source_info, "traceback", None)
    if traceback is None:
        return ""
    for frame in traceback.frames:
        if not _is_library(frame.file_name):
            return f"{os.path.basename(frame.file_name)}:{frame.line_num}"
    return ""


@functools.cache
def _is_library(file_name: str) -> bool:
    return os.path.abspath(file_name).startswith(os.path.dirname(jax.__file__) + os.sep)
