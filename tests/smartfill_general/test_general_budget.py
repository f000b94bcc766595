"""Budgets that change: local optima against convex programs of every pattern of completions."""

import dataclasses
import itertools

import numpy as np
import pytest
from general_cases import random_instance

import concave_sched as cs
from concave_sched import curves as c
from concave_sched import reference
from concave_sched._results import Status
from concave_sched.smartfill._changing_budget import _Search, stationarity_of

S = cs.smartfill


def instance(curves, sizes, starts, values):
    return S.GeneralInstance(curves, sizes, np.ones(len(sizes)), S.StepBudget(starts, values))


def best_pattern(curves, sizes, starts, values):
    """The global optimum: every order and every number of completions in each step, by cvxpy."""
    jobs, steps = len(sizes), len(starts)
    counts = [k for k in itertools.product(range(jobs + 1), repeat=steps) if sum(k) == jobs]
    found = [
        reference.smartfill_own(curves, sizes, np.ones(jobs), values, order, starts, count)
        for order in itertools.permutations(range(jobs))
        for count in counts
    ]
    return min((f for f in found if f.status is Status.OPTIMAL), key=lambda f: f.objective)


def assert_local(r):
    assert r.status is Status.LOCAL and np.isnan(r.bound)
    proof = r.certificate()
    assert proof.feasibility < 1e-9 and proof.kkt_residual < 1e-6 and proof.stationarity < 1e-6
    assert S.cdr_violation(r).worst < 1e-6
    assert r.objective == pytest.approx(r.instance.weights @ r.completion_times, rel=1e-12)


def test_two_local_minima_of_one_order():
    """The budget rises from 1 to 4.3 at 2.04: job 0 may end before or after that, both times with
    positive phases around it, so that both are strict local minima. The better one is found."""
    curves, sizes = [c.Power(1.0, 0.61), c.Power(1.0, 0.3)], [1.88, 2.92]
    starts, values = [0.0, 2.04], [1.0, 4.3]
    i, order = instance(curves, sizes, starts, values), np.array([1, 0])
    search, ends = _Search(i), []
    for levels, count in (([1.0, 4.3], (1, 1)), ([4.3, 4.3], (0, 2))):
        times = search.times(search.costs(order, np.array(levels)))
        np.testing.assert_array_equal(i.budget.at(times), levels)
        check = reference.smartfill_own(curves, sizes, [1.0, 1.0], values, order, starts, count)
        assert check.objective == pytest.approx(times.sum(), rel=1e-8)
        assert check.durations.min() > 0.01
        ends.append(times.sum())
    assert abs(ends[0] - ends[1]) > 0.01
    r = S.solve_general(i)
    assert_local(r)
    assert r.objective == pytest.approx(min(ends), rel=1e-12)
    assert r.objective == pytest.approx(
        best_pattern(curves, sizes, starts, values).objective, rel=1e-8
    )


def test_a_job_that_ends_exactly_when_machines_are_lost():
    curves, sizes = [c.Power(1.0, 0.5), c.Logarithmic(1.0, 1.0)], [3.0, 3.0]
    starts, values = [0.0, 2.0], [4.0, 1.0]
    i = instance(curves, sizes, starts, values)
    r = S.solve_general(i)
    assert_local(r)
    assert r.completion_times[0] == pytest.approx(2.0, rel=1e-9)
    expected = best_pattern(curves, sizes, starts, values)
    assert r.objective == pytest.approx(expected.objective, rel=1e-8)
    # The pinned job's cost has room, the other one's has none.
    costs = r.log_costs + np.array([0.0, 0.05])
    assert stationarity_of(dataclasses.replace(r, log_costs=costs)) > 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_random_pairs_reach_the_best_pattern(seed):
    """Two jobs, three steps: the multi-start finds what enumeration by cvxpy finds."""
    rng = np.random.default_rng(seed)
    curves = [c.Power(1.0, p) for p in rng.uniform(0.3, 0.9, 2)]
    sizes, starts = rng.uniform(1, 4, 2).tolist(), [0.0, 1.0, 2.5]
    values = rng.uniform(1, 5, 3).tolist()
    r = S.solve_general(instance(curves, sizes, starts, values))
    assert_local(r)
    expected = best_pattern(curves, sizes, starts, values)
    assert r.objective == pytest.approx(expected.objective, rel=1e-7)


def test_four_mixed_jobs():
    fixed = random_instance(6, 4)
    steps = S.StepBudget([0.0, 4.0, 9.0], [3.0, 1.5, 4.0])
    i = S.GeneralInstance(fixed.speedups, fixed.sizes, fixed.weights, steps)
    r = S.solve_general(i, starts=3)
    assert_local(r)
    for policy in (S.SMARTFILL, S.EQUAL_SHARE, S.SHORTEST_FIRST):
        other = S.run_policy(i, policy)
        assert other.certificate().feasibility < 1e-9
        assert r.objective <= other.objective
    assert r.interval_ends[-1] == pytest.approx(r.completion_times.max())
    with pytest.raises(AttributeError, match="interval_rates"):
        r.rates  # noqa: B018
    assert r.durations.sum() == pytest.approx(r.completion_times.max())
    assert "LOCAL" in r.summary() and r.plot() is not None


def test_a_constant_step_function_is_the_constant():
    fixed = random_instance(9, 4)
    expected = S.solve_general(fixed)
    steps = S.StepBudget([0.0, 1.0, 2.0], [3.0, 3.0, 3.0])
    r = S.solve_general(S.GeneralInstance(fixed.speedups, fixed.sizes, fixed.weights, steps))
    assert r.status is Status.OPTIMAL and r.objective == expected.objective
    # And by the alternation itself: a step after the end changes nothing.
    late = S.StepBudget([0.0, 1e3], [3.0, 5.0])
    r = S.solve_general(S.GeneralInstance(fixed.speedups, fixed.sizes, fixed.weights, late))
    assert r.objective == pytest.approx(expected.objective, rel=1e-10)
    np.testing.assert_allclose(r.completion_times, expected.completion_times, rtol=1e-8)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.0, 1.0], [1.0]), "shapes"),
        (([1.0], [1.0]), "the first step starts at time 0"),
        (([0.0, 2.0, 1.0], [1.0, 1.0, 1.0]), r"starts: step\[1\] = -1.0"),
        (([0.0], [0.0]), r"values\[0\] = 0.0"),
    ],
)
def test_bad_steps(arguments, message):
    with pytest.raises(ValueError, match=message):
        S.StepBudget(*arguments)
