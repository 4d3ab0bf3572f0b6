"""Every bad input gives one sentence that says what to do, before a JVM is started."""

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from vigie_backtest.options import Options
from vigie_backtest.progress import Progress
from vigie_backtest.run import require_writable, run_backtest
from vigie_backtest.tracking import Tracking
from vigie_intake.preparing import parse_columns
from vigie_runtime import ConfigurationError, InputError

Attempt = Callable[..., str]


@pytest.fixture
def refusal(tmp_path: Path, progress: Progress) -> Attempt:
    """The sentence a file is refused with."""

    def attempt(frame: pd.DataFrame | None = None, *, path: Path | None = None, **options: object) -> str:
        data = path or tmp_path / "payments.parquet"
        if frame is not None:
            frame.to_parquet(data)
        with pytest.raises(InputError) as refused:
            run_backtest(replace(Options(data=data, out=tmp_path / "out"), **options), progress)  # pyright: ignore
        assert str(refused.value).endswith(".")
        return str(refused.value)

    return attempt


def test_a_missing_file(refusal: Attempt, tmp_path: Path) -> None:
    assert "is not there" in refusal(path=tmp_path / "nowhere.parquet")


def test_columns_that_nobody_knows_are_named_with_what_to_do(refusal: Attempt, raw: pd.DataFrame) -> None:
    sentence = refusal(raw.rename(columns={"ts": "moment", "account_id": "who", "amount": "how_much"}))

    assert "moment, who, how_much" in sentence
    assert "vigie inspect payments.parquet" in sentence
    assert "--column ts=" in sentence


def test_a_named_column_that_is_not_there(refusal: Attempt, raw: pd.DataFrame) -> None:
    sentence = refusal(raw, columns={"amount": "amt"})

    assert "no column amt" in sentence
    assert "--column amount=" in sentence


def test_too_few_rows_to_learn_from_gives_the_number_needed(refusal: Attempt, raw: pd.DataFrame) -> None:
    assert "1,000 are needed" in refusal(raw)


def test_one_moment_has_no_train_part(refusal: Attempt, raw: pd.DataFrame) -> None:
    assert "0 rows lie in the first 60%" in refusal(raw.assign(ts=raw["ts"].iloc[1]))


def test_too_little_to_evaluate_is_no_table_of_dashes(refusal: Attempt, raw: pd.DataFrame) -> None:
    many = pd.concat([raw] * 20).sort_values("ts", ignore_index=True)
    known = many["ts"] < many["ts"].max() - timedelta(days=5)

    assert "0 rows are left to evaluate" in refusal(many.assign(label=many["label"].where(known)))
    known.iloc[-50:] = True
    assert "50 rows are left to evaluate in the last 40% of the time span, and 100 are needed" in refusal(
        many.assign(label=many["label"].where(known))
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": "twelve"}, "200 rows are refused: invalid_amount (such as row 1: 'twelve'"),
        ({"ts": "last tuesday"}, "200 rows are refused: invalid_timestamp (such as row 1: 'last tuesday'"),
        ({"ts": 5}, "ts holds small numbers, neither dates nor milliseconds since 1970"),
        ({"label": 2}, "200 rows are refused: invalid_label (such as row 1: '2'"),
        ({"label": 1}, "Every label is 1."),
    ],
)
def test_wrong_values(refusal: Attempt, raw: pd.DataFrame, changes: dict[str, object], said: str) -> None:
    assert said in refusal(raw.assign(**changes))  # pyright: ignore


def test_money_out_as_negative_is_asked_for(refusal: Attempt, raw: pd.DataFrame) -> None:
    signs = pd.Series(-1.0, index=raw.index).where(raw.index % 4 != 0, 1.0)

    sentence = refusal(raw.assign(amount=raw["amount"] * signs), columns={"ts": "ts"})

    assert "Which sign is money out?" in sentence
    assert "vigie inspect" in sentence


def test_a_mapping_and_columns_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not both"):
        Options(data=tmp_path, out=tmp_path, mapping=tmp_path / "m.toml", columns={"ts": "when"})


def test_an_unknown_scenario_lists_those_there(refusal: Attempt, raw: pd.DataFrame) -> None:
    sentence = refusal(raw, without=("bursts",))

    assert "no scenario bursts" in sentence
    assert "burst, drain" in sentence
    assert "names no scenario" in refusal(raw.drop(columns="scenario"), without=("burst",))


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(InputError, match=re.escape("--out")):
        require_writable(tmp_path / "file" / "out")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"train_share": 1.0}, "--train-share"),
        ({"budgets": (1.5,)}, "--budget"),
        ({"seeds": (-1,)}, "--seed"),
        ({"currency": "XYZ"}, "--currency"),
        ({"cards_a_day": 0}, "--cards-a-day"),
        ({"mlflow": "htp://registry:5000"}, "--mlflow htp://registry:5000 is no address"),
    ],
)
def test_options_that_cannot_be_meant(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        replace(Options(data=tmp_path, out=tmp_path), **changes)  # pyright: ignore


@pytest.mark.parametrize("pair", ["ts", "ts=", "when=ts"])
def test_a_column_option_that_is_not_understood(pair: str) -> None:
    with pytest.raises(ConfigurationError, match="OURS=THEIRS"):
        parse_columns((pair,))


def test_the_command_fails_with_the_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vigie_backtest", str(tmp_path / "nowhere.csv"), "--out", str(tmp_path / "out")]

    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path)

    assert ended.returncode == 2
    assert ended.stderr.startswith("nowhere.csv is not there")
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_an_address_of_mlflow_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--mlflow http://\[::1 cannot be used \(.* such as http://"):
        Tracking("http://[::1", tmp_path).require_answer()
