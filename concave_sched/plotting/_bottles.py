"""Allocations as bottles with a common water level."""

from __future__ import annotations

import numpy as np

from . import _style

MOST_BOTTLES = 12
_CELLS, _CELLS_OF_MANY = 240, 60


def bottles(allocation, ax=None):
    """One bottle per entry, filled to a common level: Figs 2 and 3 of the paper.

    Up means cheaper: the level of the water is the price, a bottle's bottom is the price at which
    its entry first buys, and the water in it, an area, is the amount bought. Heights are a power
    of the price (`curve.bend`) in which the regular families have straight walls. A lid is a cap.

    allocation: a result of `waterfill`. Beyond 12 entries the largest amounts keep a bottle of
    their own; the others are drawn as one bottle, whose width is the sum of theirs, reduced as
    its label says where it would dwarf the rest.

    Example:
        >>> import concave_sched as cs
        >>> from concave_sched import plotting
        >>> a = cs.waterfill(cs.curves.Logarithmic(1.0, 1.0), 3.0, weights=[1.0, 2.0, 0.1])
        >>> plotting.bottles(a).get_title()
        'water level: price 0.6'
    """
    amounts = np.asarray(allocation.amounts, float)
    if amounts.ndim != 1:
        raise ValueError(f"allocation has shape {amounts.shape}: index the batch and draw one.")
    shapes = _Shapes(allocation)
    labels, group = _groups(amounts)
    width, water, edges = shapes.cells(group, len(labels))
    ax = _style.axes(ax, (max(5.4, 1.6 + 0.8 * len(labels)), 4.2))

    widest = width.max(axis=0)
    scale = widest.max() or 1.0
    others, part = amounts.size - len(labels) + 1, 1.0
    if others > 1:
        scale = max(widest[:-1].max(), widest[-1] / MOST_BOTTLES) or 1.0
        part = min(1.0, 2 * scale / (widest[-1] or 1.0))
        width[:, -1] *= part
        water[:, -1] *= part
        labels[-1] = f"{others} others"
        widest = width.max(axis=0)
    room = np.maximum(widest / scale, 1 / 3)
    centre = np.cumsum(room) - room / 2 + 0.25 * np.arange(len(labels))
    for i, x in enumerate(centre):
        _bottle(ax, x, width[:, i] / scale, water[:, i] / scale, edges)
    _level(ax, shapes, centre[0] - room[0] / 2 - 0.15, centre[-1] + room[-1] / 2 + 0.15)
    _price_axis(ax, shapes)
    held = [f"{amounts[group == i].sum():.3g}" for i in range(len(labels))]
    held[-1] += f"\n(width × {part:.2g})" if part < 1 else ""
    ax.set_xticks(centre, [f"{name}\n{amount}" for name, amount in zip(labels, held, strict=True)])
    ax.tick_params(axis="x", length=0)
    ax.spines["bottom"].set_visible(False)
    hidden = "\n▲ its bottom lies above the picture" if (widest == 0).any() else ""
    ax.set_xlabel(f"entry, and the amount it gets (units of the budget){hidden}")
    return ax


class _Shapes:
    """Heights and prices of one allocation, and the amounts its bottles hold up to a height.

    height = (exp(bend u) - 1)/bend with u = log(reference price / price), so that the reference
    lies at 0; the reference is the water level wherever there is one.
    """

    def __init__(self, allocation):
        self.allocation = allocation
        curve = allocation.curve
        n = np.shape(allocation.amounts)[0]
        bend = np.broadcast_to(np.asarray(curve.bend, float), n)
        self.bend = float(bend[0]) if np.ptp(bend) == 0 else 0.0
        with np.errstate(divide="ignore"):
            self.log_weights = np.log(np.broadcast_to(np.asarray(allocation.weights, float), n))
        limit = np.asarray(curve.limit, float)
        self.cap = np.minimum(np.broadcast_to(np.asarray(allocation.upper, float), n), limit)
        self.log_level = float(allocation.log_price)
        self.first = self._log_gain(np.zeros(n))
        lid = self._log_gain(np.where(np.isfinite(self.cap), self.cap, 0))
        self.lid = np.where(np.isfinite(self.cap), lid, -np.inf)
        finite = np.concatenate([self.first, self.lid])
        finite = finite[np.isfinite(finite)]
        has_level = np.isfinite(self.log_level)
        self.reference = self.log_level if has_level else float(finite.min(initial=0.0))
        self.low, self.high = self._range(has_level)

    def _log_gain(self, amounts):
        import jax.numpy as jnp

        gain = np.asarray(self.allocation.curve.log_marginal(jnp.asarray(amounts)), float)
        return np.where(self.log_weights > -np.inf, gain + self.log_weights, -np.inf)

    def height(self, log_price):
        u = self.reference - np.asarray(log_price, float)
        if self.bend == 0:
            return u
        with np.errstate(over="ignore"):
            return np.expm1(self.bend * u) / self.bend

    def log_price(self, height):
        if self.bend == 0:
            return self.reference - height
        inside = np.maximum(self.bend * height, -1 + 1e-15)
        return self.reference - np.log1p(inside) / self.bend

    def _range(self, has_level):
        """Lowest and highest height drawn; at most 12 e-folds of price below the level."""
        lowest = self.height(min(self.first.max(initial=self.reference), self.reference + 12))
        low = min(float(lowest), 0.0)
        tops = self.height(np.where(np.isfinite(self.lid), self.lid, self.reference))
        top = 0.0 if has_level else max(float(tops.max(initial=0.0)), 0.0)
        low = low if low < top else top - 0.5 / max(1.0, abs(self.bend))
        high = top + 0.18 * (top - low)
        if self.bend < 0:
            high = min(high, -1 / self.bend)  # price 0
        return low, high

    def cells(self, group, count):
        """(cells, count) widths and water widths of the bottles, and the heights between cells.

        Bottoms and lids are among the heights, so straight walls stay straight. A curve with
        kinks fills a shelf at each; cells of a visible height keep the shelf's area.
        """
        import jax
        import jax.numpy as jnp

        a = self.allocation
        if a.curve.strictly_concave:
            edges = np.linspace(
                self.low, self.high, 1 + (_CELLS if group.size <= 2000 else _CELLS_OF_MANY)
            )
            alone = np.bincount(group, minlength=count)[group] == 1
            corners = self.height(np.concatenate([self.first[alone], self.lid[alone], [-np.inf]]))
            corners = corners[(corners > self.low) & (corners < self.high)]
            edges = np.unique(np.concatenate([edges, corners, [0.0]]))
        else:
            step = (self.high - self.low) / 30
            edges = (np.arange(np.floor(self.low / step), np.ceil(self.high / step)) + 0.5) * step
        log_weights, cap = jnp.asarray(self.log_weights), jnp.asarray(self.cap)
        most = jnp.minimum(cap, 100 * jnp.sum(a.amounts) + 1)

        def volumes(log_price):
            held = a.curve.inverse_log_marginal(log_price - log_weights, most)
            held = jnp.where(held < cap, held, cap)
            return jnp.zeros(count).at[group].add(held)

        log_prices = jnp.asarray(self.log_price(edges))
        volume = np.asarray(jax.jit(lambda p: jax.lax.map(volumes, p))(log_prices))
        amounts = np.bincount(group, np.asarray(a.amounts, float), minlength=count)
        tall = np.diff(edges)[:, None]
        part = np.diff(volume, axis=0)
        # What lies below the picture counts as its lowest cell.
        water = np.clip(amounts - volume[:-1], 0, part)
        return np.maximum(part, 0) / tall, water / tall, edges


def _groups(amounts):
    """Labels, and the bottle of every entry: one each, or the largest and one for all others."""
    n = amounts.size
    if n <= MOST_BOTTLES:
        return [str(i) for i in range(n)], np.arange(n)
    own = np.sort(np.argsort(-amounts, kind="stable")[: MOST_BOTTLES - 1])
    group = np.full(n, own.size)
    group[own] = np.arange(own.size)
    return [*(str(i) for i in own), "others"], group


def _bottle(ax, x, width, water, edges):
    open_ = width > 0
    if not open_.any():
        ax.plot(x, edges[-1], marker="^", color=_style.QUIET, ms=6, clip_on=False)
        return
    first, last = np.flatnonzero(open_)[[0, -1]]
    inside = slice(first, last + 1)
    y = np.repeat(edges[first : last + 2], 2)[1:-1]
    half, wet = (np.repeat(w[inside], 2) / 2 for w in (width, water))
    ax.fill_betweenx(y, x - wet, x + wet, color=_style.WATER, linewidth=0)
    left, right = x - half, x + half
    closed = last + 1 < width.size
    outline = [(left[::-1], y[::-1]), ([left[0], right[0]], [y[0], y[0]]), (right, y)]
    if closed:
        outline.append(([right[-1], left[-1]], [y[-1], y[-1]]))
    ax.plot(
        np.concatenate([p[0] for p in outline]),
        np.concatenate([p[1] for p in outline]),
        color=_style.GLASS,
        linewidth=1.4,
        solid_joinstyle="round",
    )


def _level(ax, shapes, left, right):
    margin = 0.03 * (shapes.high - shapes.low)
    ax.set_xlim(left, right)
    ax.set_ylim(shapes.low - margin, shapes.high + margin)
    price = float(shapes.allocation.price)
    if np.isfinite(shapes.log_level):
        ax.axhline(0.0, color=_style.COLOURS[1], linestyle="--", linewidth=1.2)
        ax.set_title(f"water level: price {price:.4g}")
    elif price == 0:
        ax.set_title("price 0: every bottle is full, budget is left over")
    else:
        ax.set_title("nothing to share: no water")


def _price_axis(ax, shapes):
    ticks = np.linspace(shapes.low, shapes.high, 6)
    if np.isfinite(shapes.log_level):
        ticks = np.append(ticks[np.abs(ticks) > 0.06 * (shapes.high - shapes.low)], 0.0)
    names = []
    for tick in ticks:
        unreachable = shapes.bend > 0 and shapes.bend * tick <= -1 + 1e-9
        free = shapes.bend < 0 and shapes.bend * tick <= -1 + 1e-9
        price = np.exp(shapes.log_price(tick))
        names.append("∞" if unreachable else "0" if free else f"{price:.3g}")
    ax.set_yticks(ticks, names)
    ax.set_ylabel("price: gain per unit of budget (falls upwards)")
