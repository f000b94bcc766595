"""The published instances, in any order, by either algorithm; heSRPT in extended precision."""

import jax.numpy as jnp
import numpy as np
import pytest
from smartfill_cases import PUBLISHED, VECTORS, assert_certified

import concave_sched as cs
from concave_sched import curves as c
from concave_sched._results import Status
from concave_sched.smartfill import _general


@pytest.mark.parametrize("shuffled", [False, True], ids=["sorted", "shuffled"])
@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_published_instances(vector, shuffled):
    x, w, a, d = (np.array(vector[k]) for k in ("x", "w", "a", "durations"))
    order = np.random.default_rng(1).permutation(x.size) if shuffled else np.arange(x.size)
    speedup = PUBLISHED[vector["speedup"]["family"]](vector["speedup"])
    found = cs.smartfill.solve(cs.smartfill.Instance(speedup, x[order], w[order], vector["B"]))
    assert found.status is Status.OPTIMAL
    assert float(found.objective) == pytest.approx(vector["J"], rel=1e-9)
    if np.unique(x).size == x.size:
        np.testing.assert_allclose(found.marginal_costs, a[order], rtol=1e-8)
        np.testing.assert_allclose(found.durations, d[order], rtol=1e-8)
        theta = np.array(vector["Theta"])[np.ix_(order, order)]
        np.testing.assert_allclose(found.rates, theta, rtol=1e-7, atol=1e-8 * vector["B"])
    np.testing.assert_allclose(np.sort(found.marginal_costs), np.sort(a), rtol=1e-8)
    np.testing.assert_allclose(np.sort(found.completion_times), np.sort(vector["T"]), rtol=1e-8)
    assert_certified(found)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda v: v["name"])
def test_the_general_algorithm_agrees(vector):
    """Newton on the phase price, which needs nothing from the family, on every instance."""
    speedup = PUBLISHED[vector["speedup"]["family"]](vector["speedup"])
    sizes, weights, budget = (jnp.asarray(vector[k]) for k in ("x", "w", "B"))
    cost, price = _general.marginal_costs(speedup, jnp.cumsum(weights), budget)
    duration = _general.phase_durations(speedup, cost, price, sizes, budget)
    np.testing.assert_allclose(jnp.exp(cost), vector["a"], rtol=1e-10)
    np.testing.assert_allclose(duration, vector["durations"], rtol=1e-8)


@pytest.mark.parametrize("exponent", [0.05, 0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("jobs", [10, 1000, 100_000])
def test_a_power_speedup_gives_hesrpt(exponent, jobs):
    """theta_ik/B = (W_i**q - W_{i-1}**q)/W_k**q, J = sum x_k (W_k**q - W_{k-1}**q)**(1/q)/s(B)."""
    sizes = np.arange(jobs, 0, -1.0)
    weights, budget = 1 / sizes, 10.0
    found = cs.smartfill.solve(cs.smartfill.Instance(c.Power(2.0, exponent), sizes, budget=budget))
    p = np.longdouble(exponent)
    q = 1 / (1 - p)
    total = np.cumsum(weights.astype(np.longdouble))
    share = -np.expm1(q * np.log1p(-np.append(1, weights[1:] / total[1:]) * (np.arange(jobs) > 0)))
    share[0] = 1
    cost = total * share ** (1 - p) / (2 * np.longdouble(budget) ** p)
    assert float(found.objective) == pytest.approx(float(cost @ sizes), rel=1e-12)
    np.testing.assert_allclose(found.marginal_costs, cost.astype(float), rtol=1e-11)
    # Job k is alone in finishing phase k; in that phase job k-1 runs (W_{k-1}/W_k)**(q p) as fast
    # as when it finishes itself, corrected for its own share.
    speed = 2 * (budget * share) ** p
    before = sizes[1:] * ((share[:-1] / share[1:]) * (total[:-1] / total[1:]) ** q) ** p
    duration = (sizes - np.append(before, 0)) / speed
    times = np.cumsum(duration[::-1])[::-1].astype(float)
    np.testing.assert_allclose(found.completion_times, times, rtol=1e-9)
