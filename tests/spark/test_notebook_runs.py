"""The notebook runs from its first cell to its last on what every checkout has: the generator's sample."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

pytestmark = [pytest.mark.spark, pytest.mark.nightly]

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


@pytest.mark.skipif(shutil.which("java") is None, reason="no Java on this machine: install Java 17")
def test_runs_to_the_end_without_the_handbook(tmp_path: Path) -> None:
    target = tmp_path / "executed.ipynb"
    # nowhere: so that the sample is taken even where the handbook lies beside the checkout
    environment = os.environ | {"VIGIE_HANDBOOK": str(tmp_path / "not-there.parquet")}

    command = [sys.executable, str(NOTEBOOKS / "execute.py"), str(target)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)

    assert ran.returncode == 0, ran.stderr[-4000:]
    executed = nbformat.read(target, as_version=4)
    said = "".join(output.get("text", "") for cell in executed.cells for output in cell.get("outputs", []))
    assert "generator's sample" in said
    assert "WRONG: an ordinary payment" in said
