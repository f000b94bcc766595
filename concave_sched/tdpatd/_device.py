"""What an operation and a transfer cost on a device: a roofline and a link."""

from __future__ import annotations

import dataclasses
import math

import numpy as np


@dataclasses.dataclass(frozen=True)
class Device:
    """One of P identical accelerators, all pairs joined by the same link.

    An operation takes overhead + max(operations / flops, bytes touched / bandwidth); a transfer
    takes latency + bytes / link. All in microseconds.

    Args:
        flops: arithmetic operations per second.
        bandwidth: bytes per second between the device and its own memory.
        overhead: seconds to launch an operation.
        link: bytes per second between two devices. The default, 25 GB/s with 5 us, is a network
            and makes communication 5 to 11 times the work of Transformer gradients; 300 GB/s with
            1 us, NVLink-like, makes it 0.4 to 1 times.
        latency: seconds to start a transfer.

    >>> Device().transfer_time(25_000)
    6.0
    """

    flops: float = 20e12
    bandwidth: float = 1e12
    overhead: float = 2e-6
    link: float = 25e9
    latency: float = 5e-6

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            low = 0 if field.name in ("overhead", "latency") else np.nextafter(0, 1)
            if not low <= value < math.inf:
                raise ValueError(f"{field.name} = {value}: give a finite positive number.")

    def operation_time(self, operations: float, touched: float) -> float:
        """Microseconds of an operation."""
        return 1e6 * (self.overhead + max(operations / self.flops, touched / self.bandwidth))

    def transfer_time(self, size: float) -> float:
        """Microseconds of a transfer of so many bytes."""
        return 1e6 * (self.latency + size / self.link)


def operations(equation) -> float:
    """Arithmetic operations of one JAX equation: exact for products, one per entry otherwise."""
    name, out = equation.primitive.name, equation.outvars[0].aval
    if name == "dot_general":
        (contracted, _), _ = equation.params["dimension_numbers"]
        shape = equation.invars[0].aval.shape
        return 2.0 * math.prod(out.shape) * math.prod(shape[d] for d in contracted)
    if name == "conv_general_dilated":
        kernel = equation.invars[1].aval.shape
        features = kernel[equation.params["dimension_numbers"].rhs_spec[0]]
        return 2.0 * math.prod(out.shape) * math.prod(kernel) / max(features, 1)
    avals = [v.aval for v in (*equation.invars, *equation.outvars)]
    return float(max(math.prod(getattr(a, "shape", ())) for a in avals))


def size_of(aval) -> int:
    """Bytes of an array of this shape and type; 0 for float0 and tokens."""
    dtype = getattr(aval, "dtype", None)
    if dtype is None or not hasattr(aval, "shape"):
        return 0
    return math.prod(aval.shape) * getattr(dtype, "itemsize", 4)
