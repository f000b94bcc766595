"""`python -m concave_sched api`: one page with every public name, made from the docstrings."""

from __future__ import annotations

import argparse
import html
import importlib
import inspect
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

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
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222; display: flex; gap: 2rem; margin: 0 }}
nav {{ position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; min-width: 13rem }}
main {{ max-width: 60rem; padding: 1rem }} nav a {{ display: block; text-decoration: none }}
nav b {{ display: block; margin-top: .8rem }} h3 {{ margin-bottom: .2rem }}
code, pre {{ font: 14px/1.45 ui-monospace, monospace }}
pre {{ background: #f6f6f6; padding: .8rem; overflow-x: auto }} .member {{ margin-left: 1.5rem }}
</style>
<nav>{contents}</nav><main><h1>concave_sched</h1>{body}</main></html>
"""


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
    contents, body = [], []
    for room, module, names in public_names():
        contents.append(f"<b>{room}</b>")
        body.append(f"<h2>{module.__name__}</h2><pre>{html.escape(_doc(module))}</pre>")
        for name, value in names.items():
            anchor = f"{room}.{name}"
            contents.append(f'<a href="#{anchor}">{name}</a>')
            body.append(f'<h3 id="{anchor}"><code>{name}{_signature(value)}</code></h3>')
            body.append(f"<pre>{html.escape(_doc(value))}</pre>")
            body += [_member(member, what) for member, what in _members(value)]
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    page = _PAGE.format(contents="".join(contents), body="\n".join(body))
    path.write_text(page, encoding="utf-8")
    return path


def _doc(value) -> str:
    return inspect.getdoc(value) or ""


def _signature(value) -> str:
    try:
        return html.escape(str(inspect.signature(value)))
    except (TypeError, ValueError):
        return ""


def _members(value):
    """Documented public methods and properties that a class brings itself."""
    if inspect.isclass(value):
        for name, member in vars(value).items():
            if not name.startswith("_") and inspect.getdoc(member) and not inspect.isclass(member):
                if inspect.isfunction(member) or isinstance(member, property):
                    yield name, member


def _member(name, value) -> str:
    signature = _signature(value) if inspect.isfunction(value) else ""
    title = f"<b><code>.{name}{signature}</code></b>"
    return f'<div class="member">{title}<pre>{html.escape(_doc(value))}</pre></div>'


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m concave_sched api",
        description="Write one HTML page with every public name, its arguments and its docstring.",
    )
    parser.add_argument("--path", default="concave_sched_api.html", help="(default: %(default)s)")
    path = write_page(parser.parse_args(argv).path)
    print(path.resolve())
    return 0
