"""Fit one family of curves to one series of measurements."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .._checks import numbers, require, require_float64
from .._tree import is_concrete
from ..curves import PiecewiseLinear
from ._families import family_of
from ._family import Family
from ._optimum import search
from ._result import Fit
from ._solve import LOSSES, Problem

PADDED = (8, 32, 128, 512)


def padded_length(points: int) -> int:
    """Series are padded to 8, 32, 128, 512, ... points, so few sizes are ever compiled."""
    size = PADDED[0]
    while size < points:
        size *= 4
    return size


def fit(family, x, y, weights=None, at_zero=None, *, loss="squares", chance=None, concave=True):
    r"""Fit a family of curves to measurements by (robust) weighted least squares.

    $$\min_\vartheta \sum_i w_i\,\rho\big(y_i - f_\vartheta(x_i)\big),
      \qquad f_\vartheta(0) = \texttt{at\_zero}\ \text{if given}$$

    over all parameters of the family and, with `at_zero=None`, a free offset. The answer does not
    depend on the units of x and y; amplitude and offset are solved exactly (variable projection),
    the one or two shape parameters by a multi-start search with optax and a Newton polish.

    Arguments:
        family: a class of `concave_sched.curves` or its name; `PiecewiseLinear` is monotone
            concave regression, without covariance.
        x: (points,) amounts >= 0 (milliseconds, processors); repeated amounts are replicates.
        y: (points,) measured values.
        weights: (points,) >= 0, each multiplies a squared residual: 1/variance. Default 1.
        at_zero: value at amount 0: None leaves it free, 0.0 makes a speedup, directly schedulable.
        loss: "squares", or "huber" or "cauchy" when some points are wrong. The robust losses
            bound the pull of points beyond 1.345 and 2.385 robust standard deviations; `sse` and
            the covariance are then those of the reweighted points.
        chance: value of a guess (0.001 for 1,000 classes); the fit tells when its offset is below.
        concave: False lets Hill's power exceed 1 (S-shaped; schedule its envelope).

    Returns:
        a `Fit`: `.curve`, `.parameters`, `.covariance`, `.sse`, `.r2`, `.residuals`, `.status`.

    Raises:
        ValueError: lengths differ, fewer than 2 points, NaN or infinite values, negative x,
            negative weights, unknown family or loss. RuntimeError: JAX is in 32 bits.
        Not errors but a flagged `status`: decreasing or constant data (FLAT), at most as many
        points as parameters (SATURATED), a parameter at its limit (AT_LIMIT).

    Cost: 2-20 ms for 8 points after a compilation of about 2 s per family and padded length (8,
    32, 128, ...); new data of the same padded length never recompile. Works under `jax.jit`,
    `jax.vmap` and `jax.grad`: derivatives with respect to x, y, weights and at_zero are implicit.

    Example:
        >>> import concave_sched as cs
        >>> gpus, images = [1, 2, 4, 8], [4.80, 8.76, 15.4, 24.6]
        >>> found = cs.fitting.fit(cs.curves.Hyperbolic, gpus, images, at_zero=0.0)
        >>> round(float(found.curve(16.0)), 1), bool(found.r2 > 0.999)
        (35.1, True)

    Source: Golub and Pereyra 1973 (variable projection); Huber 1964 (robust loss).
    """
    require_float64()
    require_loss(loss)
    chance = read_chance(chance)
    if family is PiecewiseLinear or family == "PiecewiseLinear":
        return _nonparametric(x, y, weights, at_zero, chance)
    family = family_of(family, concave)
    x, y, weights = _checked(x, y, weights, at_zero)
    series = padded(x, y, weights, at_zero)
    report = solve(family, loss, *series)
    return fit_from_report(family, loss, report, x, y, weights, at_zero, chance)


def require_loss(loss: str) -> None:
    """Raise a ValueError unless `loss` is one that can be minimised."""
    if loss not in LOSSES:
        raise ValueError(f"loss = {loss!r}: choose one of {', '.join(LOSSES)}.")


def read_chance(chance) -> float | None:
    """The value of a guess as a float, or a ValueError."""
    if np.ndim(chance):
        raise ValueError(f"chance = {chance!r}: one number, or None if it is not known.")
    return None if chance is None else float(numbers("chance", chance))


def padded(x, y, weights, at_zero):
    """(x, y, weights, pin, pinned), the first three padded with points of weight 0."""
    points = np.shape(x)[0]
    numpy = np if is_concrete(x, y, weights, at_zero) else jnp
    extra = (0, padded_length(points) - points)
    weights = np.ones(points) if weights is None else weights
    pin = numpy.asarray(0.0 if at_zero is None else at_zero, dtype=float)
    return (
        numpy.pad(numpy.asarray(x), extra, constant_values=1.0),
        numpy.pad(numpy.asarray(y), extra, constant_values=0.0),
        numpy.pad(numpy.asarray(weights), extra, constant_values=0.0),
        pin,
        np.asarray(at_zero is not None),
    )


def scaled_problem(x, y, weights, pin, pinned):
    """The `Problem` with x over its geometric mean and y over its range, and the three scales.

    The optimum does not depend on the scales, so derivatives hold them fixed.
    """
    counts = weights > 0
    positive = counts & (x > 0)
    logs = jnp.where(positive, jnp.log(jnp.where(positive, x, 1)), 0)
    x_scale = jnp.exp(jnp.sum(logs) / jnp.maximum(jnp.sum(positive, dtype=logs.dtype), 1))
    y_mean = jnp.sum(weights * y) / jnp.sum(weights)
    y_range = jnp.max(jnp.where(counts, y, -jnp.inf)) - jnp.min(jnp.where(counts, y, jnp.inf))
    y_range = jnp.where(y_range > 0, y_range, jnp.where(y_mean == 0, 1.0, jnp.abs(y_mean)))
    scales = jax.lax.stop_gradient((x_scale, y_range, y_mean))
    x_scale, y_range, y_mean = scales
    x = jnp.where(counts, x / x_scale, 1.0)
    y = jnp.where(counts, (y - y_mean) / y_range, 0.0)
    return Problem(x, y, weights, (pin - y_mean) / y_range, pinned, x_scale), scales


def solve_padded(family: Family, loss: str, x, y, weights, pin, pinned):
    """Search, covariance and diagnostics of one padded series; a dictionary of arrays."""
    from ._uncertainty import report

    problem, scales = scaled_problem(x, y, weights, pin, pinned)
    found, used = search(family, loss, problem)
    return report(family, problem._replace(weights=used), found, scales, pin)


# Compiling is most of the cost of a short series; without LLVM's optimisation it halves, and a
# fit takes 5 ms instead of 3. Inside another jit such options are not allowed, nor needed.
QUICK = {"xla_backend_optimization_level": 0}
_solve_quickly = jax.jit(solve_padded, static_argnums=(0, 1), compiler_options=QUICK)
_solve_traced = jax.jit(solve_padded, static_argnums=(0, 1))


def on_cpu() -> bool:
    """Elsewhere it is the kernels that such an option would slow down."""
    return jax.default_backend() == "cpu"


def solve(family, loss, *series):
    """`solve_padded`, compiled once per family, loss and padded length."""
    quick = is_concrete(series) and np.shape(series[0])[0] <= 32 and on_cpu()
    return (_solve_quickly if quick else _solve_traced)(family, loss, *series)


def fit_from_report(family, loss, report, x, y, weights, at_zero, chance):
    """The `Fit` of one series from the arrays of `solve_padded` (concrete or traced)."""
    points = np.shape(x)[0]
    if is_concrete(report):
        report = {k: np.asarray(v) for k, v in report.items()}
        parameters = [float(v) for v in report["vector"]]
    else:
        parameters = list(report["vector"])
    curve = family.build(parameters, at_zero)
    residual = report.pop("residuals")[:points]
    factors = report.pop("factors")[:points]
    names = family.parameter_names
    if not family.own_low and at_zero is not None:
        names = names if not _is_zero(at_zero) else names[:-1]
    return Fit(
        curve=curve,
        x=x,
        y=y,
        weights=factors,
        residuals=residual,
        report=report,
        chance=chance,
        family=family,
        names=names,
        loss=loss,
        pinned=at_zero is not None,
    )


def _is_zero(at_zero):
    return isinstance(at_zero, (int, float)) and at_zero == 0


def _checked(x, y, weights, at_zero) -> tuple[Any, Any, Any]:
    arrays = []
    for name, value in (("x", x), ("y", y), ("weights", weights)):
        if value is not None and is_concrete(value):
            value = np.asarray(numbers(name, value), float)
        arrays.append(value)
    x, y, weights = arrays
    if np.ndim(x) != 1 or np.shape(x) != np.shape(y):
        raise ValueError(
            f"x, y have shapes {np.shape(x)}, {np.shape(y)}: two vectors of one length are needed."
        )
    if np.shape(x)[0] < 2:
        raise ValueError(f"x has {np.shape(x)[0]} points: a curve needs 2 at least.")
    if weights is not None and np.shape(weights) != np.shape(x):
        raise ValueError(f"weights has shape {np.shape(weights)}, not {np.shape(x)}.")
    finite = "missing and infinite measurements must be dropped first."
    require("x", x, np.isfinite, finite)
    require("y", y, np.isfinite, finite)
    require("x", x, lambda v: v >= 0, "amounts of time or processors must be >= 0.")
    require("weights", weights, lambda v: (v >= 0) & np.isfinite(v), "must be finite and >= 0.")
    require("at_zero", at_zero, np.isfinite, "must be a number, or None for a free offset.")
    if weights is not None and is_concrete(weights) and np.sum(weights > 0) < 2:
        raise ValueError("weights: fewer than 2 points have a positive weight.")
    if is_concrete(x) and not np.any(x > 0):
        raise ValueError("x: every amount is 0; a curve needs a measurement beyond 0.")
    return x, y, weights


def _nonparametric(x, y, weights, at_zero, chance):
    x, y, weights = _checked(x, y, weights, at_zero)
    curve = PiecewiseLinear.regression(x, y, weights, at_zero)
    weights = np.ones_like(y) if weights is None else weights
    fitted = np.interp(x, curve.x, curve.y)
    mean = np.sum(weights * y) / np.sum(weights)
    report = {
        "sse": np.sum(weights * (y - fitted) ** 2),
        "sst": np.sum(weights * (y - mean) ** 2),
        "vector": np.asarray(curve.y),
        "converged": np.asarray(True),
        "flat": np.asarray(curve.y[-1] - curve.y[0] <= 1e-12 * (1 + np.abs(y).max())),
    }
    return Fit(
        curve=curve,
        x=x,
        y=y,
        weights=weights,
        residuals=y - fitted,
        report=report,
        chance=chance,
        family=None,
        names=(),
        loss="squares",
        pinned=at_zero is not None,
    )
