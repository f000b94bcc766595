"""The polish of all machines at once against every machine on its own."""

import jax
import numpy as np
import pytest

from concave_sched import curves, dsct
from concave_sched._results import Status

RNG = np.random.default_rng(4)
LAWS = {
    "uniform": RNG.uniform(0.1, 9, 90),
    "equal": np.full(90, 2.0),
    "tiny first": np.sort(10.0 ** RNG.uniform(-9, 1, 90)),
    "some at zero": np.maximum(RNG.uniform(-3, 9, 90), 0),
}
SPEEDS = np.array([1e-3, 1e3, 1.0, 0.4, 7.0])
ACCURACIES = {
    "Exponential": curves.Exponential(0.1, RNG.uniform(0.5, 1, 90), 10.0 ** RNG.uniform(-2, 2, 90)),
    "Power": curves.Power(RNG.uniform(0.1, 1, 90), RNG.uniform(0.2, 0.8, 90)),
    "Logarithmic": curves.Logarithmic(1.0, 3.0),
}
MACHINE = RNG.choice([0, 1, 2, 4], 90, p=[0.2, 0.2, 0.5, 0.1])
CAPS = 10.0 ** RNG.uniform(-1, 3, 90)
polished = jax.jit(dsct.polish)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", ACCURACIES)
def test_every_machine_is_solved_on_its_own(name, law):
    accuracy = ACCURACIES[name]
    instance = dsct.Instance(accuracy, LAWS[law], CAPS, SPEEDS)
    for found in (dsct.polish(instance, MACHINE), polished(instance, MACHINE)):
        np.testing.assert_array_equal(found.machine, MACHINE)  # nothing on machine 3
        assert found.validate() == pytest.approx(float(found.objective), rel=1e-12)
        assert found.status in (Status.FEASIBLE, Status.SLACK)
        for q in range(5):
            mine = MACHINE == q
            alone = dsct.Instance(accuracy, LAWS[law], np.where(mine, CAPS, 0), SPEEDS[[q]])
            best = dsct.solve_single(alone)
            gained = (found.accuracies - best.accuracies)[mine]
            assert np.sum(gained) == pytest.approx(0, abs=1e-11 * mine.sum())
            mine &= LAWS[law] > 0  # at a deadline of 0 every large price will do
            np.testing.assert_allclose(found.prices[mine], best.prices[mine], rtol=1e-7)


def test_machines_by_the_thousand_tasks():
    """Beyond 8,192 entries settled blocks step aside; rows of unequal budgets share the sums."""
    tasks = 12_000
    rng = np.random.default_rng(1)
    rates = rng.uniform(0.1, 3, tasks)
    instance = dsct.Instance(
        curves.Exponential(0.0, rng.uniform(0.5, 1, tasks), rates),
        rng.uniform(0, 400, tasks) ** 2,
        5 / rates,
        np.array([1e-3, 0.2, 1.0]),
    )
    machine = rng.integers(0, 3, tasks)
    found = dsct.polish(instance, machine)
    assert found.validate() == pytest.approx(float(found.objective), rel=1e-12)
    for q in range(3):
        mine = machine == q
        caps = np.where(mine, instance.max_work, 0)
        best = dsct.solve_single(
            dsct.Instance(instance.accuracy, instance.deadlines, caps, instance.speeds[[q]])
        )
        assert np.sum(found.accuracies[mine]) == pytest.approx(float(best.objective), rel=1e-12)
