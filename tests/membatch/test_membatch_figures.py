"""The scripts of the published figures run; what is not timed is the same twice."""

import pandas as pd
from matplotlib import pyplot

from concave_sched import membatch as mb
from concave_sched._figures import load
from concave_sched.plotting._membatch import mean_gpu_use, plot_utilisation


def test_figure_2_is_stable(tmp_path):
    script = load("membatch_fig2")
    for folder in ("once", "again"):
        script.main(fast=True, folder=tmp_path / folder)
    for name in ("membatch_fig2.pdf", "membatch_fig2.csv"):
        once, again = ((tmp_path / folder / name).read_bytes() for folder in ("once", "again"))
        assert once == again
    table = pd.read_csv(tmp_path / "once" / "membatch_fig2.csv")
    assert table.groupby("scheduler").end.max().round(6).tolist() == [123.0, 155.0, 115.0]


def test_figures_3_to_5(tmp_path):
    load("membatch_fig3_to_5").main(fast=True, folder=tmp_path)
    makespan = pd.read_csv(tmp_path / "membatch_fig4.csv")
    mean = makespan[makespan.tasks == 20].groupby("scheduler").makespan_h.mean()
    assert mean["MemBatch, our default"] == mean.min()
    assert makespan.groupby("scheduler").repetition.nunique().eq(2).all()
    use = pd.read_csv(tmp_path / "membatch_fig5.csv").groupby("scheduler")["mean"].mean()
    assert use["Baseline ILP"] == use.min()
    assert (pd.read_csv(tmp_path / "membatch_fig3.csv").runtime_s > 0).all()
    for k in (3, 4, 5):
        assert (tmp_path / f"membatch_fig{k}.pdf").stat().st_size > 0


def test_utilisation_over_time_adds_up():
    r = mb.least_loaded_first(mb.sweep(20))
    at, use = mean_gpu_use(r)
    mean = (use[:-1] * (at[1:] - at[:-1])).sum() / r.objective
    assert abs(mean - r.utilisation["mean"].mean()) < 1e-9 * 100
    ax = plot_utilisation({"FCFS": r})
    assert "hours" in ax.get_xlabel()
    pyplot.close("all")
