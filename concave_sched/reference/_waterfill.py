"""Water-filling, one budget or prefix budgets, as one conic program."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from .._checks import numbers, require, require_shape
from .._results import Status
from ..curves._check import require_curve
from ._cones import hypograph
from ._conic import solve_conic


@dataclasses.dataclass(frozen=True)
class WaterfillReference:
    """amounts (n,); price >= 0, the budget's dual (per entry where budgets nest); value; status."""

    amounts: np.ndarray
    price: np.ndarray
    value: float
    status: Status


def waterfill(
    curve, budget, weights=None, upper=None, size=None, solver="CLARABEL", **options
) -> WaterfillReference:
    """Share one budget.

        max  sum_i w_i f_i(t_i)    s.t.  sum_i t_i <= budget,  0 <= t_i <= upper_i

    curve: one curve (vector parameters: one per entry), or a tuple of curves, meaning their sum.
    budget: > 0. weights: (n,), >= 0. upper: (n,) or scalar, infinite for no cap. size: n, where
    neither weights, upper nor the parameters tell it. price = d value / d budget.

    Example: two curves a sqrt(t) share in proportion to a**2.
        >>> from concave_sched import curves, reference
        >>> found = reference.waterfill(curves.Power([1.0, 2.0], 0.5), 5.0)
        >>> found.amounts.round(4).tolist(), round(float(found.price), 4)
        ([1.0, 4.0], 0.5)
    """
    n = _size(curve, weights, upper, size)
    require("budget", budget, lambda b: (b > 0) & np.isfinite(b), "needs a finite budget > 0.")
    found = _solve(curve, np.full(1, float(budget)), [n], weights, upper, solver, options)
    return dataclasses.replace(found, price=found.price[0])


def nested_waterfill(
    curve, budgets, weights=None, upper=None, solver="CLARABEL", **options
) -> WaterfillReference:
    """Share prefix budgets.

        max  sum_i w_i f_i(t_i)    s.t.  sum_{i<=j} t_i <= budgets_j,  0 <= t_i <= upper_i

    budgets: (n,), > 0, cumulative by position. The price of entry i is the sum of the duals of
    the budgets j >= i that it counts towards, so prices never rise along the sequence.

    Example: the first of two square roots may have 1 of 5.
        >>> from concave_sched import curves, reference
        >>> found = reference.nested_waterfill(curves.Power(1.0, 0.5), [1.0, 5.0])
        >>> found.amounts.round(4).tolist(), found.price.round(4).tolist()
        ([1.0, 4.0], [0.5, 0.25])
    """
    budgets = np.atleast_1d(numbers("budgets", budgets))
    require("budgets", budgets, lambda b: (b > 0) & np.isfinite(b), "needs finite budgets > 0.")
    ends = np.arange(1, budgets.size + 1)
    found = _solve(curve, budgets, ends, weights, upper, solver, options)
    return dataclasses.replace(found, price=np.cumsum(found.price[::-1])[::-1])


def _solve(curve, budgets, ends, weights, upper, solver, options):
    import cvxpy as cp
    from scipy import sparse

    n, unit = ends[-1], budgets.max()
    weights = np.broadcast_to(numbers("weights", 1.0 if weights is None else weights), n)
    upper = np.broadcast_to(numbers("upper", np.inf if upper is None else upper), n)
    require("weights", weights, lambda w: (w >= 0) & np.isfinite(w), "must be finite and >= 0.")
    require("upper", upper, lambda u: u >= 0, "caps must be >= 0; inf for none.")
    worth = weights * (_values(curve, np.full(n, unit)) - _values(curve, np.zeros(n)))
    worth = worth.max() if worth.max() > 0 else 1.0

    part = cp.Variable(n, nonneg=True)  # amounts in units of the budget: well scaled
    gain, cones = hypograph(curve, unit * part)
    # Running sums as variables keep the program sparse: two nonzeros a row instead of n.
    used = cp.Variable(len(ends))
    block = np.searchsorted(ends, np.arange(n), side="right")
    spent = sparse.csr_array((np.ones(n), (block, np.arange(n))), (len(ends), n)) @ part
    before = sparse.eye_array(len(ends), k=-1, format="csr") @ used
    limits = used <= budgets / unit
    capped = upper < unit
    caps = [part[capped] <= upper[capped] / unit] if capped.any() else []
    problem = cp.Problem(
        cp.Maximize(weights / worth @ gain), [limits, used - before == spent, *caps, *cones]
    )
    status = solve_conic(problem, solver, **options)
    if part.value is None:
        return WaterfillReference(np.full(n, np.nan), np.full(len(ends), np.nan), np.nan, status)
    price = np.maximum(limits.dual_value, 0) * worth / unit
    optimum: Any = problem.value
    return WaterfillReference(unit * part.value, price, worth * optimum, status)


def _curves(curve):
    curves = curve if isinstance(curve, tuple) else (curve,)
    for one in curves:
        require_curve("curve", one)
    return curves


def _values(curve, t):
    return np.sum([np.asarray(c(t), float) for c in _curves(curve)], axis=0)


def _size(curve, weights, upper, size):
    shapes = [np.shape(c(0.0)) for c in _curves(curve)] + [np.shape(weights), np.shape(upper)]
    shape = np.broadcast_shapes(*shapes, () if size is None else (size,))
    if len(shape) != 1:
        raise ValueError(f"entries have shape {shape}: one vector needed; give size=n.")
    require_shape("weights", weights, shape, "one weight per entry.")
    return shape[0]
