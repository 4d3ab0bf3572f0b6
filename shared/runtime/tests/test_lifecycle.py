"""How a command ends: one sentence on standard error, and an exit code that says whose fault it was."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from vigie_runtime import ConfigurationError, InputError, UnavailableError, VigieError, run_entry_point


def raising(error: Exception) -> Callable[[], None]:
    def main() -> None:
        raise error

    return main


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("Set VIGIE_RATE to a number."), 2),
        (InputError("There is no file a.csv."), 2),
        (UnavailableError("Kafka does not answer."), 1),
        (VigieError("No champion."), 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_of_ours_is_one_sentence_and_an_exit_code(
    error: VigieError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run_entry_point(raising(error))

    assert ended.value.code == code
    assert capsys.readouterr().err == f"{error}\n"


def test_an_error_that_is_not_ours_keeps_its_trace() -> None:
    with pytest.raises(ZeroDivisionError):
        run_entry_point(raising(ZeroDivisionError()))


@pytest.mark.parametrize("code", [0, 1])
def test_the_exit_code_that_a_command_returns_is_its_exit_code(code: int) -> None:
    with pytest.raises(SystemExit) as ended:
        run_entry_point(lambda: code)

    assert ended.value.code == code


def test_a_command_that_returns_nothing_ends_normally() -> None:
    run_entry_point(lambda: None)


def test_who_yields_the_processor_has_a_lower_priority() -> None:
    code = "import os; from vigie_runtime import yield_processor; yield_processor(7); print(os.nice(0))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, start_new_session=True
    )

    assert int(done.stdout) == os.nice(0) + 7
