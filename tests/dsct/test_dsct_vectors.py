"""The published instances: proven optima, bounds, approximation."""

import importlib.util
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


def instance(v, tasks=12):
    """Filled up with tasks of cap 0, so that one shape is compiled for all."""
    more = tasks - len(v["d"])
    theta, gain = (np.append(v[k], np.full(more, v[k][0])) for k in ("theta", "delta_a"))
    cap = np.append(array(v["tmax"]), np.zeros(more))
    deadlines = np.append(v["d"], np.full(more, max(v["d"])))
    accuracy = curves.Exponential(np.zeros(tasks), gain, theta)
    return dsct.Instance(accuracy, deadlines, cap, v.get("speeds", [1.0]))


@pytest.mark.parametrize("v", SINGLE, ids=lambda v: v["name"])
def test_one_machine(v):
    i = instance(v)
    r = dsct.solve_single(i)
    assert float(r.objective) == pytest.approx(v["opt_gain"], abs=1e-9)
    np.testing.assert_allclose(r.work[: len(v["t"])], array(v["t"]), atol=1e-9)
    finite = np.array([m is not None for m in v["marginal"]])
    np.testing.assert_allclose(
        np.asarray(r.prices)[: len(finite)][finite], array(v["marginal"])[finite], atol=1e-9
    )
    assert r.certificate().gap <= 1e-12 and r.certificate().feasibility <= 1e-12
    assert r.validate() == pytest.approx(v["opt_gain"], abs=1e-9)
    assert dsct.algorithm_1(i).validate() == pytest.approx(v["opt_gain"], abs=1e-9)


@pytest.mark.parametrize("v", MULTI, ids=lambda v: v["name"])
def test_several_machines(v):
    i = instance(v)
    bounds = dsct.upper_bound(i)
    assert float(bounds.objective) == pytest.approx(v["ub_relax"], abs=1e-9)
    assert float(bounds.bound) == pytest.approx(v["ub_relax_capped"], abs=1e-9)
    n, speeds = len(v["d"]), np.array(v["speeds"])
    np.testing.assert_allclose(bounds.work[:n], v["relax_work"], atol=1e-9)
    np.testing.assert_allclose(np.asarray(bounds.times) @ speeds, bounds.work, rtol=1e-13)
    rough = dsct.approximate(i, polish=False)
    assert rough.validate() == pytest.approx(v["approx_gain"], abs=1e-9)
    np.testing.assert_array_equal(rough.machine[:n], v["approx_assignment"])
    np.testing.assert_allclose(rough.work[:n], v["approx_work"], atol=1e-9)
    fine = dsct.approximate(i)
    assert fine.validate() >= v["approx_polished"] - 1e-12
    given = np.append(v["assignment"], np.zeros(12 - n, int))
    assert dsct.polish(i, given).validate() == pytest.approx(v["opt_gain"], abs=1e-12)
    assert dsct.guarantee(i) == pytest.approx(v["G_paper"], abs=1e-12)
    assert dsct.guarantee(i, "integral") == pytest.approx(v["G_numeric"], abs=1e-6)
    assert dsct.guarantee(i, "within caps") <= dsct.guarantee(i, "integral") + 1e-12
    for solver in ("highs", "scip"):
        if solver == "scip" and importlib.util.find_spec("pyscipopt") is None:
            continue
        exact = dsct.solve_exact(i, solver=solver)
        assert exact.validate() == pytest.approx(v["opt_gain"], abs=1e-6)
        assert exact.status.name == "OPTIMAL" and exact.bound >= v["opt_gain"] - 1e-6
