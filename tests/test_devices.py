"""The continuous solvers on several devices, without communication, and nothing they need of a CPU.

Two forced host devices stand in for accelerators. What is checked of a GPU is that the programs
lower for it and call nothing on the host.
"""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, NamedSharding, PartitionSpec

import concave_sched as cs

COLLECTIVE = re.compile(
    r"= (\S+) (all-reduce|all-gather|all-to-all|collective-permute|reduce-scatter)\S*\("
)
BATCH = 6
RANDOM = np.random.default_rng(0)


def waterfill(budget, rate):
    return cs.waterfill(cs.curves.Logarithmic(rate, 1.0), budget)


def nested_waterfill(budgets, rate):
    return cs.nested_waterfill(cs.curves.Exponential(0.0, 1.0, rate), budgets)


def smartfill(sizes, rate):
    jobs = cs.smartfill.Instance(cs.curves.Logarithmic(1.0, rate), sizes, budget=10.0)
    return cs.smartfill.solve(jobs)


def monotonic(heavy, slot_costs):
    found = cs.monotonic.solve(cs.monotonic.Instance(heavy, 4, slot_costs))
    return found.objective, found.quotas


def fit(x, y):
    return cs.fit(cs.curves.Hyperbolic, x, y, at_zero=0.0).curve


RATES = RANDOM.uniform(0.5, 2.0, (BATCH, 5))
GPUS = np.tile([1.0, 2.0, 4.0, 8.0], (BATCH, 1))
TASKS = cs.dsct.generate(6, 2, count=BATCH)
CASES = {
    "waterfill": (waterfill, (RANDOM.uniform(1.0, 5.0, BATCH), RATES)),
    "nested_waterfill": (nested_waterfill, (np.cumsum(RATES, 1), RATES)),
    "smartfill": (smartfill, (RANDOM.lognormal(0.0, 1.0, (BATCH, 5)), RATES[:, 0])),
    "dsct": (cs.dsct.approximate, (TASKS,)),
    "monotonic": (monotonic, (RANDOM.random((BATCH, 12)) < 0.4, np.cumsum(RATES[:, :3], 1))),
    "fit": (fit, (GPUS, GPUS / (GPUS + RANDOM.uniform(2.0, 9.0, (BATCH, 1))))),
}


@pytest.fixture(scope="module")
def halves():
    devices = jax.devices()
    assert len(devices) == 2
    return NamedSharding(Mesh(np.array(devices), ("batch",)), PartitionSpec("batch"))


@pytest.mark.parametrize("name", CASES)
def test_devices_share_a_batch_and_do_not_talk(halves, name):
    solver, arguments = CASES[name]
    placed = jax.device_put(arguments, halves)
    traced = jax.jit(cs.over_devices(solver)).trace(*placed)
    program = traced.lower().compile()
    assert COLLECTIVE.findall(program.as_text()) == []
    found = program(*placed)
    for leaf in jax.tree.leaves(found):
        assert leaf.sharding.is_equivalent_to(halves, leaf.ndim)
        assert {shard.data.shape[0] for shard in leaf.addressable_shards} == {BATCH // 2}
    for k in (0, BATCH - 1):
        one = jax.jit(solver)(*jax.tree.map(lambda leaf, k=k: leaf[k], arguments))
        for mine, other in zip(jax.tree.leaves(found), jax.tree.leaves(one), strict=True):
            np.testing.assert_allclose(mine[k], other, rtol=1e-9, atol=1e-12)
    for_gpu = traced.lower(lowering_platforms=("cuda",)).as_text()
    assert "stablehlo" in for_gpu and "callback" not in for_gpu


def test_a_plain_vmap_asks_the_other_device_in_every_round(halves):
    """Why `over_devices`: the condition of a batched while loop is over the whole batch."""
    solver, arguments = CASES["waterfill"]
    placed = jax.device_put(arguments, halves)
    program = jax.jit(jax.vmap(solver)).lower(*placed).compile()
    assert set(COLLECTIVE.findall(program.as_text())) == {("pred[]", "all-reduce")}
    alone = jax.vmap(solver)(*arguments)
    np.testing.assert_array_equal(program(*placed).amounts, alone.amounts)


def test_any_batch_under_grad():
    def value(budget):
        return cs.waterfill(cs.curves.Logarithmic(1.0, [1.0, 2.0]), budget).value

    budgets = np.linspace(1.0, 3.0, 5)
    run = cs.over_devices(value)
    prices = jax.grad(lambda b: jnp.sum(run(b)))(budgets)
    each = [cs.waterfill(cs.curves.Logarithmic(1.0, [1.0, 2.0]), b) for b in budgets]
    np.testing.assert_allclose(run(budgets), [float(a.value) for a in each], rtol=1e-14)
    np.testing.assert_allclose(prices, [float(a.price) for a in each], rtol=1e-12)


def test_batches_that_differ_are_told():
    with pytest.raises(ValueError, match=r"leading axis.*\(2,\), \(3,\)"):
        cs.over_devices(jnp.add)(np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="close over what is shared"):
        cs.over_devices(jnp.add)(np.ones(2), 1.0)
