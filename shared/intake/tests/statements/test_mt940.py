from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import SHOP_IBAN, Mt940, mt940, rows, source

GERMAN = [
    ":61:2603030302D12,30NTRFK-1//B-1",
    f":86:166?00SEPA CREDIT TRANSFER?109300?20EREF+E-7?21SVWZ+Bread and?22 butter?30COBADEFFXXX?31{SHOP_IBAN}",
    "?32Bakery on the cor?33ner",
]


def test_all_that_a_german_bank_says() -> None:
    (row,) = rows(mt940(Mt940(lines=GERMAN)), "march.sta")
    assert row.pop("unique_id").startswith("B-1.")
    assert row == {
        "account": "37040044/0532013000",
        "account_currency": "EUR",
        "booking_date": "2026-03-02",
        "value_date": "2026-03-03",
        "date_time": None,
        "amount": "12.30",
        "currency": "EUR",
        "credit_debit": "DBIT",
        "reversal": "false",
        "status": "BOOK",
        "entry_reference": "K-1",
        "end_to_end_id": "E-7",
        "transaction_id": "B-1",
        "bank_transaction_code": "NTRF/166",
        "counterparty_name": "Bakery on the corner",
        "counterparty_account": SHOP_IBAN,
        "remittance": "Bread and butter",
        "time": "2026-03-02",
        "direction": "out",
        "counterparty": SHOP_IBAN,
    }


@pytest.mark.parametrize(
    ("mark", "direction", "booked", "reversal"),
    [
        ("D", "out", "DBIT", "false"),
        ("C", "in", "CRDT", "false"),
        ("RD", "out reversed", "CRDT", "true"),
        ("RC", "in reversed", "DBIT", "true"),
        ("DR", "out", "DBIT", "false"),
        ("CR", "in", "CRDT", "false"),
        ("RDR", "out reversed", "CRDT", "true"),
        ("RCR", "in reversed", "DBIT", "true"),
        ("rc", "in reversed", "DBIT", "true"),
    ],
)
def test_every_mark_with_and_without_the_letter_of_the_currency(
    mark: str, direction: str, booked: str, reversal: str
) -> None:
    (row,) = rows(mt940(Mt940(lines=[f":61:2603030302{mark}12,NTRFNONREF"])))
    assert (row["direction"], row["credit_debit"], row["reversal"]) == (direction, booked, reversal)
    assert row["amount"] == "12"


def test_each_statement_has_its_own_account_and_currency() -> None:
    line = ":61:2603030302D12,30NTRFNONREF"
    found = rows(
        mt940(
            Mt940(lines=[line, line]),
            Mt940(lines=[line], account="37040044/0000000001", currency="USD"),
            Mt940(account="37040044/0000000002"),
            Mt940(lines=[line], account=SHOP_IBAN),
            Mt940(lines=[line], account=None, number="00002/001"),
        )
    )
    assert [(row["account"], row["currency"]) for row in found] == [
        ("37040044/0532013000", "EUR"),
        ("37040044/0532013000", "EUR"),
        ("37040044/0000000001", "USD"),
        (SHOP_IBAN, "EUR"),
        (None, "EUR"),
    ]
    assert len({row["unique_id"] for row in found}) == 5


def test_swift_envelopes_and_bank_headers_are_left_out() -> None:
    body = mt940(Mt940(lines=GERMAN)).decode().rstrip("-\r\n")
    envelope = "{1:F01BANKDEFFAXXX0000000000}{2:I940BANKDEFFXXXXN}{4:\r\n" + body + "\r\n-}{5:{CHK:1}}\r\n"
    in_line = envelope.replace("{4:\r\n", "{4:")
    header = "ABNANL2A\r\n940\r\nABNANL2A\r\n" + body + "\r\n-\r\n"
    first_field = ":940:\r\n" + body + "\r\n"
    wanted = rows(mt940(Mt940(lines=GERMAN)))
    for text in (envelope, envelope + envelope, in_line, header + header, first_field + first_field):
        found = rows(text.encode())
        assert [row | {"unique_id": None} for row in found] == [wanted[0] | {"unique_id": None}] * text.count(":20:")


def test_what_is_said_about_the_statement_is_no_part_of_its_last_entry() -> None:
    statement = Mt940(lines=[":61:2603030302D12,30NTRFNONREF", ":86:Bread"], after=[":86:Rates have changed"])
    assert rows(mt940(statement))[0]["remittance"] == "Bread"


def test_free_text_is_the_remittance() -> None:
    statement = Mt940(lines=[":61:2603030302D12,30NTRFNONREF", ":86:Card payment", "Bakery"])
    (row,) = rows(mt940(statement))
    assert row["remittance"] == "Card payment\nBakery"
    assert row["counterparty"] is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_umlauts_in_any_usual_encoding(encoding: str) -> None:
    statement = Mt940(lines=[":61:2603030302D12,30NTRFNONREF", ":86:166?00X?32Bäckerei Müller"])
    content = mt940(statement).decode().encode(encoding)
    found = source(content)
    assert found is not None
    assert found.kind == "MT940"
    assert rows(content)[0]["counterparty_name"] == "Bäckerei Müller"


def test_the_end_of_february_as_banks_count_it() -> None:
    assert rows(mt940(Mt940(lines=[":61:260230D12,30NTRFNONREF"])))[0]["booking_date"] == "2026-02-28"


def test_the_turn_of_the_year_between_value_and_booking() -> None:
    (row,) = rows(mt940(Mt940(lines=[":61:2512310102D12,30NTRFNONREF"])))
    assert (row["value_date"], row["booking_date"]) == ("2025-12-31", "2026-01-02")


def test_an_interim_report_has_expected_entries() -> None:
    content = (
        b":20:REF\r\n:25:37040044/0532013000\r\n:28C:1\r\n:34F:EUR0,\r\n:13D:2603021200+0100\r\n"
        b":61:2603030302D12,30NTRFNONREF\r\n:61:2603030302ED7,00NTRFNONREF\r\n:61:2603030302EC8,00NTRFNONREF\r\n"
        b":90D:2EUR19,30\r\n:90C:1EUR8,00\r\n-\r\n"
    )
    found = source(content)
    assert found is not None
    assert found.kind == "MT942"
    assert [(row["direction"], row["status"], row["currency"]) for row in rows(content)] == [
        ("out", "BOOK", "EUR"),
        ("out", "PDNG", "EUR"),
        ("in", "PDNG", "EUR"),
    ]


_DIRECTIONS = {"D": "out", "C": "in", "RD": "out reversed", "RC": "in reversed"}
_written = st.tuples(
    st.dates(min_value=date(2026, 1, 1), max_value=date(2026, 12, 31)),
    st.sampled_from(sorted(_DIRECTIONS)),
    st.integers(0, 10**11),
    st.integers(0, 99),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_written, max_size=4), min_size=1, max_size=4))
def test_whatever_is_written_is_read(statements: list[list[tuple[date, str, int, int]]]) -> None:
    def line(day: date, mark: str, units: int, cents: int) -> str:
        return f":61:{day:%y%m%d%m%d}{mark}{units},{cents:02d}NTRFNONREF"

    content = mt940(
        *(Mt940(lines=[line(*part) for part in each], account=f"37040044/{at}") for at, each in enumerate(statements))
    )
    found = rows(content)
    assert [(row["account"], row["booking_date"], row["amount"], row["direction"]) for row in found] == [
        (f"37040044/{at}", str(day), f"{units}.{cents:02d}", _DIRECTIONS[mark])
        for at, each in enumerate(statements)
        for day, mark, units, cents in each
    ]
    assert len({row["unique_id"] for row in found}) == len(found)


def test_entries_without_a_type_stay_apart() -> None:
    lines = [":61:2603020302D1,00", ":86:first", ":61:2603020302D2,00", ":86:second"]
    found = rows(mt940(Mt940(lines=lines)))
    assert [(row["amount"], row["remittance"]) for row in found] == [("1.00", "first"), ("2.00", "second")]


@pytest.mark.parametrize(("written", "amount"), [("000000000061,00", "61.00"), ("0,05", "0.05"), ("00,", "0")])
def test_amounts_with_zeros_before_them(written: str, amount: str) -> None:
    assert rows(mt940(Mt940(lines=[f":61:2603020302D{written}NTRFNONREF"])))[0]["amount"] == amount
