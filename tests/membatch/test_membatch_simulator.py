"""The simulator against hand-made cases and an independent sweep; the validator on bad tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concave_sched import membatch as mb


def one_device(time, gpu, memory=None):
    memory = [1.0] * len(time) if memory is None else memory
    return mb.Instance.from_arrays(np.array(time, float)[:, None], gpu, memory, [10.0])


def queue(instance):
    return mb.Plan(np.zeros(len(instance.tasks), int), np.arange(len(instance.tasks)))


@st.composite
def instances(draw, most_tasks=7, most_devices=3):
    tasks = draw(st.integers(1, most_tasks))
    devices = draw(st.integers(1, most_devices))
    numbers = st.integers(1, 12)
    time = [[draw(numbers) / 2 for _ in range(devices)] for _ in range(tasks)]
    gpu = [[draw(st.integers(0, 20)) * 5.0 for _ in range(devices)] for _ in range(tasks)]
    memory = [float(draw(st.integers(0, 8))) for _ in range(tasks)]
    return mb.Instance.from_arrays(time, gpu, memory, [8.0] * devices)


def test_tasks_that_fit_run_together_and_others_wait():
    instance = one_device([4, 3, 2], [60, 40, 40])
    r = mb.simulate(instance, queue(instance))
    assert r.start.tolist() == [0, 0, 3]
    assert r.objective == 5 and r.total_time == 9
    assert r.utilisation.loc["device0", "max"] == 100
    assert r.utilisation.loc["device0", "mean"] == pytest.approx((4 * 60 + 3 * 40 + 2 * 40) / 5)


def test_memory_alone_makes_tasks_wait():
    instance = one_device([4, 3], [10, 10], [6.0, 5.0])
    assert mb.simulate(instance, queue(instance)).start.tolist() == [0, 4]


def test_the_head_blocks_unless_backfilling():
    instance = one_device([4, 3, 2], [60, 50, 40])
    assert mb.simulate(instance, queue(instance)).start.tolist() == [0, 4, 4]
    assert mb.simulate(instance, queue(instance), backfill=True).start.tolist() == [0, 4, 0]


def test_releases_are_kept():
    instance = one_device([1, 1], [10, 10])
    plan = mb.Plan([0, 0], [0, 1], [2.5, 0.0])
    assert mb.simulate(instance, plan).start.tolist() == [2.5, 2.5]
    assert mb.simulate(instance, plan, backfill=True).start.tolist() == [2.5, 0.0]


def test_shares_that_add_up_to_the_capacity_exactly_fit():
    instance = one_device([1] * 10, [10.0] * 10)
    assert mb.simulate(instance, queue(instance)).objective == 1.0
    thirds = one_device([1] * 3, [100 / 3] * 3)
    assert mb.simulate(thirds, queue(thirds)).objective == 1.0


@settings(deadline=None, max_examples=60)
@given(instances(), st.randoms(use_true_random=False), st.booleans())
def test_any_plan_is_executed_within_capacity(instance, random, backfill):
    count = len(instance.tasks)
    device = [random.choice(np.flatnonzero(row).tolist()) for row in instance.fits]
    order = random.sample(range(count), count)
    release = [random.choice([0.0, 1.5]) for _ in range(count)]
    r = mb.simulate(instance, mb.Plan(device, order, release), backfill=backfill)
    assert r.validate() == pytest.approx(r.objective)
    assert (r.start >= release).all()
    if not backfill:
        for j in range(len(instance.devices)):
            starts = r.start[[i for i in order if device[i] == j]]
            assert (np.diff(starts) >= 0).all()
    use = r.utilisation_over_time()
    assert (use.gpu <= 100 * (1 + 1e-9)).all() and (use.memory <= 100 * (1 + 1e-9)).all()
    spent = ((use.end - use.start) * use.gpu).sum()
    assert spent == pytest.approx((instance.gpu[range(count), device] * (r.end - r.start)).sum())
    np.testing.assert_allclose(
        r.utilisation["mean"].sum() * r.objective, spent, rtol=1e-9, atol=1e-9
    )


@settings(deadline=None, max_examples=30)
@given(instances(), st.randoms(use_true_random=False))
def test_replaying_a_schedule_never_makes_it_longer(instance, random):
    r = mb.longest_first(instance)
    again = mb.simulate(instance, r.to_dataframe())
    assert again.objective <= r.objective * (1 + 1e-12)
    shorter = instance._derive(
        instance.tasks,
        instance.workloads,
        instance.parents,
        (instance.time * random.choice([0.5, 0.9]), instance.gpu, instance.memory),
        instance.averaged,
        instance.fractions,
    )
    assert mb.simulate(shorter, r.plan).objective <= r.objective * (1 + 1e-12)


def spoil(table, column, row, value):
    table = table.copy()
    table.loc[row, column] = value
    return table


def test_the_validator_sees_every_fault():
    instance = mb.example()
    table = mb.solve(instance).to_dataframe()
    assert mb.validate(instance, table) == pytest.approx(115.0)
    chest = table.task == "chest.0"
    bad = [
        (table[~chest], "chest.0' runs 0 times"),
        (pd.concat([table, table[chest]]), "chest.0' runs 2 times"),
        (spoil(table, "end", 0, 500.0), "runs for"),
        (spoil(spoil(table, "start", 0, -5.0), "end", 0, 17.0), "runs from"),
        (spoil(table, "device", 0, "gpu9"), "gpu9"),
        (spoil(table, "task", 0, "other"), "other"),
        (table.drop(columns="end"), "end"),
    ]
    together = table.copy()
    together.loc[together.task == "chest.1", ["device", "start", "end"]] = ["orin0", 0.0, 54.0]
    bad += [(together, "per cent of GPU")]
    for spoiled, message in bad:
        with pytest.raises(ValueError, match=message):
            mb.validate(instance, spoiled)


def test_the_validator_sees_too_little_memory():
    instance = one_device([4, 4], [10, 10], [6.0, 5.0])
    table = mb.simulate(instance, queue(instance)).to_dataframe()
    table.loc[1, ["start", "end"]] = [1.0, 5.0]
    with pytest.raises(ValueError, match="MB of memory"):
        mb.validate(instance, table)


def test_the_validator_sees_missing_parts():
    instance = mb.example()
    part = instance._derive(
        instance.tasks[:4],
        instance.workloads[:4],
        instance.parents[:4],
        tuple(n[:4] for n in (instance.time, instance.gpu, instance.memory)),
        instance.averaged[:4],
        instance.fractions[:4],
    )
    with pytest.raises(ValueError, match="parts of task 'chest'"):
        mb.longest_first(part).validate()
    mb.longest_first(instance.subset(range(4))).validate()


def test_results_print_draw_and_export():
    instance = mb.Instance(
        {"a": "number", "b": "unheard of"}, mb.jetson_cluster(), mb.edge_profiles()
    )
    r = mb.longest_first(mb.split(instance))
    assert "average profile used" in r.summary() and "unheard of" in r.summary()
    assert "<table>" in r._repr_html_() and "calibrat" not in r.summary()
    table = r.to_dataframe()
    assert table.columns[:4].tolist() == ["task", "device", "start", "end"]
    assert table.averaged.sum() == (table.workload == "unheard of").sum() > 0
    assert r.plot().get_xlabel() == "time (minutes)"
    from matplotlib import pyplot

    pyplot.close("all")


def test_plans_come_in_many_forms():
    instance = mb.example()
    r = mb.solve(instance)
    names = [d.name for d in instance.devices]
    where = {task: names[j] for task, j in zip(instance.tasks, r.device, strict=True)}
    for plan in (r, r.plan, r.to_dataframe(), where):
        assert mb.simulate(instance, plan).objective == pytest.approx(115.0)


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (mb.Plan([0], [0]), "shape"),
        (mb.Plan([9] * 5, range(5)), "there are devices 0 to 6"),
        (mb.Plan([4] * 5, [0, 0, 1, 2, 3]), "each of the 5 tasks once"),
        (mb.Plan([4] * 5, range(5), [-1.0] * 5), "release"),
        ({"number": "orin0"}, "has no device"),
        ({"number": "moon"}, "no such task or device"),
        (5, "plan = 5: give a Plan"),
    ],
)
def test_bad_plans_are_told(plan, message):
    with pytest.raises(ValueError, match=message):
        mb.simulate(mb.example(), plan)


def test_a_plan_may_not_put_a_task_where_it_never_fits():
    whole = mb.example(split=False)
    with pytest.raises(ValueError, match="'chest'.*'nano0', where it never fits"):
        mb.simulate(whole, mb.Plan([0] * 4, range(4)))
