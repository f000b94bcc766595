"""Derivatives: the envelope theorem, both orders against differences, batches, memory."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.test_util import check_grads
from smartfill_cases import log_plus_ratio

import concave_sched as cs
from concave_sched import curves as c

SIZES, WEIGHTS = np.array([1.1, 4.0, 2.3, 3.1]), np.array([1.0, 0.2, 0.5, 0.3])
SPEEDUPS = {
    "Logarithmic": c.Logarithmic(1.2, 0.8),
    "ShiftedPower": c.ShiftedPower(1.1, 2.0, 0.6),
    "Power": c.Power(1.3, 0.6),
    "Hill": c.Hill(1.1, 2.0, 0.7),
    "Custom": c.Custom(log_plus_ratio, 0.5),
}


def answer(speedup, sizes, weights, budget):
    found = cs.smartfill.solve(cs.smartfill.Instance(speedup, sizes, weights, budget))
    return found.objective, found.completion_times


solve = jax.jit(answer)
slopes = jax.jit(jax.grad(lambda *a: answer(*a)[0], argnums=(0, 1, 2, 3)))


def floats(speedup):
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, float), speedup)


@pytest.mark.parametrize("name", SPEEDUPS)
def test_the_envelope_theorem(name):
    """dJ/dsize = marginal cost, dJ/dweight = completion time; dJ/dbudget by differences."""
    speedup = floats(SPEEDUPS[name])
    found = cs.smartfill.solve(cs.smartfill.Instance(speedup, SIZES, WEIGHTS, 5.0))
    d_speedup, d_sizes, d_weights, d_budget = slopes(speedup, SIZES, WEIGHTS, 5.0)
    np.testing.assert_allclose(d_sizes, found.marginal_costs, rtol=1e-13)
    np.testing.assert_allclose(d_weights, found.completion_times, rtol=1e-12)
    step = 1e-4
    at = lambda b: solve(speedup, SIZES, WEIGHTS, b)[0]  # noqa: E731
    assert float(d_budget) == pytest.approx(
        float(at(5 + step) - at(5 - step)) / (2 * step), rel=1e-7
    )
    for k, slope in enumerate(jax.tree.leaves(d_speedup)):
        moved = [solve(_move(speedup, k, h), SIZES, WEIGHTS, 5.0)[0] for h in (step, -step)]
        assert float(slope) == pytest.approx(float(moved[0] - moved[1]) / (2 * step), rel=1e-6)


def _move(speedup, k, step):
    leaves, shape = jax.tree.flatten(speedup)
    leaves[k] = leaves[k] + step
    return shape.unflatten(leaves)


@pytest.mark.parametrize("name", SPEEDUPS)
def test_both_orders(name):
    arguments = floats(SPEEDUPS[name]), SIZES, WEIGHTS, 5.0
    check_grads(solve, arguments, order=2, modes=["fwd"], atol=1e-5, rtol=1e-5, eps=1e-5)


def test_reverse_mode_equals_forward_mode():
    arguments = floats(SPEEDUPS["Logarithmic"]), SIZES, WEIGHTS, 5.0
    forward = jax.jit(jax.jacfwd(answer, argnums=(0, 1, 2, 3)))(*arguments)
    backward = jax.jit(jax.jacrev(answer, argnums=(0, 1, 2, 3)))(*arguments)
    for one, other in zip(jax.tree.leaves(forward), jax.tree.leaves(backward), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
    times_by_weights, costs_by_sizes = forward[1][2], forward[0][1]
    np.testing.assert_allclose(times_by_weights, np.asarray(times_by_weights).T, rtol=1e-10)
    assert costs_by_sizes.shape == (4,)


@pytest.mark.parametrize("name", ["Logarithmic", "Power", "Hill"])
def test_batches_equal_loops(name):
    """Instances and their gradients; the sizes of each row are in another order."""
    rng = np.random.default_rng(0)
    rows = [rng.permutation(4) for _ in range(3)]
    sizes, weights = np.stack([SIZES[r] for r in rows]), np.stack([WEIGHTS[r] for r in rows])
    budgets, speedup = np.array([0.5, 5.0, 50.0]), floats(SPEEDUPS[name])
    each = jax.value_and_grad(lambda x, w, b: answer(speedup, x, w, b)[0], argnums=(0, 1, 2))
    many, one = jax.jit(jax.vmap(each))(sizes, weights, budgets), jax.jit(each)
    for k in range(3):
        single = one(sizes[k], weights[k], budgets[k])
        for a, b in zip(jax.tree.leaves(many), jax.tree.leaves(single), strict=True):
            np.testing.assert_allclose(a[k], b, rtol=1e-11)


def test_second_derivatives_in_a_batch():
    speedup = floats(SPEEDUPS["ShiftedPower"])
    bend = jax.hessian(lambda b: answer(speedup, SIZES, WEIGHTS, b)[0])
    many = jax.jit(jax.vmap(bend))(np.array([2.0, 5.0]))
    slope = lambda b: slopes(speedup, SIZES, WEIGHTS, b)[3]  # noqa: E731
    for k, b in enumerate((2.0, 5.0)):
        difference = (slope(b + 1e-4) - slope(b - 1e-4)) / 2e-4
        assert float(many[k]) == pytest.approx(float(difference), rel=1e-6)


def test_a_gradient_of_many_jobs_builds_no_matrix():
    """20,000 jobs: a square matrix of doubles would need 3.2 GB."""
    n = 20_000
    i = cs.smartfill.Instance(c.Logarithmic(1.0, 1.0), np.arange(n, 0, -1.0), budget=10.0)
    value = lambda b, x: cs.smartfill.solve(dataclasses.replace(i, budget=b, sizes=x)).objective  # noqa: E731
    slope = jax.jit(jax.grad(value, argnums=(0, 1)))
    memory = slope.lower(10.0, i.sizes).compile().memory_analysis()
    assert memory.temp_size_in_bytes < 2e8
    by_budget, by_size = slope(10.0, i.sizes)
    step = 1e-3
    up, down = (cs.smartfill.solve(dataclasses.replace(i, budget=10 + h)) for h in (step, -step))
    difference = float(up.objective - down.objective) / (2 * step)
    assert float(by_budget) == pytest.approx(difference, rel=1e-6)
    np.testing.assert_allclose(by_size, cs.smartfill.solve(i).marginal_costs, rtol=1e-12)
