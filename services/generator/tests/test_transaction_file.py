import re
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.transaction_file import TransactionFile, pseudonym
from vigie_runtime import InputError
from vigie_schemas import Transaction
from vigie_schemas.record import CARD_NUMBER_PATTERN, IBAN_PATTERN, IDENTIFIER_PATTERN

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def _write(path, **columns):
    rows = len(next(iter(columns.values()))) if columns else 1
    base = {"ts": [NOON] * rows, "account_id": ["C1"] * rows, "amount": [10.0] * rows}
    pq.write_table(pa.table(base | columns), path)
    return path


def _rows(path, currency="EUR"):
    return list(TransactionFile(path, currency).rows())


def test_a_full_row_becomes_a_transaction_and_its_truth(tmp_path):
    path = _write(
        tmp_path / "shop.parquet",
        merchant_id=["m1", "m2"],
        category=["fuel", None],
        lat=[48.1, None],
        lon=[2.5, None],
        country=["FR", None],
        label=[1, 0],
        scenario=["burst", None],
    )

    first, second = _rows(path)

    assert Transaction.model_validate(first.transaction).timestamp_ms == NOON.timestamp() * 1000
    assert (first.transaction["transaction_id"], second.transaction["transaction_id"]) == ("shop-0", "shop-1")
    assert (first.transaction["country"], first.transaction["lat"], first.transaction["currency"]) == (
        "FR",
        48.1,
        "EUR",
    )
    assert (first.truth.is_fraud, first.truth.scenario) == (True, "burst")
    assert (second.truth.is_fraud, second.truth.scenario) == (False, None)
    assert "label" not in first.transaction


def test_three_columns_are_enough(tmp_path):
    (row,) = _rows(_write(tmp_path / "bare.parquet"), "CHF")

    assert row.truth is None
    assert (row.transaction["currency"], row.transaction["merchant_id"]) == ("CHF", None)


@pytest.mark.parametrize(
    "columns",
    [
        {"amount": [0.0]},
        {"amount": [-3.0]},
        {"amount": [float("nan")]},
        {"amount": [None]},
        {"amount": [float("inf")]},
        {"account_id": [None]},
        {"ts": [datetime(1999, 1, 1, tzinfo=UTC)]},
        {"ts": [None]},
        {"country": ["France"]},
        {"lat": [91.0]},
        {"merchant_id": ["m" * 129]},
        {"label": [2]},
    ],
    ids=str,
)
def test_a_row_that_cannot_be_a_transaction_is_refused_and_the_next_is_not(tmp_path, columns):
    good = {"amount": 10.0, "account_id": "C1", "ts": NOON, "label": 0}
    types = {"amount": pa.float64(), "account_id": pa.string(), "ts": pa.timestamp("us", tz="UTC")}
    both = {name: pa.array([*values, good.get(name)], types.get(name)) for name, values in columns.items()}

    refused, kept = _rows(_write(tmp_path / "some.parquet", **both))

    assert refused.transaction is None
    assert kept.transaction["transaction_id"] == "some-1"


def test_what_is_not_known_may_be_nan_or_a_column_without_a_type(tmp_path):
    path = _write(tmp_path / "gaps.parquet", lat=[float("nan")], category=pa.nulls(1), label=pa.nulls(1, pa.int8()))

    (row,) = _rows(path)

    assert (row.transaction["lat"], row.transaction["category"], row.truth) == (None, None, None)


def test_other_types_of_the_same_facts_are_read(tmp_path):
    path = _write(
        tmp_path / "types.parquet",
        ts=pa.array([NOON.replace(tzinfo=None)], pa.timestamp("ns")),
        account_id=pa.array([17], pa.int64()),
        amount=pa.array([12], pa.int32()),
        country=pa.array(["FR"]).dictionary_encode(),
        label=[True],
    )

    (row,) = _rows(path)

    assert row.transaction["timestamp_ms"] == NOON.timestamp() * 1000
    assert (row.transaction["account_id"], row.transaction["amount"]) == ("17", 12.0)
    assert (row.transaction["country"], row.truth.is_fraud) == ("FR", True)


def test_rows_are_numbered_on_through_all_batches(tmp_path):
    path = _write(tmp_path / "long.parquet", amount=[1.0] * 10_000)

    names = [row.transaction["transaction_id"] for row in _rows(path)]

    assert names == [f"long-{number}" for number in range(10_000)]


def test_an_odd_file_name_still_makes_valid_and_distinct_names(tmp_path):
    stems = ["relevé de mai", "releve de mai", "x" * 90, "x" * 91]

    names = [_rows(_write(tmp_path / f"{stem}.parquet"))[0].transaction["transaction_id"] for stem in stems]

    assert len(set(names)) == 4
    assert all(re.fullmatch(IDENTIFIER_PATTERN, name) for name in names)


@pytest.mark.parametrize("account_id", ["C568", "628663969083", "acct-7f3a", "a@b:c.d"])
def test_account_ids_the_contract_takes_are_kept(account_id):
    assert pseudonym(account_id) == account_id


@given(st.one_of(st.text(), st.from_regex(CARD_NUMBER_PATTERN), st.from_regex(IBAN_PATTERN), st.integers()))
def test_every_account_gets_a_name_the_contract_takes(account_id):
    name = pseudonym(account_id)

    assert name == pseudonym(account_id)
    Transaction.model_validate(
        {
            "schema_version": 1,
            "transaction_id": "t",
            "account_id": name,
            "timestamp_ms": 1_700_000_000_000,
            "amount": 1.0,
            "currency": "EUR",
        }
    )


@pytest.mark.parametrize("number", ["4111111111111111", "FR7630006000011234567890189"])
def test_account_numbers_do_not_pass(number):
    assert number not in pseudonym(number)
    assert pseudonym(number).startswith("acct-")


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(InputError, match="There is no file"):
        TransactionFile(tmp_path / "none.parquet")


def test_another_kind_of_file_is_said(tmp_path):
    path = tmp_path / "text.parquet"
    path.write_text("ts,account_id,amount")

    with pytest.raises(InputError, match="not a Parquet file"):
        TransactionFile(path)


def test_missing_columns_are_named(tmp_path):
    path = tmp_path / "poor.parquet"
    pq.write_table(pa.table({"ts": [NOON], "account": ["C1"]}), path)

    with pytest.raises(InputError, match="no column account_id, amount"):
        TransactionFile(path)


@pytest.mark.parametrize("columns", [{"ts": ["2024-05-01"]}, {"amount": ["10"]}, {"label": ["fraud"]}])
def test_columns_of_another_kind_are_named(tmp_path, columns):
    with pytest.raises(InputError, match=f"{next(iter(columns))} is string"):
        TransactionFile(_write(tmp_path / "odd.parquet", **columns))


def test_an_unknown_currency_is_said(tmp_path):
    with pytest.raises(InputError, match="XXX is unknown"):
        TransactionFile(_write(tmp_path / "a.parquet"), "XXX")


def test_a_file_damaged_in_the_middle_is_said(tmp_path):
    path = _write(tmp_path / "damaged.parquet", amount=[float(number) for number in range(1, 50_000)])
    content = bytearray(path.read_bytes())
    content[100 : len(content) // 2] = b"\xff" * (len(content) // 2 - 100)
    path.write_bytes(content)

    with pytest.raises(InputError, match="cannot be read on after row"):
        _rows(path)
