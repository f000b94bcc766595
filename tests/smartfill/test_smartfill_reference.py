"""Random instances of every family against the perspective program and every completion order."""

import numpy as np
import pytest
from smartfill_cases import RANDOM, assert_certified, cones, random_jobs

import concave_sched as cs
from concave_sched import reference
from concave_sched._results import Status


@pytest.mark.parametrize("name", RANDOM)
def test_the_perspective_program_agrees(name):
    rng = np.random.default_rng(sum(map(ord, name)))
    for jobs in (3, 6, 6):
        speedup = RANDOM[name](*rng.uniform(size=3))
        sizes, weights = random_jobs(rng, jobs)
        budget = rng.uniform(0.5, 8)
        found = cs.smartfill.solve(cs.smartfill.Instance(speedup, sizes, weights, budget))
        program = reference.smartfill(cones(name, speedup), sizes, weights, budget)
        assert found.status is program.status is Status.OPTIMAL
        assert float(found.objective) == pytest.approx(program.objective, rel=1e-6)
        assert float(found.objective) == pytest.approx(program.objective, rel=1e-8)
        np.testing.assert_allclose(found.marginal_costs, program.marginal_costs, rtol=1e-5)
        np.testing.assert_allclose(found.completion_times, program.completion_times, rtol=1e-3)
        assert_certified(found)


@pytest.mark.parametrize("name", ["Power", "Logarithmic", "SaturatingPower", "log plus ratio"])
@pytest.mark.parametrize("jobs", [3, 4])
def test_no_other_order_is_better(name, jobs):
    rng = np.random.default_rng(jobs)
    speedup = RANDOM[name](*rng.uniform(size=3))
    sizes, weights = random_jobs(rng, jobs)
    found = cs.smartfill.solve(cs.smartfill.Instance(speedup, sizes, weights, 2.0))
    best = reference.smartfill_all_orders(cones(name, speedup), sizes, weights, 2.0)
    assert best.order.tolist() == found.order.tolist()
    assert float(found.objective) == pytest.approx(best.objective, rel=1e-6)
