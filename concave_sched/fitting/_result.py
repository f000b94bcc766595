"""A fit as a result: the curve, how certain it is, and what a scheduler should know about it."""

from __future__ import annotations

import enum
import functools
from typing import Any

import numpy as np

from .._results import Result
from .._tree import is_concrete, pytree


class FitStatus(enum.Enum):
    """How a fit ended; the value is the message, and says what to do about it."""

    CONVERGED = "converged: stationary, every parameter inside its limits, points to spare"
    AT_LIMIT = "converged to a limit of the family; the simpler curve named there fits as well"
    SATURATED = "as many parameters as points or more: no error estimate; fewer parameters fit too"
    FLAT = "the data do not increase with the amount: nothing is gained, do not schedule with it"
    UNCONVERGED = "not stationary: check the data for outliers, or try loss='huber'"


@pytree(static=("chance", "family", "names", "loss", "pinned"))
class Fit(Result):
    """A curve fitted to measurements, as returned by `fit`.

    curve: the fitted curve, usable in every scheduler; x, y, weights: the measurements (weights
    as used, after a robust loss); residuals: y - curve(x); report: the numbers behind it.
    """

    curve: Any
    x: Any
    y: Any
    weights: Any
    residuals: Any
    report: Any
    chance: float | None
    family: Any
    names: tuple[str, ...]
    loss: str
    pinned: bool

    @property
    def objective(self):
        """The weighted sum of squared residuals."""
        return self.sse

    @property
    def sse(self):
        """Weighted sum of squared residuals."""
        return self.report["sse"]

    @property
    def r2(self):
        """1 - SSE/SST: 1 is perfect, 0 no better than the mean, negative worse than the mean."""
        sse, sst = self.report["sse"], self.report["sst"]
        return 1 - sse / sst if not is_concrete(sst) or sst > 0 else np.nan

    @property
    def points(self) -> int:
        """Number of measurements with a positive weight."""
        return int(np.sum(np.asarray(self.weights) > 0))

    @property
    def free_parameters(self) -> int:
        """Number of parameters of the family that were free, those now at a limit included."""
        return 0 if self.family is None else self.family.size - int(self.pinned)

    @property
    def degrees_of_freedom(self) -> int:
        """Points minus parameters that are neither pinned nor at a limit."""
        return self.points - int(np.sum(self.report["free"])) if self.family else 0

    @property
    def parameters(self) -> dict:
        """Name -> value; `low` is the value at 0 when the curve carries an offset."""
        vector = self.report["vector"]
        return {name: vector[i] for i, name in enumerate(self.names)}

    @property
    def covariance(self):
        """(parameters, parameters) covariance, in the order of `parameters`; NaN if saturated."""
        if self.family is None:
            return np.full((0, 0), np.nan)
        return self.report["covariance"][: len(self.names), : len(self.names)]

    @property
    def standard_errors(self) -> dict:
        """Name -> standard error; 0 for a parameter that is pinned or at a limit."""
        errors = np.sqrt(np.maximum(np.diagonal(np.asarray(self.covariance)), 0))
        return dict(zip(self.names, errors.tolist(), strict=True))

    def confidence_intervals(self, level: float = 0.95) -> dict:
        """Name -> (low, high) by Student's t.

        Parameters that are positive by definition (scales, rates, half-values) get an interval in
        their logarithm, which covers better and stays positive; a parameter at a limit gets its
        value twice.
        """
        from ._uncertainty import student_quantile

        quantile = student_quantile(level, self.degrees_of_freedom)
        intervals = {}
        for name, error in self.standard_errors.items():
            value = float(self.parameters[name])
            if name in ("low", "high", "exponent", "contention"):
                intervals[name] = (value - quantile * error, value + quantile * error)
            else:
                factor = float(np.exp(min(quantile * error / value, 700.0)))
                intervals[name] = (value / factor, value * factor)
        return intervals

    def band(self, t, level: float = 0.95, new_measurement: bool = False):
        """(lower, upper) band of the curve at amounts t; with `new_measurement`, of a new point."""
        from ._uncertainty import band_error, student_quantile

        t = np.atleast_1d(np.asarray(t, float))
        value = np.broadcast_to(np.asarray(self.curve(t)), t.shape)
        if self.family is None:
            return np.full_like(t, np.nan), np.full_like(t, np.nan)
        r = self.report
        error = np.asarray(
            band_error(self.family, t, r["scaled"], r["scaled_covariance"], r["scales"])
        )
        if new_measurement:
            error = np.sqrt(error**2 + self.sse / max(self.degrees_of_freedom, 1))
        half = student_quantile(level, self.degrees_of_freedom) * error
        return value - half, value + half

    @property
    def bound_hits(self) -> dict:
        """Name -> "lower" or "upper" for shape parameters whose limit fits as well."""
        if self.family is None:
            return {}
        limits = self.family.limits
        sides = zip(limits, self.report["at_lower"], self.report["at_upper"], strict=True)
        return {name: "lower" if low else "upper" for (name, _), low, up in sides if low or up}

    @property
    def limit_message(self) -> str:
        """What the family has turned into where `bound_hits` is not empty."""
        hits = self.bound_hits
        named = [f"{n} ({w})" for n, w in (self.family.limits if self.family else ()) if n in hits]
        return ", ".join(named)

    @property
    def below_chance(self) -> bool:
        """Whether the curve at 0 lies below the value of a guess; False if `chance` is unknown."""
        return self.chance is not None and float(self.curve(0.0)) < self.chance - 1e-12

    @functools.cached_property
    def concavity_violation(self) -> float:
        """Largest distance of a measurement from the best concave curve, as a part of y's range.

        Over 0.02 the data themselves are not what a concave model can follow. Cost: one monotone
        concave regression, on first use.
        """
        from ._diagnose import concavity_violation

        at_zero = float(self.curve(0.0)) if self.pinned else None
        return concavity_violation(self.x, self.y, self.weights, at_zero)

    @property
    def measured_range(self) -> tuple[float, float]:
        """Smallest and largest measured amount."""
        used = np.asarray(self.x)[np.asarray(self.weights) > 0]
        return float(used.min()), float(used.max())

    def extrapolation_range(self, tolerance: float = 0.1, level: float = 0.95):
        """The amounts (low, high) on which the band's half width is within tolerance x range of y.

        Searched from 1/100 to 100 times the measured amounts (and 0); NaN where not even the
        measured amounts qualify. Use a schedule that leaves this range with care.
        """
        from ._diagnose import trusted_range

        return trusted_range(self, tolerance, level)

    @property
    def status(self) -> FitStatus:
        """CONVERGED, or the first flag that applies."""
        if bool(self.report["flat"]):
            return FitStatus.FLAT
        if self.family is not None and self.points <= self.free_parameters:
            return FitStatus.SATURATED
        if self.bound_hits:
            return FitStatus.AT_LIMIT
        return FitStatus.CONVERGED if bool(self.report["converged"]) else FitStatus.UNCONVERGED

    @property
    def aicc(self) -> float:
        """Corrected Akaike criterion; NaN unless points > parameters + 2 (noise counts as one)."""
        points, parameters = self.points, self.free_parameters + 1
        if points <= parameters + 1:
            return float("nan")
        size = max(float(self.sse), 1e-300) / points
        return points * np.log(size) + 2 * parameters * points / (points - parameters - 1)

    def _facts(self):
        name = "PiecewiseLinear regression" if self.family is None else self.family.key
        facts = [("family", name), ("status", self.status)]
        errors = self.standard_errors if self.family else {}
        hits = self.bound_hits
        for key, value in self.parameters.items():
            note = "(at its limit)" if key in hits else f"± {errors[key]:.3g}"
            facts.append((key, f"{float(value):.8g} {note}"))
        low, high = self.measured_range
        facts += [
            ("SSE", float(self.sse)),
            ("R²", float(self.r2)),
            ("points", f"{self.points}, at amounts {low:.6g} to {high:.6g}"),
        ]
        if hits:
            facts.append(("limit", self.limit_message))
        if self.below_chance:
            facts.append(("offset", f"{float(self.curve(0.0)):.6g}, below chance {self.chance:g}"))
        facts.append(("data off concave", f"{100 * self.concavity_violation:.2g} % of range"))
        return facts

    def to_dataframe(self):
        """One row per measurement: x, y, weight, fitted, residual, band_low, band_high."""
        import pandas as pd

        low, high = self.band(self.x)
        columns = {"x": self.x, "y": self.y, "weight": self.weights}
        fitted = np.asarray(self.y) - np.asarray(self.residuals)
        columns |= {
            "fitted": fitted,
            "residual": self.residuals,
            "band_low": low,
            "band_high": high,
        }
        return pd.DataFrame(columns)

    def plot(self, ax=None, residuals: bool = True, level: float = 0.95):
        """Draw points, curve, band and (as an inset, lower right) residuals; return the Axes."""
        from ._plot import plot_fit

        return plot_fit(self, ax, residuals, level)
