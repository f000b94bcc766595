"""Bad input names its argument and the remedy."""

import jax
import numpy as np
import pytest

import concave_sched as cs
from concave_sched import curves as c

S = cs.smartfill
LOG = c.Logarithmic(1.0, 1.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([LOG], [1.0, 2.0]), "speedups has 1 curves for 2 sizes"),
        (([LOG, 3.0], [1.0, 2.0]), r"speedups\[1\] = 3.0 is not a curve"),
        (([LOG, c.Power([1.0, 2.0], 0.5)], [1.0, 2.0]), r"speedups\[1\] = Power has vector"),
        ((c.Power([1.0, 2.0, 3.0], 0.5), [1.0, 2.0]), r"parameters of shape \(3,\) for 2 sizes"),
        ((3.0, [1.0]), "speedups = 3.0: give a curve"),
        ((LOG, [1.0, -1.0]), r"sizes\[1\] = -1.0"),
        ((LOG, []), r"sizes has shape \(0,\)"),
        ((LOG, [1.0], [0.0]), r"weights\[0\] = 0.0"),
        ((LOG, [1.0, 2.0], [1.0, 2.0, 3.0]), r"weights has shape \(3,\), not \(2,\)"),
        ((LOG, [1.0], None, 0.0), "budget = 0.0"),
        ((LOG, [1.0], None, [1.0, 2.0]), "one number, or a StepBudget"),
        (([LOG, LOG.offset(1.0)], [1.0, 1.0]), r"speedups\(0\)\[1\] = 1.0: a job without"),
        (([c.PiecewiseLinear([0.0, 1.0], [0.0, 1.0])], [1.0]), "linear pieces"),
        (([LOG, c.SaturatingPower(1.0, 2.0, 2.0)], [1.0, 1.0], None, 3.0), r"speedups.limit\[1\]"),
        (([c.Hill(1.0, 2.0, 3.0)], [1.0], None, 5.0), r"speedups\[0\] = Hill: .*not concave"),
    ],
)
def test_bad_instances(arguments, message):
    with pytest.raises(ValueError, match=message):
        S.GeneralInstance(*arguments)


def test_bad_calls():
    i = S.GeneralInstance([LOG, LOG], [1.0, 2.0])
    with pytest.raises(ValueError, match="GeneralInstance or Instance"):
        S.solve_general([1.0, 2.0])
    with jax.enable_x64(False), pytest.raises(RuntimeError, match="jax_enable_x64"):
        S.solve_general(i)
    steps = S.GeneralInstance([LOG, LOG], [1.0, 2.0], None, S.StepBudget([0.0, 1.0], [1.0, 2.0]))
    with pytest.raises(ValueError, match="order"):
        S.solve_general(steps, order=[0, 1])
    for order in ([0], [0, 0], ["a", 1], [[0, 1]]):
        with pytest.raises(ValueError, match="order = "):
            S.solve_general(i, order=order)
    for option, value in (
        ("starts", 0), ("starts", 1.5), ("nodes", -1), ("nodes", "x"),
        ("intervals", -1), ("intervals", 1.5), ("seed", -1), ("seed", "x"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=f"{option} = {value!r}: a whole number"):
            S.solve_general(i, **{option: value})
    for reader in (S.certify, S.certify_general, S.cdr_violation):
        with pytest.raises(ValueError, match="is a float: give"):
            reader(3.0)
    with pytest.raises(ValueError, match="StepBudget is needed"):
        S.solve_changing_budget(i)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[2.0, 1.0], [3.0, 1.0]],), r"sizes has shape \(2, 2\): one instance is solved here"),
        (([2.0, 1.0], None, [1.0, 4.0]), r"budget has shape \(2,\): .*jax.vmap"),
    ],
)
def test_many_at_once_are_left_to_vmap(arguments, message):
    instance = S.Instance(LOG, *arguments)
    for solver in (S.solve, S.solve_general, S.equal_share):
        with pytest.raises(ValueError, match=message):
            solver(instance)


def test_defaults_count_slowdown():
    i = S.GeneralInstance([LOG, c.Power(2.0, 0.5)], [3.0, 1.0], budget=4.0)
    np.testing.assert_allclose(i.weights, [np.log(5) / 3.0, 4.0])
    r = S.run_policy(i, S.EQUAL_SHARE)
    assert r.objective == pytest.approx(r.to_dataframe()["slowdown"].sum(), rel=1e-13)


def test_arguments_are_not_changed():
    sizes, weights = np.array([3.0, 1.0, 2.0, 4.0]), np.array([0.5, 2.0, 1.0, 1.0])
    i = S.GeneralInstance([LOG, c.Power(1.0, 0.5), LOG, LOG], sizes, weights)
    S.solve_general(i)
    np.testing.assert_array_equal(sizes, [3.0, 1.0, 2.0, 4.0])
    np.testing.assert_array_equal(weights, [0.5, 2.0, 1.0, 1.0])
