"""The best order: branch and bound, search and bounds against every order."""

import numpy as np
import pytest
from general_cases import all_orders, curves_of, numbers, random_instance

import concave_sched as cs
from concave_sched import curves as c
from concave_sched import reference
from concave_sched._results import Status
from concave_sched.smartfill._branch_and_bound import branch_and_bound
from concave_sched.smartfill._order_search import search_orders
from concave_sched.smartfill._price_bound import evaluate_prices, price_bound


@pytest.mark.parametrize("jobs", [4, 6])
def test_branch_and_bound_and_search_against_enumeration(jobs):
    found_best, seeds = 0, range(25)
    for seed in seeds:
        i = random_instance(100 * jobs + seed, jobs)
        _, found, real = all_orders(i)
        best = found.values[real].min()
        assert found.values.min() >= best * (1 - 1e-12)
        proof = branch_and_bound(*numbers(i), np.inf, np.inf)
        assert proof.complete and proof.value == pytest.approx(best, rel=1e-11)
        assert proof.bound == proof.value
        search = search_orders(*numbers(i), i.speedups, 8, 0)
        found_best += search.value <= best * (1 + 1e-10)
    assert found_best >= 0.99 * len(seeds)


def test_branch_and_bound_stops_early_with_a_valid_bound():
    i = random_instance(3, 6)
    best = cs.smartfill.solve_general(i).objective
    proof = branch_and_bound(*numbers(i), np.inf, 1)
    assert not proof.complete and 0 < proof.bound <= best


@pytest.mark.parametrize("seed", range(3))
def test_all_orders_by_cvxpy(seed):
    i = random_instance(40 + seed, 4)
    best = reference.smartfill_own_all_orders(curves_of(i), i.sizes, i.weights, i.budget)
    r = cs.smartfill.solve_general(i)
    assert r.objective == pytest.approx(best.objective, rel=1e-7)
    np.testing.assert_array_equal(r.order, best.order)


def test_the_best_orders_of_six_by_cvxpy():
    i = random_instance(61, 6)
    r = cs.smartfill.solve_general(i)
    orders, found, real = all_orders(i)
    rank = np.argsort(np.where(real, found.values, np.inf))[:3]
    np.testing.assert_array_equal(r.order, orders[rank[0]])
    for k in rank:
        if real[k]:
            check = reference.smartfill_own(curves_of(i), i.sizes, i.weights, i.budget, orders[k])
            assert found.values[k] == pytest.approx(check.objective, rel=1e-7)


@pytest.mark.parametrize("jobs", [4, 6])
def test_price_bounds_are_below_the_optimum(jobs):
    """Any prices bound; good ones come within three per cent."""
    rng, gaps = np.random.default_rng(jobs), []
    for seed in range(12):
        i = random_instance(200 * jobs + seed, jobs)
        r = cs.smartfill.solve_general(i)
        at = r.interval_ends, r.log_prices
        bound = price_bound(*numbers(i), *at, 24)
        assert bound.value <= r.objective * (1 + 1e-12)
        gaps.append(1 - bound.value / r.objective)
        for _ in range(3):
            wild = np.exp(rng.normal(0, 1, len(bound.prices))) * bound.prices
            wild *= rng.uniform(size=wild.size) < 0.9
            value = evaluate_prices(*numbers(i), bound.times, wild)
            assert value <= r.objective * (1 + 1e-12)
    assert np.mean(gaps) < 0.015 and max(gaps) < 0.03


def test_one_job_and_its_price_bound():
    """A job alone has no gap: the bound is its weight times the time it needs."""
    i = cs.smartfill.GeneralInstance(c.Logarithmic(1.0, 2.0), [3.0], [0.7], 4.0)
    r = cs.smartfill.solve_general(i)
    assert r.objective == pytest.approx(0.7 * 3.0 / np.log(9.0), rel=1e-14)
    bound = price_bound(*numbers(i), r.interval_ends, r.log_prices, 24)
    assert bound.value == pytest.approx(r.objective, rel=1e-3)
    assert bound.value <= r.objective * (1 + 1e-12)


def test_identical_curves_reproduce_solve():
    speedup = c.Logarithmic(1.0, 2.0)
    common = cs.smartfill.Instance(speedup, [3.0, 0.5, 2.0, 1.0], budget=4.0)
    expected = cs.smartfill.solve(common)
    for instance in (
        common,
        cs.smartfill.GeneralInstance([speedup] * 4, common.sizes, common.weights, 4.0),
    ):
        r = cs.smartfill.solve_general(instance)
        assert r.status is Status.OPTIMAL and r.gap == 0
        assert r.objective == pytest.approx(float(expected.objective), rel=1e-13)
        np.testing.assert_array_equal(r.order, expected.order)
        np.testing.assert_allclose(r.completion_times, expected.completion_times, rtol=1e-12)
        np.testing.assert_allclose(r.marginal_costs, expected.marginal_costs, rtol=1e-12)
        np.testing.assert_allclose(r.rates, expected.rates, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(r.durations, expected.durations, rtol=1e-11)


def test_a_search_with_its_gap():
    """More jobs than are enumerated: a bound, a gap, no claim."""
    i = random_instance(13, 14)
    r = cs.smartfill.solve_general(i, intervals=24)
    assert r.status is Status.FEASIBLE and 0 <= r.gap < 0.03
    proof = r.certificate()
    assert proof.bound == pytest.approx(float(r.bound), rel=1e-9)
    assert proof.gap < 1e-9 and proof.kkt_residual < 1e-9 and proof.shortest_phase > 0
    assert cs.smartfill.cdr_violation(r).worst < 1e-6
    again = cs.smartfill.solve_general(i, intervals=0)
    np.testing.assert_array_equal(again.order, r.order)
    assert np.isnan(again.bound) and "no bound" in again.summary()
