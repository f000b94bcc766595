"""Figures on disk, the same bytes every time."""

from __future__ import annotations

from pathlib import Path


def save(figure, folder, name: str) -> None:
    """Write folder/name.pdf and folder/name.png without dates or versions, and close the figure."""
    import matplotlib.pyplot as plt

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{name}.pdf", metadata={"CreationDate": None, "Producer": None})
    figure.savefig(folder / f"{name}.png", dpi=150, metadata={"Software": None})
    plt.close(figure)
