"""`Instance` is the one door: several speedups or a changing budget make a general instance."""

import copy

import numpy as np
import pytest

from concave_sched import curves, smartfill

SIZES = [3.0, 2.0, 1.0]


@pytest.mark.parametrize(
    "speedup",
    [
        curves.Logarithmic([1.0, 2.0, 0.5], 1.0),
        (curves.Logarithmic(1.0, 1.0), curves.Power(1.0, 0.5), curves.Hyperbolic(2.0, 1.0)),
        [curves.Power(1.0, 0.5), curves.Power(1.0, 0.7), curves.Power(2.0, 0.5)],
    ],
)
def test_several_speedups_make_a_general_instance(speedup):
    i = smartfill.Instance(speedup, SIZES, budget=4.0)
    assert isinstance(i, smartfill.GeneralInstance)
    np.testing.assert_allclose(i.weights, 1 / np.array(SIZES), rtol=1e-15)
    same = smartfill.GeneralInstance(speedup, SIZES, 1 / np.array(SIZES), 4.0)
    ours, theirs = smartfill.solve_general(i), smartfill.solve_general(same)
    assert ours.objective == theirs.objective
    for solver in (
        smartfill.solve,
        smartfill.equal_share,
        smartfill.shortest_first,
        smartfill.hesrpt,
    ):
        with pytest.raises(ValueError, match="use smartfill.solve_general"):
            solver(i)


def test_a_changing_budget_makes_a_general_instance():
    budget = smartfill.StepBudget([0.0, 1.0], [4.0, 2.0])
    i = smartfill.Instance(curves.Logarithmic(1.0, 1.0), SIZES, budget=budget)
    assert isinstance(i, smartfill.GeneralInstance) and i.budget is budget


def test_one_speedup_stays_plain_and_copies():
    i = smartfill.Instance(curves.Logarithmic(1.0, 1.0), SIZES, budget=4.0)
    assert type(i) is type(copy.deepcopy(i)) is smartfill.Instance


def test_a_wrong_number_of_speedups_is_refused():
    with pytest.raises(ValueError, match="speedups"):
        smartfill.Instance(curves.Logarithmic([1.0, 2.0], 1.0), SIZES)
    with pytest.raises(ValueError, match="speedups"):
        smartfill.Instance((curves.Power(1.0, 0.5),) * 2, SIZES)
