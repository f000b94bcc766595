"""The script of the paper's figures runs; drawings say what their axes are."""

import importlib.util
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from dsct_cases import several

from concave_sched import dsct
from concave_sched.plotting._dsct import accuracy_histogram

SCRIPT = Path(__file__).parents[2] / "paper_figs" / "dsct_fig1_to_5.py"


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def test_figures(tmp_path):
    spec = importlib.util.spec_from_file_location("dsct_figures", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.main(fast=True, folder=tmp_path, limit=2.0)
    names = {path.name for path in tmp_path.iterdir()}
    assert {f"dsct_fig{k}.pdf" for k in range(1, 6)} | {"dsct_numbers.csv"} <= names
    gaps = pd.read_csv(tmp_path / "dsct_fig2.csv")
    assert (gaps["min"] >= -1e-9).all() and (gaps["max"] <= gaps.guarantee).all()
    assert (gaps.polished <= gaps["mean"] + 1e-9).all()
    means = pd.read_csv(tmp_path / "dsct_fig4.csv").pivot(
        index=["reading", "rho"], columns="algorithm", values="accuracy"
    )
    assert (means.approx <= means.bound + 1e-12).all() and (means.levels <= means.bound).all()
    numbers = pd.read_csv(tmp_path / "dsct_numbers.csv")
    assert numbers.paper.iloc[0] == 57.9 and np.isfinite(numbers.ours).all()
    assert len(numbers) == 14 and numbers.quantity.is_unique


def test_drawings():
    r = dsct.approximate(several(3))
    for draw in (r.plot, r.plot_accuracies, dsct.upper_bound(several(3)).plot):
        ax = plt.subplots()[1]
        assert draw(ax=ax) is ax and ax.get_xlabel() and ax.get_ylabel()
        ax.figure.canvas.draw()
    idle = dsct.polish(several(3), np.zeros(6, int))
    assert idle.plot(unit="s").get_xlabel() == "time (s)"
    assert len(accuracy_histogram({"a": r, "b": idle}).get_legend().get_texts()) == 2
