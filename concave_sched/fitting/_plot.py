"""The picture of a fit."""

from __future__ import annotations

import numpy as np

from ..plotting import _style

_INK, _BAND, _POINT = _style.COLOURS[0], _style.WATER, _style.COLOURS[1]


def plot_fit(fit, ax=None, residuals=True, level=0.95):
    """Points, curve and confidence band from 0 to 10 % beyond the data; residuals as an inset."""
    ax = _style.axes(ax, (6.0, 4.0))
    x, y = np.asarray(fit.x), np.asarray(fit.y)
    low, high = fit.measured_range
    near_zero = np.geomspace((low or high / 100) / 10, high, 200)
    t = np.unique(np.concatenate([np.linspace(0, 1.1 * high, 200), near_zero]))
    value = np.broadcast_to(np.asarray(fit.curve(t)), t.shape)
    name = "monotone concave regression" if fit.family is None else fit.family.key
    if fit.family is not None and fit.degrees_of_freedom > 0:
        lower, upper = fit.band(t, level)
        margin = float(np.ptp(np.concatenate([y, value])))
        floor, top = min(y.min(), value.min()) - margin, max(y.max(), value.max()) + margin
        lower, upper = np.clip(lower, floor, top), np.clip(upper, floor, top)
        band = f"{100 * level:g} % band"
        ax.fill_between(t, lower, upper, color=_BAND, alpha=0.4, lw=0, label=band)
    inside = t >= low
    ax.plot(t[~inside], value[~inside], color=_INK, lw=1.6, ls=":")
    ax.plot(t[inside], value[inside], color=_INK, lw=1.8, label=f"{name}, R² = {fit.r2:.4f}")
    ax.plot(x, y, "o", color=_POINT, ms=5, label="measured", zorder=3)
    ax.set(xlabel="amount", ylabel="value")
    ax.margins(x=0)
    ax.legend(loc="upper left", frameon=False, fontsize="small", bbox_to_anchor=(0, 1.0))
    if residuals:
        _inset(fit, ax, x)
    bottom, top = ax.get_ylim()
    ax.set_ylim(bottom, top + 0.28 * (top - bottom))
    return ax


def _inset(fit, ax, x):
    inset = ax.inset_axes((0.6, 0.1, 0.37, 0.24))
    error = np.asarray(fit.residuals)
    inset.axhline(0, color="0.6", lw=0.8)
    inset.vlines(x, 0, error, color=_POINT, lw=1)
    inset.plot(x, error, "o", color=_POINT, ms=2.5)
    inset.set_title("residuals", fontsize="small", pad=3)
    inset.tick_params(labelsize="x-small", length=2)
    inset.set_xticks([])
    inset.spines[["top", "right", "bottom"]].set_visible(False)
    inset.patch.set_alpha(0.85)
