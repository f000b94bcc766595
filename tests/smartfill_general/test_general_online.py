"""The online simulation against static answers, a loop in plain Python, and itself."""

import numpy as np
import pytest

import concave_sched as cs
from concave_sched import curves as c

S = cs.smartfill
LOG = c.Logarithmic(1.0, 1.0)


def lognormal(rng, shape):
    return rng.lognormal(0, 1, shape)


JOBS = S.Arrivals.poisson(3.0, jobs=24, seeds=5, sizes=lognormal)


@pytest.mark.parametrize(
    ("policy", "static"),
    [
        (S.SMARTFILL, S.solve),
        (S.HeSRPT(0.48), lambda i: S.hesrpt(i, 0.48)),
        (S.EQUAL_SHARE, S.equal_share),
        (S.SHORTEST_FIRST, S.shortest_first),
    ],
)
def test_all_at_time_zero_is_the_static_answer(policy, static):
    sizes = np.random.default_rng(0).uniform(0.5, 5, (3, 12))
    found = S.simulate_online(policy, S.Arrivals(np.zeros((3, 12)), sizes), LOG, 4.0)
    found.validate()
    for k in range(3):
        expected = static(S.Instance(LOG, sizes[k], budget=4.0)).completion_times
        np.testing.assert_allclose(found.completion_times[k], expected, rtol=1e-9)


def loop(share, times, sizes, budget):
    """Equal share or shortest first for one seed, event by event."""
    left, here, ends = sizes.copy(), np.zeros(len(sizes), bool), np.full(len(sizes), np.nan)
    time, coming = 0.0, 0
    while np.isnan(ends).any():
        speeds = np.where(here, np.log1p(share(left, here, budget)), 0)
        wait = np.divide(left, speeds, out=np.full(len(sizes), np.inf), where=speeds > 0)
        arrival = times[coming] if coming < len(times) else np.inf
        now = min(time + wait.min(), arrival)
        left -= speeds * (now - time)
        if time + wait.min() <= arrival:
            done = int(wait.argmin())
            here[done], ends[done] = False, now
        else:
            here[coming] = True
            coming += 1
        time = now
    return ends


def equal(left, here, budget):
    return np.where(here, budget / max(here.sum(), 1), 0)


def shortest(left, here, budget):
    rates = np.zeros(len(left))
    if here.any():
        rates[np.where(here, left, np.inf).argmin()] = budget
    return rates


@pytest.mark.parametrize(
    ("policy", "share"), [(S.EQUAL_SHARE, equal), (S.SHORTEST_FIRST, shortest)]
)
def test_against_a_plain_loop(policy, share):
    found = S.simulate_online(policy, JOBS, LOG, 4.0)
    for k in range(5):
        expected = loop(share, JOBS.times[k], JOBS.sizes[k], 4.0)
        np.testing.assert_allclose(found.completion_times[k], expected, rtol=1e-9)


def test_the_plan_is_kept_between_arrivals():
    """One late arrival: until then the static schedule of the others, then that of what is left."""
    sizes, late = np.array([4.0, 3.0, 2.0, 1.5]), 0.6
    times = np.array([0.0, 0.0, 0.0, late])
    weights = np.ones(4)
    found = S.simulate_online(S.SMARTFILL, S.Arrivals(times, sizes, weights=weights), LOG, 4.0)
    first = S.solve(S.Instance(LOG, sizes[:3], weights[:3], 4.0))
    assert float(first.completion_times.min()) > late
    left = sizes[:3] - late * np.asarray(LOG(first.rates_during(2)))
    rest = S.solve(S.Instance(LOG, np.append(left, 1.5), weights, 4.0))
    np.testing.assert_allclose(
        found.completion_times[0], late + np.asarray(rest.completion_times), rtol=1e-9
    )


def test_smartfill_has_the_least_flow_time_here():
    weights = np.ones(JOBS.sizes.shape)
    jobs = S.Arrivals(JOBS.times, JOBS.sizes, weights=weights)
    flows = {
        p.name: S.simulate_online(p, jobs, LOG, 4.0).mean_flow_time
        for p in (S.SMARTFILL, S.EQUAL_SHARE, S.SHORTEST_FIRST, S.HeSRPT(0.5))
    }
    assert min(flows, key=flows.get) == "SmartFill"


def test_speedups_of_their_own():
    """Two kinds of jobs; with all at time 0, the same as the static run of the policy."""
    kinds = [c.Power(1.0, 0.6), LOG]
    which = np.array([[0, 1, 1, 0]])
    sizes = np.array([[2.0, 3.0, 1.0, 0.5]])
    found = S.simulate_online(S.SMARTFILL, S.Arrivals(np.zeros((1, 4)), sizes, which), kinds, 4.0)
    i = S.GeneralInstance([kinds[k] for k in which[0]], sizes[0], budget=4.0)
    static = S.run_policy(i, S.SMARTFILL)
    np.testing.assert_allclose(found.completion_times[0], static.completion_times, rtol=1e-9)
    assert static.objective >= S.solve_general(i).objective * (1 - 1e-12)


def test_a_policy_of_ones_own():
    import jax.numpy as jnp

    def by_weight(present):
        weights = jnp.where(present.here, present.weights, 0)
        return present.budget * weights / jnp.sum(weights)

    found = S.simulate_online(by_weight, JOBS, LOG, 4.0)
    assert found.policy_name == "by_weight" and found.mean_slowdown > 1
    low, high = found.interval()
    assert low < found.mean_slowdown < high
    assert np.diff(found.interval("flow_times")) > 0
    assert len(found.to_dataframe()) == 5 and "by_weight" in found.summary()
    assert found.plot().get_xscale() == "log"
    with pytest.raises(ValueError, match="sum to at most the budget; they are off by 1 of it"):
        S.simulate_online(lambda present: 2 * by_weight(present), JOBS, LOG, 4.0)
    with pytest.raises(ValueError, match="left jobs without budget for ever"):
        S.simulate_online(lambda present: 0 * by_weight(present), JOBS, LOG, 4.0)


def test_seeds_do_not_touch_each_other():
    """A seed alone, or among others, has the same times, whatever the number of slots."""
    one = S.Arrivals(JOBS.times[2:3], JOBS.sizes[2:3])
    alone = S.simulate_online(S.EQUAL_SHARE, one, LOG, 4.0)
    among = S.simulate_online(S.EQUAL_SHARE, JOBS, LOG, 4.0)
    np.testing.assert_allclose(alone.completion_times[0], among.completion_times[2], rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0, 0.5]], [[1.0, 1.0]]), r"times: step\[0, 0\] = -0.5"),
        (([[0.0, 1.0]], [[1.0, 0.0]]), r"sizes\[0, 1\] = 0.0"),
        (([[0.0]], [[1.0]], [[0.5]]), "kinds are float64"),
        (([[0.0]], [[1.0]], None, [[0.0]]), r"weights\[0, 0\] = 0.0"),
        (([[0.0, 1.0]], [[1.0, 1.0]], None, [1.0]), r"weights has shape \(1,\), not \(1, 2\)"),
        (("soon", [[1.0]]), "times = 'soon': give numbers"),
    ],
)
def test_bad_arrivals(arguments, message):
    with pytest.raises(ValueError, match=message):
        S.Arrivals(*arguments)


def test_bad_simulations():
    one = S.Arrivals([[0.0]], [[1.0]], [[1]])
    with pytest.raises(ValueError, match=r"arrivals.kinds\[0, 0\] = 1: there are 1 speedups"):
        S.simulate_online(S.EQUAL_SHARE, one, LOG)
    with pytest.raises(ValueError, match="closed inverse"):
        S.simulate_online(S.EQUAL_SHARE, one, [LOG, c.Hill(1.0, 1.0, 0.5)])
    with pytest.raises(ValueError, match="budget = 0"):
        S.simulate_online(S.EQUAL_SHARE, JOBS, LOG, 0.0)
    with pytest.raises(ValueError, match="budget is a StepBudget: .*run_policy takes"):
        S.simulate_online(S.EQUAL_SHARE, JOBS, LOG, S.StepBudget([0.0, 1.0], [1.0, 2.0]))
    with pytest.raises(ValueError, match="speedups = 3: give a curve"):
        S.simulate_online(S.EQUAL_SHARE, JOBS, 3)
    with pytest.raises(ValueError, match="arrivals = 3: give smartfill.Arrivals"):
        S.simulate_online(S.EQUAL_SHARE, 3, LOG)
    with pytest.raises(ValueError, match="sizes = 2.0: a function"):
        S.Arrivals.poisson(1.0, 3, 2, 2.0)
    with pytest.raises(ValueError, match="sum of kinds = 0.7"):
        S.Arrivals.poisson(1.0, 3, 2, lognormal, kinds=[0.5, 0.2])
    with pytest.raises(ValueError, match="policy = 'equal'"):
        S.simulate_online("equal", JOBS, LOG)
    with pytest.raises(ValueError, match="0 < exponent < 1"):
        S.HeSRPT(1.0)
