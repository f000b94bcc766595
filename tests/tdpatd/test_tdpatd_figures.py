"""Scripts of the published figures and every drawing; stable where they do not time or search."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from concave_sched import tdpatd
from concave_sched._figures import load


def test_worked_example(tmp_path):
    load("tdpatd_fig2_to_6").main(fast=True, folder=tmp_path)
    frame = pd.read_csv(tmp_path / "tdpatd_fig2_to_6.csv")
    makespans = frame.groupby("step", sort=False).makespan.first().tolist()
    assert makespans == [700.0, 670.0, 560.0, 565.0, 475.0]
    assert (tmp_path / "tdpatd_fig2_to_6.pdf").stat().st_size > 0


def test_grids_are_stable(tmp_path, capsys):
    script = load("tdpatd_fig7_to_11")
    for folder in ("once", "again"):
        script.main(fast=True, folder=tmp_path / folder)
        for path in (tmp_path / folder).iterdir():
            other = tmp_path / "once" / path.name
            assert path.read_bytes() == other.read_bytes()
    frame = pd.read_csv(tmp_path / "once" / "tdpatd_fig7_to_11.csv")
    assert set(frame.figure) == {"Fig. 7", "Fig. 9", "Fig. 10", "Fig. 11"}
    assert {"FIFO", "ETF", "B_Dedup", "lower bound"} <= set(frame.method)
    assert (frame.over_bound >= 1).all()
    assert "true here" in capsys.readouterr().out


def test_models_and_run_times(tmp_path):
    load("tdpatd_fig8_13").main(fast=True, folder=tmp_path)
    load("tdpatd_fig12").main(fast=True, folder=tmp_path)
    for name in ("tdpatd_fig8_13", "tdpatd_fig12"):
        frame = pd.read_csv(tmp_path / f"{name}.csv")
        assert {"TDPATD", "ETF", "lower bound"} <= {m.split(",")[0] for m in frame.method}
        assert (frame.makespan > 0).all()
        assert (tmp_path / f"{name}.pdf").stat().st_size > 0


@pytest.mark.parametrize("tasks", [12, 600, 4000])
def test_drawings(tasks):
    graph = tdpatd.generate(tasks, levels=5, ccr=2.0, seed=1)
    instance = tdpatd.Instance(graph, 3)
    parts = tdpatd.partition(graph, tasks // 3)
    for schedule in (tdpatd.dsh(instance), tdpatd.etf_part(instance, parts)):
        axes = plt.subplots()[1]
        assert schedule.plot(ax=axes, arrows=tasks < 100, critical=True) is axes
        assert axes.get_xlabel().startswith("time")
        labels = {text.get_text() for text in axes.get_legend().get_texts()}
        assert "critical path" in labels and ("duplicate" in labels) == schedule.duplicate.any()
    for chosen in (None, parts):
        axes = plt.subplots()[1]
        assert graph.plot(parts=chosen, ax=axes) is axes
        axes.figure.canvas.draw()
    plt.close("all")


def test_arrows_are_the_transfers_in_use():
    from concave_sched.tdpatd._explain import transfers

    graph = tdpatd.TaskGraph([1.0, 1.0, 1.0], [[0, 2], [1, 2]], 4.0)
    schedule = tdpatd.simulate(tdpatd.Instance(graph, 2), [[0, 2], [1]])
    pairs = transfers(schedule)
    assert schedule.task[pairs].tolist() == [[1, 2]]
    axes = schedule.plot(arrows=True)
    arrows = [a for a in axes.texts if getattr(a, "arrow_patch", None) is not None]
    assert len(arrows) == 1
    assert np.allclose(arrows[0].xy, (5.0, 0)) and np.allclose(arrows[0].xyann, (1.0, 1))
    plt.close("all")
