"""Figures on disk, the same bytes every time."""

from __future__ import annotations

from pathlib import Path


def save(figure, folder, name: str) -> None:
    """Write folder/name.pdf and folder/name.png without dates or versions, and close the figure.

    Example:
        >>> import tempfile
        >>> from concave_sched import plotting
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     plotting.save(plotting.axes().figure, folder, "empty")
        ...     sorted(path.name for path in Path(folder).iterdir())
        ['empty.pdf', 'empty.png']
    """
    import matplotlib.pyplot as plt

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    undated = dict.fromkeys(("CreationDate", "Creator", "Producer"))
    figure.savefig(folder / f"{name}.pdf", metadata=undated)
    figure.savefig(folder / f"{name}.png", dpi=150, metadata={"Software": None})
    plt.close(figure)
