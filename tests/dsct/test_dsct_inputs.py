"""Bad input is refused by name; what is degenerate is solved; generators and baselines."""

import subprocess
import sys

import jax
import numpy as np
import pytest
from dsct_cases import several

from concave_sched import curves, dsct

E = curves.Exponential(0.0, 0.8, 0.5)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((E, [1.0, -2.0]), r"deadlines\[1\] = -2"),
        ((E, [1.0, np.nan]), r"deadlines\[1\] = nan"),
        ((E, [np.inf]), r"deadlines\[0\] = inf"),
        ((E, []), "deadlines has shape"),
        ((E, 3.0), "deadlines has shape"),
        ((E, ["soon"]), "deadlines = .*give numbers"),
        ((E, [1.0, 2.0], [-1.0, 2.0]), r"max_work\[0\] = -1"),
        ((E, [1.0, 2.0], [1.0, np.nan]), r"max_work\[1\] = nan"),
        ((E, [1.0, 2.0], [1.0, 2.0, 3.0]), "max_work has shape"),
        ((E, [1.0], 2.0, [0.0]), r"speeds\[0\] = 0"),
        ((E, [1.0], 2.0, [1.0, -1.0]), r"speeds\[1\] = -1"),
        ((E, [1.0], 2.0, [np.nan]), r"speeds\[0\] = nan"),
        ((E, [1.0], 2.0, []), "speeds has shape"),
        ((E, [1.0], 2.0, 3.0), "speeds has shape"),
        ((curves.Exponential(0.0, 0.8, [1.0, 2.0, 3.0]), [1.0, 2.0]), "accuracy has"),
        ((curves.Hill(1.0, 2.0, 3.0), [5.0, 6.0], 4.0), "accuracy = Hill.*not concave"),
        ((curves.Custom(lambda t: t - t**2), [5.0], 4.0), "accuracy = Custom.*decreases"),
        ((lambda t: t, [5.0], 4.0), "accuracy = .*not a curve"),
    ],
)
def test_instances(arguments, message):
    with pytest.raises(ValueError, match=message):
        dsct.Instance(*arguments)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda i: dsct.solve_single(i), "solve_single takes one"),
        (lambda i: dsct.algorithm_1(i), "one machine"),
        (lambda i: dsct.polish(i, [0, 1]), "machine has shape"),
        (lambda i: dsct.polish(i, [0.0] * 6), "machine has shape"),
        (lambda i: dsct.polish(i, [0, 1, 2, 0, 0, 0]), r"machine\[2\] = 2"),
        (lambda i: dsct.approximate(i, local_search=3.5), "local_search = 3.5"),
        (lambda i: dsct.guarantee(i, "exact"), "method = 'exact'"),
        (lambda i: dsct.guarantee(i, points=1), "points = 1"),
        (lambda i: dsct.solve_exact(i, time_limit=0), "time_limit"),
        (lambda i: dsct.solve_exact(i, gap=-1), "gap"),
        (lambda i: dsct.solve_exact(i, solver="mosek"), "solver = 'mosek'"),
        (lambda i: dsct.edf_no_compression(i, finish="late"), "finish = 'late'"),
        (lambda i: dsct.edf_no_compression(i), "max_work.*finite cap"),
        (lambda i: dsct.edf_three_levels(i, levels=[]), "levels has shape"),
        (lambda i: dsct.edf_three_levels(i, levels=[np.nan]), "levels"),
        (lambda i: dsct.run_batch(dsct.approximate, i), "one leading axis"),
        (lambda i: dsct.stack([]), "instances is empty"),
        (lambda i: dsct.stack([i, several(1, n=5)]), "instances differ"),
        (lambda i: dsct.stack(None), "instances is empty"),
        (lambda i: dsct.polish(dsct.stack([i, i]), [0, 1] * 6), r"in shape \(2, 6\)"),
        (lambda i: dsct.approximate(i, polish="no"), "polish = 'no'"),
        (lambda i: dsct.approximate(i, local_search=np.ones(2)), "local_search = "),
        (lambda i: dsct.guarantee(i, points="x"), "points = 'x'"),
        (lambda i: dsct.run_batch(None, dsct.stack([i])), "solver = None"),
        (lambda i: dsct.run_batch(dsct.approximate, dsct.stack([i]), "x"), "chunk = 'x'"),
        (lambda i: dsct.generate(n="x"), "n = 'x'"),
        (lambda i: dsct.generate(m=2, speeds=[1.0, np.nan]), r"speeds\[1\] = nan"),
        *(
            (lambda i, call=call: call(None), "instance = NoneType: give a dsct.Instance")
            for call in (
                dsct.solve_single,
                dsct.approximate,
                dsct.upper_bound,
                dsct.guarantee,
                dsct.solve_exact,
                dsct.edf_no_compression,
                dsct.edf_three_levels,
            )
        ),
    ],
)
def test_calls(call, message):
    with pytest.raises(ValueError, match=message):
        call(several(0))


def test_other_curves_have_no_closed_form_and_no_scip():
    i = dsct.Instance(curves.Hyperbolic(0.8, 1.0), [1.0, 2.0], speeds=[1.0, 1.0])
    with pytest.raises(ValueError, match="closed form"):
        dsct.guarantee(i, "closed form")
    with pytest.raises(ValueError, match="solver='highs'"):
        dsct.solve_exact(i, solver="scip")


def test_batches_and_traces_are_refused_where_values_are_needed():
    batch = dsct.stack([several(0), several(1)])
    for call in (
        dsct.guarantee,
        dsct.solve_exact,
        lambda b: dsct.approximate(b, local_search=True),
        lambda b: dsct.edf_three_levels(b).validate(),
        lambda b: dsct.edf_three_levels(b).certificate(),
    ):
        with pytest.raises(ValueError, match="one instance"):
            call(batch)
    with pytest.raises(ValueError, match="outside jit"):
        jax.jit(lambda i: dsct.approximate(i, local_search=True).objective)(several(0))


def test_the_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyscipopt", None)
    with pytest.raises(ImportError, match=r"concave_sched\[exact\]"):
        dsct.solve_exact(several(0), solver="scip")
    assert dsct.solve_exact(several(0)).status.name == "OPTIMAL"  # HiGHS instead


def test_nothing_heavy_is_imported():
    script = (
        "import sys; from concave_sched import dsct, plotting; "
        "print([m for m in ('cvxpy', 'pyscipopt', 'pandas', 'matplotlib', 'scipy.optimize', 'tqdm')"
        " if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (
        "cvxpy" not in out.stdout and "pandas" not in out.stdout and "pyscipopt" not in out.stdout
    )


def test_deadlines_of_zero_everywhere_and_caps_of_zero():
    accuracy = curves.Exponential(np.full(6, 0.1), np.full(6, 0.8), np.full(6, 0.5))
    i = dsct.Instance(accuracy, np.zeros(6), 2.0, [1.0, 2.0])
    for r in (dsct.approximate(i), dsct.solve_exact(i, solver="highs"), dsct.edf_three_levels(i)):
        assert r.validate() == pytest.approx(0.6) and float(r.bound) == pytest.approx(0.6)
    assert dsct.guarantee(i, "within caps") == 0
    i = dsct.Instance(i.accuracy, np.full(6, 5.0), 0.0, [1.0, 2.0])
    assert dsct.approximate(i).validate() == pytest.approx(0.6)


def test_room_for_all():
    i = several(2)
    i = dsct.Instance(i.accuracy, i.deadlines + 100, np.minimum(i.max_work, 5.0), i.speeds)
    r = dsct.approximate(i)
    np.testing.assert_allclose(r.work, i.max_work)
    assert r.status.name == "SLACK" and abs(float(r.gap)) < 1e-12
    assert dsct.solve_exact(i).status.name == "OPTIMAL"


def test_nothing_given_is_changed():
    deadlines, cap = np.array([3.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0])
    i = dsct.Instance(E, deadlines, cap, [1.0])
    dsct.solve_single(i)
    assert deadlines.tolist() == [3.0, 1.0, 2.0] and cap.tolist() == [1.0, 2.0, 3.0]


def test_integers_and_shared_parameters():
    a = dsct.solve_single(dsct.Instance(E, [4, 4, 4, 4, 4]))
    np.testing.assert_allclose(a.work, 0.8, rtol=1e-14)  # equal tasks share equally
    assert float(a.objective) == pytest.approx(5 * 0.8 * (1 - np.exp(-0.4)), rel=1e-14)


@pytest.mark.parametrize("reading, product, low", [("A", np.log(10), 0.0), ("B", 2.05, 0.5)])
def test_readings(reading, product, low):
    i = dsct.generate(200, 4, mu=3.0, rho=0.6, reading=reading, seed=9)
    rate = i.accuracy.rate
    assert 0.1 <= rate.min() and rate.max() <= 0.3
    np.testing.assert_allclose(rate * i.max_work, product, rtol=1e-14)
    np.testing.assert_allclose(i.accuracies(i.max_work), 0.82, rtol=1e-13)
    np.testing.assert_allclose(i.accuracies(np.zeros(200)), 0.001)
    d_max = 0.6 * i.max_work.sum() / 4
    assert low * d_max <= i.deadlines.min() and 0.97 * d_max < i.deadlines.max() <= d_max


def test_generate():
    free = dsct.generate(5, 1, rescale=False, theta_tmax=np.inf)
    assert np.isinf(free.max_work).all() and np.isfinite(free.deadlines).all()
    batch = dsct.generate(4, 2, count=3, seed=1, speeds=[1.0, 2.0])
    assert batch.deadlines.shape == (3, 4) and batch.accuracy.rate.shape == (3, 4)
    assert len(np.unique(batch.deadlines)) == 12
    again = dsct.generate(4, 2, count=3, seed=1, speeds=[1.0, 2.0])
    np.testing.assert_array_equal(batch.deadlines, again.deadlines)
    for options, message in (
        ({"reading": "C"}, "reading"), ({"mu": 0.5}, "mu"), ({"rho": 0.0}, "rho"),
        ({"n": 0}, "n = 0"), ({"theta_min": -1.0}, "theta_min"), ({"a_min": 0.9}, "a_max"),
        ({"deadline_low": 2.0}, "deadline_low"), ({"speeds": [1.0]}, "speeds"),
        ({"theta_tmax": np.inf}, "rescale"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            dsct.generate(**options)


def test_baselines_by_hand():
    accuracy = curves.Exponential(np.zeros(6), np.ones(6), np.ones(6))  # 1 - exp(-t)
    i = dsct.Instance(
        accuracy, [1.0, 2.0, 2.5, 4.0, 9.0, 9.0], [1.0, 2.0, 2.0, 1.5, 0.0, 0.0], [1.0, 1.0]
    )
    r = dsct.edf_no_compression(i)
    assert r.machine[:4].tolist() == [0, 1, 0, 0] and r.work[:4].tolist() == [1.0, 2.0, 0.0, 1.5]
    late = dsct.edf_no_compression(i, finish="start")
    assert late.work[:4].tolist() == [1.0, 2.0, 2.0, 1.5]
    assert late.start[:4].tolist() == [0.0, 0.0, 1.0, 2.0]
    assert late.validate() > r.validate() and np.isnan(late.certificate().gap)
    levels = dsct.edf_three_levels(i, levels=[0.3, 0.6, 0.8])
    need = -np.log(1 - np.array([0.3, 0.6, 0.8]))
    np.testing.assert_allclose(levels.work[:4], [1.0, need[2], need[1], 1.5], rtol=1e-12)
