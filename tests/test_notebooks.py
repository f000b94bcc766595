"""Every notebook runs from top to bottom, and is committed without outputs."""

import re
import warnings
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def execute(notebook, folder):
    """Run in this interpreter's own kernel, whatever kernels the user has installed."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="(jupyter|zmq|nbc)")
        from jupyter_client import AsyncKernelManager
        from jupyter_client.kernelspec import KernelSpecManager
        from nbclient import NotebookClient

        class OwnKernel(AsyncKernelManager):
            def _kernel_spec_manager_default(self):
                return KernelSpecManager(kernel_dirs=[])

        resources = {"metadata": {"path": str(folder)}}
        NotebookClient(
            notebook,
            kernel_name="python3",
            kernel_manager_class=OwnKernel,
            timeout=300,
            resources=resources,
        ).execute()


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stripped(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_question_first_and_an_answer_last(path):
    """The first cell asks in bold; the last two are the answer, in words and then in numbers."""
    first, *_, words, numbers = nbformat.read(path, as_version=4).cells
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    assert re.search(r"\*\*[^*]+\?\*\*", first.source)
    assert words.cell_type == "markdown" and words.source.startswith("## Answer\n")
    assert numbers.cell_type == "code" and "print(" in numbers.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path):
    notebook = nbformat.read(path, as_version=4)
    execute(notebook, ROOT)
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    answer = "".join(output.get("text", "") for output in notebook.cells[-1].outputs)
    assert re.search(r"\d", answer)


def test_the_first_notebook_leads_to_the_others():
    table = nbformat.read(NOTEBOOKS[0], as_version=4).cells[0].source
    assert set(re.findall(r"\]\((.*?\.ipynb)\)", table)) == {p.name for p in NOTEBOOKS[1:]}
