"""Every figure draws on the Axes given, says what its axes are, and takes 1 or 200 entries."""

import jax
import matplotlib.pyplot as plt
import numpy as np
import pytest

import concave_sched as cs
from concave_sched import plotting


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def draw(function, *arguments):
    """Draw on given and on new Axes, render both, and return the given ones."""
    given = plt.subplots(layout="constrained")[1]
    assert function(*arguments, ax=given) is given
    for ax in (given, function(*arguments)):
        assert ax.get_xlabel() and ax.get_ylabel()
        ax.figure.canvas.draw()
    return given


def schedule(jobs, policy=cs.smartfill.solve, sizes=None):
    sizes = np.arange(jobs, 0, -1.0) if sizes is None else sizes
    speedup = cs.curves.Logarithmic(1.0, 1.0)
    return policy(cs.smartfill.Instance(speedup, sizes, budget=10.0))


@pytest.mark.parametrize("jobs", [1, 5, 200])
def test_rates_over_time(jobs):
    ax = draw(plotting.rates_over_time, schedule(jobs))
    assert ax.get_ylim() == (0, 10)
    assert (ax.get_legend() is not None) == (jobs <= 8)


def test_rates_over_time_of_more_jobs_than_bands():
    ax = draw(plotting.rates_over_time, schedule(1000, cs.smartfill.shortest_first))
    assert len(ax.patches) < 400


def test_rates_over_time_shows_the_shortest_job_on_top():
    ax = draw(plotting.rates_over_time, schedule(3, sizes=[2.0, 1.0, 3.0]))
    shortest = ax.patches[0]
    assert shortest.get_label().startswith("job 1,")
    assert shortest.get_data().values[0] == pytest.approx(10)


def test_equal_sizes():
    draw(plotting.rates_over_time, schedule(20, sizes=np.full(20, 2.0)))


@pytest.mark.parametrize("jobs", [1, 200])
def test_completion_times(jobs):
    policies = [cs.smartfill.solve, cs.smartfill.equal_share, cs.smartfill.solve]
    several = [schedule(jobs, policy) for policy in policies]
    ax = draw(plotting.completion_times, several)
    assert len({line.get_label() for line in ax.lines}) == 3
    one = draw(plotting.completion_times, several[0])
    np.testing.assert_allclose(
        np.sort(one.lines[0].get_ydata()), np.sort(several[0].completion_times)
    )
    named = draw(plotting.completion_times, {"ours": several[0], "theirs": several[1]})
    assert [line.get_label().split()[0] for line in named.lines] == ["ours", "theirs"]


def test_schedules_that_cannot_be_drawn_are_refused():
    batch = jax.tree.map(lambda x: np.stack([x, x]), schedule(3))
    for function in (plotting.rates_over_time, plotting.completion_times):
        with pytest.raises(ValueError, match="batch of shape"):
            function(batch)
    with pytest.raises(ValueError, match="empty"):
        plotting.completion_times([])


CURVES = {
    "logarithmic": cs.curves.Logarithmic(1.0, 1.0),
    "power": cs.curves.Power(1.0, 0.5),
    "steep power": cs.curves.Power(1.0, 0.9),
    "saturating": cs.curves.SaturatingPower(1.0, 6.0, 2.0),
    "exponential": cs.curves.Exponential(0.0, 2.0, 0.3),
    "hill": cs.curves.Hill(1.0, 2.0, 0.7),
    "linear pieces": cs.curves.PiecewiseLinear([0.0, 1.0, 3.0, 6.0], [0.0, 3.0, 6.0, 7.0]),
}


def water(ax):
    """The area of water in every bottle."""
    areas = []
    for collection in ax.collections:
        xy = collection.get_paths()[0].vertices
        x, y = xy[:, 0], xy[:, 1]
        areas.append(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)
    return np.array(areas)


@pytest.mark.parametrize("name", CURVES)
def test_the_water_in_a_bottle_is_its_amount(name):
    allocation = cs.waterfill(CURVES[name], 6.0, weights=[1.0, 1.2, 1.1], upper=[4.0, np.inf, 3.0])
    ax = draw(plotting.bottles, allocation)
    areas, amounts = water(ax), np.asarray(allocation.amounts)
    np.testing.assert_allclose(areas / areas.sum(), amounts / amounts.sum(), rtol=1e-6)


@pytest.mark.parametrize("entries", [1, 12, 200])
def test_bottles_of_few_and_many_entries(entries):
    weights = np.linspace(0.1, 4.0, entries)
    ax = draw(plotting.bottles, cs.waterfill(CURVES["logarithmic"], 10.0, weights=weights))
    assert len(ax.get_xticks()) == min(entries, 12)


@pytest.mark.parametrize(
    "budget, upper, words",
    [(0.0, None, "price 3"), (60.0, [1.0, 2.0, 0.5], "price 0"), (1e-9, None, "price 3")],
)
def test_bottles_without_a_level(budget, upper, words):
    weights = [1.0, 3.0, 0.0]
    allocation = cs.waterfill(CURVES["logarithmic"], budget, weights=weights, upper=upper)
    assert words in draw(plotting.bottles, allocation).get_title()


def test_bottles_of_an_infinite_price():
    allocation = cs.waterfill(cs.curves.Power([1.0, 2.0], 0.5), 0.0)
    assert "no water" in draw(plotting.bottles, allocation).get_title()


def test_bottles_whose_prices_spread_over_decades():
    weights = np.geomspace(1e-8, 1e8, 9)
    draw(plotting.bottles, cs.waterfill(CURVES["logarithmic"], 60.0, weights=weights))


def test_bottles_of_many_entries_without_water():
    allocation = cs.waterfill(CURVES["logarithmic"], 0.0, weights=np.linspace(1.0, 2.0, 20))
    draw(plotting.bottles, allocation)


def nested(entries):
    rng = np.random.default_rng(entries)
    curve = cs.curves.Logarithmic(rng.uniform(0.5, 3.0, entries), 1.0)
    return cs.nested_waterfill(curve, np.cumsum(rng.uniform(0.1, 2.0, entries)))


@pytest.mark.parametrize("entries", [1, 8, 200])
def test_nested_budgets(entries):
    allocation = nested(entries)
    ax = draw(plotting.nested_budgets, allocation)
    binding = next(line for line in ax.lines if line.get_label() == "budget binds")
    assert binding.get_xdata().size == int((allocation.multipliers > 0).sum())


def test_results_draw_themselves():
    draw(schedule(3).plot)
    draw(schedule(3).plot_completion_times)
    draw(nested(3).plot)
    draw(cs.waterfill(CURVES["hill"], 1.0, weights=[1.0, 2.0]).plot)


def test_batches_of_allocations_are_refused():
    allocation = nested(3)
    batch = jax.tree.map(lambda x: np.stack([x, x]), allocation)
    with pytest.raises(ValueError, match="index the batch"):
        plotting.nested_budgets(batch)
    single = cs.waterfill(CURVES["hill"], 1.0, weights=[1.0, 2.0])
    with pytest.raises(ValueError, match="index the batch"):
        plotting.bottles(jax.tree.map(lambda x: np.stack([x, x]), single))
