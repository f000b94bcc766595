"""One machine against Clarabel, Kelley's method, the conic program and Algorithm 1."""

import clarabel
import jax
import numpy as np
import pytest
from dsct_cases import CURVES, KINDS, degenerate
from scipy import sparse

from concave_sched import dsct
from concave_sched.reference import _dsct as reference


def conic_optimum(i):
    """max sum gain (1 - v), v >= exp(-rate w), in Clarabel; work in units of each task's most."""
    order = np.argsort(i.deadlines, kind="stable")
    budget = float(i.speeds[0]) * np.asarray(i.deadlines)[order]
    gain, rate = np.asarray(i.accuracy.high)[order], np.asarray(i.accuracy.rate)[order]
    most = np.minimum(np.asarray(i.max_work)[order], budget)
    live = most > 0
    gain, rate, most, budget = gain[live], rate[live], most[live], budget[live]
    n = gain.size
    if n == 0:
        return 0.0
    prefix = np.tril(np.ones((n, n))) * most / budget[:, None]
    linear = np.vstack([prefix, np.eye(n), -np.eye(n)])
    rows = [np.hstack([linear, np.zeros((3 * n, n))])]
    limits = [np.concatenate([np.ones(2 * n), np.zeros(n)])]
    for j in range(n):
        cone = np.zeros((3, 2 * n))
        cone[0, j], cone[2, n + j] = rate[j] * most[j], -1.0
        rows.append(cone)
        limits.append([0.0, 1.0, 0.0])
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.tol_gap_abs = settings.tol_gap_rel = settings.tol_feas = 1e-12
    settings.max_iter = 200
    solution = clarabel.DefaultSolver(
        sparse.csc_matrix((2 * n, 2 * n)),
        np.concatenate([np.zeros(n), gain]),
        sparse.csc_matrix(np.vstack(rows)),
        np.concatenate(limits),
        [clarabel.NonnegativeConeT(3 * n)] + [clarabel.ExponentialConeT()] * n,
        settings,
    ).solve()
    return gain.sum() - solution.obj_val


@pytest.mark.parametrize("kind", KINDS)
def test_clarabel(kind):
    """Objective to 1e-9, feasibility and certificate to 1e-12: 38 instances a kind, 304 in all."""
    instances = [degenerate(kind, seed) for seed in range(38)]
    batch = dsct.solve_single(dsct.stack(instances))
    for k, i in enumerate(instances):
        r = jax.tree.map(lambda leaf, k=k: leaf[k], batch)
        assert float(r.objective) == pytest.approx(conic_optimum(i), rel=1e-9, abs=1e-9)
        proof = r.certificate()
        assert proof.gap <= 1e-12 and proof.feasibility <= 1e-12 and proof.kkt_residual <= 1e-9
        assert r.status.name == ("SLACK" if kind == "all in full" else r.status.name)
        assert r.status.name != "UNCONVERGED"
        assert dsct.algorithm_1(i).objective == pytest.approx(
            float(r.objective), rel=1e-12, abs=1e-13
        )


def test_other_curves():
    name = "Hyperbolic with offset"
    rng = np.random.default_rng(1)
    i = dsct.Instance(CURVES[name](6), rng.uniform(0.1, 5, 6), rng.uniform(0.2, 3, 6), [2.0])
    r = dsct.solve_single(i)
    conic, kelley = reference.dsct_single(i), reference.dsct_kelley(i)
    assert conic.status.name == kelley.status.name == "OPTIMAL"
    assert float(r.objective) == pytest.approx(conic.objective, rel=1e-8)
    assert kelley.objective - 1e-9 <= float(r.objective) <= kelley.bound + 1e-9
    assert kelley.bound - kelley.objective <= 1e-8
    assert r.certificate().gap <= 1e-12
    np.testing.assert_allclose(r.prices, conic.price, rtol=1e-4, atol=1e-9)


def test_reference_refuses_several_machines():
    with pytest.raises(ValueError, match="one machine"):
        reference.dsct_kelley(dsct.generate(4, 2))
