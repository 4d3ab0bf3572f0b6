"""What is mended or left out is said in a note; Parquet and CSV give the same rows."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vigie_backtest.checking import Transactions, as_transactions
from vigie_backtest.reading import read_file
from vigie_runtime.pseudonyms import Pseudonyms

PSEUDONYMS = Pseudonyms("q0VhYkC3sQm1n8yR5tWz7uXb2pLd4eFg")
CARD = "4111111111111111"


def checked(frame: pd.DataFrame) -> Transactions:
    return as_transactions(frame, "EUR", lambda: PSEUDONYMS)


def test_csv_and_parquet_give_the_same_transactions(tmp_path: Path, raw: pd.DataFrame) -> None:
    plain = raw.assign(country="NA", merchant_id=7)
    plain.to_parquet(tmp_path / "p.parquet")
    plain.to_csv(tmp_path / "p.csv", index=False)

    parquet, csv = (checked(read_file(tmp_path / name, {}, 1000)) for name in ("p.parquet", "p.csv"))

    pd.testing.assert_frame_equal(parquet.frame, csv.frame)
    assert set(csv.frame["country"]) == {"NA"}
    assert set(csv.frame["merchant_id"]) == {"7"}


def test_columns_go_by_the_names_given(tmp_path: Path, raw: pd.DataFrame) -> None:
    raw.rename(columns={"ts": "when", "label": "is_fraud"}).to_parquet(tmp_path / "p.parquet")

    read = checked(read_file(tmp_path / "p.parquet", {"ts": "when", "label": "is_fraud"}, 1000))

    assert read.labelled
    pd.testing.assert_frame_equal(read.frame, checked(raw).frame)


@pytest.mark.parametrize("form", ["naive", "zoned", "text", "milliseconds", "digits", "nanoseconds"])
def test_times_in_any_form_are_the_same(raw: pd.DataFrame, form: str) -> None:
    times = raw["ts"]
    forms = {
        "naive": times.dt.tz_localize(None),
        "zoned": times.dt.tz_convert("Europe/Paris"),
        "text": times.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "milliseconds": times.astype("datetime64[ms, UTC]").astype("int64"),
        "digits": times.astype("datetime64[ms, UTC]").astype("int64").astype(str),
        "nanoseconds": times.astype("datetime64[ns, UTC]"),
    }

    found = checked(raw.assign(ts=forms[form])).frame["timestamp_ms"]

    assert list(found) == [1_740_787_200_000 + 3_600_000 * number for number in range(len(raw))]


def test_decimals_and_gaps_are_numbers(tmp_path: Path, raw: pd.DataFrame) -> None:
    amounts = [None, *[Decimal("12.34")] * (len(raw) - 1)]
    raw.assign(amount=amounts, account_id=[None, *[5] * (len(raw) - 1)]).astype({"account_id": "Int64"}).to_parquet(
        tmp_path / "p.parquet"
    )

    frame = checked(read_file(tmp_path / "p.parquet", {}, 1000)).frame

    assert np.isnan(frame["amount"].iloc[0])
    assert frame["amount"].iloc[1] == 12.34
    assert list(frame["account_id"].iloc[:2]) == [None, "5"]


def test_unsorted_rows_are_sorted_with_a_note(raw: pd.DataFrame) -> None:
    shuffled = checked(raw.sample(frac=1, random_state=1))

    pd.testing.assert_frame_equal(shuffled.frame, checked(raw).frame)
    assert any("sorted" in note for note in shuffled.notes)
    assert not any("sorted" in note for note in checked(raw).notes)


def test_no_labels_goes_on_with_a_note(raw: pd.DataFrame) -> None:
    for unlabelled in (raw.drop(columns="label"), raw.assign(label=np.nan)):
        read = checked(unlabelled)

        assert not read.labelled
        assert any("no labels" in note for note in read.notes)


def test_gaps_among_labels_are_counted(raw: pd.DataFrame) -> None:
    read = checked(raw.assign(label=raw["label"].where(raw.index >= 10)))

    assert read.labelled
    assert any(note.startswith("10 rows have no label") for note in read.notes)


def test_no_fraud_at_all_is_noted(raw: pd.DataFrame) -> None:
    assert any("Every label is 0" in note for note in checked(raw.assign(label=0)).notes)


def test_repeated_ids_are_left_out_and_counted(raw: pd.DataFrame) -> None:
    ids = [f"t{number // 2}" for number in range(len(raw))]

    read = checked(raw.assign(transaction_id=ids))

    assert list(read.frame["timestamp_ms"]) == list(checked(raw).frame["timestamp_ms"].iloc[::2])
    assert any(note.startswith("100 rows repeat") for note in read.notes)


def test_rows_without_a_time_are_left_out_and_counted(raw: pd.DataFrame) -> None:
    read = checked(raw.assign(ts=raw["ts"].where(raw.index != 3)))

    assert len(read.frame) == len(raw) - 1
    assert any(note.startswith("1 rows have no time") for note in read.notes)


def test_card_numbers_go_by_pseudonyms(raw: pd.DataFrame) -> None:
    read = checked(raw.assign(account_id=CARD, merchant_id="FR76 3000 6000 0112 3456 7890 189"))

    assert set(read.frame["account_id"]) == {PSEUDONYMS.of(CARD)}
    assert set(read.frame["merchant_id"]) == {PSEUDONYMS.of("FR7630006000011234567890189")}
    assert "1 accounts have names the contract refuses; they go by pseudonyms here." in read.notes


def test_the_key_is_asked_for_only_where_a_name_needs_it(raw: pd.DataFrame) -> None:
    def fail() -> Pseudonyms:
        raise AssertionError("no name of this file needs a pseudonym")

    assert len(as_transactions(raw.assign(merchant_id="Café"), "EUR", fail).frame) == len(raw)


TEXTS = ["large_string", "string_view", "dictionary", "dictionary of large_string"]


def as_type(values: pd.Series, kind: str) -> pa.Array:
    if kind.startswith("dictionary"):
        return pa.array(values, pa.large_string() if "large" in kind else pa.string()).dictionary_encode()
    if kind.startswith("decimal"):
        return pa.array([Decimal(str(value)) for value in values], getattr(pa, kind)(9, 2))
    return pa.array(values, getattr(pa, kind)())


@pytest.mark.parametrize("kind", TEXTS)
def test_text_of_any_type_is_the_same_text(tmp_path: Path, raw: pd.DataFrame, kind: str) -> None:
    texts = ["account_id", "merchant_id", "category", "country", "scenario", "transaction_id", "currency"]
    given = raw.assign(
        account_id=CARD, merchant_id="m1", category="fuel", country="FR", transaction_id=raw.index.astype(str)
    ).assign(currency="EUR")
    given.loc[5, ["merchant_id", "category", "country"]] = None
    table = pa.Table.from_pandas(given)
    for name in texts:
        table = table.set_column(table.schema.get_field_index(name), name, as_type(given[name], kind))
    pq.write_table(table, tmp_path / "of_kind.parquet")

    read = checked(read_file(tmp_path / "of_kind.parquet", {}, 1000))

    pd.testing.assert_frame_equal(read.frame, checked(given).frame)
    assert read.notes == checked(given).notes


@pytest.mark.parametrize("kind", ["decimal32", "decimal64", "decimal128", "decimal256", "float32"])
def test_numbers_of_any_type_are_the_same_numbers(tmp_path: Path, raw: pd.DataFrame, kind: str) -> None:
    given = raw.assign(amount=np.arange(1, len(raw) + 1) / 4, lat=48.25, lon=2.5)
    table = pa.Table.from_pandas(given)
    for name in ("amount", "lat", "lon", "label"):
        table = table.set_column(table.schema.get_field_index(name), name, as_type(given[name], kind))
    pq.write_table(table, tmp_path / "of_kind.parquet")

    read = checked(read_file(tmp_path / "of_kind.parquet", {}, 1000))

    pd.testing.assert_frame_equal(read.frame, checked(given).frame)


@pytest.mark.parametrize("kind", ["int64", "uint32", "decimal64", "decimal128"])
def test_whole_numbers_name_accounts_and_merchants(tmp_path: Path, raw: pd.DataFrame, kind: str) -> None:
    column = pa.array([17] * len(raw), getattr(pa, kind)(*((18, 0) if kind.startswith("decimal") else ())))
    table = pa.Table.from_pandas(raw.drop(columns="account_id")).append_column("account_id", column)
    pq.write_table(table.append_column("merchant_id", column), tmp_path / "of_kind.parquet")

    frame = checked(read_file(tmp_path / "of_kind.parquet", {}, 1000)).frame

    assert set(frame["account_id"]) == set(frame["merchant_id"]) == {"17"}


def test_normal_rows_have_no_scenario(raw: pd.DataFrame) -> None:
    read = checked(raw.assign(scenario="burst"))

    assert set(read.frame.loc[read.frame["label"] == 0, "scenario"]) == {None}
