"""From 4,096 entries on sums go by rows, and from 8,192 on settled blocks step aside."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import concave_sched as cs
from concave_sched import curves as c
from concave_sched._results import Status
from concave_sched.allocation._price import _over_blocks
from concave_sched.allocation._running_sum import places, running_count, running_sum

N = 20_000
RNG = np.random.default_rng(0)
EVEN = np.sort(RNG.uniform(0, 1, N))
LAWS = {
    "uniform": EVEN,
    "equal": np.ones(N),
    "squares": np.linspace(0, 1, N) ** 2,
    "roots": np.linspace(0, 1, N) ** 0.5,
    "steps": np.ceil(10 * EVEN) / 10,
    "zeros first": np.maximum(EVEN - 0.3, 0),
    "walk": np.maximum.accumulate(np.cumsum(RNG.normal(0.02, 1, N)).clip(0)) / N,
    "unsorted": RNG.uniform(0.5, 1, N),
    "nearly one block": np.where(np.arange(N) == N // 2, 1e-9, 1.0),
}
CAPS = {"finite": RNG.uniform(0, 4, N), "none": np.full(N, np.inf)}
FAMILIES = {
    "Exponential": c.Exponential(0.0, RNG.uniform(0.5, 1, N), RNG.uniform(0.1, 3, N)),
    "Hyperbolic": c.Hyperbolic(RNG.uniform(0.5, 1, N), 10.0 ** RNG.uniform(-2, 2, N)),
    "PiecewiseLinear": c.PiecewiseLinear([0.0, 0.5, 1.0, 3.0], [0.0, 1.0, 1.5, 2.0]),
}


@pytest.mark.parametrize("caps", CAPS)
@pytest.mark.parametrize("name", FAMILIES)
def test_every_law_is_certified(name, caps):
    for law, shape in LAWS.items():
        budgets = 0.6 * N * shape
        answer = cs.nested_waterfill(FAMILIES[name], budgets, CAPS[caps])
        proof = answer.certificate()
        assert answer.status is Status.OPTIMAL, law
        assert proof.gap <= 1e-13 and proof.feasibility <= 1e-13, (law, proof)


def test_blocks_by_the_thousand():
    """Equal curves and rising steps: every budget binds, and every entry takes its own step."""
    steps = np.linspace(0.1, 1, N)
    curve = c.Exponential(0.0, np.ones(N), np.ones(N))
    answer = cs.nested_waterfill(curve, np.cumsum(steps), CAPS["none"])
    np.testing.assert_allclose(answer.amounts, steps, rtol=1e-9)
    assert np.all(answer.multipliers > 0)


@pytest.mark.parametrize("size", [1, 15, 33, 257, 5000])
def test_prefix_sums(size):
    values = np.random.default_rng(size).normal(size=size)
    np.testing.assert_allclose(running_sum(jnp.asarray(values)), np.cumsum(values), atol=1e-13)
    marks = values > 0.5
    np.testing.assert_array_equal(running_count(jnp.asarray(marks)), np.cumsum(marks))
    found = places(jnp.asarray(marks), size)
    np.testing.assert_array_equal(found[: marks.sum()], np.flatnonzero(marks))
    assert not np.any(found[marks.sum() :])


@pytest.mark.parametrize("size, blocks", [(5000, 5), (4097, 128), (5003, 100)])
def test_sums_and_extremes_of_blocks(size, blocks):
    rng = np.random.default_rng(blocks)
    values, ids = rng.normal(size=size), np.sort(rng.integers(0, blocks, size)).astype(np.int32)
    given = jnp.asarray(values), jnp.asarray(ids), blocks
    totals = _over_blocks(jax.ops.segment_sum, jnp.sum, 0, *given)
    highest = _over_blocks(jax.ops.segment_max, jnp.max, -jnp.inf, *given)
    for block in range(blocks):
        mine = values[ids == block]
        assert float(totals[block]) == pytest.approx(mine.sum(), abs=1e-12)
        assert float(highest[block]) == max(mine, default=-np.inf)
