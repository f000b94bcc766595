"""One self-contained HTML page: every system's question, answer, evidence, figures and command."""

from __future__ import annotations

import base64
import html
import io
import platform
from pathlib import Path

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>concave_sched: main job</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222 }}
body {{ max-width: 62rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; margin: 1rem 0 }}
th, td {{ padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #ddd }}
th, td {{ text-align: left; vertical-align: top }}
h2 {{ margin-top: 3rem; border-top: 1px solid #ddd; padding-top: 1rem }}
code {{ background: #f4f4f4; padding: .1rem .3rem; font: 13px/1.4 ui-monospace, monospace }}
figure {{ margin: 1.5rem 0 }} img {{ max-width: 100% }} figcaption, .quiet {{ color: #555 }}
</style>
<h1>Who gets how much, when, where, and how far is that from optimal?</h1>
<p>One instance per system: solved, bounded from the other side, and confirmed by something that
does not share the solver's code. <b>From optimal</b> is how much better, at most, any schedule
could be. Numbers, tables and figures of this page again: <code>{command}</code></p>
{table}
{sections}
<p class="quiet">{versions}</p>
</html>
"""


_DEPENDS = {"dsct": ("seed",), "monotonic": ("seed",), "membatch": (), "tdpatd": ()}


def write_report(folder, options, solved, lines) -> Path:
    """Draw the figures, save each as PNG and all of them inside folder/report.html."""
    import pandas as pd

    cells = []
    for one, line in zip(solved, lines, strict=True):
        command = f"<code>{_command(options, one.system)}</code>"
        link = f'<a href="#{one.system}">{one.system}</a>'
        cells.append(
            {**{k: html.escape(v) for k, v in line.items()}, "system": link, "again": command}
        )
    table = pd.DataFrame(cells).to_html(index=False, border=0, escape=False)
    page = _PAGE.format(
        command=_command(options),
        table=table,
        sections="\n".join(_section(Path(folder), options, one) for one in solved),
        versions=html.escape(_versions()),
    )
    path = Path(folder) / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


def _command(options, system: str = "") -> str:
    """The command line that makes this page again, or one system's part of it."""
    words = ["python -m concave_sched"] + ([f"--only {system}"] if system else [])
    for name, value in options._asdict().items():
        if value != options._field_defaults[name] and name in _DEPENDS.get(system, options._fields):
            words.append(f"--{name} {value}")
    return html.escape(" ".join(words))


def _section(folder, options, one) -> str:
    import pandas as pd

    pieces = [
        f'<h2 id="{one.system}">{one.system}: {html.escape(one.question)}</h2>',
        f"<p>{html.escape(one.answer)}</p>",
    ]
    if one.rows:
        pieces += [
            pd.DataFrame(one.rows).to_html(index=False, border=0, float_format="%.4f".__mod__)
        ]
    if one.facts:
        rows = (
            f"<tr><th>{html.escape(k)}</th><td>{html.escape(v)}</td></tr>"
            for k, v in one.facts.items()
        )
        pieces += [f"<table>{''.join(rows)}</table>"]
    pieces += [_figure(folder, figure) for figure in one.figures]
    pieces += [
        f'<p class="quiet">The whole schedule: <a href="{one.system}.csv">{one.system}.csv</a>. '
        f"Again: <code>{_command(options, one.system)}</code></p>"
    ]
    return "\n".join(pieces)


def _figure(folder, figure) -> str:
    import matplotlib.pyplot as plt

    canvas, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
    figure.draw(ax)
    if figure.xlabel is not None:
        ax.set(xlabel=figure.xlabel, ylabel=figure.ylabel)
    picture = io.BytesIO()
    canvas.savefig(picture, format="png", dpi=120)
    plt.close(canvas)
    (folder / f"{figure.name}.png").write_bytes(picture.getvalue())
    data = base64.b64encode(picture.getvalue()).decode()
    caption = html.escape(figure.caption)
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _versions() -> str:
    import jax
    import numpy

    from . import __version__

    return (
        f"concave_sched {__version__}, Python {platform.python_version()}, JAX {jax.__version__} "
        f"on {jax.default_backend()}, NumPy {numpy.__version__}, {platform.system()} "
        f"{platform.machine()}. Seconds are of this run, compilation apart."
    )
