"""The certificate and the CDR violation, on answers and on planted mistakes."""

import dataclasses

import numpy as np
import pytest
from general_cases import random_instance

import concave_sched as cs
from concave_sched import curves as c
from concave_sched import plotting

S = cs.smartfill
I = random_instance(7, 6)
BEST = S.solve_general(I)
POLICIES = (S.EQUAL_SHARE, S.SHORTEST_FIRST, S.HeSRPT(0.5))


def test_it_closes():
    proof = BEST.certificate()
    assert proof.gap < 1e-12 and proof.kkt_residual < 1e-9 and proof.feasibility < 1e-12
    assert proof.shortest_phase > 0 and abs(proof.global_gap) < 1e-9
    assert S.cdr_violation(BEST).worst < 1e-9


@pytest.mark.parametrize("job", range(6))
@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_a_wrong_cost_is_caught(job, factor):
    costs = BEST.log_costs.copy()
    costs[job] += np.log(factor)
    proof = dataclasses.replace(BEST, log_costs=costs).certificate()
    assert proof.kkt_residual > 1e-3 and proof.gap > 1e-5


def test_wrong_allocations_are_caught():
    rates = BEST.interval_rates.copy()
    one, other = BEST.order[0], BEST.order[1]
    moved = min(0.05, rates[other, 0] / 2) or 0.05
    rates[one, 0] += moved
    rates[other, 0] = max(rates[other, 0] - moved, 0)
    wrong = dataclasses.replace(BEST, interval_rates=rates)
    assert wrong.certificate().feasibility > 1e-4
    assert S.cdr_violation(wrong).worst > 1e-3
    longer = BEST.interval_durations * np.array([1.01, 1, 1, 1, 1, 1])
    assert dataclasses.replace(BEST, interval_durations=longer).certificate().feasibility > 1e-4
    more = dataclasses.replace(BEST, interval_rates=1.01 * BEST.interval_rates)
    assert more.certificate().feasibility > 9e-3


def test_policies_are_worse_and_break_the_rule():
    for policy in POLICIES:
        r = S.run_policy(I, policy)
        assert r.objective > BEST.objective
        proof = r.certificate()
        assert proof.feasibility < 1e-12 and np.isnan(proof.kkt_residual)
        # One job at a time obeys the rule wherever slopes at 0 are finite, and is not optimal.
        assert S.cdr_violation(r).worst > 0.05 or policy is S.SHORTEST_FIRST
        with pytest.raises(AttributeError, match="no marginal costs"):
            r.marginal_costs  # noqa: B018


def test_the_violation_by_hand():
    """Two logarithms under equal shares: gains 1/(1+t) and 2/(1+2t) at t = 1 in the one phase in
    which both are served; with another phase of unequal shares the ratio moves."""
    i = S.GeneralInstance(c.Logarithmic(1.0, [1.0, 2.0]), [2.0, 1.0], [1.0, 1.0], 2.0)
    equal = S.run_policy(i, S.EQUAL_SHARE)
    assert S.cdr_violation(equal).worst == 0.0
    rates = np.array([[1.0, 0.5, 2.0], [1.0, 1.5, 0.0]])
    gains = np.log([[1 / 2, 1 / 1.5], [2 / 3, 2 / 4]])
    expected = abs(np.diff(gains[0] - gains[1])[0])
    lengths = np.array([0.2, 0.3, 1.0])
    split = dataclasses.replace(
        equal,
        interval_rates=rates,
        interval_durations=lengths,
        completion_times=np.array([1.5, 0.5]),
        order=np.array([0, 1]),
    )
    found = S.cdr_violation(split)
    assert found.worst == pytest.approx(expected, rel=1e-12) and set(found.pair) == {0, 1}
    assert found.to_dataframe()["violation"][0] == found.worst
    found.validate()


def test_unserved_jobs_bound_the_ratio():
    """A job left dry although it would gain more than one served: one-sided, still caught. With an
    infinite slope at 0 nothing excuses it."""
    i = S.GeneralInstance(c.Power(1.0, [0.5, 0.6]), [2.0, 1.0], [1.0, 1.0], 2.0)
    assert S.cdr_violation(S.run_policy(i, S.SHORTEST_FIRST)).worst == np.inf
    i = S.GeneralInstance(c.Logarithmic(1.0, [1.0, 2.0]), [2.0, 1.0], [1.0, 1.0], 2.0)
    assert S.cdr_violation(S.run_policy(i, S.SHORTEST_FIRST)).worst == 0.0


def test_schedules_of_one_speedup():
    one = S.Instance(c.Logarithmic(1.0, 1.0), [5.0, 3.0, 2.0, 1.0], budget=4.0)
    assert S.cdr_violation(S.solve(one)).worst < 1e-9
    assert S.cdr_violation(S.hesrpt(one, 0.5)).worst > 0.1
    ours, theirs = S.run_policy(one, S.HeSRPT(0.5)), S.hesrpt(one, 0.5)
    assert ours.objective == pytest.approx(float(theirs.objective), rel=1e-12)
    assert S.run_policy(one, S.SMARTFILL).objective == pytest.approx(
        float(S.solve(one).objective), rel=1e-12
    )


def test_batches_are_refused():
    batch = dataclasses.replace(BEST, objective=np.array([BEST.objective] * 2))
    with pytest.raises(ValueError, match="one schedule"):
        S.cdr_violation(batch)


def test_they_print_export_and_draw():
    assert "OPTIMAL" in BEST.summary() and "branch and bound" in BEST.summary()
    assert BEST._repr_html_().startswith("<table>")
    table = BEST.to_dataframe()
    assert (table["slowdown"] >= 1 - 1e-12).all() and "marginal_cost" in table
    ax = BEST.plot()
    assert ax.get_ylabel() == "budget held (units)" and len(ax.get_legend().get_texts()) == 6
    violation = S.cdr_violation(S.run_policy(I, S.EQUAL_SHARE))
    assert "broken" in violation.summary()
    assert violation.plot().get_title().startswith("equal share")
    assert (
        plotting.shares_over_time(S.run_policy(random_instance(1, 14), S.EQUAL_SHARE)) is not None
    )
