"""`python -m concave_sched api`: one page with every public name, made from the docstrings."""

from __future__ import annotations

import argparse
import doctest
import enum
import html
import importlib
import inspect
import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from types import ModuleType

from ._results import Result

ROOMS = (
    "curves",
    "fitting",
    "allocation",
    "smartfill",
    "dsct",
    "monotonic",
    "membatch",
    "tdpatd",
    "reference",
    "plotting",
)

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>concave_sched: public names</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222; display: flex; gap: 2rem; margin: 0 }}
nav {{ position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; min-width: 12rem }}
nav a {{ display: block; text-decoration: none }} nav b {{ display: block; margin-top: .8rem }}
main {{ max-width: 52rem; min-width: 0; padding: 1rem }} a {{ color: #0072B2 }}
h2 {{ margin-top: 3rem; border-bottom: 2px solid #ddd }} h3 {{ margin: 2.2rem 0 .2rem }}
code, pre {{ font: 14px/1.45 ui-monospace, monospace }} h3 code {{ font-size: 16px }}
h3 span, dt span {{ color: #555; font-weight: normal }}
.doc {{ white-space: pre-wrap; margin: .4rem 0 }}
pre {{ background: #f6f6f6; padding: .6rem .8rem; margin: .4rem 0; overflow-x: auto }}
table {{ border-collapse: collapse }} td {{ padding: .1rem 1rem .1rem 0; vertical-align: top }}
dt {{ margin-top: .6rem }} dd {{ margin-left: 1.5rem }}
</style>
<nav>{contents}</nav><main><h1>concave_sched {version}: every public name</h1>
<p>{intro}</p>{body}</main></html>
"""

_INTRO = """One pattern everywhere: an <code>Instance</code>, a solver, a result with
<code>objective</code>, <code>summary()</code>, <code>to_dataframe()</code>,
<code>plot()</code> and evidence. Measurements go through <code>fitting</code> to
<code>curves</code>, to <code>allocation</code>, to one of the five systems. Made from the
docstrings; every example runs as a test (<code>pytest tests/test_doctests.py</code>). This page
again: <code>python -m concave_sched api</code>."""


def public_names() -> Iterator[tuple[str, ModuleType, dict[str, object]]]:
    """(name of the room, module, {public name: object}) for the package and each of its rooms."""
    for room in ("", *ROOMS):
        module = importlib.import_module(f"concave_sched.{room}" if room else "concave_sched")
        names = {
            name: value
            for name, value in vars(module).items()
            if not name.startswith("_") and callable(value)
        }
        yield room or "concave_sched", module, dict(sorted(names.items()))


def write_page(path) -> Path:
    """Write the reference page and return its path."""
    from . import __version__

    contents, body = [], []
    home = {id(v): room for room, _, names in public_names() for v in names.values()}
    for room, module, names in public_names():
        contents.append(f"<b>{room}</b>")
        rows, details = [], []
        for name, value in names.items():
            where = f"{home[id(value)]}.{name}"
            here = where == f"{room}.{name}"
            anchor = "" if here else f' id="{room}.{name}"'
            link = f'<a href="#{where}">{name}</a>'
            contents.append(link)
            rows.append(f"<tr{anchor}><td>{link}</td><td>{_text(_first_line(value))}</td></tr>")
            if here:
                details.append(_entry(where, name, value))
        table = f"<table>{''.join(rows)}</table>"
        body.append(f"<h2>{module.__name__}</h2>{_document(_doc(module))}{table}{''.join(details)}")
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    page = _PAGE.format(
        contents="".join(contents), version=__version__, intro=_INTRO, body="\n".join(body)
    )
    path.write_text(page, encoding="utf-8")
    return path


def _entry(anchor, name, value) -> str:
    """One name: signature, docstring, and the methods and properties that a class brings."""
    rows = [
        f"<dt><code>.{member}<span>{_signature(what)}</span></code></dt>"
        f"<dd>{_document(_doc(what))}</dd>"
        for member, what in members(value)
    ]
    title = f'<h3 id="{anchor}"><code>{name}<span>{_signature(value)}</span></code></h3>'
    return f"{title}{_document(_doc(value))}" + (f"<dl>{''.join(rows)}</dl>" if rows else "")


def members(value):
    """Documented public methods and properties that a class brings itself."""
    if inspect.isclass(value):
        for name, member in vars(value).items():
            if isinstance(member, (classmethod, staticmethod)):
                member = getattr(value, name)
            if not name.startswith("_") and inspect.getdoc(member) and not inspect.isclass(member):
                if inspect.isroutine(member) or isinstance(member, (property, cached_property)):
                    yield name, member


def _doc(value) -> str:
    return inspect.getdoc(value) or ""


def _first_line(value) -> str:
    return _doc(value).partition("\n")[0]


def _signature(value) -> str:
    """Names and defaults; results are not constructed by hand, and show none."""
    if not callable(value) or inspect.isclass(value) and issubclass(value, (Result, enum.Enum)):
        return ""
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return ""
    plain = [p.replace(annotation=p.empty) for p in parameters if p.name not in ("self", "cls")]
    return html.escape(str(inspect.Signature(plain)))


def _document(doc: str) -> str:
    """A docstring as HTML: prose as it stands, examples in boxes."""
    parts = [p for p in doctest.DocTestParser().parse(doc) if not isinstance(p, str) or p.strip()]
    pieces = []
    for prose, group in itertools.groupby(parts, lambda part: isinstance(part, str)):
        if prose:
            text = "".join(str(part) for part in group).strip("\n")
            pieces.append(f'<div class="doc">{_text(text.rstrip())}</div>')
        else:
            pieces.append(f"<pre>{html.escape(''.join(map(_typed, group)).rstrip())}</pre>")
    return "".join(pieces)


def _typed(example) -> str:
    """An example as it is typed, and what it prints."""
    first, *others = example.source.splitlines()
    lines = [f">>> {first}", *(f"... {line}" for line in others)]
    return "\n".join(lines) + "\n" + example.want


def _text(text: str) -> str:
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m concave_sched api",
        description="Write one HTML page with every public name, its arguments and its docstring.",
    )
    parser.add_argument("--path", default="concave_sched_api.html", help="(default: %(default)s)")
    path = write_page(parser.parse_args(argv).path)
    print(path.resolve())
    return 0
