"""Labels that lie: as many as are meant, of the kind that is meant, and the truth stays what is measured."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vigie_backtest.lies import note_on_lies, with_lies
from vigie_backtest.options import Options
from vigie_runtime import ConfigurationError

ROWS = 20_000


@pytest.fixture
def rows() -> pd.DataFrame:
    """One row in fifty is fraud, a hundred have no label, five hundred accounts."""
    random = np.random.default_rng(1)
    label = pd.Series((random.random(ROWS) < 0.02).astype(float)).astype("Float64")
    label[:100] = pd.NA
    return pd.DataFrame({"label": label, "account_id": [f"acct-{row % 500}" for row in range(ROWS)]})


def flips(rows: pd.DataFrame, lied: pd.DataFrame) -> tuple[float, float]:
    """Share of the frauds called sound, and of the sound rows called fraud."""
    was, said = rows["label"], lied["label"]
    return float((said[was == 1] == 0).mean()), float((said[was == 0] == 1).mean())


def test_without_lies_nothing_changes(rows: pd.DataFrame) -> None:
    assert with_lies(rows, None, are_answers=True) is rows


def test_of_answers_a_tenth_says_the_opposite(rows: pd.DataFrame) -> None:
    hidden, invented = flips(rows, with_lies(rows, "tenth", are_answers=True))

    assert hidden == pytest.approx(0.1, abs=0.04)
    assert invented == pytest.approx(0.1, abs=0.01)


def test_of_labels_a_tenth_of_the_frauds_and_as_many_sound_rows(rows: pd.DataFrame) -> None:
    lied = with_lies(rows, "tenth", are_answers=False)
    hidden, invented = flips(rows, lied)

    assert hidden == pytest.approx(0.1, abs=0.04)
    assert invented == pytest.approx(0.1 * 0.02, abs=0.001)
    assert lied["label"].isna().sum() == 100
    assert rows["label"].sum() == pytest.approx(lied["label"].sum(), rel=0.1)
    assert "frauds were called sound" in note_on_lies(rows, lied)


def test_fraudsters_hide_all_of_their_own(rows: pd.DataFrame) -> None:
    lied = with_lies(rows, "own", are_answers=True)
    hidden = rows[(rows["label"] == 1) & (lied["label"] == 0)]
    frauds = rows[rows["label"] == 1]

    assert flips(rows, lied)[1] == 0
    assert hidden["account_id"].nunique() == round(0.1 * frauds["account_id"].nunique())
    assert frauds["account_id"].isin(hidden["account_id"]).sum() == len(hidden)


@pytest.mark.parametrize("options", [{"lies": "half", "labels": "7d"}, {"lies": "tenth"}])
def test_lies_that_cannot_be_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="--lies"):
        Options(data=Path("x.parquet"), out=Path("out"), **options)  # pyright: ignore[reportArgumentType]
