"""The scripts of the published figures run, and write the same bytes twice."""

import pandas as pd

from concave_sched._figures import load


def test_drawings_are_stable_and_never_cost_more_afterwards(tmp_path):
    script = load("monotonic_fig1_to_3")
    for folder in ("once", "again"):
        script.main(fast=True, folder=tmp_path / folder)
    files = sorted(path.name for path in (tmp_path / "once").iterdir())
    assert len(files) == 10
    for name in files:
        once, again = ((tmp_path / folder / name).read_bytes() for folder in ("once", "again"))
        assert once == again
    for path in (tmp_path / "once").glob("monotonic_fig?.csv"):
        frame = pd.read_csv(path)
        costs = frame[frame.kind == "H"].groupby("schedule").slot.apply(lambda s: s.sub(1).pow(2))
        assert costs["after"].sum() < costs["before"].sum()
        assert frame.groupby("schedule").exchanged.sum().tolist() == [2, 2]


def test_run_times(tmp_path):
    load("monotonic_fig4").main(fast=True, folder=tmp_path)
    frame = pd.read_csv(tmp_path / "monotonic_fig4.csv")
    assert (frame.seconds > 0).all()
    assert set(frame.panel) == {"machines", "ratio"}
    assert "C++17 -O2, measured elsewhere" in set(frame.source)
    assert (tmp_path / "monotonic_fig4.pdf").stat().st_size > 0
