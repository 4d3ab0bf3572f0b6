"""A number that no run can come of is refused with exit code 2 and one sentence."""

import argparse

import pytest

from vigie_loadtests.numbers import at_least, positive


@pytest.mark.parametrize("text", ["0", "-3", "many", "1.5", ""])
def test_a_count_has_a_lowest_value(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="whole number from 1 on"):
        at_least(1)(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "fast"])
def test_a_rate_is_above_zero(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="not a number above 0"):
        positive(text)


def test_others_pass() -> None:
    assert (at_least(0)("0"), at_least(1)("7"), positive("0.5")) == (0, 7, 0.5)


def test_the_command_ends_with_code_2(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from vigie_loadtests.__main__ import main

    monkeypatch.setattr("sys.argv", ["vigie_loadtests", "--rate", "0"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert "argument --rate: '0' is not a whole number from 1 on" in capsys.readouterr().err
