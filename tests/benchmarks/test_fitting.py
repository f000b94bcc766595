"""Speed and success of fitting beside scipy's curve_fit and lmfit, on the same real series.

Run with: pytest tests/benchmarks/test_fitting.py --benchmark-only -n 0 -s
Compile time is measured apart (first call against second); times are compared only within a run.
"""

import json
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from concave_sched.fitting import datasets, fit, fit_many, load_series

REFERENCE = json.loads((Path(__file__).parents[1] / "fitting" / "reference_sse.json").read_text())
FAMILIES = (
    "Power",
    "Logarithmic",
    "Exponential",
    "Hyperbolic",
    "Hill",
    "Lomax",
    "ShiftedPower",
    "StretchedExponential",
)
MODELS = {
    "Exponential": (lambda x, low, c, r: low + c * (1 - np.exp(-r * x)), 3),
    "Hill": (lambda x, low, c, k, h: low + c * x**h / (x**h + k**h), 4),
}
X = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
Y = np.array([4.8, 8.76, 15.2, 24.6, 36.1])


def every_series():
    return {name: xy for data in datasets() for name, xy in load_series(data).items()}


def test_one_fit_after_compilation(benchmark):
    start = time.perf_counter()
    fit("Hyperbolic", X, Y, at_zero=0.0)
    benchmark.extra_info["first_call_s"] = time.perf_counter() - start
    benchmark(fit, "Hyperbolic", X, Y, at_zero=0.0)


@pytest.mark.parametrize("longest", [8, 512])
def test_all_series_and_eight_families(benchmark, longest):
    data = {name: xy for name, xy in every_series().items() if xy[0].size <= longest}
    start = time.perf_counter()
    fit_many(data, FAMILIES)
    benchmark.extra_info["first_call_s"] = time.perf_counter() - start
    benchmark.extra_info["fits"] = len(data) * len(FAMILIES)
    benchmark.pedantic(fit_many, (data, FAMILIES), rounds=2)


def _curve_fit(family, x, y, scaled):
    from scipy.optimize import curve_fit

    model, size = MODELS[family]
    x_scale = np.exp(np.log(x).mean()) if scaled else 1.0
    y_scale = (np.ptp(y) or 1.0) if scaled else 1.0
    floor = [-np.inf, 0, 1e-9, 1e-9][:size]
    ceiling = [np.inf, np.inf, np.inf, 1.0][:size]
    start = [1.0, 1.0, 1.0, 0.5][:size]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            best, _ = curve_fit(
                model, x / x_scale, y / y_scale, start, bounds=(floor, ceiling), max_nfev=2000
            )
        return float(np.sum((y - y_scale * model(x / x_scale, *best)) ** 2))
    except (RuntimeError, ValueError):
        return np.inf


def _lmfit(family, x, y, scaled):
    lmfit = pytest.importorskip("lmfit")
    function, size = MODELS[family]
    x_scale = np.exp(np.log(x).mean()) if scaled else 1.0
    y_scale = (np.ptp(y) or 1.0) if scaled else 1.0
    model = lmfit.Model(function)
    names = ("low", "c", "r") if size == 3 else ("low", "c", "k", "h")
    parameters = model.make_params(**dict.fromkeys(names, 1.0))
    for name in names[1:]:
        parameters[name].set(min=1e-9, max=1.0 if name == "h" else np.inf)
    if size == 4:
        parameters["h"].set(value=0.5)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = model.fit(y / y_scale, parameters, x=x / x_scale, nan_policy="omit")
        return float(np.sum((y - y_scale * found.best_fit) ** 2))
    except (RuntimeError, ValueError, TypeError):
        return np.inf


@pytest.mark.parametrize("family", MODELS)
def test_success_and_time_beside_peers(benchmark, family):
    """Share of short series within 5 % of the reference SSE, and seconds, for each method."""
    data = {name: xy for name, xy in every_series().items() if xy[0].size <= 8}
    index = {name: i for i, name in enumerate(REFERENCE["series"])}
    known = REFERENCE["sse"][f"{family}|free"]

    def reached(name, sse):
        i = index[name]
        return sse <= 1.05 * known[i] + 1e-6 * REFERENCE["sst"][i]

    fit_many(data, [family])
    rows = {}
    start = time.perf_counter()
    ours = benchmark.pedantic(fit_many, (data, [family]), rounds=1)
    rows["concave_sched"] = (
        np.mean([reached(name, float(f.sse)) for (name, _), f in ours.items()]),
        time.perf_counter() - start,
    )
    peers = {"scipy curve_fit": _curve_fit}
    try:
        import lmfit  # noqa: F401

        peers["lmfit"] = _lmfit
    except ImportError:
        pass
    for peer, method in peers.items():
        for scaled in (False, True):
            start = time.perf_counter()
            sums = {name: method(family, *xy, scaled) for name, xy in data.items()}
            share = np.mean([reached(name, sse) for name, sse in sums.items()])
            rows[f"{peer}{', scaled' if scaled else ''}"] = (share, time.perf_counter() - start)
    print(f"\n{family}, free offset, {len(data)} series")
    for method, (share, seconds) in rows.items():
        print(f"  {method:26s} within 5 %: {100 * share:5.1f} %   {seconds:7.2f} s")
        benchmark.extra_info[method] = {"within_5_percent": float(share), "seconds": seconds}
    assert rows["concave_sched"][0] >= max(share for share, _ in rows.values())
