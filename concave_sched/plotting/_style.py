"""The house style: one look for every figure, safe for colour-blind readers and for grey print."""

from __future__ import annotations

import numpy as np

# Okabe-Ito; in grey print a marker and a dash tell the lines apart.
COLOURS = ("#0072B2", "#D55E00", "#000000", "#CC79A7", "#009E73", "#56B4E9", "#E69F00")
MARKERS = "os^DvPX"
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 1)))
# Fills of bars and cells, ordered so that neighbours differ in lightness too.
FILLS = ("#0072B2", "#F0E442", "#D55E00", "#56B4E9", "#009E73", "#E69F00", "#CC79A7", "#999999")
WATER, GLASS, QUIET = "#56B4E9", "#333333", "#777777"
SEQUENTIAL = "cividis_r"  # lightness falls steadily: large prints dark


def axes(ax=None, size=(6.4, 4.0)):
    """The Axes given, or those of a new figure, without the frame's idle sides.

    Example:
        >>> from concave_sched import plotting
        >>> ax = plotting.axes(size=(6, 3))
        >>> ax.spines["top"].get_visible()
        False
    """
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.subplots(figsize=size, layout="constrained")[1]
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def line(i: int, points: int = 0) -> dict:
    """Style of the i-th of several lines; markers only where few points leave room for them."""
    style = {"color": COLOURS[i % len(COLOURS)], "linestyle": DASHES[i % len(DASHES)]}
    return style | ({"marker": MARKERS[i % len(MARKERS)], "markersize": 4} if points <= 40 else {})


def colour_scale(values, spread: float = 300.0):
    """(norm, colour map) for `values`; logarithmic where they spread more than `spread`-fold."""
    import matplotlib
    from matplotlib.colors import LogNorm, Normalize

    values = np.asarray(values, float)
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    if low == high:
        low, high = (low * 0.9, high * 1.1) if low > 0 else (low - 1, high + 1)
    logarithmic = low > 0 and high > spread * low
    norm = LogNorm(low, high) if logarithmic else Normalize(low, high)
    return norm, matplotlib.colormaps[SEQUENTIAL]


def whole_numbers(axis, most: int = 12, least: int = 2):
    """Ticks of an axis at whole numbers only, at most and at least so many."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(most, integer=True, min_n_ticks=least))


def colour_bar(ax, norm, colour_map, label: str):
    from matplotlib.cm import ScalarMappable

    bar = ax.figure.colorbar(ScalarMappable(norm, colour_map), ax=ax, label=label, pad=0.02)
    bar.outline.set_visible(False)
    return bar
