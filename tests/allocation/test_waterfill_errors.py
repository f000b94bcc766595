"""Bad input names its argument; new numbers never recompile; 32 bits are refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import concave_sched as cs
from concave_sched import curves as c
from concave_sched.allocation import _nested, _waterfill

LOG = c.Logarithmic(1.0, 1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((LOG, -1.0), "budget = -1.0: a budget is a number >= 0"),
        ((LOG, np.nan), "budget = nan"),
        ((LOG, [1.0, 2.0]), r"budget has shape \(2,\).*jax.vmap"),
        ((LOG, 1.0, [1.0, -2.0]), r"weights\[1\] = -2.0"),
        ((LOG, 1.0, []), "weights is empty"),
        ((LOG, 1.0, [1.0], []), "upper is empty"),
        ((LOG, 1.0, [np.nan, 1.0]), r"weights\[0\] = nan"),
        ((LOG, 1.0, [1.0, np.inf]), r"weights\[1\] = inf"),
        ((LOG, 1.0, [[1.0], [2.0]]), r"entries have shape \(2, 1\).*jax.vmap"),
        ((LOG, 1.0, [1.0, 2.0], [1.0, -0.5]), r"upper\[1\] = -0.5"),
        ((LOG, 1.0, [1.0, 2.0], [np.nan, 1.0]), r"upper\[0\] = nan"),
        ((LOG, np.inf), "upper.* = inf: with an infinite budget"),
        ((c.Hill(1.0, 2.0, 3.0), 5.0, [1.0, 1.0]), "curve = Hill: .*not concave.*envelope"),
        ((c.UniversalScalability(1.0, 0.1, 0.1), 9.0), "curve = UniversalScalability: .*decreases"),
        ((jnp.log1p, 1.0), "curve = .*is not a curve.*Custom"),
        ((LOG, "much"), "budget = 'much': give numbers"),
        ((LOG, None), "budget = None: give one number"),
        ((LOG, 1.0, ["a", "b"]), "weights = .*give numbers"),
        ((c.Power([1.0, 2.0], 0.5), 1.0, [1.0]), r"weights has shape \(1,\), not \(2,\)"),
        ((LOG, 1.0, [1.0, 2.0], [3.0]), r"upper has shape \(1,\), not \(2,\)"),
    ],
)
def test_bad_input_of_waterfill(arguments, message):
    with pytest.raises(ValueError, match=message):
        cs.waterfill(*arguments)


def test_mismatched_lengths():
    with pytest.raises(ValueError, match=r"upper has shape \(3,\), not \(2,\)"):
        cs.waterfill(LOG, 1.0, [1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"weights has shape \(2,\), not \(3,\)"):
        cs.waterfill(c.Logarithmic([1.0, 2.0, 3.0], 1.0), 1.0, [1.0, 2.0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((LOG, 1.0), r"budgets has shape \(\).*vector"),
        ((LOG, []), r"budgets has shape \(0,\)"),
        ((LOG, [[1.0]]), r"budgets has shape \(1, 1\).*jax.vmap"),
        ((LOG, [1.0, -1.0]), r"budgets\[1\] = -1.0"),
        ((LOG, [1.0, np.nan]), r"budgets\[1\] = nan"),
        ((LOG, [1.0, np.inf]), r"budgets\[1\] = inf"),
        ((LOG, [1.0, 2.0], [1.0, -1.0]), r"upper\[1\] = -1.0"),
        ((LOG, [1.0, 2.0], [1.0, np.nan]), r"upper\[1\] = nan"),
        ((LOG, [1.0, 2.0], [1.0, 1.0, 1.0]), r"upper has shape \(3,\), not \(2,\)"),
        ((c.Logarithmic([1.0, 1.0, 1.0], 1.0), [1.0, 2.0]), r"curve has \(3,\) entries"),
        ((c.Hill(1.0, 2.0, 3.0), [1.0, 5.0]), "curve = Hill: .*not concave.*envelope"),
        ((np.log1p, [1.0]), "curve = .*is not a curve"),
        ((LOG, ["a"]), "budgets = .*give numbers"),
        ((LOG, [1.0, 2.0], [1.0]), r"upper has shape \(1,\), not \(2,\)"),
    ],
)
def test_bad_input_of_nested_waterfill(arguments, message):
    with pytest.raises(ValueError, match=message):
        cs.nested_waterfill(*arguments)


def test_new_numbers_never_recompile():
    rng = np.random.default_rng(0)

    def solve():
        curve = c.Logarithmic(rng.uniform(1, 2, 5), rng.uniform(1, 2, 5))
        cs.waterfill(curve, rng.uniform(1, 2), rng.uniform(1, 2, 5), rng.uniform(1, 2, 5))
        cs.nested_waterfill(curve, np.cumsum(rng.uniform(0, 1, 5)), rng.uniform(0.5, 1, 5))

    solve()
    programs = _waterfill._waterfill._cache_size(), _nested._nested_waterfill._cache_size()
    for _ in range(5):
        solve()
    after = _waterfill._waterfill._cache_size(), _nested._nested_waterfill._cache_size()
    assert after == programs


def test_arguments_are_not_changed():
    weights, upper, budgets = np.ones(3), np.full(3, 2.0), np.array([1.0, 0.5, 2.0])
    cs.waterfill(LOG, 1.0, weights, upper)
    cs.nested_waterfill(LOG, budgets, upper)
    np.testing.assert_array_equal(weights, 1)
    np.testing.assert_array_equal(upper, 2)
    np.testing.assert_array_equal(budgets, [1.0, 0.5, 2.0])


def test_whole_numbers_are_numbers():
    answer = cs.waterfill(LOG, 3, [1, 2], [5, 5])
    np.testing.assert_allclose(answer.amounts, [2 / 3, 7 / 3], rtol=1e-14)
    nested = cs.nested_waterfill(LOG, [1, 3], 5)
    np.testing.assert_allclose(nested.amounts, [1.0, 2.0], rtol=1e-14)


def test_32_bits_are_refused():
    with jax.enable_x64(False):
        with pytest.raises(RuntimeError, match="jax_enable_x64"):
            cs.waterfill(LOG, 1.0)
        with pytest.raises(RuntimeError, match="jax_enable_x64"):
            cs.nested_waterfill(LOG, [1.0, 2.0])
