"""No NaN at 0, at the limit, at extreme amounts and parameters, in either precision."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from curve_cases import CASES

from concave_sched import curves

SINGLE_LIMITS = 1e-30, 1e30


def rows_of(case, dtype):
    rows = np.vstack([np.column_stack(case.draw(3)), *(np.atleast_2d(e) for e in case.extremes)])
    if dtype == np.float32:  # extremes that 32 bits can hold, with shapes away from rounding to 1
        size = np.abs(rows)
        held = np.all((size == 0) | ((size > SINGLE_LIMITS[0]) & (size < SINGLE_LIMITS[1])), axis=1)
        rows = rows[held & ~np.any(np.abs(size - 1 + 1e-9) < 1e-12, axis=1)]
        rows = rows[[buildable(case, row) for row in rows.astype(dtype)]]
    return rows.astype(dtype)


def buildable(case, row):
    with np.errstate(over="ignore", under="ignore"):
        powers = [
            np.power(np.float32(b), np.float32(e)) for b, e in zip(row, row[1:], strict=False)
        ]
    return "Power" not in case.name or all(1e-30 < p < 1e30 for p in powers)


def amounts_of(case, rows, dtype):
    unit = np.broadcast_to(case.unit(*rows.T), rows.shape[0]).astype(dtype)
    kind = np.finfo(dtype)
    one, least = dtype(1), dtype(kind.tiny)
    most = dtype(kind.max) ** dtype(0.5)
    columns = [0 * unit, least + 0 * unit, unit * dtype(1e-6), unit, np.nextafter(unit, 0 * unit)]
    columns += [unit * (one + dtype(0.5)), unit * dtype(1e4), most + 0 * unit]
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=repr)
def test_values_and_gradients_are_numbers(case, dtype):
    rows = rows_of(case, dtype)
    t = amounts_of(case, rows, dtype)

    @jax.jit
    def everything(t, parameters):
        def each(row, ts):
            def scalar(what):
                def of(t, parameters):
                    return getattr(case.build(*parameters), what)(t)

                return jax.vmap(jax.value_and_grad(of, (0, 1)), (0, None))(ts, tuple(row))

            return scalar("__call__"), scalar("marginal")

        return jax.vmap(each)(parameters, t)

    (value, slopes), (gain, bends) = everything(t, rows)
    assert value.dtype == gain.dtype == dtype
    assert np.all(np.isfinite(value))
    assert np.all(np.asarray(gain) >= 0)
    assert np.all(np.isfinite(np.asarray(gain)[:, 2:]))
    overflows = np.isinf(gain) & (t > 0)
    for leaf in jax.tree.leaves((slopes, bends)):
        assert not np.any(np.isnan(leaf) & ~overflows)
    in_amount, in_parameters = slopes
    close = 1e-4 if dtype == np.float32 else 1e-8
    normal = np.arange(t.shape[1]) != 1  # the value at the least amount is not a normal number
    found, expected = np.asarray(in_amount)[:, normal], np.asarray(gain)[:, normal]
    np.testing.assert_allclose(found, expected, rtol=close, atol=np.finfo(dtype).tiny * 1e6)
    for leaf in jax.tree.leaves(in_parameters):
        assert np.all(np.isfinite(np.asarray(leaf)[:, :6]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("case", CASES, ids=repr)
def test_inverse_and_its_gradients_are_numbers(case, dtype):
    rows = rows_of(case, dtype)
    t = amounts_of(case, rows, dtype)[:, :6]

    @jax.jit
    @jax.vmap
    def prices(row, ts):
        return case.build(*row).marginal(ts)

    @jax.jit
    @jax.vmap
    def everything(row, price):
        def amount(price, parameters):
            return case.build(*parameters).inverse_marginal(price)

        return jax.vmap(jax.value_and_grad(amount, (0, 1)), (0, None))(price, tuple(row))

    price = np.asarray(prices(rows, t))
    amount, slopes = everything(rows, np.where(np.isfinite(price), price, 0))
    assert amount.dtype == dtype
    assert np.all(np.asarray(amount) >= 0)
    priced = (price > np.finfo(dtype).tiny) & np.isfinite(price)
    assert np.all(np.isfinite(np.asarray(amount)[priced]))
    for leaf in jax.tree.leaves(slopes):
        assert not np.any(np.isnan(np.asarray(leaf)[priced]))


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_python_numbers_take_the_precision_of_the_amount(case):
    parameters = [float(p[0]) for p in case.draw(1)]
    t = jnp.asarray(0.5 * np.min(case.unit(*parameters)), jnp.float32)
    curve = case.build(*parameters)
    for found in (curve(t), curve.marginal(t), curve.inverse_marginal(curve.marginal(t))):
        assert found.dtype == jnp.float32
    integers = np.arange(3), jnp.arange(3), 2, True
    for t in integers:
        np.testing.assert_allclose(curve(t), curve(np.asarray(t, float)), rtol=0)


def test_the_limits_of_families_are_their_neighbours():
    """A family at the end of its range is continuous with the family named there."""
    t = np.array([0.0, 1e-9, 0.3, 5.0, 1e4])
    log = np.asarray(curves.Logarithmic(2.0, 0.25)(t))
    for p in (1e-300, 1e-17, 1e-12, -1e-12, -1e-17, -1e-300):
        for exponent in (p, np.full(5, p)):
            near = np.asarray(curves.ShiftedPower(2.0 / abs(p), 4.0, exponent)(t))
            np.testing.assert_allclose(near, log, rtol=1e-10)
    exponential = np.asarray(curves.Exponential(0.0, 2.0, 0.25)(t))
    for shape in (1e12, np.full(5, 1e12)):
        near = np.asarray(curves.Lomax(2.0, 0.25 / shape, shape)(t))
        np.testing.assert_allclose(near, exponential, rtol=1e-8)
    np.testing.assert_allclose(
        curves.Hill(2.0, 4.0, 1.0)(t), curves.Hyperbolic(2.0, 4.0)(t), rtol=1e-14
    )


def test_hill_whose_half_power_overflows():
    """half**power is beyond 32 bits and the ratio t/half is not."""
    curve = curves.Hill(1.0, 1e-20, 2.0)
    t = jnp.array([0.0, 1e-20, 1.0], jnp.float32)
    np.testing.assert_allclose(curve(t), [0.0, 0.5, 1.0], rtol=1e-5)
