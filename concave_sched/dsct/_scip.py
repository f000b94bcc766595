"""The assignment problem in SCIP, accuracies as exp constraints."""

from __future__ import annotations

import numpy as np

from ._entries import exponential

_FEASIBILITY = 1e-8


def search(model, start, time_limit, gap, verbose):
    """(machine of every task, upper bound on the sum of accuracies)."""
    import pyscipopt
    from pyscipopt import quicksum
    from pyscipopt.scip import PY_SCIP_PARAMSETTING

    scip = pyscipopt.Model()
    if not verbose:
        scip.hideOutput()
    tasks, machines = model.work.shape
    most = model.work.max(axis=1)
    # Variables that are 0 at any rate are left out: a task cannot be on a later twin than its rank.
    on = {(j, r): scip.addVar(vtype="B") for j in range(tasks) for r in range(machines)}
    part = {
        (j, r): scip.addVar(lb=0, ub=model.work[j, r])
        for j in range(tasks)
        for r in range(machines)
    }
    work = [scip.addVar(lb=0, ub=most[j]) for j in range(tasks)]
    gain = [scip.addVar(lb=0, ub=max(model.most_gain[j], 0)) for j in range(tasks)]
    curves = exponential(model.instance.accuracy, tasks)
    assert curves is not None
    height, rate = (v[model.order] for v in curves[1:])
    height, rate = height / model.worth, rate * model.unit
    for j in range(tasks):
        scip.addCons(quicksum(on[j, r] for r in range(machines)) == 1)
        scip.addCons(quicksum(part[j, r] for r in range(machines)) == work[j])
        for r in range(machines):
            scip.addCons(part[j, r] <= model.work[j, r] * on[j, r])
            scip.addCons(
                quicksum(part[k, r] for k in range(j + 1)) <= model.speeds[r] * model.deadlines[j]
            )
        scip.addCons(gain[j] <= height[j] - height[j] * pyscipopt.exp(-rate[j] * work[j]))
    for r in model.twins:
        for j in range(tasks):
            scip.addCons(on[j, r] <= quicksum(on[k, r - 1] for k in range(j)))
    between = {
        (j, k): scip.addVar(lb=0, ub=model.speeds.max() * model.lengths[k])
        for k in range(tasks)
        if model.lengths[k] > 0
        for j in range(k, tasks)
    }
    for k in range(tasks):
        if model.lengths[k] > 0:
            total = quicksum(between[j, k] for j in range(k, tasks))
            scip.addCons(total <= model.speeds.sum() * model.lengths[k])
    for j in range(tasks):
        some = [between[j, k] for k in range(j + 1) if (j, k) in between]
        scip.addCons(work[j] <= (quicksum(some) if some else 0.0))
    scip.setObjective(quicksum(gain), "maximize")

    solution = scip.createSol()
    machine, given = model.to_solver(start.machine, start.work)
    given = given * (1 - 1e-7)
    for j in range(tasks):
        r = int(machine[j])
        scip.setSolVal(solution, on[j, r], 1.0)
        scip.setSolVal(solution, part[j, r], given[j])
        scip.setSolVal(solution, work[j], given[j])
        scip.setSolVal(solution, gain[j], max(-height[j] * np.expm1(-rate[j] * given[j]) - 1e-7, 0))
    for (j, k), amount in _between(model, machine, given).items():
        if (j, k) in between:
            scip.setSolVal(solution, between[j, k], amount)
    scip.addSol(solution)
    # The start is close to optimal: proving is what takes the time.
    scip.setHeuristics(PY_SCIP_PARAMSETTING.OFF)
    scip.setParam("numerics/feastol", _FEASIBILITY)
    scip.setParam("limits/time", float(time_limit))
    scip.setParam("limits/gap", gap / 2)
    scip.optimize()
    dual = model.value(scip.getDualbound())
    if scip.getNSols() == 0:
        return np.asarray(start.machine), dual
    best = scip.getBestSol()
    chosen = [
        max(range(machines), key=lambda r: scip.getSolVal(best, on[j, r])) for j in range(tasks)
    ]  # noqa: B023
    return model.from_solver(np.array(chosen)), dual


def _between(model, machine, work):
    """Work of every task between consecutive deadlines in the schedule given."""
    amounts, clock = {}, np.zeros(model.speeds.size)
    edges = np.concatenate([[0.0], model.deadlines])
    for j, (r, amount) in enumerate(zip(machine, work, strict=True)):
        begin, end = clock[r], clock[r] + amount / model.speeds[r]
        for k in range(j + 1):
            overlap = min(end, edges[k + 1]) - max(begin, edges[k])
            if overlap > 0:
                amounts[j, k] = overlap * model.speeds[r]
        clock[r] = end
    return amounts
