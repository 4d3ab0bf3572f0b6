import re
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from generator.transaction_file import TransactionFile
from vigie_runtime import InputError
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas import Transaction
from vigie_schemas.record import IDENTIFIER_PATTERN

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
PSEUDONYMS = Pseudonyms("q0VhYkC3sQm1n8yR5tWz7uXb2pLd4eFg")


def _write(path, **columns):
    rows = len(next(iter(columns.values()))) if columns else 1
    base = {"ts": [NOON] * rows, "account_id": ["C1"] * rows, "amount": [10.0] * rows}
    pq.write_table(pa.table(base | columns), path)
    return path


def _rows(path, currency="EUR"):
    return list(TransactionFile(path, currency).rows(PSEUDONYMS))


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


TEXTS = ["large_string", "string_view", "dictionary", "dictionary of large_string"]


def _text(values, kind):
    if kind.startswith("dictionary"):
        return pa.array(values, pa.large_string() if "large" in kind else pa.string()).dictionary_encode()
    return pa.array(values, getattr(pa, kind)())


@pytest.mark.parametrize("kind", TEXTS)
def test_text_of_any_type_is_the_same_text(tmp_path, kind):
    columns = {
        "account_id": ["C1", CARD],
        "merchant_id": ["m1", None],
        "category": ["fuel", None],
        "country": ["FR", None],
        "scenario": ["burst", None],
    }
    plain = _rows(_write(tmp_path / "file.parquet", label=[1, 0], **columns))

    of_kind = {name: _text(values, kind) for name, values in columns.items()}
    rows = _rows(_write(tmp_path / "file.parquet", label=[1, 0], **of_kind))

    assert rows == plain


@pytest.mark.parametrize("kind", ["decimal32", "decimal64", "decimal128", "decimal256", "float16", "float32"])
def test_numbers_of_any_type_are_the_same_numbers(tmp_path, kind):
    kind = getattr(pa, kind)(*((7, 2) if kind.startswith("decimal") else ()))
    columns = {"amount": [12.25, 3.5], "lat": [48.5, None], "lon": [2.25, None], "label": [1.0, 0.0]}
    plain = _rows(_write(tmp_path / "file.parquet", **columns))

    of_kind = {name: pa.array(values).cast(kind) for name, values in columns.items()}
    rows = _rows(_write(tmp_path / "file.parquet", **of_kind))

    assert rows == plain
    assert [row.truth.is_fraud for row in rows] == [True, False]


@pytest.mark.parametrize("kind", ["int64", "uint32", "decimal64", "decimal128"])
def test_whole_numbers_name_accounts_and_merchants(tmp_path, kind):
    kind = getattr(pa, kind)(*((18, 0) if kind.startswith("decimal") else ()))
    column = pa.array([Decimal(17) if pa.types.is_decimal(kind) else 17], kind)

    (row,) = _rows(_write(tmp_path / "file.parquet", account_id=column, merchant_id=column))

    assert (row.transaction["account_id"], row.transaction["merchant_id"]) == ("17", "17")


@pytest.mark.parametrize("kind", [pa.timestamp("s"), pa.timestamp("ns"), pa.timestamp("us", "Europe/Paris")])
def test_times_of_any_type_are_the_same_times(tmp_path, kind):
    (row,) = _rows(_write(tmp_path / "file.parquet", ts=pa.array([NOON], pa.timestamp("ms", "UTC")).cast(kind)))

    assert row.transaction["timestamp_ms"] == NOON.timestamp() * 1000


def test_labels_may_be_flags_and_a_label_may_be_unknown(tmp_path):
    (row,) = _rows(_write(tmp_path / "flags.parquet", label=[True]))
    (unknown,) = _rows(_write(tmp_path / "gaps.parquet", label=[float("nan")]))

    assert row.truth.is_fraud
    assert (unknown.truth, unknown.transaction["account_id"]) == (None, "C1")


def test_rows_are_numbered_on_through_all_batches(tmp_path):
    path = _write(tmp_path / "long.parquet", amount=[1.0] * 10_000)

    names = [row.transaction["transaction_id"] for row in _rows(path)]

    assert names == [f"long-{number}" for number in range(10_000)]


def test_an_odd_file_name_still_makes_valid_and_distinct_names(tmp_path):
    stems = ["relevé de mai", "releve de mai", "x" * 90, "x" * 91]

    names = [_rows(_write(tmp_path / f"{stem}.parquet"))[0].transaction["transaction_id"] for stem in stems]

    assert len(set(names)) == 4
    assert all(re.fullmatch(IDENTIFIER_PATTERN, name) for name in names)


CARD = "4111111111111111"


def test_card_numbers_and_ibans_go_by_pseudonyms_also_of_people_who_are_paid(tmp_path):
    path = _write(
        tmp_path / "cards.parquet",
        account_id=[CARD, "4111 1111 1111 1111", "C568"],
        merchant_id=["FR7630006000011234567890189", "Café de la Gare", "4539 1488 0343 6467"],
    )

    first, second, third = (row.transaction for row in _rows(path))

    assert first["account_id"] == second["account_id"] == PSEUDONYMS.of(CARD) != Pseudonyms("another key").of(CARD)
    assert third["account_id"] == "C568"
    assert first["merchant_id"] == PSEUDONYMS.of("FR7630006000011234567890189")
    assert second["merchant_id"] == "Café de la Gare"
    assert third["merchant_id"].startswith("acct-")


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
