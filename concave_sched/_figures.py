"""`python -m concave_sched figures`: the published figures and tables, drawn again."""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_COLUMNS = ["figure", "quantity", "paper", "ours", "remark"]
_BEGIN, _END = "<!-- numbers -->", "<!-- end of numbers -->"


def scripts() -> dict[str, Path]:
    """Name and path of every figure script, from the source tree or an installed wheel."""
    package = Path(__file__).resolve().parent
    for folder in (package / "_paper_figs", package.parent / "paper_figs"):
        found = sorted(folder.glob("*.py"))
        if found:
            return {path.stem: path for path in found}
    raise FileNotFoundError(f"no figure scripts in {package} or beside it.")


def run(names: Sequence[str], fast: bool, folder) -> int:
    """Run the scripts whose name starts with one of `names` (all where there are none).

    Each writes its PDF, PNG and CSV files to `folder`; then the table of numbers is made from all
    that lies there: numbers.md, or, for a full run into the folder `output` beside the scripts,
    a part of their README. Returns 1 if a script failed (the others still run), else 0.
    """
    from tqdm import tqdm

    every = scripts()
    chosen = {k: p for k, p in every.items() if not names or k.startswith(tuple(names))}
    for name in names:
        if not any(k.startswith(name) for k in every):
            raise ValueError(f"NAME = {name!r}: no such figure; there are {', '.join(every)}.")
    folder, failed = Path(folder), []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"folder = {folder}: {error.strerror}; give another.") from None
    bar = tqdm(chosen, desc="figures")
    for name in bar:
        bar.set_postfix_str(name)
        began = time.perf_counter()
        try:
            load(name).main(fast=fast, folder=folder)
            tqdm.write(f"{name}: {time.perf_counter() - began:.1f} s")
        except Exception as error:
            failed.append(name)
            tqdm.write(f"{name} failed: {type(error).__name__}: {error}", file=sys.stderr)
    table = numbers_table(folder)
    home = next(iter(every.values())).resolve().parent
    readme = home / "README.md"
    if not fast and folder.resolve() == home / "output" and readme.is_file():
        text = readme.read_text(encoding="utf-8")
        place = re.compile(f"{_BEGIN}.*?{_END}", re.DOTALL)
        readme.write_text(place.sub(lambda _: f"{_BEGIN}\n{table}{_END}", text), encoding="utf-8")
    else:
        (folder / "numbers.md").write_text(table, encoding="utf-8")
    print(f"{len(chosen) - len(failed)} of {len(chosen)} scripts done; files: {folder.resolve()}")
    return 1 if failed else 0


def numbers_table(folder) -> str:
    """Published numbers beside ours, as Markdown, from every *_numbers.csv in a folder."""
    import pandas as pd

    tables = []
    for path in sorted(Path(folder).glob("*_numbers.csv"), key=_in_order):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        missing = set(_COLUMNS) - set(table.columns)
        if missing:
            raise ValueError(f"{path.name} lacks the columns {', '.join(sorted(missing))}.")
        table.insert(0, "system", path.stem.split("_")[0])
        tables.append(table[["system", *_COLUMNS]])
    header = ["system", "figure or table", "quantity", "published", "ours", "why they differ"]
    rows = pd.concat(tables).to_numpy().tolist() if tables else []
    lines = [header, ["---"] * len(header), *rows]
    return "".join(
        "| " + " | ".join(str(c).replace("|", "\\|") for c in row) + " |\n" for row in lines
    )


def _in_order(path: Path) -> list:
    """fig2 before fig12."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path.stem)]


def load(name: str):
    """The module of a figure script; its `main(fast, folder)` writes the files."""
    path = scripts()[name]
    spec = importlib.util.spec_from_file_location(f"paper_figs_{name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m concave_sched figures",
        description="Draw the published figures and tables again: PDF, PNG and CSV of each.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="scripts, or how they begin")
    parser.add_argument("--full", action="store_true", help="the papers' setting (slow)")
    parser.add_argument("--list", action="store_true", help="list the scripts and stop")
    parser.add_argument("--folder", default="paper_figs_output", help="(default: %(default)s)")
    options = parser.parse_args(argv)
    if options.list:
        print("\n".join(scripts()))
        return 0
    return run(options.names, not options.full, options.folder)
