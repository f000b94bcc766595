"""The script of the paper's figures runs; drawings say what their axes are."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from dsct_cases import several

from concave_sched import dsct
from concave_sched._figures import load
from concave_sched.plotting._dsct import accuracy_histogram


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_figures(tmp_path):
    for name, options in {
        "dsct_fig1": {}, "dsct_fig2": {}, "dsct_fig3": {"limit": 2.0}, "dsct_fig4_5": {}
    }.items():  # fmt: skip
        load(name).main(fast=True, folder=tmp_path, **options)
    names = {path.name for path in tmp_path.iterdir()}
    assert {f"dsct_fig{k}.{kind}" for k in range(1, 6) for kind in ("pdf", "png", "csv")} <= names
    gaps = pd.read_csv(tmp_path / "dsct_fig2.csv")
    assert (gaps["min"] >= -1e-9).all() and (gaps["max"] <= gaps.guarantee).all()
    assert (gaps.polished <= gaps["mean"] + 1e-9).all()
    means = pd.read_csv(tmp_path / "dsct_fig4.csv").pivot(
        index=["reading", "rho"], columns="algorithm", values="accuracy"
    )
    assert (means.approx <= means.bound + 1e-12).all() and (means.levels <= means.bound).all()
    numbers = pd.read_csv(tmp_path / "dsct_fig4_5_numbers.csv")
    assert numbers.paper.iloc[0] == "57.9" and np.isfinite(numbers.ours).all()
    assert len(numbers) == 14 and not numbers[["quantity", "remark"]].duplicated().any()
    numbers = pd.read_csv(tmp_path / "dsct_fig2_numbers.csv")
    assert numbers.paper.iloc[0] == "12.36" and np.isfinite(numbers.ours).all()


def test_drawings():
    r = dsct.approximate(several(3))
    for draw in (r.plot, r.plot_accuracies, dsct.upper_bound(several(3)).plot):
        ax = plt.subplots()[1]
        assert draw(ax=ax) is ax and ax.get_xlabel() and ax.get_ylabel()
        ax.figure.canvas.draw()
    idle = dsct.polish(several(3), np.zeros(6, int))
    assert idle.plot(unit="s").get_xlabel() == "time (s)"
    assert len(accuracy_histogram({"a": r, "b": idle}).get_legend().get_texts()) == 2
