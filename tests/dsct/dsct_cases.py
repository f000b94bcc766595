"""Instances shared by the tests of DSCT, few shapes so that few programs are compiled."""

import numpy as np

from concave_sched import curves, dsct

KINDS = (
    "standard", "equal deadlines", "deadlines of 0", "no caps", "all in full", "wide rates",
    "caps of 0", "one task",
)  # fmt: skip


def degenerate(kind, seed, n=12):
    """A random one-machine instance of one of the degenerate kinds."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    n = 1 if kind == "one task" else n
    gain, rate = rng.uniform(0.1, 1, n), rng.uniform(0.1, 2, n)
    deadlines, cap = rng.uniform(0, 8, n), rng.uniform(0.2, 8, n)
    if kind == "equal deadlines":
        deadlines = rng.choice([2.0, 5.0], n)
    elif kind == "deadlines of 0":
        deadlines[rng.permutation(n)[:4]] = 0.0
    elif kind == "no caps":
        cap[rng.random(n) < 0.6] = np.inf
    elif kind == "all in full":
        deadlines += 100.0
    elif kind == "wide rates":
        rate = 10.0 ** rng.uniform(-4, 4, n)
        cap = np.where(rng.random(n) < 0.5, np.inf, cap)
    elif kind == "caps of 0":
        cap[rng.permutation(n)[:5]] = 0.0
    accuracy = curves.Exponential(np.zeros(n), gain, rate)
    return dsct.Instance(accuracy, deadlines, cap, [rng.choice([1.0, 2.5])])


def several(seed, n=6, m=2, same=False):
    """A small random instance on several machines, capped and uncapped tasks mixed."""
    rng = np.random.default_rng(seed)
    accuracy = curves.Exponential(
        np.full(n, 0.001), rng.uniform(0.4, 0.9, n), rng.uniform(0.1, 2, n)
    )
    cap = np.where(rng.random(n) < 0.3, np.inf, rng.uniform(0.5, 6, n))
    speeds = np.ones(m) if same else rng.uniform(0.3, 3, m)
    return dsct.Instance(accuracy, rng.uniform(0, 4, n), cap, speeds)


CURVES = {
    "Power": lambda n: curves.Power(np.linspace(0.2, 0.6, n), 0.5),
    "Hyperbolic with offset": lambda n: curves.Hyperbolic(np.linspace(0.5, 0.9, n), 1.5).offset(
        0.05
    ),
    "Logarithmic": lambda n: curves.Logarithmic(np.linspace(0.2, 0.6, n), 2.0),
}
