"""Where a curve fails to be concave or nondecreasing."""

from __future__ import annotations

import dataclasses

import jax
import numpy as np

from .._checks import numbers, require
from .._tree import is_concrete
from ._curve import Curve


@dataclasses.dataclass(frozen=True)
class ConcavityReport:
    """What `check_concave` found; true in a condition if the curve may be scheduled.

    concave, increasing: whether each holds; where: the first amount at which one fails (None if
    none does); entry: which of the curve's entries; reason: the finding in words.
    """

    concave: bool
    increasing: bool
    where: float | None
    entry: tuple[int, ...]
    reason: str

    def __bool__(self):
        return self.concave and self.increasing


def check_concave(curve: Curve, upper, points: int = 513) -> ConcavityReport:
    """Sample a curve on [0, upper] and say where concavity or monotonicity fails.

    curve: any curve, scalar or vector parameters; upper: scalar or one per entry, > 0. The gain
    f' must be >= 0 and must not increase from one sample to the next by more than rounding;
    values must be finite. Half of the samples are spaced evenly, half geometrically towards 0. A
    sample proves a failure, never its absence: a dip narrower than the spacing goes unseen.
    Cost: two evaluations of the marginal gain at points x entries.

    Example:
        >>> import concave_sched as cs
        >>> report = cs.curves.check_concave(cs.curves.Hill(1.0, 2.0, 3.0), upper=10.0)
        >>> bool(report), report.increasing
        (False, True)
    """
    require_curve("curve", curve)
    upper = np.asarray(numbers("upper", upper), float)
    remedy = "the range to check must be positive and finite."
    require("upper", upper, lambda u: (u > 0) & np.isfinite(u), remedy)
    half = points // 2
    grid = np.unique(np.concatenate([np.linspace(0, 1, half + 1), np.geomspace(1e-6, 1, half)]))
    t = np.multiply.outer(grid, upper)
    value, gain = (np.asarray(v) for v in jax.vmap(lambda t: (curve(t), curve.marginal(t)))(t))
    t = np.broadcast_to(t.reshape(t.shape + (1,) * (value.ndim - t.ndim)), value.shape)
    size = np.max(np.where(np.isfinite(gain), np.abs(gain), 0), axis=0)
    rounding = np.finfo(gain.dtype).eps ** 0.6
    slack = rounding * np.maximum(np.abs(gain[:-1]), np.abs(gain[1:])) + rounding**1.3 * size

    with np.errstate(invalid="ignore"):
        tests = {
            "the value is not a finite number": ~np.isfinite(value),
            "the curve decreases": ~(gain >= -(rounding**1.3) * size),
            "the marginal gain increases, so the curve is not concave": np.concatenate(
                [np.zeros_like(value[:1], bool), ~(gain[1:] <= gain[:-1] + slack)]
            ),
        }
    failures = [(np.argwhere(bad)[0], reason) for reason, bad in tests.items() if bad.any()]
    if not failures:
        return ConcavityReport(True, True, None, (), "concave and nondecreasing on the samples")
    index, reason = min(failures, key=lambda f: f[0][0])
    where = float(t[tuple(index)])
    concave = not any("concave" in r or "finite" in r for _, r in failures)
    increasing = not any("decreases" in r or "finite" in r for _, r in failures)
    entry = tuple(int(i) for i in index[1:])
    at = f" in entry {entry}" if entry else ""
    return ConcavityReport(concave, increasing, where, entry, f"{reason} near t = {where:.6g}{at}")


_BUILT_CONCAVE = frozenset(
    "Power ShiftedPower Logarithmic SaturatingPower Exponential Hyperbolic Lomax "
    "PiecewiseLinear".split()
)


def require_curve(name: str, curve) -> None:
    """Raise a ValueError unless `curve` is a curve."""
    if not isinstance(curve, Curve):
        raise ValueError(
            f"{name} = {curve!r} is not a curve: wrap a function as curves.Custom(function), or "
            "fit one with concave_sched.fit."
        )


def require_concave(name: str, curve, upper) -> None:
    """Raise a ValueError unless `curve` may be scheduled on [0, upper] (concrete values only)."""
    require_curve(name, curve)
    kind = type(getattr(curve, "curve", curve)).__name__
    if kind in _BUILT_CONCAVE or not is_concrete(curve, upper):
        return  # concave by construction
    upper = np.asarray(upper, float)
    report = check_concave(curve, np.where((upper > 0) & np.isfinite(upper), upper, 1.0))
    if not report:
        raise ValueError(
            f"{name} = {kind}: {report.reason}. Schedule its concave envelope instead: "
            f"{name}.envelope(upper)."
        )
