"""Schedulers against brute force, CP-SAT, each other and the bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from membatch_brute_force import best_makespan
from test_membatch_simulator import instances

from concave_sched import membatch as mb
from concave_sched.membatch._area import area_program
from concave_sched.membatch._bound import classes, energy_program
from concave_sched.membatch._lists import Arrays


@settings(deadline=None, max_examples=25)
@given(instances(most_tasks=5, most_devices=2))
def test_brute_force_agrees_and_bounds_stay_below(instance):
    best = best_makespan(instance)
    exact = mb.solve_exact(instance, time_limit=20, workers=2)
    assert exact.objective == pytest.approx(best) and exact.status.name == "OPTIMAL"
    assert exact.bound == pytest.approx(best)
    r = mb.solve(instance, time_limit=5, workers=2)
    assert r.objective == pytest.approx(best)
    assert r.bound <= best * (1 + 1e-9)
    assert mb.lower_bound(instance) <= best * (1 + 1e-9)
    assert area_program(instance, 5.0)[1] <= best * (1 + 1e-9)
    for other in (mb.longest_first, mb.least_loaded_first, mb.baseline_ilp, mb.serial_ilp):
        assert other(instance).objective >= best * (1 - 1e-9)


def test_never_worse_than_longest_first_or_fcfs():
    for seed in range(200):
        instance = mb.generate(3 + seed % 20, seed)
        r = mb.solve(instance, time_limit=0.05, workers=1)
        others = mb.longest_first(instance), mb.least_loaded_first(instance)
        assert r.objective <= min(o.objective for o in others) * (1 + 1e-12), seed
        assert r.bound <= r.objective * (1 + 1e-12)
        if seed % 10 == 0:
            r.validate()


@pytest.mark.parametrize("seed", [0, 1])
def test_bound_optimum_makespan_in_order_on_proven_instances(seed):
    instance = mb.generate(8, seed)
    exact = mb.solve_exact(instance, time_limit=20, workers=2)
    assert exact.gap < 1e-5
    r = mb.solve(instance, time_limit=2)
    assert mb.lower_bound(instance) <= exact.objective * (1 + 1e-6)
    assert exact.bound <= r.objective * (1 + 1e-9)
    assert r.objective <= exact.objective * (1 + 1e-5)


def test_the_energy_bound_is_that_of_cvxpy():
    import cvxpy as cp

    instance = mb.generate(15, 3)
    merged = classes(instance, merge_devices=False)
    x = cp.Variable(merged.time.shape, nonneg=True)
    makespan = cp.Variable()
    fits = np.isfinite(merged.time)
    energy = np.where(fits, merged.energy, 0)
    program = cp.Problem(
        cp.Minimize(makespan),
        [cp.sum(x, axis=1) == merged.task_count, cp.multiply(x, ~fits) == 0]
        + [cp.sum(cp.multiply(e, x), axis=0) <= makespan for e in energy],
    )
    program.solve(solver=cp.CLARABEL)
    assert energy_program(merged)[0] == pytest.approx(program.value, rel=1e-6)
    assert energy_program(classes(instance))[0] == pytest.approx(program.value, rel=1e-6)


def test_three_wide_tasks_exclude_each_other():
    instance = mb.Instance.from_arrays([[10.0], [10.0], [10.0]], [51.0] * 3, [1.0] * 3, [9.0])
    assert mb.lower_bound(instance) == pytest.approx(30.0)
    half = mb.Instance.from_arrays([[10.0]] * 4, [50.0] * 4, [1.0] * 4, [9.0])
    assert mb.lower_bound(half) == pytest.approx(20.0)
    third = mb.Instance.from_arrays([[10.0]] * 4, [34.0] * 4, [1.0] * 4, [9.0])
    assert mb.lower_bound(third) == pytest.approx(20.0)
    heavy = mb.Instance.from_arrays([[10.0]] * 3, [1.0] * 3, [5.0] * 3, [9.0])
    assert mb.lower_bound(heavy) == pytest.approx(30.0)


def test_equal_tasks_and_devices_are_merged():
    merged = classes(mb.sweep(100))
    assert merged.task_count.sum() == 160 and merged.device_count.tolist().count(4) == 1
    assert merged.energy.shape[1:] == (7, 3)


def test_annealing_improves_distinct_profiles_and_keeps_capacity():
    instance = mb.generate(24, 0)
    before = mb.longest_first(instance)
    r = mb.solve(instance, time_limit=1.5, seed=1)
    assert r.objective < 0.95 * before.objective
    assert r.validate() == pytest.approx(r.objective)


def test_many_distinct_tasks_have_a_true_bound():
    devices = [
        mb.Device(f"d{k}", "abc"[k % 3], [2693.0, 8000.0, 16000.0][k % 3]) for k in range(30)
    ]
    instance = mb.generate(200, 5, devices)
    r = mb.solve(instance, time_limit=2.0)
    r.validate()
    assert 0 < r.gap < 0.4 and r.status.name == "TIME_LIMIT"


@pytest.mark.parametrize("way", ["carry", "barrier"])
def test_batches(way):
    instance = mb.sweep(60)
    members = mb.batch(instance)
    assert np.concatenate(members).tolist() == list(range(len(instance.tasks)))
    memory = [instance.memory[m].max(1).sum() for m in members]
    assert max(memory) <= instance.device_memory.sum() and len(members) > 1
    r = mb.solve(instance, time_limit=2.0, gap=0.01, batched=way)
    r.validate()
    assert r.objective >= mb.lower_bound(instance)
    if way == "barrier":
        ends = np.maximum.accumulate([r.end[m].max() for m in members])
        assert all(
            r.start[m].min() >= e - 1e-9 for m, e in zip(members[1:], ends[:-1], strict=True)
        )


def test_the_first_batch_is_never_empty():
    instance = mb.example()
    assert mb.batch(instance, limit=2700)[0].size > 0
    with pytest.raises(ValueError, match="'chest.0'.*split"):
        mb.batch(instance, limit=2000)


def test_fcfs_policy_in_detail():
    """Twelve equal nodes: k = 2, so the choice is random, by seed, and fills nodes by half."""
    devices = [{"type": "n", "memory": 100, "count": 12}]
    items = [{"id": f"t{i}", "time": 5.0, "gpu": 10.0, "memory": 30.0} for i in range(24)]
    instance = mb.Instance.from_items(items, devices)
    seen = {tuple(mb.least_loaded_first(instance, seed=s).device) for s in range(4)}
    assert len(seen) == 4
    r = mb.least_loaded_first(instance, seed=0)
    assert (r.device == mb.least_loaded_first(instance, seed=0).device).all()
    assert set(r.device[:4]) <= {0, 1, 2}  # 30 and 60 MB: a node counts as loaded from 50 on
    r.validate()


def test_a_waiting_head_blocks_only_its_own_queue():
    items = [
        {"id": "a", "workload": "w", "time": 5.0, "gpu": 60.0, "memory": 1.0},
        {"id": "b", "workload": "w", "time": 5.0, "gpu": 60.0, "memory": 1.0},
        {"id": "c", "workload": "v", "time": 5.0, "gpu": 40.0, "memory": 1.0},
    ]
    instance = mb.Instance.from_items(items, [{"type": "n", "memory": 9}])
    assert mb.least_loaded_first(instance).start.tolist() == [0, 5, 5]
    assert mb.least_loaded_first(instance, queue="by_workload").start.tolist() == [0, 5, 0]


def test_the_earliest_completion_kernel_is_list_scheduling():
    instance = mb.generate(10, 4)
    arrays = Arrays(instance)
    order = np.random.default_rng(0).permutation(len(instance.tasks))
    device, start = arrays.earliest_completion(order)
    r = mb.simulate(instance, mb.Plan.by_start(device, start))
    r.validate()
    assert (r.start <= start + 1e-9).all()
    first = order[0]
    assert device[first] == np.where(instance.fits[first], instance.time[first], np.inf).argmin()
