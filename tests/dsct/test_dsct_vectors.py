"""The published instances: proven optima, bounds, approximation."""

import json
from pathlib import Path

import numpy as np
import pytest

from concave_sched import curves, dsct

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "dsct.json").read_text())
SINGLE = [v for v in VECTORS if v["kind"] == "single"]
MULTI = [v for v in VECTORS if v["kind"] == "multi"]


def array(values):
    return np.array([np.inf if v is None else v for v in values], float)


def instance(v):
    accuracy = curves.Exponential(0.0, array(v["delta_a"]), array(v["theta"]))
    return dsct.Instance(accuracy, v["d"], array(v["tmax"]), v.get("speeds", [1.0]))


@pytest.mark.parametrize("v", SINGLE, ids=lambda v: v["name"])
def test_one_machine(v):
    i = instance(v)
    r = dsct.solve_single(i)
    assert float(r.objective) == pytest.approx(v["opt_gain"], abs=1e-9)
    np.testing.assert_allclose(r.work, array(v["t"]), atol=1e-9)
    finite = np.array([m is not None for m in v["marginal"]])
    np.testing.assert_allclose(r.prices[finite], array(v["marginal"])[finite], atol=1e-9)
    assert r.certificate().gap <= 1e-12 and r.certificate().feasibility <= 1e-12
    assert r.validate() == pytest.approx(v["opt_gain"], abs=1e-9)
    assert dsct.algorithm_1(i).validate() == pytest.approx(v["opt_gain"], abs=1e-9)


@pytest.mark.parametrize("v", MULTI, ids=lambda v: v["name"])
def test_several_machines(v):
    i = instance(v)
    bounds = dsct.upper_bound(i)
    assert float(bounds.objective) == pytest.approx(v["ub_relax"], abs=1e-9)
    assert float(bounds.bound) == pytest.approx(v["ub_relax_capped"], abs=1e-9)
    np.testing.assert_allclose(bounds.work, v["relax_work"], atol=1e-9)
    np.testing.assert_allclose(
        bounds.times.sum(axis=1) * sum(v["speeds"]),
        len(v["speeds"]) * np.array(v["relax_work"]),
        atol=1e-8,
    )
    rough = dsct.approximate(i, polish=False)
    assert rough.validate() == pytest.approx(v["approx_gain"], abs=1e-9)
    np.testing.assert_array_equal(rough.machine, v["approx_assignment"])
    np.testing.assert_allclose(rough.work, v["approx_work"], atol=1e-9)
    fine = dsct.approximate(i)
    assert fine.validate() >= v["approx_polished"] - 1e-12
    assert dsct.polish(i, v["assignment"]).validate() == pytest.approx(v["opt_gain"], abs=1e-12)
    assert dsct.guarantee(i) == pytest.approx(v["G_paper"], abs=1e-12)
    assert dsct.guarantee(i, "integral") == pytest.approx(v["G_numeric"], abs=1e-6)
    assert dsct.guarantee(i, "within caps") <= dsct.guarantee(i, "integral") + 1e-12
    exact = dsct.solve_exact(i, solver="highs")
    assert exact.validate() == pytest.approx(v["opt_gain"], abs=1e-6)
    assert exact.status.name == "OPTIMAL" and exact.bound >= v["opt_gain"] - 1e-6


@pytest.mark.parametrize("v", MULTI, ids=lambda v: v["name"])
def test_scip(v):
    pytest.importorskip("pyscipopt")
    exact = dsct.solve_exact(instance(v), solver="scip")
    assert exact.validate() == pytest.approx(v["opt_gain"], abs=1e-6)
    assert exact.status.name == "OPTIMAL" and exact.bound >= v["opt_gain"] - 1e-6
