"""Amounts under nested budgets."""

from __future__ import annotations

import numpy as np

from . import _style


def nested_budgets(allocation, ax=None):
    """Amounts piled up in order under the staircase of prefix budgets, coloured by price.

    Each entry adds its amount on top of those before it; beyond 40 entries columns reach to 0.
    allocation: a result of `nested_waterfill`. A dot marks a budget that binds; the price falls
    only there.

    Example:
        >>> import concave_sched as cs
        >>> from concave_sched import plotting
        >>> a = cs.nested_waterfill(cs.curves.Logarithmic([1.0, 3.0, 1.0], 1.0), [1.0, 2.0, 6.0])
        >>> ax = plotting.nested_budgets(a)
    """
    from matplotlib.collections import PolyCollection

    amounts = np.asarray(allocation.amounts, float)
    if amounts.ndim != 1:
        raise ValueError(f"allocation has shape {amounts.shape}: index the batch and draw one.")
    n = amounts.size
    ax = _style.axes(ax)
    budgets, prices = np.asarray(allocation.budgets, float), np.asarray(allocation.prices, float)
    used = np.cumsum(amounts)
    edges = np.arange(n + 1) - 0.5
    left, right = edges[:-1], edges[1:]
    base = used - amounts if n <= 40 else np.zeros(n)
    corners = [(left, base), (right, base), (right, used), (left, used)]
    boxes = np.stack([np.stack(corner, axis=-1) for corner in corners], axis=1)
    drawn = np.minimum(prices, np.finfo(float).max)
    norm, colour_map = _style.colour_scale(drawn[np.isfinite(prices)] if n else [0.0])
    ax.add_collection(
        PolyCollection(
            list(boxes),
            facecolors=colour_map(norm(drawn)),
            edgecolors="white" if n <= 40 else "face",
            linewidths=0.5,
        )
    )
    ax.stairs(used, edges, color=_style.QUIET, linewidth=0.8, baseline=None, label="used so far")
    ax.stairs(budgets, edges, color=_style.GLASS, linewidth=1.6, baseline=None, label="budget")
    binding = np.asarray(allocation.multipliers) > 0
    ax.plot(
        np.flatnonzero(binding),
        budgets[binding],
        "o",
        color=_style.COLOURS[1],
        markersize=5 if n <= 40 else 3,
        label="budget binds",
        clip_on=False,
    )
    _style.colour_bar(ax, norm, colour_map, "price: gain per unit of budget")
    ax.set_xlim(edges[0], edges[-1])
    ax.set_ylim(0, 1.08 * max(budgets.max(), used[-1]) or 1.0)
    _style.whole_numbers(ax.xaxis, least=1)
    ax.set_xlabel("entry, in the order of the budgets")
    ax.set_ylabel("amount (units of the budget)")
    ax.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2)
    return ax
