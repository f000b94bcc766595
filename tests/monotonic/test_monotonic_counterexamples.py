"""Where the paper is not right, by name; and closed forms small enough to do by hand."""

import numpy as np
import pytest

from concave_sched import monotonic
from concave_sched._results import Status


def test_strict_comparison_is_suboptimal():
    instance = monotonic.Instance("LHHLLL", 3, [1.0, 5.0])
    strict = monotonic.eliminate_misalignment(instance, strict=True)
    assert strict.objective == 6 > monotonic.solve(instance).objective == 2
    assert strict.status is Status.FEASIBLE
    assert not strict.certificate().optimal
    assert monotonic.eliminate_misalignment(instance).objective == 2


def test_misalignment_free_is_not_optimal_from_any_start():
    costs = [3.0, 4.5]
    instance = monotonic.Instance("HHLL", 2, costs)
    stuck = monotonic.eliminate_misalignment(instance, start=[0, 2])
    assert stuck.moves == 0
    assert stuck.objective == sum(costs)
    assert stuck.status is Status.FEASIBLE
    assert monotonic.solve(instance).objective == 2 * costs[0]


def test_job_number_monotonicity_may_break():
    result = monotonic.eliminate_misalignment(monotonic.Instance("HL", 2, [1.0]))
    assert result.machine.tolist() == [1, 0]
    assert result.validate() == 1
    assert result.certificate().gap == 0


def test_the_papers_example_is_monotonic_and_not_optimal():
    costs = [1.0, 10.0, 100.0]
    instance = monotonic.Instance("LHLLHLLHL", 3, costs)
    paper = monotonic.construct(instance, [1, 1, 1])
    assert paper.machine.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert paper.objective == 3 * costs[1]
    assert paper.status is Status.FEASIBLE
    assert monotonic.solve(instance).objective == 2 * costs[0] + costs[1]


def test_three_weights_exceed_their_threshold_sum():
    """The sum over weight levels is a lower bound only, so three kinds are not sent there."""
    rng = np.random.default_rng(0)
    gaps = []
    for _ in range(60):
        instance = monotonic.WeightedInstance(rng.integers(0, 3, 9), 3, [0.0, 1.0, 3.0])
        gaps.append(monotonic.solve_weighted(instance).certificate().gap)
    assert min(gaps) == 0
    assert max(gaps) > 0


@pytest.mark.parametrize(("machines", "slots"), [(1, 1), (1, 5), (5, 1), (3, 4)])
def test_one_kind_of_job(machines, slots):
    costs = np.arange(2.0, slots + 2)
    light = monotonic.solve(monotonic.Instance("L" * machines * slots, machines, costs))
    heavy = monotonic.solve(monotonic.Instance("H" * machines * slots, machines, costs))
    assert light.objective == 0
    assert heavy.objective == machines * costs.sum()
    assert heavy.quotas.tolist() == [slots] * machines


def test_alternating_pairs_cost_the_cheaper_half():
    """HLHL... on machines of two slots: the first machine waits, all others start with a heavy."""
    machines = 50
    instance = monotonic.Instance("LH" * machines, machines, [2.0, 3.0])
    assert monotonic.solve(instance).objective == 2 * (machines - 1) + 3


def test_energy_is_an_affine_shift():
    energies = np.array([5.0, 2.0, 2.0, 5.0, 2.0, 5.0])
    costs = np.array([1.0, 4.0])
    result = monotonic.solve(monotonic.Instance(energies, 3, costs))
    frame = result.to_dataframe()
    assert result.energy == frame.energy.sum() == energies @ costs[result.slot]
    assert result.energy == 2 * 3 * costs.sum() + 3 * result.objective
    apart = monotonic.solve(monotonic.Instance("HLLHLH", 3, costs, energies=(2.0, 5.0)))
    assert apart.energy == result.energy


@pytest.mark.parametrize("value", [-2.0, 0.0, 3.0])
def test_equal_energies(value):
    result = monotonic.solve(monotonic.Instance([value] * 4, 2, [1.0, 2.0]))
    assert result.energy == value * 6


@pytest.mark.parametrize("scale", [1e-200, 1e-20, 1e200])
def test_scales_of_cost(scale):
    instance = monotonic.Instance("HHLL", 2, scale * np.array([1.0, 2.0]))
    assert monotonic.solve(instance).certificate().optimal
    worse = monotonic.construct(instance, [0, 2])
    assert worse.status is Status.FEASIBLE
    assert not worse.certificate().optimal
    object.__setattr__(worse, "objective", 2 * scale)
    with pytest.raises(ValueError, match="objective"):
        worse.validate()
