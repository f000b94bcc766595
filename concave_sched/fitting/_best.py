"""Which family? Candidates ranked by how well they predict the point they have not seen."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .._results import Result
from .._tree import pytree
from ..curves import PiecewiseLinear
from ._batch import fit_many
from ._families import CONCAVE
from ._leave_one_out import leave_one_out


def _of_best(name: str) -> property:
    return property(lambda self: getattr(self.best, name), doc=f"`{name}` of the best fit.")


@pytree
class Ranking(Result):
    """All candidates for one series, best first, as returned by `fit_best`.

    fits: the `Fit` of each family; errors: root mean square leave-one-out error of each, NaN
    where it is not ranked. `curve`, `sse`, `r2`, `covariance`, `parameters` are the best fit's.
    """

    fits: tuple
    errors: tuple

    @property
    def best(self):
        """The fit that predicts best; the one with the least SSE if none could be ranked."""
        return self.fits[0]

    curve = _of_best("curve")
    sse = _of_best("sse")
    r2 = _of_best("r2")
    covariance = _of_best("covariance")
    parameters = _of_best("parameters")
    status = _of_best("status")

    @property
    def objective(self):
        """Root mean square leave-one-out error of the best fit."""
        return self.errors[0]

    def _facts(self):
        facts = [("best", _name(self.best)), ("status", self.best.status)]
        for fit, error in zip(self.fits, self.errors, strict=True):
            ranked = f"leave-one-out error {error:.5g}" if error == error else "not ranked"
            text = f"{ranked}, R² {float(fit.r2):.6f}, {fit.status.name}"
            facts.append((_name(fit), text))
        return facts

    def to_dataframe(self):
        """One row per family: rank, leave_one_out, aicc, sse, r2, parameters, status, limit."""
        import pandas as pd

        rows = []
        for i, (fit, error) in enumerate(zip(self.fits, self.errors, strict=True)):
            rows.append(
                {
                    "family": _name(fit),
                    "rank": i + 1 if error == error else np.nan,
                    "leave_one_out": error,
                    "aicc": fit.aicc if fit.family else np.nan,
                    "sse": float(fit.sse),
                    "r2": float(fit.r2),
                    "parameters": fit.free_parameters,
                    "status": fit.status.name,
                    "limit": fit.limit_message,
                    "below_chance": fit.below_chance,
                }
            )
        return pd.DataFrame(rows)

    def plot(self, ax=None, others: int = 2):
        """The best fit with its band, the next `others` as thin lines; returns the Axes."""
        ax = self.best.plot(ax)
        top = 1.1 * self.best.measured_range[1]
        t = np.linspace(0, top, 200)
        for fit in self.fits[1 : 1 + others]:
            ax.plot(t, np.asarray(fit.curve(t)), lw=1, ls="--", label=_name(fit))
        ax.legend(loc="upper left", frameon=False, fontsize="small")
        return ax


def fit_best(
    x,
    y,
    weights=None,
    at_zero=None,
    *,
    families: Iterable | None = None,
    loss: str = "squares",
    chance: float | None = None,
) -> Ranking:
    r"""Fit several families and rank them by leave-one-out error.

    $$\mathrm{LOO} = \sqrt{\tfrac1n \sum_i w_i\,(y_i - f_{-i}(x_i))^2}$$

    with $f_{-i}$ fitted without point i. A saturated family (parameters >= points - 1) cannot be
    judged so: it is listed, not ranked. The table also has AICc where points > parameters + 2.
    Families within a few per cent of each other are equally good, as far as the data can tell.

    Arguments: as in `fit`; families: classes or names, by default the eight concave families and
    the monotone concave regression, which no concave curve can beat (listed last, not ranked).

    Returns: a `Ranking`; `.best` is a `Fit`, `.curve` its curve, `.to_dataframe()` the table.

    Raises: as `fit`. Cost: about eight times `fit`, and points^2 for the left-out refits.

    Example:
        >>> import concave_sched as cs
        >>> x = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
        >>> y = [8 * t / (t + 4) for t in x]
        >>> cs.fitting.fit_best(x, y, at_zero=0.0, families=["Hyperbolic", "Power"]).best.family.key
        'Hyperbolic'

    Source: cross-validation, Stone 1974; AICc, Hurvich and Tsai 1989.
    """
    families = (*CONCAVE, PiecewiseLinear) if families is None else families
    series = {"": (x, y) if weights is None else (x, y, weights)}
    return rank_many(series, families, at_zero=at_zero, loss=loss, chance=chance)[""]


def rank_many(series, families=CONCAVE, *, progress=False, **options) -> dict[str, Ranking]:
    """`fit_best` for many series at once; arguments of `fit_many`, {name: Ranking}.

    Example:
        >>> import concave_sched as cs
        >>> x = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]
        >>> y = [8 * t / (t + 4) for t in x]
        >>> rankings = cs.fitting.rank_many({"a": (x, y)}, ["Hyperbolic", "Power"], at_zero=0.0)
        >>> rankings["a"].best.family.key
        'Hyperbolic'
    """
    fits = fit_many(series, families, progress=progress, **options)
    keys = list(dict.fromkeys(key for _, key in fits))
    errors = {}
    for key in keys:
        mine = [(name, fit) for (name, k), fit in fits.items() if k == key and fit.family]
        mine = [(n, f) for n, f in mine if f.free_parameters < f.points - 1]
        if mine:
            for (name, fit), error in zip(mine, leave_one_out(f for _, f in mine), strict=True):
                errors[name, key] = float(np.sqrt(np.sum(fit.weights * error**2) / fit.points))
    rankings = {}
    for name in series:
        rows = [(errors.get((name, key), np.nan), fits[name, key]) for key in keys]
        rows.sort(key=_order)
        rankings[name] = Ranking(tuple(f for _, f in rows), tuple(e for e, _ in rows))
    return rankings


def _order(row):
    error, fit = row
    if error == error:
        return (0, 0, error)
    # Unranked: the regression last, few parameters before many, which fit anything; then SSE.
    return (2 if fit.family is None else 1, fit.free_parameters, float(fit.sse))


def _name(fit):
    return "PiecewiseLinear" if fit.family is None else fit.family.key
