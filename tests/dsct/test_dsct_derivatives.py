"""Prices of deadlines, caps and speeds are derivatives, by autodiff and by differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from dsct_cases import several
from jax.test_util import check_grads

from concave_sched import curves, dsct

TWO = several(5)


def value(solver, i):
    def of(deadlines, cap, speeds, high):
        accuracy = curves.Exponential(i.accuracy.low, high, i.accuracy.rate)
        return solver(dsct.Instance(accuracy, deadlines, cap, speeds)).objective

    return of


def arguments(i):
    cap = np.minimum(i.max_work, 1.3)  # some bind
    return tuple(map(jnp.asarray, (i.deadlines, cap, i.speeds, i.accuracy.high)))


def test_gradients_of_the_bound():
    """Also those of `solve_single`, which is the bound of one machine."""
    check_grads(value(dsct.upper_bound, TWO), arguments(TWO), order=1, modes=["rev"], rtol=1e-5)


def test_gradients_with_the_machines_held_fixed():
    args = arguments(TWO)
    slopes = jax.grad(value(dsct.approximate, TWO), argnums=(0, 1, 2))(*args)
    i = dsct.Instance(TWO.accuracy, *args[:3])
    r = dsct.approximate(i)
    np.testing.assert_allclose(slopes[0], r.deadline_prices, rtol=1e-9, atol=1e-12)
    in_full = r.kkt().set_index("task").cap_price.sort_index()
    np.testing.assert_allclose(slopes[1], in_full, rtol=1e-9, atol=1e-12)
    step = 1e-5
    for k in range(2):
        move = step * np.eye(2)[k]
        ends = [
            float(dsct.polish(dsct.Instance(i.accuracy, i.deadlines, i.max_work, i.speeds + e),
                              r.machine).objective)
            for e in (move, -move)
        ]  # fmt: skip
        assert float(slopes[2][k]) == pytest.approx((ends[0] - ends[1]) / (2 * step), rel=1e-5)
