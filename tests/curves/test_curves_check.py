"""check_concave finds planted failures, and says where; require_concave refuses and says why."""

import subprocess
import sys

import jax.numpy as jnp
import numpy as np
import pytest
from curve_cases import CASES

from concave_sched import curves
from concave_sched.curves._check import require_concave


def dip(t):
    """Concave but for a bump in the gain around t = 6."""
    return jnp.log1p(t) + 0.3 * jnp.exp(-((t - 6.0) ** 2))


def nan_beyond(t):
    return jnp.where(t < 3.0, t, jnp.nan)


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_families_pass(case):
    parameters = case.draw(4)
    upper = case.reach * np.broadcast_to(case.unit(*parameters), 4)
    report = curves.check_concave(case.build(*parameters), upper)
    assert report and report.where is None, report.reason


@pytest.mark.parametrize(
    ("curve", "upper", "concave", "increasing", "where"),
    [
        (curves.Hill(1.0, 2.0, 3.0), 10.0, False, True, (0.0, 0.1)),
        (curves.UniversalScalability(3.0, 0.1, 0.01), 60.0, False, False, (9.4, 9.7)),
        (curves.UniversalScalability(3.0, 0.1, 0.01), 9.0, True, True, None),
        (curves.Custom(lambda t: -t), 5.0, True, False, (0.0, 0.0)),
        (curves.Custom(lambda t: t**2), 5.0, False, True, (0.0, 0.1)),
        (curves.Custom(dip), 20.0, False, False, (3.5, 6.2)),
        (curves.Custom(nan_beyond), 5.0, False, False, (3.0, 3.1)),
        (curves.Custom(jnp.log), 5.0, False, False, (0.0, 0.0)),
        (curves.PiecewiseLinear([0.0, 1.0, 4.0], [0.0, 2.0, 3.5]), 9.0, True, True, None),
    ],
)
def test_planted_failures(curve, upper, concave, increasing, where):
    report = curves.check_concave(curve, upper)
    assert (report.concave, report.increasing) == (concave, increasing), report.reason
    assert bool(report) == (concave and increasing)
    if where is None:
        require_concave("speedup", curve, upper)
        return
    assert where[0] <= report.where <= where[1]
    if not isinstance(curve, curves.PiecewiseLinear):
        with pytest.raises(ValueError, match=r"speedup = .*near t = .*envelope\(upper\)"):
            require_concave("speedup", curve, upper)


def test_the_entry_is_named():
    report = curves.check_concave(curves.Hill(1.0, 2.0, [0.5, 3.0, 0.7]), upper=10.0)
    assert report.entry == (1,) and "entry (1,)" in report.reason
    report = curves.check_concave(curves.Hill(1.0, 2.0, 3.0), upper=[1e-6, 10.0])
    assert report.entry in ((0,), (1,))


def test_not_a_curve_or_a_range():
    with pytest.raises(ValueError, match="speedup = .* is not a curve: wrap .*Custom"):
        require_concave("speedup", dip, 1.0)
    for upper in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(ValueError, match="upper = .*positive and finite"):
            curves.check_concave(curves.Power(1.0, 0.5), upper)


def test_single_precision_is_not_mistaken_for_a_failure():
    """In JAX's default 32 bits every family still passes, and a convex curve still does not."""
    code = """
import jax.numpy as jnp, numpy as np
from concave_sched import curves as c
good = [
    c.Power(1.0, 0.5), c.Hill([1.0, 2.0], 2.0, 0.5), c.Logarithmic(2.0, [0.1, 3.0]),
    c.ShiftedPower(1.0, 4.0, -0.5), c.SaturatingPower(1.0, 5.0, 2.0), c.Exponential(0.1, 0.9, 1.0),
    c.Custom(lambda t, k: jnp.log1p(t) + k * t / (1 + t), 0.5),
    c.PiecewiseLinear.envelope([0, 1, 2, 5], [0.1, 0.4, 0.6, 0.7]),
]
for curve in good:
    report = c.check_concave(curve, 5.0)
    assert report, (curve, report)
    t = np.float32([0.0, 5.0])
    assert curve(t).dtype == np.float32 and not np.any(np.isnan(curve(t)))
assert not c.check_concave(c.Hill(1.0, 2.0, 2.0), 5.0)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
