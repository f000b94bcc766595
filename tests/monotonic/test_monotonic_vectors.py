"""Instances with proven optima: every algorithm returns them exactly."""

import hashlib
import json
from pathlib import Path

import jax
import numpy as np
import pytest

from concave_sched import monotonic
from concave_sched._results import Status

DATA = json.loads((Path(__file__).parent.parent / "data" / "monotonic.json").read_text())
VECTORS = {v["name"]: v for v in DATA["vectors"]}
ALGORITHMS = {
    "closed form": monotonic.solve,
    "closed form, jit": jax.jit(monotonic.solve),
    "dynamic programming": monotonic.dynamic_programming,
    "first": lambda i: monotonic.eliminate_misalignment(i, "first"),
    "last": lambda i: monotonic.eliminate_misalignment(i, "last"),
    "random": lambda i: monotonic.eliminate_misalignment(i, "random", seed=5),
    "compact": lambda i: monotonic.solve_ilp(i, "compact"),
    "full": lambda i: monotonic.solve_ilp(i, "full"),
}


def sequence_of(vector):
    if "sequence" in vector:
        return vector["sequence"]
    state, rule = vector["generator"]["seed"], vector["generator"]
    threshold = int(rule["ratio"] * 2**31)
    digits = []
    for _ in range(vector["m"] * vector["n"]):
        state = (6364136223846793005 * state + 1442695040888963407) % 2**64
        digits.append("1" if state >> 33 < threshold else "0")
    digits = "".join(digits)
    assert hashlib.sha256(digits.encode()).hexdigest() == vector["sequence_sha256"]
    return digits.replace("0", "L").replace("1", "H")


def instance_of(vector):
    costs = vector["costs"]
    costs = np.arange(1.0, vector["n"] + 1) if costs == "c_k=k" else costs
    return monotonic.Instance(sequence_of(vector), vector["m"], costs)


CASES = [
    (name, algorithm)
    for name, vector in VECTORS.items()
    for algorithm in ALGORITHMS
    if algorithm not in ("compact", "full") or vector["m"] * vector["n"] <= 16
]


@pytest.mark.parametrize(("name", "algorithm"), CASES)
def test_vector(name, algorithm):
    vector = VECTORS[name]
    instance = instance_of(vector)
    result = ALGORITHMS[algorithm](instance)
    assert result.objective == vector["optimal_cost"]
    assert result.status is Status.OPTIMAL
    assert result.validate() == vector["optimal_cost"]
    assert result.certificate().gap == 0
    if algorithm in ("closed form", "closed form, jit", "first", "last", "random"):
        assert np.asarray(result.quotas).tolist() == vector["quotas"]
        assert np.asarray(result.heavy_per_slot).tolist() == vector["heavy_per_slot"]
    if result.moves is not None:
        assert result.moves == vector["me_iterations"]


@pytest.mark.parametrize("name", VECTORS)
def test_natural_cost_is_where_elimination_starts(name):
    start = monotonic.eliminate_misalignment(instance_of(VECTORS[name]), max_moves=0)
    assert start.objective == start.validate() == VECTORS[name]["natural_cost"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_unequal_slots(algorithm):
    (vector,) = DATA["extensions"]
    slots = vector["caps_desc"]
    instance = monotonic.Instance(vector["sequence"], len(slots), vector["costs"], slots=slots)
    result = ALGORITHMS[algorithm](instance)
    assert result.objective == result.validate() == vector["optimal_cost"]
    assert np.asarray(result.quotas).tolist() == vector["quotas"]
