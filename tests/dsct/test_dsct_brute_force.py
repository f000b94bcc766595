"""OPT - G <= SOL <= OPT <= UB+ <= UB against all assignments, every machine solved exactly."""

import itertools

import jax
import numpy as np
import pytest
from dsct_cases import CURVES, several

from concave_sched import dsct
from concave_sched.dsct._polish import polish_known

ROUNDING = 1e-10


def optimum(i):
    """(value, machines) of the best of all machines ** tasks assignments."""
    machines = np.array(list(itertools.product(range(i.machines), repeat=i.tasks)), np.int32)
    count = len(machines)
    many = jax.tree.map(lambda leaf: np.broadcast_to(leaf, (count, *np.shape(leaf))), i)
    order = np.tile(np.argsort(i.deadlines, kind="stable").astype(np.int32), (count, 1))
    by_deadline = np.take_along_axis(machines, order, -1)
    values = np.asarray(polish_known(many, by_deadline, order).objective)
    return values.max(), machines[values.argmax()]


@pytest.mark.parametrize("seed", range(24))
def test_the_chain_of_bounds(seed):
    i = several(seed, same=seed % 4 == 0)
    opt, machines = optimum(i)
    bounds = dsct.upper_bound(i)
    rough, fine = dsct.approximate(i, polish=False), dsct.approximate(i)
    for g in ("closed form", "integral", "within caps"):
        assert opt - dsct.guarantee(i, g) <= float(rough.objective) + ROUNDING
    assert rough.validate() <= fine.validate() + ROUNDING
    assert float(fine.objective) <= opt + ROUNDING
    assert opt <= float(bounds.bound) + ROUNDING <= float(bounds.objective) + 2 * ROUNDING
    assert fine.certificate().dual >= opt - ROUNDING
    assert fine.certificate().kkt_residual <= 1e-9
    assert dsct.polish(i, machines).validate() == pytest.approx(opt, rel=1e-12)
    if seed % 4 < 2:
        exact = dsct.solve_exact(i, solver="highs")
        assert exact.validate() == pytest.approx(opt, abs=1e-6)
        assert exact.bound >= opt - 1e-6 and exact.status.name == "OPTIMAL"


@pytest.mark.parametrize("seed", range(4))
def test_scip_and_local_search(seed):
    pytest.importorskip("pyscipopt")
    i = several(seed, same=seed % 2 == 0)
    opt, _ = optimum(i)
    exact = dsct.solve_exact(i, solver="scip")
    assert exact.validate() == pytest.approx(opt, abs=1e-6) and exact.bound >= opt - 1e-6
    fine = dsct.approximate(i)
    moved = dsct.approximate(i, local_search="move")
    searched = dsct.approximate(i, local_search=True)
    assert fine.objective <= moved.validate() + ROUNDING
    assert fine.objective <= searched.validate() + ROUNDING <= opt + 2 * ROUNDING
    for one, k in itertools.product(range(i.tasks), range(i.machines)):  # no single move helps
        machine = np.array(searched.machine)
        machine[one] = k
        assert dsct.polish(i, machine).objective <= searched.objective + 1e-8
    for j, k in itertools.combinations(range(i.tasks), 2):  # and no swap
        machine = np.array(searched.machine)
        machine[[j, k]] = machine[[k, j]]
        assert dsct.polish(i, machine).objective <= searched.objective + 1e-8


def test_other_curves():
    """Infinite slopes at 0 and no limit: only the guarantee within caps is finite."""
    rng = np.random.default_rng(7)
    i = dsct.Instance(
        CURVES["Power"](6), rng.uniform(0.1, 4, 6), rng.uniform(0.5, 5, 6), [1.0, 1.7]
    )
    opt, _ = optimum(i)
    bounds, rough = dsct.upper_bound(i), dsct.approximate(i, polish=False)
    assert opt - dsct.guarantee(i) <= float(rough.objective) + ROUNDING
    assert float(rough.objective) <= opt <= float(bounds.bound) + ROUNDING
    exact = dsct.solve_exact(i)
    assert exact.validate() == pytest.approx(opt, abs=1e-6) and exact.bound >= opt - 1e-6
    assert np.isinf(dsct.guarantee(i, "integral"))


def test_a_time_limit():
    i = several(9)
    start = dsct.polish(i, np.zeros(6, int))
    r = dsct.solve_exact(i, time_limit=1e-3, solver="highs", start=start)
    assert r.status.name in ("TIME_LIMIT", "FEASIBLE") and r.gap > 0
    assert r.validate() >= float(start.objective) - ROUNDING
    assert r.bound <= float(dsct.upper_bound(i).bound) + ROUNDING
