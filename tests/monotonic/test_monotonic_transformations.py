"""The closed form under jit, vmap and grad, alone and together."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads

from concave_sched import monotonic

RNG = np.random.default_rng(1)
CASES = [(1, 1, None), (1, 6, None), (6, 1, None), (4, 5, None), (3, 4, (4, 2, 1))]


def case(machines, slots, unequal):
    jobs = machines * slots if unequal is None else sum(unequal)
    costs = np.sort(RNG.normal(size=slots))
    return RNG.random((7, jobs)) < 0.5, costs


def objective(heavy, machines, costs, slots=None):
    return monotonic.solve(monotonic.Instance(heavy, machines, costs, slots=slots)).objective


@pytest.mark.parametrize(("machines", "slots", "unequal"), [CASES[0], *CASES[3:]])
def test_derivatives_in_the_slot_costs(machines, slots, unequal):
    heavy, costs = case(machines, slots, unequal)
    one = jax.jit(lambda c: objective(heavy[0], machines, c, unequal))
    check_grads(one, (costs,), order=2, modes=("fwd", "rev"))
    batch = jax.vmap(lambda h, c: objective(h, machines, c, unequal), in_axes=(0, None))
    check_grads(jax.jit(lambda c: batch(jnp.asarray(heavy), c)), (costs,), order=2)
    result = monotonic.solve(monotonic.Instance(heavy[0], machines, costs, slots=unequal))
    np.testing.assert_array_equal(jax.grad(one)(costs), result.heavy_per_slot)


def test_derivatives_of_the_energy():
    heavy, costs = case(4, 5, None)

    def energy(c, light, high):
        instance = monotonic.Instance(heavy[0], 4, c, energies=(light, high))
        return monotonic.solve(instance).energy

    check_grads(jax.jit(energy), (costs, 1.0, 2.5), order=2)


@pytest.mark.parametrize(("machines", "slots", "unequal"), CASES)
def test_batches_equal_single_calls(machines, slots, unequal):
    heavy, costs = case(machines, slots, unequal)
    whole = monotonic.solve(monotonic.Instance(heavy, machines, costs, slots=unequal))
    traced = jax.jit(monotonic.solve)(whole.instance)
    mapped = jax.vmap(
        lambda h: monotonic.solve(monotonic.Instance(h, machines, costs, slots=unequal))
    )(heavy)
    for row, sequence in enumerate(heavy):
        one = monotonic.solve(monotonic.Instance(sequence, machines, costs, slots=unequal))
        for batch in (whole, traced, mapped):
            assert batch.objective[row] == pytest.approx(one.objective, abs=1e-12)
            np.testing.assert_array_equal(batch.quotas[row], one.quotas)
            np.testing.assert_array_equal(batch.heavy_per_slot[row], one.heavy_per_slot)


@pytest.mark.parametrize(("machines", "slots", "unequal"), CASES)
def test_schedules_are_traced_too(machines, slots, unequal):
    heavy, costs = case(machines, slots, unequal)

    @jax.jit
    @jax.vmap
    def schedule(h):
        result = monotonic.solve(monotonic.Instance(h, machines, costs, slots=unequal))
        return result.machine, result.slot

    machine, slot = schedule(heavy)
    for row, sequence in enumerate(heavy):
        one = monotonic.solve(monotonic.Instance(sequence, machines, costs, slots=unequal))
        np.testing.assert_array_equal(machine[row], one.machine)
        np.testing.assert_array_equal(slot[row], one.slot)


def test_costs_in_a_batch_share_one_compilation():
    heavy = np.array([True, False, False, True, True, False])
    compiled = jax.jit(lambda c: objective(heavy, 2, c))
    for costs in ([1.0, 2.0, 3.0], [0.0, 5.0, 6.0], [1.0, 1.0, 1.0]):
        assert compiled(jnp.asarray(costs)) == objective(heavy, 2, costs)
    assert compiled._cache_size() == 1


@pytest.mark.parametrize("jobs", [2**14, 2**15, 2**15 + 2**10])
def test_counts_do_not_overflow_where_their_type_changes(jobs):
    machines, slots = jobs // 128, 128
    heavy = np.arange(jobs) < jobs - 100
    instance = monotonic.Instance(heavy, machines, np.arange(1.0, slots + 1))
    plain, traced = monotonic.solve(instance), jax.jit(monotonic.solve)(instance)
    assert plain.objective == traced.objective == plain.validate()
    np.testing.assert_array_equal(plain.quotas, traced.quotas)


def test_costs_in_32_bits_keep_their_type():
    costs = jnp.asarray([1.0, 2.0], jnp.float32)
    traced = jax.jit(lambda c: monotonic.solve(monotonic.Instance("HLLH", 2, c)))(costs)
    assert traced.objective.dtype == jnp.float32
    assert traced.energy == traced.objective == 3
    assert traced.validate() == 3


def test_costs_in_32_bits_are_added_up_in_64():
    costs = np.cumsum(RNG.random(50)).astype(np.float32)
    instance = monotonic.Instance(RNG.random(5000) < 0.5, 100, costs)
    for result in (monotonic.solve(instance), jax.jit(monotonic.solve)(instance)):
        assert result.certificate().optimal
    exact = monotonic.solve(instance).heavy_per_slot @ costs.astype(float)
    assert monotonic.solve(instance).objective == exact


def test_traced_numbers_outside_the_exact_class_give_nan():
    costs = jnp.asarray([[1.0, 2.0], [2.0, 1.0], [1.0, 1.0]])
    values = jax.vmap(lambda c: objective("HLLH", 2, c))(costs)
    np.testing.assert_array_equal(values, [3, np.nan, 2])

    @jax.jit
    def energy(light, heavy):
        instance = monotonic.Instance("HLLH", 2, [1.0, 2.0], energies=(light, heavy))
        return monotonic.solve(instance).energy

    assert energy(1.0, 3.0) == 12
    assert jnp.isnan(energy(3.0, 1.0))


def test_whole_numbers_as_costs():
    for costs in (np.array([1, 2]), jnp.asarray([1, 2])):
        assert jax.jit(lambda c: objective("HLLH", 2, c))(costs) == 3
        assert objective("HLLH", 2, costs) == objective("HLLH", 2, costs.tolist()) == 3
