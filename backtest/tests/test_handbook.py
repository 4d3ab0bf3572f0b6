"""The published daily pickles of the Fraud Detection Handbook become one file that the backtest reads."""

from pathlib import Path

import pandas as pd
import pytest

from vigie_backtest.handbook import read_handbook, write
from vigie_backtest.options import Options
from vigie_backtest.reading import open_file
from vigie_runtime import InputError

KEPT, LEFT_OUT = 568, 0


def day(date: str, *rows: tuple[str, int, float, int]) -> pd.DataFrame:
    """A day as it is published: time, customer, amount and scenario (0: no fraud)."""
    return pd.DataFrame(
        {
            "TX_DATETIME": pd.to_datetime([f"{date} {time}" for time, *_ in rows]),
            "CUSTOMER_ID": pd.array([customer for _, customer, *_ in rows], dtype=object),
            "TERMINAL_ID": pd.array([77] * len(rows), dtype=object),
            "TX_AMOUNT": [amount for *_, amount, _ in rows],
            "TX_FRAUD": [int(scenario > 0) for *_, scenario in rows],
            "TX_FRAUD_SCENARIO": [scenario for *_, scenario in rows],
        }
    )


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    day("2018-04-02", ("09:00:00", KEPT, 250.0, 1)).to_pickle(folder / "2018-04-02.pkl")
    earlier = day(
        "2018-04-01", ("10:00:00", KEPT, 44.71, 0), ("08:00:00", KEPT, 9.5, 3), ("11:00:00", LEFT_OUT, 5.0, 0)
    )
    earlier.to_pickle(folder / "2018-04-01.pkl")
    return folder


def test_the_chosen_customers_are_read_in_order_of_time(published: Path) -> None:
    rows = read_handbook(published)

    assert rows["amount"].tolist() == [9.5, 44.71, 250.0]
    assert rows["account_id"].unique().tolist() == [f"C{KEPT}"]
    assert rows["merchant_id"].unique().tolist() == ["T77"]
    assert rows["label"].tolist() == [1, 0, 1]
    assert rows["scenario"].fillna("none").tolist() == ["customer_leaked_14d_amount_x5", "none", "amount_over_220"]
    assert str(rows["ts"].iloc[0]) == "2018-04-01 08:00:00+00:00"


def test_the_backtest_reads_what_was_written(published: Path, tmp_path: Path) -> None:
    file = tmp_path / "labelled" / "handbook.parquet"

    write(published, file)

    prepared = open_file(Options(data=file, out=tmp_path))
    assert {"ts", "account_id", "amount", "merchant_id", "label", "scenario"} == set(prepared.mapping.needed)
    assert [path.name for path in file.parent.iterdir()] == ["handbook.parquet"]


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no \.pkl files"):
        read_handbook(tmp_path)
    pd.DataFrame({"a": [1]}).to_pickle(tmp_path / "day.pkl")
    with pytest.raises(InputError, match="TX_DATETIME"):
        read_handbook(tmp_path)
