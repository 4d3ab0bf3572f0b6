"""Rows of files as transactions with their truth and their names; how files are read is tested in shared/intake."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from generator.transaction_file import FileRow, TransactionFile
from vigie_intake.fields.tally import IntakeTally
from vigie_intake.preparing import prepare
from vigie_runtime import InputError
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas import Transaction
from vigie_schemas.record import IDENTIFIER_PATTERN

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
PSEUDONYMS = Pseudonyms("q0VhYkC3sQm1n8yR5tWz7uXb2pLd4eFg")
CARD = "4111111111111111"
IBAN = "FR7630006000011234567890189"


def _write(path: Path, **columns: object) -> Path:
    rows = len(next(iter(columns.values()))) if columns else 1
    base = {"ts": [NOON] * rows, "account_id": ["C1"] * rows, "amount": [10.0] * rows}
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(base | columns), path)
    return path


def _rows(path: Path, tally: IntakeTally | None = None, currency: str | None = None) -> list[FileRow]:
    return list(TransactionFile(prepare(path, currency=currency)).rows(PSEUDONYMS, tally or IntakeTally()))


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
    assert re.fullmatch("shop-[a-p]{8}-0", str(first.transaction["transaction_id"]))
    assert (first.transaction["country"], first.transaction["lat"], first.transaction["currency"]) == (
        "FR",
        48.1,
        "EUR",
    )
    assert (first.truth.is_fraud, first.truth.scenario) == (True, "burst")
    assert (second.truth.is_fraud, second.truth.scenario) == (False, None)
    assert "label" not in first.transaction


def test_what_few_files_know_is_sent_where_one_does(tmp_path):
    path = _write(
        tmp_path / "transfers.parquet", payee_id=["p-1", IBAN], card_present=[None, False], direction=["out", None]
    )

    first, second = (row.transaction for row in _rows(path))

    assert Transaction.model_validate(first).model_dump(include={"payee_id", "direction"}) == {
        "payee_id": "p-1",
        "direction": "out",
    }
    assert (second["payee_id"], second["card_present"]) == (PSEUDONYMS.of(IBAN), False)
    assert "channel" not in first


def test_currency_and_name_are_those_of_the_file(tmp_path):
    path = _write(tmp_path / "own.parquet", currency=["USD", "JPY"], transaction_id=["t-1", "t-2"])

    rows = [row.transaction for row in _rows(path, currency="CHF")]

    assert [(row["transaction_id"], row["currency"]) for row in rows] == [("t-1", "USD"), ("t-2", "JPY")]
    (bare,) = _rows(_write(tmp_path / "bare.parquet"), currency="CHF")
    assert (bare.truth, bare.transaction["currency"], bare.transaction["merchant_id"]) == (None, "CHF", None)


def test_two_files_named_alike_share_no_name_and_the_same_file_keeps_its_names(tmp_path):
    first = _write(tmp_path / "date=2024-05-01" / "data.parquet", amount=[1.0, 2.0])
    second = _write(tmp_path / "date=2024-05-02" / "data.parquet", amount=[3.0, 4.0])
    moved = _write(tmp_path / "elsewhere" / "data.parquet", amount=[1.0, 2.0])

    names = [[row.transaction["transaction_id"] for row in _rows(path)] for path in (first, second, moved)]

    assert len({*names[0], *names[1]}) == 4
    assert names[0] == names[2]


def test_names_go_on_through_all_batches(tmp_path):
    path = _write(tmp_path / "long.parquet", amount=[1.0] * 100_000)

    names = [str(row.transaction["transaction_id"]) for row in _rows(path)]

    assert [name.rsplit("-", 1)[1] for name in names] == [str(number) for number in range(100_000)]
    assert len({name.rsplit("-", 1)[0] for name in names}) == 1


def test_an_odd_file_name_still_makes_valid_and_distinct_names(tmp_path):
    stems = ["relevé de mai", "releve de mai", "x" * 90, "x" * 91, IBAN, CARD]

    names = [_rows(_write(tmp_path / f"{stem}.parquet"))[0].transaction for stem in stems]

    ids = [str(Transaction.model_validate(each).transaction_id) for each in names]
    assert all(re.fullmatch(IDENTIFIER_PATTERN, each) for each in ids)
    assert len(set(ids[:4])) == 4
    assert ids[4].startswith("file-")


def test_card_numbers_and_ibans_go_by_pseudonyms_also_of_people_who_are_paid(tmp_path):
    path = _write(
        tmp_path / "cards.parquet",
        account_id=[CARD, "4111 1111 1111 1111", "C568"],
        merchant_id=[IBAN, "Café de la Gare", "4539 1488 0343 6467"],
    )

    first, second, third = (row.transaction for row in _rows(path))

    assert first["account_id"] == second["account_id"] == PSEUDONYMS.of(CARD) != Pseudonyms("another key").of(CARD)
    assert third["account_id"] == "C568"
    assert first["merchant_id"] == PSEUDONYMS.of(IBAN)
    assert second["merchant_id"] == "Café de la Gare"
    assert str(third["merchant_id"]).startswith("acct-")


def test_rows_that_are_no_transactions_are_counted_and_the_others_keep_their_numbers(tmp_path):
    tally = IntakeTally()

    rows = _rows(_write(tmp_path / "some.parquet", amount=[0.0, 5.0], label=[1, None]), tally)

    assert [str(row.transaction["transaction_id"])[-2:] for row in rows] == ["-1"]
    assert rows[0].truth is None
    assert (tally.accepted, tally.refused) == (1, 1)


def test_a_file_without_a_transaction_is_an_error_that_says_why(tmp_path):
    with pytest.raises(InputError, match=r"None of the 2 rows .* invalid_country"):
        _rows(_write(tmp_path / "alpha3.parquet", country=["FRA", "DEU"]))


def test_a_file_damaged_in_the_middle_is_said(tmp_path):
    path = _write(tmp_path / "damaged.parquet", amount=[float(number) for number in range(1, 500_000)])
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : -1_000] = b"\xff" * (len(content) - 1_000 - len(content) // 2)
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"damaged\.parquet"):
        _rows(path)
