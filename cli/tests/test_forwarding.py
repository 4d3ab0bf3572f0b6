"""Commands of other packages keep their options, help and errors under `vigie`, and cost nothing until used."""

import subprocess
import sys

import pytest


def vigie(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vigie_cli", *arguments], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(("command", "option"), [("backtest", "--train-share"), ("replay", "--flat-out")])
def test_their_help_is_their_own(command: str, option: str) -> None:
    done = vigie(command, "--help")

    assert done.returncode == 0
    assert f"vigie {command}" in done.stdout
    assert option in done.stdout


@pytest.mark.parametrize("command", ["backtest", "replay"])
def test_an_error_is_one_sentence_and_exit_code_2(command: str) -> None:
    done = vigie(command, "nowhere.csv")

    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("nowhere.csv is not there.")


def test_an_option_that_there_is_not_is_named() -> None:
    done = vigie("replay", "--sideways")

    assert done.returncode == 2
    assert "--sideways" in done.stderr


def test_inspecting_loads_neither_spark_nor_what_learns() -> None:
    program = (
        "import sys, vigie_cli.__main__; "
        "print([name for name in ('pyspark', 'sklearn', 'mlflow') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert done.stdout.strip() == "[]"
