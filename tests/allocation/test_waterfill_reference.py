"""Water-filling of every family against the conic program, and its certificate."""

import dataclasses

import numpy as np
import pytest
from allocation_cases import CAPS, CONES, FAMILIES, NO_CAPS, WEIGHTS, assert_certified, waterfill

from concave_sched import reference
from concave_sched._results import Status


@pytest.mark.parametrize("name", CONES)
@pytest.mark.parametrize("budget, upper", [(1.3, CAPS), (0.2, NO_CAPS), (1.85, NO_CAPS)])
def test_the_cone_program_agrees(name, budget, upper):
    answer = waterfill(FAMILIES[name], budget, WEIGHTS, upper)
    found = reference.waterfill(CONES[name], budget, WEIGHTS, upper)
    assert found.status is answer.status is Status.OPTIMAL
    assert float(answer.value) == pytest.approx(found.value, rel=1e-9)
    if name != "PiecewiseLinear":
        assert float(answer.price) == pytest.approx(found.price, rel=1e-5)
        np.testing.assert_allclose(answer.amounts, found.amounts, atol=1e-4 * budget)


def test_the_price_on_kinks_is_the_gain_to_the_right():
    """All rest on kinks or caps: prices from 4 to 4.2 would serve, and the next unit earns 4."""
    curve = FAMILIES["PiecewiseLinear"]
    answer = waterfill(curve, 1.3, WEIGHTS, CAPS)
    more = waterfill(curve, 1.3 + 1e-6, WEIGHTS, CAPS)
    assert float(answer.price) == pytest.approx(4.0, rel=1e-12)
    assert float(more.value - answer.value) == pytest.approx(4e-6, rel=1e-6)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("upper", [CAPS, NO_CAPS], ids=["capped", "free"])
def test_the_certificate_closes(name, upper):
    for budget in (1e-6, 0.2, 1.3, 2.0):
        answer = waterfill(FAMILIES[name], budget, WEIGHTS, upper)
        assert answer.status is Status.OPTIMAL
        assert_certified(answer)
        assert float(np.sum(answer.amounts)) == pytest.approx(budget, rel=1e-14)


def test_the_certificate_sees_a_wrong_answer():
    """Moving a hundredth between two entries opens the gap and breaks equal marginal gains."""
    answer = waterfill(FAMILIES["Logarithmic"], 1.3, WEIGHTS, NO_CAPS)
    moved = answer.amounts.at[0].add(0.01).at[1].add(-0.01)
    proof = dataclasses.replace(answer, amounts=moved).certificate()
    assert proof.gap > 1e-6 and proof.kkt_residual > 1e-3
    spent_twice = dataclasses.replace(answer, amounts=2 * answer.amounts).certificate()
    assert spent_twice.feasibility == pytest.approx(1.0)
    wrong_price = dataclasses.replace(answer, log_price=answer.log_price + 0.01).certificate()
    assert wrong_price.gap > 1e-6 and wrong_price.kkt_residual == pytest.approx(0.01, rel=1e-6)
