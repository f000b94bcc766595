"""Every example in every docstring runs and prints what it says."""

import doctest
import importlib
import pkgutil

import pytest

import concave_sched

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(concave_sched.__path__, "concave_sched.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    failures, _ = doctest.testmod(module, raise_on_error=False, report=True)
    assert failures == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = [
        e for n in MODULES for t in finder.find(importlib.import_module(n)) for e in t.examples
    ]
    assert len(found) > 20
