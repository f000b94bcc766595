"""The commands beside the main job: the reference page and the figures."""

import pandas as pd
import pytest

from concave_sched import _figures
from concave_sched.__main__ import main
from concave_sched._api import public_names


def test_every_public_name_has_a_docstring():
    bare = [
        f"{room}.{name}"
        for room, _, names in public_names()
        for name, value in names.items()
        if not (value.__doc__ or "").strip()
    ]
    assert bare == []


def test_reference_page_names_them_all(tmp_path, capsys):
    assert main(["api", "--path", str(tmp_path / "api.html")]) == 0
    page = (tmp_path / "api.html").read_text(encoding="utf-8")
    for room, _, names in public_names():
        for name in names:
            assert f'id="{room}.{name}"' in page


def test_figures_are_listed(capsys):
    assert main(["figures", "--list"]) == 0
    listed = capsys.readouterr().out.split()
    assert {"smartfill_fig4_to_9", "monotonic_fig1_to_3"} <= set(listed)


def test_an_unknown_figure_is_refused(tmp_path, capsys):
    assert main(["figures", "nothing_like_it", "--folder", str(tmp_path)]) == 2
    assert "no such figure" in capsys.readouterr().err


def test_figures_run_and_the_table_is_made(tmp_path):
    assert main(["figures", "monotonic_fig1_to_3", "--folder", str(tmp_path)]) == 0
    assert list(tmp_path.glob("monotonic*.pdf"))
    assert (tmp_path / "numbers.md").read_text().startswith("| system |")


def test_a_failing_script_stops_no_other(tmp_path, monkeypatch):
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text("def main(fast, folder):\n    (folder / 'good.csv').write_text('x')\n")
    bad.write_text("def main(fast, folder):\n    raise ArithmeticError('no')\n")
    monkeypatch.setattr(_figures, "scripts", lambda: {"bad": bad, "good": good})
    assert _figures.run([], True, tmp_path / "out") == 1
    assert (tmp_path / "out" / "good.csv").exists()


def test_numbers_table_joins_the_systems(tmp_path):
    row = {"figure": "6", "quantity": "gain | %", "paper": "13.6", "ours": "13.608", "remark": ""}
    pd.DataFrame([row]).to_csv(tmp_path / "smartfill_numbers.csv", index=False)
    table = _figures.numbers_table(tmp_path)
    assert "| smartfill | 6 | gain \\| % | 13.6 | 13.608 |  |" in table
    pd.DataFrame([{"figure": 1}]).to_csv(tmp_path / "dsct_numbers.csv", index=False)
    with pytest.raises(ValueError, match=r"dsct_numbers.csv lacks the columns ours"):
        _figures.numbers_table(tmp_path)
