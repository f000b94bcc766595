"""Every example in every docstring runs and prints what it says; every public name has one."""

import doctest
import importlib
import inspect
import pkgutil

import matplotlib.pyplot as plt
import pytest

import concave_sched
from concave_sched._api import members, public_names

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(concave_sched.__path__, "concave_sched.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = importlib.import_module(name)
    failures, _ = doctest.testmod(module, raise_on_error=False, report=True)
    plt.close("all")
    assert failures == 0


WITHOUT = {
    "record_folder": "writes a folder of `fits/`",
    "write_parameters": "writes the file that `load_curve` reads",
    "EQUAL_SHARE": "a policy; `run_policy` and `simulate_online` show it",
    "SHORTEST_FIRST": "the same",
    "SMARTFILL": "the same",
}


def test_public_functions_have_examples_that_run():
    """Found by doctest, so that `test_examples` runs them; results need none of their own."""
    finder, parser = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestParser()
    run = {t.docstring for n in MODULES for t in finder.find(importlib.import_module(n))}
    bare = set()
    for _, _, names in public_names():
        for name, value in names.items():
            parts = [value, *(m for _, m in members(value))] if inspect.isclass(value) else [value]
            examples = [p.__doc__ for p in parts if parser.get_examples(p.__doc__ or "")]
            assert set(examples) <= run, f"an example of {name} is not run"
            if not inspect.isclass(value) and not examples:
                bare.add(name)
    assert bare == set(WITHOUT)
