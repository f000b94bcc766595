"""The code keeps to the house it was designed as: which room may import which, and what."""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "concave_sched"
GROUND = {"_tree", "_checks", "_results", "_clock", "_milp"}
SYSTEMS = ("smartfill", "dsct", "monotonic", "membatch", "tdpatd")
MAY_IMPORT = {
    "_tree": set(),
    "_checks": {"_tree"},
    "_results": {"_tree"},
    "_clock": set(),
    "_milp": set(),
    "curves": GROUND,
    "plotting": GROUND,
    "fitting": GROUND | {"curves", "plotting"},
    "allocation": GROUND | {"curves", "plotting"},
    "reference": GROUND | {"curves"},
    **dict.fromkeys(SYSTEMS, GROUND | {"curves", "plotting", "fitting", "allocation"}),
}
BANNED = {"jaxopt"}
SOURCES = sorted(PACKAGE.rglob("*.py"))


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """(full name of a module, whether it is imported with this one) of every import."""
    tree = ast.parse(path.read_text())
    top = {id(node) for node in tree.body}
    here = ["concave_sched", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = here[: len(here) + 1 - node.level] if node.level else []
            base = [*above, *([node.module] if node.module else [])]
            names = [".".join([*base, alias.name]) for alias in node.names]
            yield from ((name, id(node) in top) for name in names)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_only_rooms_below_it(room):
    for path in (path for path in SOURCES if room_of(path) == room):
        for name, _ in imports(path):
            package, _, rest = name.partition(".")
            to = rest.partition(".")[0]
            if package == "concave_sched" and to != room:
                assert to in MAY_IMPORT[room], f"{path} imports {name}"


def test_every_room_has_its_place():
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert rooms == set(MAY_IMPORT) - GROUND


def test_heavy_libraries_are_imported_where_they_are_used():
    for path in SOURCES:
        light = {"concave_sched", "jax", "numpy", *sys.stdlib_module_names}
        if path.stem.endswith(("kernels", "_compiled")):  # imported by the functions that run them
            light.add("numba")
        for name, at_top in imports(path):
            library = name.partition(".")[0]
            assert library not in BANNED, f"{path} imports {library}"
            assert library in light or not at_top, f"{path} imports {library} with itself"


@pytest.mark.parametrize("folder", ["concave_sched", "tests", "paper_figs", "fits"])
def test_no_file_is_longer_than_600_lines(folder):
    for path in (PACKAGE.parent / folder).rglob("*.py"):
        assert len(path.read_text().splitlines()) <= 600, path
