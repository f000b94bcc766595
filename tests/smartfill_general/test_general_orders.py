"""One completion order: the recursion against perspective programs, closed forms and itself."""

import numpy as np
import pytest
from general_cases import all_orders, curves_of, log_plus_sqrt, numbers, random_instance

import concave_sched as cs
from concave_sched import curves as c
from concave_sched import reference
from concave_sched._results import Status
from concave_sched.smartfill._orders import evaluate_orders
from concave_sched.smartfill._speedups import SearchedJobs, own_speedups


@pytest.mark.parametrize("seed", range(3))
def test_every_order_of_four_jobs_against_cvxpy(seed):
    """Orders with a negative phase: a . x is below what the best schedule in that order takes."""
    i = random_instance(seed, 4)
    orders, found, real = all_orders(i)
    assert real.any() and not real.all()
    for k in np.flatnonzero(real):
        check = reference.smartfill_own(curves_of(i), i.sizes, i.weights, i.budget, orders[k])
        assert check.status is Status.OPTIMAL
        assert found.values[k] == pytest.approx(check.objective, rel=1e-8)
        costs = np.exp(found.log_costs[k])
        np.testing.assert_allclose(costs, check.marginal_costs, rtol=1e-6)
    best = found.values[real].min()
    for k in np.flatnonzero(~real)[:4]:
        check = reference.smartfill_own(curves_of(i), i.sizes, i.weights, i.budget, orders[k])
        assert found.values[k] <= check.objective * (1 + 1e-9)
        assert best <= check.objective * (1 + 1e-9)


def test_families_without_closed_inverse():
    """The same kernel with root search; sums of curves are known to cvxpy."""
    curves = [c.Hill(1.2, 1.0, 0.7), c.Custom(log_plus_sqrt, 0.5)]
    forms = [curves[0], (c.Logarithmic(1.0, 1.0), c.Power(0.5, 0.5))]
    sizes, weights = [2.0, 3.0], [0.5, 0.3]
    i = cs.smartfill.GeneralInstance(curves, sizes, weights, 4.0)
    r = cs.smartfill.solve_general(i)
    best = reference.smartfill_own_all_orders(forms, sizes, weights, 4.0)
    assert r.status is Status.OPTIMAL
    assert r.objective == pytest.approx(best.objective, rel=1e-7)
    np.testing.assert_array_equal(r.order, best.order)
    proof = r.certificate()
    assert proof.kkt_residual < 1e-9 and proof.feasibility < 1e-9 and proof.gap < 1e-9
    assert cs.smartfill.cdr_violation(r).worst < 1e-6


def test_closed_and_searched_inverses_agree():
    i = random_instance(5, 4)
    orders, found, _ = all_orders(i)
    slow = evaluate_orders(SearchedJobs(_floats(i.speedups)), *numbers(i)[1:], orders)
    np.testing.assert_allclose(slow.values, found.values, rtol=1e-11)
    np.testing.assert_allclose(slow.log_prices, found.log_prices, rtol=1e-9, atol=1e-9)


def test_the_newton_that_went_back_and_forth():
    """A Lomax job that joins two dozen others: plain Newton in the bracket cycles there."""
    i = random_instance(1, 50)
    order = np.argsort(-np.asarray(i.sizes / i.weights / i.speedups(i.budget / 50)))
    rng = np.random.default_rng(0)
    orders = [np.argsort(np.argsort(order) + rng.normal(0, 3, 50)) for _ in range(64)]
    found = evaluate_orders(*numbers(i), np.array(orders))
    jobs, sizes, weights, budget = numbers(i)
    for k in range(0, 64, 9):
        totals = np.cumsum(weights[orders[k]])
        for phase in (10, 25, 40, 49):
            here = orders[k][: phase + 1]
            u = found.log_prices[k, phase] - found.log_costs[k]
            rates, _, speeds = (np.asarray(v)[here] for v in jobs.served(u, 2 * budget))
            assert rates.sum() == pytest.approx(budget, rel=1e-9)
            value = np.exp(found.log_costs[k][here]) @ speeds
            assert value == pytest.approx(totals[phase], rel=1e-9)


def test_two_powers_by_hand():
    """sqrt and 2 sqrt: a job twice as fast is one of half the size."""
    i = cs.smartfill.GeneralInstance(c.Power([1.0, 2.0], 0.5), [1.0, 2.0], [1.0, 1.0], 1.0)
    r = cs.smartfill.solve_general(i)
    assert r.objective == pytest.approx(1 + np.sqrt(3), rel=1e-14)
    assert r.bound_by.startswith("shortest first") and r.status is Status.OPTIMAL


def test_curves_of_all_forms_are_the_same_jobs():
    listed = [c.Power(1.0, 0.5), c.Power(2.0, 0.6)]
    stacked = c.Power([1.0, 2.0], [0.5, 0.6])
    one, other = (own_speedups(s, 2) for s in (listed, stacked))
    np.testing.assert_array_equal(one(1.7), other(1.7))
    assert one.of(1).scale == 2.0 and one.names() == ["Power", "Power"]
    mixed = own_speedups([listed[0], c.Logarithmic(1.0, 1.0), listed[1]], 3)
    np.testing.assert_allclose(mixed(1.7), [1.7**0.5, np.log(2.7), 2 * 1.7**0.6], rtol=1e-14)
    rate = mixed.inverse_marginal(mixed.marginal(0.7))
    np.testing.assert_allclose(rate, 0.7, rtol=1e-12)
    np.testing.assert_allclose(mixed.bend, [2.0, 1.0, 2.5])
    assert mixed(np.ones((5, 3))).shape == (5, 3)


def test_a_given_order():
    i = random_instance(0, 4)
    best = cs.smartfill.solve_general(i)
    r = cs.smartfill.solve_general(i, order=best.order)
    assert r.objective == best.objective and r.status is Status.FEASIBLE
    with pytest.raises(ValueError, match="no optimal schedule completes in this order"):
        cs.smartfill.solve_general(i, order=best.order[::-1])
    with pytest.raises(ValueError, match="each of the 4 jobs once"):
        cs.smartfill.solve_general(i, order=[0, 1, 2, 2])


def _floats(speedups):
    import jax
    import jax.numpy as jnp

    return jax.tree.map(lambda leaf: jnp.asarray(leaf, float), speedups)
