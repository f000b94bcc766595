"""Every notebook runs from top to bottom, and is committed without outputs."""

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
def test_notebook_runs(path):
    notebook = nbformat.read(path, as_version=4)
    execute(notebook, ROOT)
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
