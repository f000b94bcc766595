"""Nested water-filling of every family against the conic program, and its certificate."""

import dataclasses

import numpy as np
import pytest
from allocation_cases import CAPS, CONES, FAMILIES, NO_CAPS, assert_certified, nested, waterfill

from concave_sched import reference
from concave_sched._results import Status

BUDGETS = {
    "rising": np.array([0.3, 0.65, 1.0, 1.9]),
    "only the last": np.array([3.0, 3.0, 3.0, 1.6]),
    "unsorted": np.array([0.7, 0.55, 2.0, 1.7]),
}


@pytest.mark.parametrize("name", CONES)
@pytest.mark.parametrize("kind", BUDGETS)
def test_the_cone_program_agrees(name, kind):
    upper = CAPS if kind == "unsorted" else NO_CAPS
    answer = nested(FAMILIES[name], BUDGETS[kind], upper)
    found = reference.nested_waterfill(CONES[name], BUDGETS[kind], upper=upper)
    assert found.status is answer.status is Status.OPTIMAL
    assert float(answer.value) == pytest.approx(found.value, rel=1e-9)
    np.testing.assert_allclose(answer.prices, found.price, rtol=1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_certificate_closes(name):
    for budgets in BUDGETS.values():
        for upper in (CAPS, NO_CAPS):
            answer = nested(FAMILIES[name], budgets, upper)
            assert answer.status is Status.OPTIMAL
            assert_certified(answer, feasibility=1e-13)
            assert np.all(np.diff(answer.prices) <= 0)
            np.testing.assert_allclose(
                np.cumsum(answer.multipliers[::-1])[::-1], answer.prices, rtol=1e-12
            )


@pytest.mark.parametrize("name", FAMILIES)
def test_one_binding_budget_is_water_filling(name):
    together = nested(FAMILIES[name], BUDGETS["only the last"], CAPS)
    alone = waterfill(FAMILIES[name], 1.6, np.ones(4), CAPS)
    np.testing.assert_allclose(together.amounts, alone.amounts, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(together.prices, float(alone.price), rtol=1e-12)
    assert float(together.value) == pytest.approx(float(alone.value), rel=1e-14)


def test_the_certificate_sees_a_wrong_answer():
    answer = nested(FAMILIES["Logarithmic"], BUDGETS["rising"], NO_CAPS)
    moved = answer.amounts.at[0].add(-0.01).at[3].add(0.01)
    proof = dataclasses.replace(answer, amounts=moved).certificate()
    assert proof.gap > 1e-6 and proof.kkt_residual > 1e-3 and proof.feasibility < 1e-12
    spent_twice = dataclasses.replace(answer, amounts=2 * answer.amounts).certificate()
    assert spent_twice.feasibility == pytest.approx(1.0)
