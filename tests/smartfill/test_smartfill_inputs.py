"""Bad input names its argument; instances and results as pytrees, tables and text."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import concave_sched as cs
from concave_sched import curves as c
from concave_sched._results import Status
from concave_sched.smartfill import _solve

LOG = c.Logarithmic(1.0, 1.0)
I = cs.smartfill.Instance(LOG, [3.0, 1.0, 2.0], budget=4.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((LOG, [1.0, -1.0]), r"sizes\[1\] = -1.0: sizes are finite and > 0"),
        ((LOG, [1.0, 0.0]), r"sizes\[1\] = 0.0"),
        ((LOG, [np.nan, 1.0]), r"sizes\[0\] = nan"),
        ((LOG, [np.inf, 1.0]), r"sizes\[0\] = inf"),
        ((LOG, []), r"sizes has shape \(0,\)"),
        ((LOG, 1.0), r"sizes has shape \(\)"),
        ((LOG, [2.0, 1.0], [1.0, 2.0, 3.0]), r"weights has shape \(3,\), not \(2,\)"),
        ((LOG, [2.0, 1.0], [1.0, 0.0]), r"weights\[1\] = 0.0"),
        ((LOG, [2.0, 1.0], [1.0, np.nan]), r"weights\[1\] = nan"),
        ((LOG, [2.0, 1.0], [1.0, np.inf]), r"weights\[1\] = inf"),
        ((LOG, [1.0, 2.0], [1.0, 2.0]), r"weights\[0\] = 1.0 is less than weights\[1\] = 2.0"),
        ((LOG, [2.0, 1.0], None, 0.0), "budget = 0.0: a budget is finite and > 0"),
        ((LOG, [2.0, 1.0], None, np.inf), "budget = inf"),
        ((LOG, [2.0, 1.0], None, np.nan), "budget = nan"),
        ((jnp.log1p, [1.0]), "speedup = .*is not a curve.*Custom"),
        ((c.PiecewiseLinear([0.0, 1.0], [0.0, 1.0]), [1.0]), "speedup = PiecewiseLinear"),
        ((LOG.offset(1.0), [1.0]), r"speedup\(0\) = 1.0: a job without resources must rest"),
        ((c.Exponential(0.1, 0.9, 1.0), [1.0]), r"speedup\(0\) = 0.1"),
        ((c.SaturatingPower(1.0, 2.0, 2.0), [1.0], None, 3.0), "speedup.limit = 2.0: .*budget 3.0"),
        ((c.Hill(1.0, 2.0, 3.0), [1.0], None, 5.0), "speedup = Hill: .*not concave.*envelope"),
        ((c.Custom(jnp.square), [1.0]), "speedup = Custom: .*not concave"),
        ((LOG, [2.0, 1.0], [1.0]), r"weights has shape \(1,\), not \(2,\): one weight per job"),
        ((LOG, "long"), "sizes = 'long': give numbers"),
        ((LOG, [2.0, 1.0], None, None), "budget = None"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        cs.smartfill.Instance(*arguments)


def test_ties_in_size_may_have_any_weights():
    found = cs.smartfill.solve(cs.smartfill.Instance(LOG, [1.0, 1.0], [2.0, 1.0]))
    assert found.order.tolist() == [1, 0]


def test_32_bits_are_refused():
    with jax.enable_x64(False):
        for policy in (cs.smartfill.solve, cs.smartfill.hesrpt, cs.smartfill.equal_share):
            with pytest.raises(RuntimeError, match="jax_enable_x64"):
                policy(I)


def test_arguments_are_not_changed():
    sizes, weights = np.array([3.0, 1.0, 2.0]), np.array([0.5, 2.0, 1.0])
    cs.smartfill.solve(cs.smartfill.Instance(LOG, sizes, weights))
    np.testing.assert_array_equal(sizes, [3.0, 1.0, 2.0])
    np.testing.assert_array_equal(weights, [0.5, 2.0, 1.0])


def test_whole_numbers_and_defaults():
    whole = cs.smartfill.solve(cs.smartfill.Instance(LOG, [3, 1, 2], budget=4))
    assert float(whole.objective) == float(cs.smartfill.solve(I).objective)
    np.testing.assert_allclose(I.weights, [1 / 3, 1, 1 / 2])
    shared = cs.smartfill.Instance(LOG, [3.0, 1.0], 2.0)
    np.testing.assert_array_equal(shared.weights, [2.0, 2.0])


def test_new_numbers_never_recompile():
    rng = np.random.default_rng(0)

    def solve():
        speedup = c.Logarithmic(rng.uniform(1, 2), rng.uniform(1, 2))
        cs.smartfill.solve(
            cs.smartfill.Instance(speedup, rng.uniform(1, 2, 5), budget=rng.uniform(1, 2))
        )

    solve()
    programs = _solve._solve._cache_size()
    for _ in range(5):
        solve()
    assert _solve._solve._cache_size() == programs


def test_instances_and_results_are_pytrees():
    direct, traced = cs.smartfill.solve(I), jax.jit(cs.smartfill.solve)(I)
    assert jax.tree.structure(direct) == jax.tree.structure(traced)
    for one, other in zip(jax.tree.leaves(direct), jax.tree.leaves(traced), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)
    assert traced.status is Status.OPTIMAL
    doubled = jax.tree.map(lambda leaf: 2 * leaf, I)
    np.testing.assert_array_equal(doubled.sizes, [6.0, 2.0, 4.0])


def test_baselines_under_jit_and_vmap():
    each = lambda b: cs.smartfill.hesrpt(dataclasses.replace(I, budget=b)).objective  # noqa: E731
    many = jax.jit(jax.vmap(each))(np.array([1.0, 4.0]))
    assert float(many[1]) == pytest.approx(float(cs.smartfill.hesrpt(I).objective), rel=1e-12)


def test_rates_by_column():
    found = cs.smartfill.solve(I)
    for job in range(3):
        np.testing.assert_allclose(found.rates_during(job), found.rates[:, job], rtol=1e-15)
    np.testing.assert_allclose(found.rates.sum(axis=0), 4.0, rtol=1e-14)
    work = np.asarray(I.speedup(found.rates)) @ np.asarray(found.durations)
    np.testing.assert_allclose(work, I.sizes, rtol=1e-13)


def test_results_print_and_export():
    found = cs.smartfill.solve(I)
    assert "SmartFill" in found.summary() and "OPTIMAL" in repr(found)
    assert found._repr_html_().startswith("<table>")
    table = found.to_dataframe()
    assert list(table["size"]) == [3.0, 1.0, 2.0] and "marginal_cost" in table
    assert (table["slowdown"] >= 1 - 1e-12).all()
    assert float(table["slowdown"] @ (table["size"] * table["weight"])) * 1 == pytest.approx(
        float(found.objective) * float(LOG(4.0)), rel=1e-13
    )
    other = cs.smartfill.hesrpt(I)
    assert "heSRPT" in other.summary() and "marginal_cost" not in other.to_dataframe()
    assert "shortest phase" in found.certificate().summary()
