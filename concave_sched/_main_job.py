"""The main job: measurement -> fit -> schedule -> certificate -> confirmation, system by system."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ._main_smartfill import solve_smartfill
from ._main_systems import Options, solve_dsct, solve_membatch, solve_monotonic, solve_tdpatd

SYSTEMS = {
    "smartfill": solve_smartfill,
    "dsct": solve_dsct,
    "monotonic": solve_monotonic,
    "membatch": solve_membatch,
    "tdpatd": solve_tdpatd,
}


def run(series: str, jobs: int, seed: int, folder, only: Sequence[str] = ()) -> int:
    """Solve one instance of every system (or of those in `only`), print a line each, report.

    Writes report.html, its pictures, one table per schedule and summary.json to `folder`. Returns
    0 if all was confirmed, else 1. series, jobs and seed: see `_main_smartfill` and `Options`.
    """
    from tqdm import tqdm

    from ._report import write_report

    if jobs < 1:
        raise ValueError(f"jobs = {jobs}: at least one job is needed.")
    unknown = [name for name in only if name not in SYSTEMS]
    if unknown:
        raise ValueError(f"only = {unknown[0]!r}: no such system; there are {', '.join(SYSTEMS)}.")
    began, options = time.perf_counter(), Options(series, jobs, seed)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    solved = []
    kernels = None if len(only) == 1 else _compile_beside()
    try:
        for name in (bar := tqdm(only or SYSTEMS, leave=False)):
            bar.set_description(name)
            if kernels and name in ("membatch", "tdpatd"):
                kernels.wait()
            solved.append(SYSTEMS[name](options))
            solved[-1].schedule.to_dataframe().to_csv(folder / f"{name}.csv")
    finally:
        if kernels:
            kernels.kill()
            kernels.wait()
    lines = [
        {
            "system": one.system,
            "objective": f"{one.quantity} {one.objective:.6g}",
            "bound": f"{one.bound:.6g}",
            "from optimal": share(one.distance),
            "seconds": f"{one.seconds:.2g}",
            "confirmed by": one.confirmed_by + ("" if one.agreed else ": NOT CONFIRMED"),
        }
        for one in solved
    ]
    path = write_report(folder, options, solved, lines)
    numbers = {
        "systems": lines,
        "answers": {one.system: one.answer for one in solved},
        "facts": {one.system: one.facts for one in solved if one.facts},
        "policies": {one.system: one.rows for one in solved if one.rows},
    }
    (folder / "summary.json").write_text(json.dumps(numbers, indent=1, ensure_ascii=False) + "\n")
    for one in solved:
        _print_details(one)
    _print_lines(lines)
    print(f"\n{time.perf_counter() - began:.1f} s; report: {path.resolve()}")
    return 0 if all(one.agreed for one in solved) else 1


def _compile_beside() -> subprocess.Popen:
    """Kernels of the discrete systems compile on another core while the others are solved."""
    code = "from concave_sched._main_systems import compile_kernels; compile_kernels()"
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"JAX_ENABLE_X64": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def share(distance: float) -> str:
    """A distance from the optimum in words: rounding errors are no distance."""
    return "optimal" if distance < 1e-9 else f"{100 * distance:.2g} % at most"


def _print_details(one):
    import pandas as pd

    width = max(map(len, one.facts), default=0)
    for label, value in one.facts.items():
        print(f"{label:<{width}}  {value}")
    if one.rows:
        print(f"\n{pd.DataFrame(one.rows).to_string(index=False, float_format='%.4f')}\n")


def _print_lines(lines):
    """One line per system, in columns."""
    table = [list(lines[0]), *(list(line.values()) for line in lines)]
    widths = [max(len(row[k]) for row in table) for k in range(len(table[0]))]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
