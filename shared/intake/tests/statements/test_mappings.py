"""Statements become transactions with the mapping of their kind, without any word of the user."""

from typing import Any

import pytest

from vigie_intake.conversion import Converter
from vigie_intake.statements import statement_mapping
from vigie_intake.statements.columns import BOOKED_COLUMNS, PACS_COLUMNS, PAIN_COLUMNS
from vigie_intake.statements.recognition import KINDS
from vigie_runtime import ConfigurationError
from vigie_runtime.pseudonyms import Pseudonyms

from .conftest import OWN_IBAN, SHOP_IBAN, Detail, Entry, Mt940, Party, camt, mt940, source, statement

DAY_MS = 86_400_000
MARCH_2 = 1_772_409_600_000  # 2026-03-02T00:00:00Z
KEY = "n0t-a-real-key-but-long-enough-for-one"


def converted(content: bytes) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Transactions, and what was left out."""
    found = source(content)
    assert found is not None
    converter = Converter(statement_mapping(found.kind), found.schema, pseudonyms=lambda: Pseudonyms(KEY))
    results = [converter.convert(batch, 0) for batch in found.batches(converter.columns)]
    return (
        [row for result in results for row in result.rows.to_pylist()],
        [row for result in results for row in result.left_out.to_pylist()],
    )


def test_money_out_is_judged_and_what_came_back_is_not() -> None:
    entries = [
        Entry("1.00", details=[Detail("1.00", creditor=Party("Bakery", SHOP_IBAN))], servicer="S-1"),
        Entry("2.00", credit_debit="CRDT"),
        Entry("3.00", credit_debit="CRDT", reversal="true"),
        Entry("4.00", credit_debit="DBIT", reversal="true"),
        Entry("5.00", status="PDNG"),
        Entry("6.00", status="INFO"),
        Entry("7.00", booked_at="2026-03-02T11:12:13+01:00"),
    ]
    rows, left_out = converted(camt(statement(*entries), version=8))
    assert [row["amount"] for row in rows] == [1.0, 4.0, 7.0]
    assert [(row["row"], row["reason"]) for row in left_out] == [
        (1, "money_in"),
        (2, "money_in"),
        (4, "dropped"),
        (5, "dropped"),
    ]
    assert [row["timestamp_ms"] for row in rows] == [MARCH_2, MARCH_2, MARCH_2 + (10 * 3600 + 12 * 60 + 13) * 1000]
    first = rows[0]
    assert first["account_id"] == rows[1]["account_id"]
    assert first["currency"] == "EUR"
    assert first["transaction_id"].startswith("S-1.")
    assert first["category"] == "PMNT/ICDT/ESCT"
    text = str(rows)
    assert OWN_IBAN not in text
    assert SHOP_IBAN not in text
    assert "Bakery" not in text
    assert first["merchant_id"] is not None


def test_the_same_account_has_the_same_name_in_camt_and_mt940() -> None:
    of_camt, _ = converted(camt(statement(Entry(details=[Detail("12.30", creditor=Party("B", SHOP_IBAN))]))))
    lines = [":61:2603020302D12,30NTRFNONREF", f":86:166?00X?31{SHOP_IBAN}?32B"]
    of_swift, _ = converted(mt940(Mt940(lines=lines, account=OWN_IBAN)))
    shown = ("account_id", "merchant_id", "timestamp_ms", "amount", "currency")
    assert [{key: row[key] for key in shown} for row in of_camt] == [
        {key: row[key] for key in shown} for row in of_swift
    ]


def test_a_reversed_credit_of_mt940_is_money_out() -> None:
    marks = ("D", "C", "RD", "RC")
    lines = [f":61:2603020302{mark}{at},00NTRFNONREF" for at, mark in enumerate(marks, 1)]
    rows, left_out = converted(mt940(Mt940(lines=lines)))
    assert [row["amount"] for row in rows] == [1.0, 4.0]
    assert [row["reason"] for row in left_out] == ["money_in", "money_in"]
    assert all(row["timestamp_ms"] % DAY_MS == 0 for row in rows)


def test_a_row_without_an_account_is_refused_by_name() -> None:
    rows, left_out = converted(camt(statement(Entry(), account=None)))
    assert rows == []
    assert [(row["reason"], row["field"]) for row in left_out] == [("invalid_account_id", "account_id")]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_mapping_of_its_own_columns(kind: str) -> None:
    mapping = statement_mapping(kind)
    columns = {"pain.001": PAIN_COLUMNS, "pacs.008": PACS_COLUMNS}.get(kind, BOOKED_COLUMNS)
    assert mapping.profile == kind
    assert set(mapping.needed) <= set(columns)


def test_another_kind_has_none() -> None:
    with pytest.raises(ConfigurationError, match="MT940"):
        statement_mapping("MT103")
