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

from vigie_backtest.options import Options, parse_columns
from vigie_backtest.progress import Progress
from vigie_backtest.run import require_writable, run_backtest
from vigie_backtest.tracking import Tracking
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
    assert "There is no file" in refusal(path=tmp_path / "nowhere.parquet")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("payments.parquet", b"hello", "is not a Parquet file"),
        ("payments.parquet", b"PAR1 and then nothing of the kind", "cannot be read as Parquet"),
        ("payments.xlsx", b"PK\x03\x04", "neither Parquet nor CSV"),
        ("payments.csv", b"", "is empty"),
        ("payments.csv", b"ts,account_id,amount\n", "has no rows"),
        ("payments.csv", b'ts,account_id,amount\n"2025-01-01,a,1\n', "cannot be read as CSV"),
        ("payments.csv", b"ts,account_id,amount\n2025-01-01,\xff\xfe,1\n", "cannot be read as CSV"),
    ],
)
def test_a_file_that_is_neither(refusal: Attempt, tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)

    assert said in refusal(path=tmp_path / name)


def test_missing_columns_name_the_option(refusal: Attempt, raw: pd.DataFrame) -> None:
    sentence = refusal(raw.rename(columns={"ts": "trans_date", "amount": "amt"}))

    assert "no column ts, amount" in sentence
    assert "trans_date" in sentence
    assert "--column ts=" in sentence


def test_a_named_column_that_is_not_there(refusal: Attempt, raw: pd.DataFrame) -> None:
    sentence = refusal(raw, columns={"amount": "amt"})

    assert "no column amt" in sentence
    assert "--column amount=" in sentence


def test_no_rows(refusal: Attempt, raw: pd.DataFrame) -> None:
    assert "has no rows" in refusal(raw.head(0))


def test_too_few_rows_to_learn_from_gives_the_number_needed(refusal: Attempt, raw: pd.DataFrame) -> None:
    assert "1,000 are needed" in refusal(raw)


def test_one_moment_has_no_train_part(refusal: Attempt, raw: pd.DataFrame) -> None:
    assert "0 rows lie in the first 60%" in refusal(raw.assign(ts=raw["ts"].iloc[0]))


def test_nothing_left_to_judge(refusal: Attempt, raw: pd.DataFrame) -> None:
    many = pd.concat([raw] * 20, ignore_index=True)
    labels = many["label"].where(many["ts"] < many["ts"].max() - timedelta(days=5)).astype("float64")

    assert "No row is left to evaluate" in refusal(many.assign(label=labels))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": "twelve"}, "amount of row 1 is 'twelve', not a number (200 rows"),
        ({"amount": True}, "amount holds bool, not numbers"),
        ({"ts": "last tuesday"}, "ts of row 1 is 'last tuesday', not a date that can be read"),
        ({"ts": 5}, "not milliseconds since 1970"),
        ({"ts": None}, "No row has a time"),
        ({"label": 2}, "label holds 2. It must be 1 for fraud and 0"),
        ({"label": "fraud"}, "label holds fraud. It must be 1 for fraud and 0"),
        ({"label": 1}, "Every label is 1."),
        ({"account_id": 1.5}, "account_id holds double, where account_id is text"),
    ],
)
def test_wrong_values(refusal: Attempt, raw: pd.DataFrame, changes: dict[str, object], said: str) -> None:
    assert said in refusal(raw.assign(**changes))  # pyright: ignore


def test_a_list_in_a_column(refusal: Attempt, raw: pd.DataFrame) -> None:
    assert "one value a row" in refusal(raw.assign(amount=[[1.0]] * len(raw)))


def test_an_unknown_scenario_lists_those_there(refusal: Attempt, raw: pd.DataFrame) -> None:
    sentence = refusal(raw, without=("bursts",))

    assert "no scenario bursts" in sentence
    assert "burst, drain" in sentence
    assert "names no scenario" in refusal(raw.drop(columns="scenario"), without=("burst",))


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_more_rows_than_allowed_says_how_many(refusal: Attempt, raw: pd.DataFrame, tmp_path: Path, ending: str) -> None:
    raw.to_parquet(tmp_path / "many.parquet")
    raw.to_csv(tmp_path / "many.csv", index=False)

    sentence = refusal(path=tmp_path / f"many.{ending}", max_rows=100)

    assert "has 200 rows, more than the 100" in sentence
    assert "--max-rows 200" in sentence


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
    assert ended.stderr.startswith("There is no file ")
    assert ended.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_an_address_of_mlflow_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--mlflow http://\[::1 cannot be used \(.* such as http://"):
        Tracking("http://[::1", tmp_path).require_answer()
