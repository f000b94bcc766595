"""The figures of all papers: the same bytes twice, and all of them listed in their README."""

from pathlib import Path

import pandas as pd
import pytest

from concave_sched._figures import load, scripts

HOME = Path(__file__).parents[1] / "paper_figs"


# Those of tdpatd_fig7_to_11, membatch_fig2 and monotonic_fig1_to_3 stand beside their systems.
@pytest.mark.parametrize(
    "name",
    ["dsct_fig1", "membatch_fig1_table1", "smartfill_fig1_to_3", "smartfill_table1",
     "tdpatd_fig2_to_6"],
)  # fmt: skip
def test_same_bytes_twice(name, tmp_path):
    for folder in ("once", "again"):
        load(name).main(fast=True, folder=tmp_path / folder)
    once = {path.name: path.read_bytes() for path in (tmp_path / "once").iterdir()}
    again = {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()}
    assert once == again
    drawn = {n.removesuffix(".pdf") for n in once if n.endswith(".pdf")}
    assert drawn and {f"{n}.{kind}" for n in drawn for kind in ("pdf", "png", "csv")} <= set(once)


def test_table_of_regular_speedups_holds(tmp_path):
    load("smartfill_table1").main(True, tmp_path)
    errors = pd.read_csv(tmp_path / "smartfill_table1.csv")[["error of s'", "KKT residual"]]
    assert (errors < 1e-12).all(axis=None) and len(errors) == 5


def test_the_exchange_of_figure_1_gains(tmp_path):
    load("smartfill_fig1_to_3").main(True, tmp_path)
    table = pd.read_csv(tmp_path / "smartfill_fig1.csv")
    assert (table[["job_1", "job_2"]] >= 0).all(axis=None)
    assert (table.job_1 + table.job_2).round(7).eq(4).all()
    cost = table.groupby("schedule").total_slowdown.first()
    assert cost["after"] < cost["before"]


def test_the_readme_lists_every_script_and_file():
    readme = (HOME / "README.md").read_text(encoding="utf-8")
    assert [name for name in scripts() if f"`{name}`" not in readme] == []
    made = {path.stem for path in (HOME / "output").glob("*.pdf")}
    assert made and [name for name in made if f"(output/{name}.pdf)" not in readme] == []
    kinds = {n: sorted(p.suffix for p in (HOME / "output").glob(f"{n}.*")) for n in made}
    assert [n for n, kind in kinds.items() if kind != [".csv", ".pdf", ".png"]] == []


def test_every_number_has_a_reason():
    tables = [pd.read_csv(path) for path in (HOME / "output").glob("*_numbers.csv")]
    rows = pd.concat(tables)
    assert len(tables) == len(scripts()) and rows.notna().all(axis=None)
