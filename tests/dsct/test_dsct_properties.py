"""What holds for every instance: symmetry, monotony, executable schedules, results."""

import dataclasses

import jax
import numpy as np
import pytest
from dsct_cases import several
from hypothesis import given, settings
from hypothesis import strategies as st

from concave_sched import curves, dsct

few = settings(deadline=None, derandomize=True, max_examples=15)
seeds = st.integers(0, 10_000)


def rearranged(i, order):
    low, high, rate = (np.broadcast_to(v, i.tasks)[order] for v in
                       (i.accuracy.low, i.accuracy.high, i.accuracy.rate))  # fmt: skip
    accuracy = curves.Exponential(low, high, rate)
    return dsct.Instance(accuracy, i.deadlines[order], i.max_work[order], i.speeds)


@few
@given(seeds)
def test_the_order_of_tasks_does_not_matter(seed):
    i = several(seed)
    order = np.random.default_rng(seed).permutation(i.tasks)
    j = rearranged(i, order)
    for solver in (dsct.approximate, dsct.edf_three_levels, dsct.upper_bound):
        a, b = solver(i), solver(j)
        assert float(a.objective) == pytest.approx(float(b.objective), rel=1e-12)
        np.testing.assert_allclose(np.asarray(a.work)[order], b.work, rtol=1e-8, atol=1e-10)


@few
@given(seeds, st.floats(1.0, 2.0))
def test_more_time_never_hurts(seed, factor):
    i = several(seed)
    later = dsct.Instance(i.accuracy, i.deadlines * factor, i.max_work, i.speeds)
    before, after = dsct.upper_bound(i), dsct.upper_bound(later)
    assert after.objective >= before.objective - 1e-12 and after.bound >= before.bound - 1e-12


@few
@given(seeds)
def test_units_of_time_do_not_matter(seed):
    i = several(seed)
    unit = 1e6
    accuracy = curves.Exponential(i.accuracy.low, i.accuracy.high, i.accuracy.rate / unit)
    j = dsct.Instance(accuracy, i.deadlines * unit, i.max_work * unit, i.speeds)
    a, b = dsct.approximate(i), dsct.approximate(j)
    assert float(a.objective) == pytest.approx(float(b.objective), rel=1e-11)
    np.testing.assert_array_equal(a.machine, b.machine)


@few
@given(seeds)
def test_schedules_can_be_executed(seed):
    i = several(seed)
    for solver in (dsct.approximate, dsct.edf_no_compression, dsct.edf_three_levels):
        if solver is dsct.edf_no_compression:
            i = dsct.Instance(i.accuracy, i.deadlines, np.minimum(i.max_work, 9.0), i.speeds)
        r = solver(i)
        assert r.validate() == pytest.approx(float(r.objective), rel=1e-12)
        # Replayed apart from `validate`: on every machine one task at a time, none late.
        work = np.asarray(r.times) @ np.asarray(i.speeds)
        np.testing.assert_allclose(work, r.work, rtol=1e-13, atol=1e-15)
        for q in range(i.machines):
            mine = np.flatnonzero(np.asarray(r.times)[:, q] > 0)
            mine = mine[np.argsort(np.asarray(r.start)[mine])]
            clock = 0.0
            for task in mine:
                assert r.start[task] >= clock - 1e-12
                clock = float(r.start[task] + r.times[task, q])
                assert clock <= i.deadlines[task] + 1e-12


def test_a_tampered_schedule_is_caught():
    i = several(3)
    r = dsct.approximate(i)
    j = int(np.argmax(r.work))
    work = np.asarray(r.work)
    for change, message in (
        ({"work": np.where(np.arange(6) == j, work + 9, work)}, "late|cap|overlap"),
        ({"start": np.asarray(r.start) * 0}, "overlap"),
        ({"start": np.asarray(r.start) - 1.0}, "start before 0"),
        ({"machine": np.full(6, 7)}, "machine"),
        ({"objective": r.objective + 1e-6}, "objective"),
        ({"work": -work}, "negative"),
    ):
        with pytest.raises(ValueError, match=message):
            dataclasses.replace(r, **change).validate()
    assert dataclasses.replace(r, start=r.start + 5.0).certificate().feasibility > 0.1
    wrong = dataclasses.replace(r, work=r.work * 0.9)
    assert wrong.certificate().kkt_residual > 1e-3


def test_results_print_export_and_explain():
    i = several(3)
    r = dsct.approximate(i)
    assert "relative gap" in r.summary() and r._repr_html_().startswith("<table>")
    frame = r.to_dataframe()
    assert len(frame) == 6 and {"machine", "start", "time", "end", "accuracy"} <= set(frame)
    np.testing.assert_allclose(frame.accuracy.sum(), r.objective, rtol=1e-14)
    assert np.all((frame.compression.dropna() >= -1e-12) & (frame.compression.dropna() <= 1))
    assert "UB+" in repr(dsct.upper_bound(i)) and len(dsct.upper_bound(i).to_dataframe()) == 6
    table = r.kkt()
    free = table[table.state == "unconstrained"]
    np.testing.assert_allclose(free.gain, free.price, rtol=1e-9)
    assert table.mismatch.max() <= 1e-9 and (table.cap_price >= -1e-12).all()
    for _, rows in table.groupby("machine"):
        assert (np.diff(rows.price) <= 1e-12).all()
        binding = rows[rows.deadline_price > 1e-9]
        np.testing.assert_allclose(binding.end, binding.deadline, rtol=1e-12)
    with pytest.raises(AttributeError, match="prices"):
        dsct.approximate(i, polish=False).kkt()


def test_batches_are_the_instances_one_by_one():
    instances = [several(seed) for seed in range(5)]
    batch = dsct.stack(instances)
    for solver in (dsct.approximate, dsct.edf_three_levels):
        together = dsct.run_batch(solver, batch, chunk=2, progress=False)
        mapped = jax.vmap(solver)(batch) if solver is dsct.edf_three_levels else together
        for k, i in enumerate(instances):
            alone = solver(i)
            for result in (together, mapped):
                assert float(result.objective[k]) == pytest.approx(
                    float(alone.objective), rel=1e-12
                )
                np.testing.assert_allclose(result.accuracies[k], alone.accuracies, atol=1e-9)
                assert float(result.bound[k]) == pytest.approx(float(alone.bound), rel=1e-12)
    assert together.times.shape == (5, 6, 2) and "shape (5,)" in together.summary()
