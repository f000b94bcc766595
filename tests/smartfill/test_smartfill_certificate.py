"""The certificate closes on every family and catches planted mistakes."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from smartfill_cases import RANDOM, REGULAR, assert_certified, random_jobs

import concave_sched as cs
from concave_sched import curves as c


def instance(name="Logarithmic", jobs=6, seed=0):
    rng = np.random.default_rng(seed)
    sizes, weights = random_jobs(rng, jobs)
    return cs.smartfill.Instance(RANDOM[name](*rng.uniform(size=3)), sizes, weights, 3.0)


@pytest.mark.parametrize("name", RANDOM)
def test_it_closes(name):
    """300 jobs: more than one chunk of phases, more than one block of the general algorithm."""
    i = instance(name, 300)
    found = cs.smartfill.solve(i)
    proof = assert_certified(found, feasibility=1e-11)
    assert float(found.objective) == pytest.approx(proof.primal, rel=1e-12)
    served = np.asarray(found.rates) > 0
    costs, gain = np.asarray(found.marginal_costs), np.asarray(i.speedup.marginal(found.rates))
    value = costs[:, None] * gain
    price = np.asarray(found.prices)[None, :] * np.ones_like(value)
    np.testing.assert_allclose(value[served], price[served], rtol=1e-9)


@pytest.mark.parametrize(
    ("exponent", "limit"), [(1.05, 12.0), (1.3, 10.0), (1.3, 12.0), (3.0, 10.0), (3.0, 12.0)]
)
def test_saturating_speedups_close(exponent, limit):
    """Sums over a sliding window lose every digit here (measured: a gap of 1.9 at 1.05)."""
    sizes = np.random.default_rng(0).uniform(1.0, 10.0, 300)
    speedup = c.SaturatingPower(0.5, limit, exponent)
    assert_certified(cs.smartfill.solve(cs.smartfill.Instance(speedup, sizes, budget=10.0)))


@pytest.mark.parametrize("name", ["Logarithmic", "Hill"])
@pytest.mark.parametrize("job", [0, 3, 5])
@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_a_scaled_cost_is_caught(name, job, factor):
    found = cs.smartfill.solve(instance(name))
    wrong = found.policy.log_cost.at[job].add(np.log(factor))
    policy = dataclasses.replace(found.policy, log_cost=wrong)
    proof = dataclasses.replace(found, policy=policy).certificate()
    assert max(proof.gap, proof.feasibility, proof.kkt_residual) > 1e-4


def test_scaled_prices_are_caught():
    found = cs.smartfill.solve(instance())
    policy = dataclasses.replace(found.policy, log_price=found.policy.log_price.at[2].add(0.01))
    assert dataclasses.replace(found, policy=policy).certificate().feasibility > 1e-4


@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_perturbed_durations_are_caught(factor):
    found = cs.smartfill.solve(instance())
    durations = found.durations.at[1].multiply(factor)
    proof = dataclasses.replace(found, durations=durations).certificate()
    assert proof.feasibility > 1e-4 and proof.gap > 1e-6
    negative = dataclasses.replace(found, durations=found.durations.at[1].multiply(-1))
    assert negative.certificate().shortest_phase < 0


def test_a_dropped_job_is_caught():
    """Without the job's cost nobody serves it: its work is not done."""
    found = cs.smartfill.solve(instance())
    wrong = found.policy.log_cost.at[2].set(-50.0)
    policy = dataclasses.replace(found.policy, log_cost=wrong)
    proof = dataclasses.replace(found, policy=policy).certificate()
    assert proof.feasibility > 0.5 and proof.kkt_residual > 1


def test_the_optimum_of_another_speedup_is_caught():
    i = instance()
    other = dataclasses.replace(i, speedup=c.Logarithmic(1.0, 5.0))
    found = dataclasses.replace(cs.smartfill.solve(other), instance=i)
    proof = found.certificate()
    assert max(proof.gap, proof.feasibility) > 1e-3


@pytest.mark.parametrize("name", REGULAR)
def test_cdr_ratios(name):
    """s'(theta_i) over s'(theta of the largest job) wherever both are served."""
    i = instance(name)
    found = cs.smartfill.solve(i)
    rates, largest = np.asarray(found.rates), int(found.order[0])
    gain = np.asarray(i.speedup.marginal(rates))
    both = (rates > 0) & (rates[largest] > 0)
    expected = np.asarray(found.cdr_ratios)[:, None] * np.ones_like(gain)
    np.testing.assert_allclose((gain / gain[largest])[both], expected[both], rtol=1e-9)


def test_baselines_are_certified_against_the_optimum():
    i = instance()
    for policy in (cs.smartfill.hesrpt, cs.smartfill.equal_share, cs.smartfill.shortest_first):
        result = policy(i)
        proof = result.certificate()
        best = float(cs.smartfill.solve(i).objective)
        assert proof.feasibility < 1e-13 and np.isnan(proof.kkt_residual)
        assert proof.gap == pytest.approx(1 - best / float(result.objective), abs=1e-12)
        with pytest.raises(AttributeError, match="use smartfill.solve"):
            result.marginal_costs  # noqa: B018
        with pytest.raises(AttributeError, match="use smartfill.solve"):
            result.prices  # noqa: B018


def test_it_refuses_traces_and_batches():
    i = instance()
    with pytest.raises(ValueError, match="outside jit"):
        jax.jit(lambda i: cs.smartfill.solve(i).certificate().gap)(i)
    batch = jax.vmap(lambda b: cs.smartfill.solve(dataclasses.replace(i, budget=b)))(jnp.ones(2))
    with pytest.raises(ValueError, match="one schedule"):
        batch.certificate()
