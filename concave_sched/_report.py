"""One self-contained HTML page: facts, policies, figures."""

from __future__ import annotations

import base64
import html
import io
from functools import partial
from pathlib import Path

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>concave_sched: main job</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222 }}
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; margin: 1rem 0 }}
th, td {{ padding: .3rem .9rem; border-bottom: 1px solid #ddd; text-align: left }}
figure {{ margin: 2rem 0 }} img {{ max-width: 100% }} figcaption {{ color: #555 }}
</style>
<h1>Who gets how many GPUs, and when?</h1>
<p>A measured speedup is fitted, jobs are scheduled under it optimally (SmartFill), and the
optimum is certified and confirmed by an independent solver.</p>
<table>{facts}</table>
<h2>Policies</h2>{policies}
<h2>The five systems</h2>{systems}
{figures}
</html>
"""


def write_report(
    folder, facts, rows, systems, ranking, accuracy, accuracy_series, policies, lines
) -> Path:
    """Draw the figures, save each as PNG and all of them inside folder/report.html."""
    import pandas as pd

    from .plotting import completion_times, rates_over_time

    optimum = next(iter(policies.values()))
    figures = [
        (
            "speedup",
            "The measured speedup and its best fit.",
            ranking.plot,
            "GPUs",
            "steps per second",
        ),
        (
            "rates",
            "GPUs over time; each band is one job, the shortest on top.",
            partial(rates_over_time, optimum),
            "time (s)",
            "GPUs",
        ),
        (
            "completion_times",
            "When jobs end, by policy.",
            partial(completion_times, policies),
            "job size (steps)",
            "completion time (s)",
        ),
        (
            "accuracy",
            f"Another measurement: accuracy against latency, {accuracy_series}.",
            accuracy.plot,
            "latency (ms)",
            "top-1 accuracy (%)",
        ),
    ]
    figures += [
        (line.system, f"{line.system}: {line.question}.", line.draw, None, None)
        for line in lines[1:]
    ]
    pieces = [_figure(Path(folder), *figure) for figure in figures]
    cells = "".join(
        f"<tr><th>{html.escape(k)}</th><td>{html.escape(v)}</td></tr>" for k, v in facts.items()
    )
    table = pd.DataFrame(rows).to_html(index=False, border=0, float_format="%.4f".__mod__)
    five = pd.DataFrame(systems).to_html(index=False, border=0)
    page = _PAGE.format(facts=cells, policies=table, systems=five, figures="\n".join(pieces))
    path = Path(folder) / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def _figure(folder, name, caption, draw, xlabel, ylabel) -> str:
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
    draw(ax)
    if xlabel is not None:
        ax.set(xlabel=xlabel, ylabel=ylabel)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    plt.close(figure)
    (folder / f"{name}.png").write_bytes(picture.getvalue())
    data = base64.b64encode(picture.getvalue()).decode()
    return (
        f'<figure><img alt="{html.escape(caption)}" src="data:image/png;base64,{data}">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )
