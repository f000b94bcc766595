"""Properties on random instances."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given, settings
from monotonic_enumeration import least_cost_by_products

from concave_sched import monotonic


@st.composite
def instances(draw, most_machines=9, most_slots=9):
    machines = draw(st.integers(1, most_machines))
    slots = draw(st.lists(st.integers(1, most_slots), min_size=machines, max_size=machines))
    slots = sorted(slots, reverse=True)
    jobs = draw(st.integers(1, sum(slots)))
    heavy = draw(st.lists(st.booleans(), min_size=jobs, max_size=jobs))
    costs = draw(st.lists(st.integers(-5, 40), min_size=slots[0], max_size=slots[0] + 2))
    return monotonic.Instance(heavy, machines, np.sort(costs).astype(float), slots=slots)


ORDERS = st.sampled_from(["first", "last", "random"])


@given(instances(), ORDERS, st.integers(0, 9))
@settings(deadline=None, max_examples=150)
def test_all_algorithms_agree_and_prove_it(instance, order, seed):
    result = monotonic.solve(instance)
    moved = monotonic.eliminate_misalignment(instance, order, seed=seed)
    table = monotonic.dynamic_programming(instance)
    assert result.objective == moved.objective == table.objective == result.validate()
    assert table.validate() == moved.validate() == result.objective
    assert result.certificate().gap == 0
    np.testing.assert_array_equal(result.quotas, moved.quotas)
    heavy = np.pad(instance.heavy, (0, instance.total_slots - instance.jobs))
    blocks = np.cumsum(heavy)[instance.offsets[1:] - 1]
    assert moved.moves == (blocks - np.cumsum(moved.quotas)).sum()
    assert (moved.machine == monotonic.construct(instance, moved.quotas).machine).all()


@given(instances(), st.data())
@settings(deadline=None, max_examples=100)
def test_construction_follows_every_feasible_quota(instance, data):
    heavy = np.pad(instance.heavy, (0, instance.total_slots - instance.jobs))
    arrived = np.cumsum(heavy)[instance.offsets[1:] - 1]
    quotas, used = [], 0
    for i in range(instance.machines):
        later = instance.total_slots - instance.offsets[i + 1]
        low = max(0, arrived[-1] - used - later)
        high = min(instance.capacities[i], arrived[i] - used)
        quotas.append(data.draw(st.integers(int(low), int(high))))
        used += quotas[-1]
    result = monotonic.construct(instance, quotas)
    assert result.validate() == result.objective >= monotonic.solve(instance).objective
    np.testing.assert_array_equal(result.quotas, quotas)


@given(instances())
@settings(deadline=None, max_examples=60)
def test_a_later_heavy_never_costs_less_than_an_earlier_one(instance):
    """Swapping an adjacent HL into LH cannot help: heavies that come first have more choice."""
    heavy = np.array(instance.heavy)
    pairs = np.flatnonzero(heavy[:-1] & ~heavy[1:])
    assume(pairs.size)
    heavy[pairs[0]], heavy[pairs[0] + 1] = False, True
    later = monotonic.Instance(heavy, instance.machines, instance.slot_costs, slots=instance.slots)
    assert monotonic.solve(later).objective >= monotonic.solve(instance).objective


@given(instances(5, 5), st.floats(0.1, 10.0), st.floats(-3.0, 3.0))
@settings(deadline=None, max_examples=60)
def test_affine_costs(instance, scale, shift):
    costs = scale * instance.slot_costs + shift
    moved = monotonic.Instance(instance.heavy, instance.machines, costs, slots=instance.slots)
    expected = scale * monotonic.solve(instance).objective + shift * instance.heavy.sum()
    assert monotonic.solve(moved).objective == pytest.approx(expected, abs=1e-9)


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=6),
    st.lists(st.integers(-4, 4), min_size=3, max_size=3),
    st.sampled_from([3, (3, 2), (3, 3), (3, 2, 1), (3, 3, 2)]),
)
@settings(deadline=None, max_examples=60)
def test_weighted_jobs_and_any_costs(weights, costs, slots):
    capacities = [slots] * 2 if isinstance(slots, int) else list(slots)
    assume(len(weights) <= sum(capacities))
    instance = monotonic.WeightedInstance(weights, len(capacities), costs, slots=slots)
    best = least_cost_by_products(weights, capacities, costs)
    states = monotonic.solve(instance)
    assert states.objective == states.validate() == best
    assert states.certificate().dual <= best + 1e-9
    for formulation in ("compact", "full"):
        result = monotonic.solve_ilp(instance, formulation)
        assert result.objective == pytest.approx(best, abs=1e-9)
        assert result.validate() == result.objective


@given(
    st.lists(st.integers(0, 3), min_size=4, max_size=6),
    st.lists(st.integers(0, 9), min_size=6, max_size=6),
)
@settings(deadline=None, max_examples=25)
def test_costs_that_differ_by_machine(weights, costs):
    costs = np.reshape(costs, (2, 3)).astype(float)
    instance = monotonic.WeightedInstance(weights, 2, costs, slots=3)
    result = monotonic.solve(instance)
    assert result.objective == result.validate()
    assert result.objective == pytest.approx(least_cost_by_products(weights, [3, 3], costs))
