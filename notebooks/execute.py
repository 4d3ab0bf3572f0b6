"""Execute the notebook again: in place, or into another file."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).with_name("how-vigie-sees.ipynb")
CELL_TIMEOUT_SECONDS = 300


def execute(source: Path, target: Path) -> None:
    """Run every cell in a fresh kernel and write the outputs; raise CellExecutionError where a cell raises.

    Neither times nor versions are written, so that running it again changes the file only where results change.
    """
    notebook = nbformat.read(source, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_SECONDS,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],  # it warns of its unencrypted port, which is on 127.0.0.1 and signed
        resources={"metadata": {"path": str(source.parent)}},
    )
    client.execute()
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, target)


if __name__ == "__main__":
    execute(NOTEBOOK, Path(sys.argv[1]) if len(sys.argv) > 1 else NOTEBOOK)
