"""The perspective program against published instances, closed forms and every completion order."""

import json
from pathlib import Path

import numpy as np
import pytest

from concave_sched import curves as c
from concave_sched import reference
from concave_sched._results import Status

INSTANCES = json.loads((Path(__file__).parents[1] / "data" / "smartfill.json").read_text())
FAMILIES = {
    "power": lambda s: c.Power(s["a"], s["p"]),
    "log": lambda s: c.Logarithmic(s["a"], s["b"]),
    "shifted_power": lambda s: c.ShiftedPower(s["a"], s["z"], s["p"]),
    "neg_power": lambda s: c.ShiftedPower(s["a"], s["z"], s["p"]),
    "sat_power": lambda s: c.SaturatingPower(s["a"], s["z"], s["p"]),
    "expsat": lambda s: c.Exponential(0.0, s["a"], s["b"]),
    "log_plus_sat": lambda s: (c.Logarithmic(1.0, 1.0), c.Hyperbolic(s["c"], 1.0)),
    "log_plus_sqrt": lambda s: (c.Logarithmic(1.0, 1.0), c.Power(s["c"], 0.5)),
    # t/sqrt(1+t) = sqrt(1+t) - 1 + 1 - 1/sqrt(1+t)
    "t_over_sqrt": lambda s: (c.ShiftedPower(1.0, 1.0, 0.5), c.ShiftedPower(1.0, 1.0, -0.5)),
}


def speedup_of(instance):
    return FAMILIES[instance["speedup"]["family"]](instance["speedup"])


@pytest.mark.parametrize("shuffled", [False, True])
@pytest.mark.parametrize("instance", INSTANCES, ids=lambda i: i["name"])
def test_published_instances(instance, shuffled):
    x, w, a = (np.array(instance[k]) for k in "xwa")
    order = np.random.default_rng(1).permutation(x.size) if shuffled else np.arange(x.size)
    found = reference.smartfill(speedup_of(instance), x[order], w[order], instance["B"])
    assert found.status is Status.OPTIMAL
    assert found.objective == pytest.approx(instance["J"], rel=1e-9)
    np.testing.assert_allclose(np.sort(found.marginal_costs), np.sort(a), rtol=1e-8)
    np.testing.assert_allclose(
        np.sort(found.completion_times), np.sort(instance["T"]), rtol=1e-5, atol=1e-6
    )
    assert found.objective == pytest.approx(w[order] @ found.completion_times, rel=1e-9)


def test_two_jobs_under_a_power_speedup():
    """heSRPT: J = sum_k x_k (W_k**q - W_{k-1}**q)**(1/q)/s(B), q = 1/(1-p)."""
    p, x, w, budget = 0.7, np.array([5.0, 2.0, 1.0]), np.array([0.2, 0.5, 1.0]), 3.0
    q, total = 1 / (1 - p), np.cumsum(w)
    cost = np.diff(np.append(0.0, total**q)) ** (1 / q) / budget**p
    found = reference.smartfill(c.Power(1.0, p), x, w, budget)
    assert found.objective == pytest.approx(cost @ x, rel=1e-10)
    np.testing.assert_allclose(found.marginal_costs, cost, rtol=1e-9)


def test_marginal_costs_are_derivatives_of_the_optimum():
    x, w, step = np.array([3.0, 2.0, 1.0]), np.array([0.3, 0.6, 1.0]), 1e-4
    solve = lambda x: reference.smartfill(c.Logarithmic(1.0, 2.0), x, w, 2.0)  # noqa: E731
    a = solve(x).marginal_costs
    for i in range(3):
        e = step * (np.arange(3) == i)
        slope = (solve(x + e).objective - solve(x - e).objective) / (2 * step)
        assert slope == pytest.approx(a[i], rel=1e-6)


@pytest.mark.parametrize(
    "speedup",
    [
        c.Power(1.0, 0.5),
        c.SaturatingPower(0.5, 3.0, 2.0),
        (c.Logarithmic(1.0, 1.0), c.Power(0.5, 0.5)),
    ],
    ids=["power", "saturating", "sum"],
)
def test_shortest_first_is_the_best_order(speedup):
    sizes, weights = np.array([1.0, 3.0, 2.0]), np.array([1.0, 0.4, 0.5])
    best = reference.smartfill_all_orders(speedup, sizes, weights, 2.0)
    first = reference.smartfill(speedup, sizes, weights, 2.0)
    assert first.order.tolist() == [1, 2, 0]
    assert best.objective == pytest.approx(first.objective, rel=1e-9)
    backwards = reference.smartfill(speedup, sizes, weights, 2.0, order=[0, 2, 1])
    assert backwards.objective > best.objective * (1 + 1e-3)


def test_one_speedup_per_job():
    """Parameters stay with their jobs: a slow job is a longer job under a common speedup."""
    slow, sizes = np.array([1.0, 0.5, 2.0]), np.array([3.0, 1.0, 1.0])
    weights = np.array([0.2, 0.3, 1.0])
    own = reference.smartfill(c.Power(slow, 0.5), sizes, weights, order=[0, 1, 2])
    common = reference.smartfill(c.Power(1.0, 0.5), sizes / slow, weights, order=[0, 1, 2])
    assert own.objective == pytest.approx(common.objective, rel=1e-10)
    np.testing.assert_allclose(own.marginal_costs * slow, common.marginal_costs, rtol=1e-8)


def test_units_cancel():
    """Hours or microseconds, bytes or gigabytes: the relative answer is one."""
    x, w = np.array([3.0, 2.0, 1.0]), np.array([0.3, 0.6, 1.0])
    plain = reference.smartfill(c.Logarithmic(1.0, 2.0), x, w, 2.0)
    scaled = reference.smartfill(c.Logarithmic(1e-6, 2e-9), x * 1e9, w * 1e5, 2e9)
    assert scaled.objective == pytest.approx(plain.objective * 1e20, rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0, -1.0],), r"sizes\[1\] = -1.0"),
        (([],), "one job or more"),
        (([1.0, 2.0], [1.0]), r"weights has shape \(1,\), not \(2,\)"),
        (([1.0, 2.0], [1.0, 0.0]), r"weights\[1\] = 0.0"),
        (([1.0, 2.0], None, np.inf), "budget = inf"),
        (([1.0, 2.0], None, 1.0, [0, 0]), "each job once"),
        ((["a"],), "sizes = .*give numbers"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        reference.smartfill(c.Power(1.0, 0.5), *arguments)


def test_too_many_orders():
    with pytest.raises(ValueError, match="6 jobs: 6! programs"):
        reference.smartfill_all_orders(c.Power(1.0, 0.5), np.ones(6))
