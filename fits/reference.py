"""Compare every fit with an independent search; writes misses.md. Run: python fits/reference.py

The reference sums of squares are in tests/fitting/reference_sse.json. A miss is a fit with
SSE > 1.05 x reference + 1e-6 x total sum of squares.
"""

import json
import time
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

from concave_sched.fitting import datasets, fit_many, load_series  # noqa: E402

HERE = Path(__file__).parent


def compare():
    """Rows (family, value at 0, series compared, misses, seconds) and the list of misses."""
    reference = json.loads((HERE.parent / "tests/fitting/reference_sse.json").read_text())
    index = {name: i for i, name in enumerate(reference["series"])}
    data = {name: xy for set_ in datasets() for name, xy in load_series(set_).items()}
    rows, misses = [], []
    for key, known in reference["sse"].items():
        family, mode = key.split("|")
        pins = {n: reference["pin"][index[n]] if mode == "pinned" else None for n in data}
        start = time.perf_counter()
        fits = fit_many(data, [family], at_zero=pins, progress=True)
        seconds = time.perf_counter() - start
        compared = [n for n in data if known[index[n]] is not None]
        missed = []
        for name in compared:
            i, sse = index[name], float(fits[name, family].sse)
            if not sse <= 1.05 * known[i] + 1e-6 * reference["sst"][i]:
                missed.append((family, mode, name, sse, known[i], reference["sst"][i]))
        rows.append((family, mode, len(compared), len(missed), seconds))
        misses += missed
    return rows, misses


def write(rows, misses):
    """The table of families and the table of misses, as Markdown."""
    pairs = sum(row[2] for row in rows)
    share = 100 * (1 - len(misses) / pairs)
    text = [
        "# Misses against the reference\n",
        f"{pairs} (series, family) pairs, {len(misses)} misses: {share:.2f} % reach the reference.",
        "A miss is SSE > 1.05 x reference + 1e-6 x total sum of squares; the reference is the best",
        "of an independent multi-start least squares, or the infimum where that is a limit.\n",
        "| family | value at 0 | series | misses |",
        "|---|---|---|---|",
        *(f"| {f} | {m} | {n} | {k} |" for f, m, n, k, _ in rows),
        "\n| family | value at 0 | series | SSE | reference | total |",
        "|---|---|---|---|---|---|",
        *(f"| {f} | {m} | {s} | {a:.6g} | {b:.6g} | {t:.6g} |" for f, m, s, a, b, t in misses),
    ]
    (HERE / "misses.md").write_text("\n".join(text if misses else text[:-2]) + "\n")


if __name__ == "__main__":
    table, missed = compare()
    write(table, missed)
    for family, mode, number, count, seconds in table:
        print(f"{family:22s} {mode:7s} {number:4d} series, {count} misses, {seconds:6.1f} s")
