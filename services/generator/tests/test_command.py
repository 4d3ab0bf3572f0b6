import subprocess
import sys

import pytest
from typer.testing import CliRunner

from generator.__main__ import app


@pytest.mark.parametrize("command", [[], ["run"], ["replay"], ["sample"]])
def test_every_command_explains_itself(command):
    result = CliRunner().invoke(app, [*command, "--help"])

    assert result.exit_code == 0
    assert "Usage" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["replay", "none.parquet"], "none.parquet is not there."),
        (["run", "--rate", "0"], "rate: Input should be greater than 0"),
        (["sample", "none/a.parquet", "--rows", "5"], "Cannot write none/a.parquet"),
    ],
)
def test_an_error_is_one_sentence_without_a_trace(arguments, said, tmp_path):
    process = subprocess.run(
        [sys.executable, "-m", "generator", *arguments], capture_output=True, text=True, cwd=tmp_path, timeout=60
    )

    assert process.returncode == 2
    assert said in process.stderr
    assert "Traceback" not in process.stderr
