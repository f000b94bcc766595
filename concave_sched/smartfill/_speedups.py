"""One speedup per job: curves of one family with vector parameters, or a mix of families."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._tree import is_concrete, pytree
from ..curves import Curve, Power
from ..curves._check import require_curve
from ..curves._regular import Regular
from ._instance import require_strictly_concave


@pytree(static=("jobs",))
class Speedups(Curve):
    """A curve whose last axis is the jobs: entry j of the value is job j's own speedup.

    groups: curves with vector parameters, one per family; jobs: which jobs each group holds.
    """

    groups: tuple
    jobs: tuple

    @property
    def count(self) -> int:
        return sum(len(jobs) for jobs in self.jobs)

    @property
    def bend(self):
        return self._gather(lambda curve, _: jnp.asarray(curve.bend, float), None)

    @property
    def limit(self):
        return self._gather(lambda curve, _: jnp.asarray(curve.limit, float), None)

    def __call__(self, t):
        return self._gather(lambda curve, t: curve(t), t)

    def marginal(self, t):
        return self._gather(lambda curve, t: curve.marginal(t), t)

    def log_marginal(self, t):
        return self._gather(lambda curve, t: curve.log_marginal(t), t)

    def inverse_log_marginal(self, log_price, cap=None):
        return self._gather(lambda curve, u: curve.inverse_log_marginal(u, cap), log_price)

    def of(self, job: int) -> Curve:
        """The curve of one job, with scalar parameters."""
        for curve, jobs in zip(self.groups, self.jobs, strict=True):
            if job in jobs:
                place = jobs.index(job)
                return jax.tree.map(lambda leaf, k=place: np.asarray(leaf)[k].item(), curve)
        raise ValueError(f"job = {job}: there are {self.count} jobs.")

    def names(self) -> list[str]:
        """The family of every job."""
        found = [""] * self.count
        for curve, jobs in zip(self.groups, self.jobs, strict=True):
            for job in jobs:
                found[job] = type(getattr(curve, "curve", curve)).__name__
        return found

    def _gather(self, function, t):
        if t is None:
            parts = [
                jnp.broadcast_to(function(curve, None), (len(jobs),))
                for curve, jobs in zip(self.groups, self.jobs, strict=True)
            ]
        else:
            t = jnp.asarray(t, jnp.result_type(t, float))
            t = jnp.broadcast_to(t, (*t.shape[:-1], self.count) if t.ndim else (self.count,))
            parts = []
            for curve, jobs in zip(self.groups, self.jobs, strict=True):
                one = lambda t, curve=curve: function(curve, t)  # noqa: E731
                for _ in range(t.ndim - 1):
                    one = jax.vmap(one)
                parts.append(one(t[..., np.array(jobs)]))
        back = np.argsort(np.concatenate([np.array(jobs) for jobs in self.jobs]))
        return jnp.concatenate(parts, axis=-1)[..., back] if len(parts) > 1 else parts[0]


def own_speedups(speedups, count: int) -> Speedups:
    """Speedups of `count` jobs from one curve (scalar or vector parameters) or one per job."""
    if isinstance(speedups, Speedups):
        if speedups.count != count:
            raise ValueError(f"speedups are of {speedups.count} jobs, not {count}: one per job.")
        return speedups
    if isinstance(speedups, Curve):
        return Speedups((_spread(speedups, count),), (tuple(range(count)),))
    if not isinstance(speedups, (tuple, list)):
        raise ValueError(
            f"speedups = {speedups!r}: give a curve (one parameter per job), or a list of curves."
        )
    if len(speedups) != count:
        raise ValueError(f"speedups has {len(speedups)} curves for {count} sizes: one per job.")
    families: dict[Any, list[int]] = {}
    for job, curve in enumerate(speedups):
        require_curve(f"speedups[{job}]", curve)
        require_strictly_concave(f"speedups[{job}]", curve)
        if any(np.ndim(leaf) for leaf in curve._leaves()):
            raise ValueError(
                f"speedups[{job}] = {type(curve).__name__} has vector parameters: in a list every "
                "curve is one job's, so its parameters are scalars."
            )
        families.setdefault(jax.tree.structure(curve), []).append(job)
    groups = []
    for jobs in families.values():
        stack = np.stack if is_concrete(speedups) else jnp.stack
        same = [speedups[job] for job in jobs]
        groups.append(jax.tree.map(lambda *leaves, s=stack: s(leaves), *same))
    return Speedups(tuple(groups), tuple(tuple(jobs) for jobs in families.values()))


def _spread(curve, count):
    def entry(leaf):
        if np.ndim(leaf) > 1 or (np.ndim(leaf) == 1 and np.shape(leaf)[0] not in (1, count)):
            raise ValueError(
                f"speedups = {type(curve).__name__} has parameters of shape {np.shape(leaf)} for "
                f"{count} sizes: one per job, or one for all."
            )
        spread = np.broadcast_to if is_concrete(leaf) else jnp.broadcast_to
        return spread(leaf, (count,))

    return jax.tree.map(entry, curve)


@pytree
class RegularJobs:
    """Speedups whose marginal gains are q-exponentials, powers included, as five vectors.

    With r = log s'(0) - (log price - log cost), a regular speedup demands expm1(bend r)/(bend
    decay); a power, whose slope at 0 is infinite, exp(bend r) with r counted from amount 1. So one
    formula serves both: width (expm1(bend r) + steep), steep being 1 for powers and 0 otherwise.
    """

    log_slope: Any
    width: Any
    bend: Any
    gain: Any  # speed = gain * (expm1((bend - 1) r) + steep)
    steep: Any

    def served(self, u, most):
        """Rates, their derivative in -u, and speeds at log price - log cost = u."""
        lost = self.log_slope - u
        on = (lost > 0) | (self.steep > 0)
        lost = jnp.where(on, lost, 0)
        rate = self.width * (jnp.expm1(self.bend * lost) + self.steep)
        slope = self.bend * (rate + self.width * (1 - self.steep))
        speed = self.gain * (jnp.expm1(_not_zero(self.bend - 1) * lost) + self.steep)
        return jnp.where(on, rate, 0), jnp.where(on, slope, 0), jnp.where(on, speed, 0)

    def newest(self, job, rate):
        """log s', its derivative in the rate, and s, of one job."""
        one = jax.tree.map(lambda leaf: leaf[job], self)
        steep = one.steep > 0
        part = rate / one.width
        inside = jnp.where(steep, jnp.where(part > 0, part, 1), 1 + part)
        room = inside > 0  # a saturating speedup ends where this is 0
        lost = jnp.where(steep, jnp.log(inside), jnp.log1p(jnp.where(steep | ~room, 0, part)))
        lost = jnp.where(room, lost / one.bend, jnp.inf)
        speed = one.gain * (jnp.expm1(_not_zero(one.bend - 1) * lost) + one.steep)
        bent = -1 / (one.bend * jnp.where(room, rate + one.width * (1 - one.steep), 1))
        return one.log_slope - lost, jnp.where(room, bent, -jnp.inf), speed

    def log_slopes(self):
        return jnp.where(self.steep > 0, jnp.inf, self.log_slope)


@pytree
class SearchedJobs:
    """Any speedups: inverses by root search, so some ten times slower than `RegularJobs`."""

    speedups: Speedups

    def served(self, u, most):
        rate, fall = jax.jvp(
            lambda u: self.speedups.inverse_log_marginal(u, most), (u,), (jnp.ones_like(u),)
        )
        speed = jnp.where(rate > 0, self.speedups(jnp.where(rate > 0, rate, 1)), 0)
        return rate, jnp.where(jnp.isfinite(fall), -fall, 0), speed

    def newest(self, job, rate):
        rates = jnp.broadcast_to(rate, (self.speedups.count,))
        gain, bent = jax.jvp(self.speedups.log_marginal, (rates,), (jnp.ones_like(rates),))
        return gain[job], bent[job], self.speedups(rates)[job]

    def log_slopes(self):
        return self.speedups.log_marginal(jnp.zeros(self.speedups.count))


def jobs_of(speedups: Speedups):
    """The speedups as the kernels of this room want them."""
    if not all(isinstance(curve, (Power, Regular)) for curve in speedups.groups):
        return SearchedJobs(jax.tree.map(lambda leaf: jnp.asarray(leaf, float), speedups))
    rows = [_q_exponential(curve, len(jobs)) for curve, jobs in _pairs(speedups)]
    back = np.argsort(np.concatenate([np.array(jobs) for jobs in speedups.jobs]))
    return jax.tree.map(lambda *parts: jnp.concatenate(parts)[back], *rows)


def _pairs(speedups):
    return zip(speedups.groups, speedups.jobs, strict=True)


def _q_exponential(curve, count) -> RegularJobs:
    bend = _not_zero(jnp.asarray(curve.bend, float))
    if isinstance(curve, Power):
        log_slope = jnp.log(curve.scale * curve.exponent)
        fields = log_slope, 1.0, bend, jnp.asarray(curve.scale, float), 1.0
    else:
        fields = (
            curve.log_slope,
            1 / (bend * curve.decay),
            bend,
            curve.amplitude / _not_zero(bend - 1),
            0.0,
        )
    return RegularJobs(*(jnp.broadcast_to(jnp.asarray(f, float), (count,)) for f in fields))


def _not_zero(rate):
    """expm1(rate x)/rate at rate 1e-18 is x to the last digit: no branch for rate 0 needed."""
    return jnp.where(rate == 0, 1e-18, rate)
