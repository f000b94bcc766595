"""Finished cells on disk: one JSON line each, in a file that only grows, by whole lines."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from ._sweep_identity import identity, same_code

try:
    import fcntl
except ImportError:  # Windows: two sweeps of one file then have to be kept apart by hand
    fcntl = None

_BEGIN = '{"cell": '  # quotes inside texts are escaped, so a whole line has this once


def key_of(cell: Mapping) -> str:
    """What a cell is known by: its parameters and seed as JSON."""
    return json.dumps(cell, sort_keys=True)


class Record:
    """Rows of finished cells by key: in memory and, where there is a path, on disk.

    One sweep at a time holds the file; another waits for it. Worker processes on this machine write
    their rows themselves, so that nothing is lost between a cell and its receipt; while one runs a
    cell it shares a lock on a second file, PATH.busy, for which the next sweep waits too: cells
    that outlive a killed sweep are finished and read, not run a second time.
    """

    def __init__(self, path, function):
        if path is not None and not isinstance(path, (str, os.PathLike)):
            raise ValueError(f"path = {path!r}: give a file's name.")
        self.path = None if path is None else Path(path).absolute()
        if self.path is not None and self.path.is_dir():
            raise ValueError(f"path = {self.path} is a folder: give a file in it.")
        self.name, self.code = identity(function)
        self.rows: dict[str, dict] = {}
        self.stale: dict[str, dict] = {}  # rows of a function of this name and with other code

    @property
    def busy(self) -> Path:
        return Path(f"{self.path}.busy")

    def __enter__(self):
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.ExitStack() as held:
                _take_turn(held.enter_context(self.path.open("ab")), self.path)
                if self.busy.exists():
                    with self.busy.open("rb") as cells:
                        _take_turn(cells, self.path)
                self.read()
                self.held = held.pop_all()
        return self

    def __exit__(self, kind, *_):
        if self.path is not None:
            if kind is None:
                self.busy.unlink(missing_ok=True)
            self.held.close()

    def read(self) -> None:
        """Read the file, and cut off a last line that a crash left unfinished."""
        if self.path is None:
            return
        written = self.path.read_bytes()
        data = written.rstrip(b"\0")  # what some file systems add when the power fails
        if len(data) < len(written):
            os.truncate(self.path, len(data))
        *lines, tail = data.decode(errors="replace").split("\n")
        if tail and _parsed(tail):
            append(self.path, [""])  # whole but for its end
            lines.append(tail)
        elif tail and _parsed(tail) is None:
            os.truncate(self.path, data.rfind(b"\n") + 1)
        elif tail:
            lines.append(tail)
        for number, text in enumerate(lines, 1):
            entry = _parsed(text)
            if entry is False:
                raise ValueError(
                    f"path = {self.path}: line {number} is none that a sweep wrote: give another."
                )
            if entry and entry["function"] == self.name:
                key = key_of(entry["cell"])
                for rows in (self.rows, self.stale):
                    rows.pop(key, None)
                rows = self.rows if same_code(entry["code"], self.code) else self.stale
                rows[key] = entry["row"]

    def add(self, finished: Mapping[str, tuple[dict, dict]]) -> None:
        """Keep {key: (cell, row)}, on disk too."""
        self.rows |= {key: row for key, (_, row) in finished.items()}
        if self.path is not None:
            lines = [line(self.name, self.code, *pair) for pair in finished.values()]
            append(self.path, lines)


def line(name: str, code: str, cell: Mapping, row: Mapping) -> str:
    return json.dumps({"cell": cell, "row": row, "function": name, "code": code})


def append(path: Path, lines: Iterable[str]) -> None:
    """Add whole lines: one write, so that the lines of several processes do not mix."""
    data = "".join(f"{line}\n" for line in lines).encode()
    file = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))
    try:
        while data:  # a full disk takes a part and refuses the rest
            data = data[os.write(file, data) :]
        os.fsync(file)
    finally:
        os.close(file)


@contextlib.contextmanager
def running_a_cell(busy: Path, sweep: int):
    """Hold up other sweeps of the file while a worker of process `sweep` runs a cell.

    A worker that has outlived its sweep ends here, before it begins another cell.
    """
    with busy.open("rb") as file:
        if fcntl is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_SH)
            if sweep not in (os.getpid(), os.getppid()):
                os._exit(1)
        yield


def _take_turn(file, path):
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        from tqdm import tqdm

        held = f"{path} is held by another sweep, or by cells that outlived one"
        tqdm.write(f"sweep: {held}: waiting", file=sys.stderr)
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError:
        return  # a file system without locks


def _parsed(text):
    """The entry of a line; None for what a crash left of one; False for what is not ours.

    A torn line that another process went on writing behind has a whole one at its end.
    """
    begin = text.rfind(_BEGIN)
    try:
        entry = json.loads(text[max(begin, 0) :])
    except json.JSONDecodeError:
        return None if begin >= 0 or _BEGIN.startswith(text) else False
    ours = isinstance(entry, dict) and entry.keys() >= {"cell", "row", "function", "code"}
    return entry if ours else False
