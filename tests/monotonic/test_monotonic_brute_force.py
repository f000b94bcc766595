"""Every binary sequence with m n <= 12, three cost shapes, against enumeration."""

import jax
import numba
import numpy as np
import pytest
from monotonic_enumeration import all_sequences, least_cost, least_cost_by_products

from concave_sched import monotonic
from concave_sched.monotonic import _misalignment_kernels as elimination
from concave_sched.monotonic._dynamic_programming_kernels import fill_table
from concave_sched.monotonic._kernels import (
    arrival_times,
    assign,
    block_sums,
    heavy_per_slot,
    place,
    replay,
)

SHAPES = [(m, n) for m in range(1, 13) for n in range(1, 13) if m * n <= 12]
COSTS = {
    "linear": lambda n: np.arange(1.0, n + 1),
    "steep": lambda n: 7.0 ** np.arange(n),
    "tied, from below 0": lambda n: np.arange(n) // 2 - 1.0,
}


@numba.njit  # no cache: it would not notice changes in the functions called
def compare(sequences, capacities, offsets, costs, quotas, per_slot):
    """First row where quotas, moves, dynamic program or schedule disagree with the closed form."""
    for row in range(len(sequences)):
        heavy = sequences[row]
        heavy_times, light_times = arrival_times(heavy, offsets[-1])
        blocks = block_sums(heavy, capacities)
        for direction in (1, -1):
            sums = blocks.copy()
            moves = elimination.sweep(
                sums, offsets, heavy_times, light_times, False, 1 << 60, direction
            )
            if not (np.diff(sums) == quotas[row]).all() or moves != (blocks - sums).sum():
                return row, 1
        if not (heavy_per_slot(heavy_times, sums, offsets, costs.size) == per_slot[row]).all():
            return row, 2
        table = fill_table(heavy_times, offsets, blocks, costs)
        table_sums = np.zeros(offsets.size, np.int64)
        for i in range(table.size):
            table_sums[i + 1] = table_sums[i] + table[i]
        slots = heavy_per_slot(heavy_times, table_sums, offsets, costs.size)
        cost = 0.0
        for k in range(costs.size):
            cost += (slots[k] - per_slot[row, k]) * costs[k]
        if cost != 0.0:
            return row, 3
        machine, slot = place(heavy, sums, offsets)
        replayed, bad = replay(machine, capacities)
        if bad >= 0 or not (replayed == slot).all():
            return row, 4
        if not (assign(heavy, quotas[row], capacities) == machine).all():
            return row, 5
    return -1, 0


@pytest.mark.parametrize("costs", COSTS)
@pytest.mark.parametrize(("machines", "slots"), SHAPES)
def test_every_sequence(machines, slots, costs):
    costs = COSTS[costs](slots)
    sequences = all_sequences(machines * slots)
    instance = monotonic.Instance(sequences, machines, costs)
    result = monotonic.solve(instance)
    best = least_cost(sequences, instance.capacities.tolist(), costs)
    np.testing.assert_array_equal(result.objective, best)
    arguments = sequences, instance.capacities, instance.offsets, costs
    assert compare(*arguments, result.quotas, result.heavy_per_slot) == (-1, 0)


@pytest.mark.parametrize(("machines", "slots"), [(1, 12), (12, 1), (3, 4), (4, 3), (6, 2)])
def test_the_traced_formula_on_every_sequence(machines, slots):
    sequences = all_sequences(machines * slots)
    costs = np.arange(1.0, slots + 1)

    @jax.jit
    @jax.vmap
    def traced(heavy):
        return monotonic.solve(monotonic.Instance(heavy, machines, costs))

    result = traced(sequences)
    expected = monotonic.solve(monotonic.Instance(sequences, machines, costs))
    np.testing.assert_array_equal(result.objective, expected.objective)
    np.testing.assert_array_equal(result.quotas, expected.quotas)
    np.testing.assert_array_equal(result.heavy_per_slot, expected.heavy_per_slot)


@pytest.mark.parametrize("slots", [(5, 3, 2, 1), (4, 4, 1), (6, 1, 1, 1), (3, 2, 2, 2), (7, 2)])
@pytest.mark.parametrize("idle", [0, 1, 4])
def test_unequal_and_empty_slots(slots, idle):
    sequences = all_sequences(sum(slots) - idle)
    costs = np.cumsum(np.arange(1.0, slots[0] + 1))
    instance = monotonic.Instance(sequences, len(slots), costs, slots=slots)
    result = monotonic.solve(instance)
    np.testing.assert_array_equal(result.objective, least_cost(sequences, slots, costs))
    arguments = sequences, instance.capacities, instance.offsets, costs
    assert compare(*arguments, result.quotas, result.heavy_per_slot) == (-1, 0)
    traced = jax.jit(monotonic.solve)(instance)
    np.testing.assert_array_equal(traced.objective, result.objective)
    np.testing.assert_array_equal(traced.quotas, result.quotas)


@pytest.mark.parametrize(("machines", "slots"), [(2, 3), (3, 2), (2, 4), (4, 2)])
def test_the_enumeration_itself(machines, slots):
    costs = np.array([1.0, 3.0, 4.0, 9.0][:slots])
    rng = np.random.default_rng(0)
    for _ in range(6):
        heavy = rng.random(machines * slots) < 0.5
        plain = least_cost_by_products(heavy, [slots] * machines, costs)
        assert least_cost(heavy, [slots] * machines, costs)[0] == plain


@pytest.mark.parametrize("formulation", ["full", "compact"])
def test_integer_programs(formulation):
    rng = np.random.default_rng(3)
    for machines, slots in [(3, 3), (2, 5), (5, 2), (1, 6), (6, 1)]:
        for costs in COSTS.values():
            heavy = rng.random(machines * slots) < 0.5
            instance = monotonic.Instance(heavy, machines, costs(slots))
            result = monotonic.solve_ilp(instance, formulation)
            assert result.objective == pytest.approx(monotonic.solve(instance).objective, abs=1e-9)
            assert result.bound == pytest.approx(result.objective, abs=1e-6)
            assert result.certificate().optimal
