"""The script of the SmartFill figures runs, and its table meets the published numbers."""

import pandas as pd
import pytest

from concave_sched._figures import load


def test_figures_and_published_numbers(tmp_path):
    load("smartfill_fig4_to_9").main(fast=True, folder=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"smartfill_fig4_to_9_numbers.csv"} | {
        f"smartfill_fig{name}.{kind}"
        for name in ("4_5", "6_7", "8_9")
        for kind in ("csv", "pdf", "png")
    }
    numbers = pd.read_csv(tmp_path / "smartfill_fig4_to_9_numbers.csv")
    numbers = numbers[numbers.paper != "not published"].astype({"paper": float})
    assert numbers.ours.tolist() == pytest.approx(numbers.paper.tolist(), abs=0.1)
    for name in ("6_7", "8_9"):
        table = pd.read_csv(tmp_path / f"smartfill_fig{name}.csv")
        others = table[["hesrpt_paper", "hesrpt_fitted", "hesrpt_tuned"]]
        assert (others.ge(table.smartfill * (1 - 1e-9), axis=0)).all(axis=None)
        assert (table.hesrpt_tuned <= others.min(axis=1) * (1 + 1e-4)).all()
