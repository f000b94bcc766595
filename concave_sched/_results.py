"""What every result can do: say its status, print, show as a table, export, draw."""

from __future__ import annotations

import enum
import html
from typing import Any

import numpy as np

from ._tree import is_concrete


class Status(enum.Enum):
    """How a result ended; the value is the message, and says what to do where it is not final."""

    OPTIMAL = "optimal: the certificate's gap is at the rounding level"
    SLACK = "optimal, and budget is left over: every amount is at its cap, so the price is 0"
    FEASIBLE = "feasible: a valid schedule, not proven optimal; see the bound and the gap"
    TIME_LIMIT = "feasible: stopped at the time limit; raise time_limit to close the gap"
    UNCONVERGED = "not solved to tolerance: rescale the inputs, or check that the curve is concave"
    INFEASIBLE = "infeasible: no schedule meets every constraint; the message names the first one"
    LOCAL = "local optimum: no small change helps, a different one may; try more starts"

    @property
    def code(self) -> int:
        """A small integer for use inside `jit` and `vmap`; `status_of` turns it back."""
        return list(Status).index(self)


def status_of(code) -> Any:
    """The Status of a code; for a batch of codes, an object array of them."""
    codes = np.asarray(code)
    members = list(Status)
    if codes.ndim == 0:
        return members[int(codes)]
    return np.array([members[int(c)] for c in codes.ravel()], dtype=object).reshape(codes.shape)


class Result:
    """Base of every result. A subclass gives `_facts` (label, value pairs), data and a drawing."""

    def _facts(self) -> list[tuple[str, object]]:
        raise NotImplementedError

    def to_dataframe(self):
        """The result as a tidy pandas DataFrame."""
        raise NotImplementedError

    def plot(self, ax=None):
        """Draw the result on the given matplotlib Axes (or a new one) and return it."""
        raise NotImplementedError

    def summary(self) -> str:
        """A few aligned lines."""
        facts = [(label, show(value)) for label, value in self._facts()]
        width = max(len(label) for label, _ in facts)
        lines = [f"  {label:<{width}}  {value}" for label, value in facts]
        return "\n".join([type(self).__name__, *lines])

    def __repr__(self) -> str:
        if not is_concrete(self):
            return f"{type(self).__name__}(traced)"
        return self.summary()

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(label)}</th>"
            f"<td style='text-align:left'>{html.escape(show(value))}</td></tr>"
            for label, value in self._facts()
        )
        name = html.escape(type(self).__name__)
        return f"<table><caption><b>{name}</b></caption><tbody>{rows}</tbody></table>"


class SolvedResult(Result):
    """A result whose status went through `jit` as an integer, `code`."""

    code: Any

    @property
    def status(self) -> Any:
        """The `Status`; for a batch an array of them."""
        return status_of(self.code)


def show(value) -> str:
    """One value in a summary: numbers to 10 significant digits, batches by shape and range."""
    if isinstance(value, enum.Enum):
        return f"{value.name} ({value.value})"
    if isinstance(value, str):
        return value
    array = np.asarray(value)
    if array.ndim == 0:
        item = array.item()
        return f"{item:.10g}" if isinstance(item, float) else str(item)
    if array.dtype == object or array.size == 0:
        return f"{array.size} values"
    return f"shape {array.shape}, from {array.min():.6g} to {array.max():.6g}"
