"""What the scripts of the published figures share: the house style, panels, tables and files."""

from __future__ import annotations

import functools
import re
from pathlib import Path

from . import _style
from ._save import save

WIDTH = 8.0  # inches, of every figure
NUMBERS = ("figure", "quantity", "paper", "ours", "remark")
_RC = {
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.titlesize": 9.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "legend.handlelength": 2.8,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
}


def house(main):
    """A script's main(fast, folder, ...) in the house style, whatever the user's own is."""

    @functools.wraps(main)
    def drawn(fast: bool, folder, *args, **kwargs):
        import jax
        import matplotlib.pyplot as plt

        jax.config.update("jax_enable_x64", True)
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with plt.style.context(["default", _RC]):
            return main(fast, folder, *args, **kwargs)

    return drawn


def panels(rows: int = 1, columns: int = 2, height: float = 3.0, **options):
    """(figure, axes) of the house's width; height in inches, options of plt.subplots."""
    import matplotlib.pyplot as plt

    return plt.subplots(rows, columns, figsize=(WIDTH, height), layout="constrained", **options)


def legend_above(figure, ax, columns: int, extra=()) -> None:
    """One legend for all panels, above them, where it hides nothing."""
    handles, labels = ax.get_legend_handles_labels()
    handles += extra
    labels += [handle.get_label() for handle in extra]
    figure.legend(handles, labels, loc="outside upper center", ncols=columns)


def finish(figure, folder: Path, name: str, caption: str = "") -> None:
    """Save the figure as PDF and PNG, the caption in small print below it."""
    if caption:
        figure.supxlabel(caption, fontsize=8, color=_style.QUIET)
    save(figure, folder, name)


def write(table, folder: Path, name: str) -> None:
    """folder/name.csv, with nine digits: enough for a figure, and the same on every run."""
    table.to_csv(folder / f"{name}.csv", index=False, float_format="%.9g", lineterminator="\n")


def numbers(rows, folder: Path, name: str) -> None:
    """folder/name_numbers.csv: (figure, quantity, paper, ours, why they differ) for each number."""
    import pandas as pd

    table = pd.DataFrame(rows, columns=list(NUMBERS))
    for column in ("paper", "ours"):
        table[column] = [f"{x:.4g}" if isinstance(x, float) else x for x in table[column]]
    write(table, folder, f"{name}_numbers")


def draw_table(table, folder: Path, name: str, caption: str = "", widths=None) -> None:
    """A table as CSV, and as PDF and PNG, where ^ raises: three rules and nothing else."""
    import matplotlib.pyplot as plt
    from matplotlib.transforms import Bbox

    write(table, folder, name)
    cells = [[_cell(x) for x in row] for row in table.values]
    height = 0.28 * (len(cells) + 1) + 0.35
    figure, ax = plt.subplots(figsize=(WIDTH, height), layout="constrained")
    ax.axis("off")
    grid = ax.table(cells, colLabels=list(table.columns), cellLoc="left", colLoc="left",
                    bbox=Bbox.unit(), colWidths=widths)  # fmt: skip
    grid.auto_set_font_size(False)
    grid.set_fontsize(9)
    for (row, _), cell in grid.get_celld().items():
        cell.visible_edges = "TB" if row == 0 else "B" if row == len(cells) else ""
        cell.PAD = 0.02
    finish(figure, folder, name, caption)


def _cell(value) -> str:
    text = f"{value:.3g}" if isinstance(value, float) else str(value)
    return re.sub(r"\^(?:\(([^)]*)\)|(-?[\w.]+))", lambda m: f"$^{{{m[1] or m[2]}}}$", text)
