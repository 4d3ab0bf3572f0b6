import pytest

from .conftest import OWN_IBAN, SHOP_IBAN, Detail, Entry, Party, camt, rows, source, statement

SHOP = Party("Bakery", SHOP_IBAN)
SELF = Party("Account holder", OWN_IBAN)


@pytest.mark.parametrize("message", ["052", "053", "054"])
@pytest.mark.parametrize("version", [2, 3, 4, 6, 8, 10, 13])
def test_every_version_gives_the_same_rows(version: int, message: str) -> None:
    detail = Detail(
        "12.30", creditor=SHOP, debtor=SELF, end_to_end="E-7", servicer="S-1", remittance=("Bread", "March")
    )
    content = camt(statement(Entry(details=[detail], reference="1")), version=version, message=message)
    found = source(content)
    assert found is not None
    assert found.kind == f"camt.{message}"
    assert ("version", f"001.{version:02d}") in [(finding.setting, finding.value) for finding in found.findings]
    (row,) = rows(content)
    assert row | {"unique_id": None} == {
        "account": OWN_IBAN,
        "account_currency": "EUR",
        "booking_date": "2026-03-02",
        "value_date": "2026-03-03",
        "date_time": None,
        "amount": "12.30",
        "currency": "EUR",
        "credit_debit": "DBIT",
        "reversal": "false",
        "status": "BOOK",
        "entry_reference": "1",
        "end_to_end_id": "E-7",
        "transaction_id": "S-1",
        "bank_transaction_code": "PMNT/ICDT/ESCT",
        "counterparty_name": "Bakery",
        "counterparty_account": SHOP_IBAN,
        "remittance": "Bread March",
        "time": "2026-03-02",
        "direction": "out",
        "counterparty": SHOP_IBAN,
        "unique_id": None,
    }


def test_one_row_for_each_detail_of_a_batch_and_one_for_a_batch_without_details() -> None:
    batch = Entry("30.00", details=[Detail("10.00", creditor=SHOP), Detail("20.00", creditor=Party("Florist"))])
    found = rows(camt(statement(batch, Entry("99.00"))))
    assert [(row["amount"], row["counterparty"]) for row in found] == [
        ("10.00", SHOP_IBAN),
        ("20.00", "Florist"),
        ("99.00", None),
    ]


def test_details_in_several_ntrydtls_are_payments_of_their_entry() -> None:
    entry = Entry("30.00", details=[Detail("10.00"), Detail("20.00")]).xml(8)
    content = camt(statement(Entry("30.00", details=[Detail("10.00"), Detail("20.00")])), version=8)
    split = content.replace(b"</TxDtls><TxDtls>", b"</TxDtls></NtryDtls><NtryDtls><TxDtls>")
    assert entry.count("<NtryDtls>") == 1
    assert [row["amount"] for row in rows(split)] == ["10.00", "20.00"]


def test_a_batch_whose_details_have_no_amounts_is_one_row() -> None:
    (row,) = rows(camt(statement(Entry("30.00", details=[Detail(creditor=SHOP), Detail(creditor=SHOP)]))))
    assert (row["amount"], row["counterparty"]) == ("30.00", None)


def test_the_entry_gives_the_amount_of_a_single_detail_without_one() -> None:
    (row,) = rows(camt(statement(Entry("30.00", details=[Detail(creditor=SHOP)]))))
    assert (row["amount"], row["counterparty"]) == ("30.00", SHOP_IBAN)


def test_a_single_detail_in_foreign_money_has_the_amount_that_was_booked() -> None:
    foreign = "<AmtDtls><InstdAmt><Amt Ccy='USD'>33.00</Amt></InstdAmt></AmtDtls>"
    (row,) = rows(camt(statement(Entry("30.00", details=[Detail(amount_details=foreign)]))))
    assert (row["amount"], row["currency"]) == ("30.00", "EUR")


def test_a_long_batch_is_passed_on_in_parts_and_nothing_is_lost() -> None:
    count = 4501
    details = [Detail("1.00", creditor=Party(f"Payee {at}")) for at in range(count)]
    found = rows(camt(statement(Entry("4501.00", details=details), Entry("2.00"))))
    assert [row["counterparty"] for row in found] == [*(f"Payee {at}" for at in range(count)), None]
    assert len({row["unique_id"] for row in found}) == count + 1


def test_a_long_batch_without_amounts_is_one_row() -> None:
    details = [Detail(creditor=Party(f"Payee {at}")) for at in range(4501)]
    (row,) = rows(camt(statement(Entry("4501.00", details=details))))
    assert row["amount"] == "4501.00"


def test_several_accounts_and_currencies_stay_apart() -> None:
    content = camt(
        statement(Entry("1.00"), number="1"),
        statement(Entry("2.00", currency="USD"), account="0532013000", currency="USD", number="2"),
        statement(Entry("3.00", currency=None), account=SHOP_IBAN, currency="GBP", number="3"),
    )
    assert [(row["account"], row["amount"], row["currency"]) for row in rows(content)] == [
        (OWN_IBAN, "1.00", "EUR"),
        ("0532013000", "2.00", "USD"),
        (SHOP_IBAN, "3.00", "GBP"),
    ]


def test_optional_parts_may_be_missing() -> None:
    bare = Entry(status=None, booked=None, value=None, code="")
    (row,) = rows(camt(statement(bare, account=None, number=None)))
    assert {key for key, value in row.items() if value is not None} == {
        *("amount", "currency", "credit_debit", "reversal", "direction", "unique_id"),
    }


@pytest.mark.parametrize(
    ("entry", "time", "day"),
    [
        (Entry(booked_at="2026-03-02T11:12:13+01:00"), "2026-03-02T11:12:13+01:00", "2026-03-02"),
        (Entry(details=[Detail("12.30", moment="2026-03-01T23:59:58Z")]), "2026-03-01T23:59:58Z", "2026-03-02"),
        (Entry(booked="2026-03-02+01:00"), "2026-03-02", "2026-03-02"),
        (Entry(booked=None), "2026-03-03", None),
    ],
)
def test_the_best_time_that_is_there(entry: Entry, time: str, day: str | None) -> None:
    (row,) = rows(camt(statement(entry)))
    assert (row["time"], row["booking_date"]) == (time, day)


def test_a_bank_s_own_code_where_there_is_none_of_iso() -> None:
    own = "<BkTxCd><Prtry><Cd>NTRF+166</Cd></Prtry></BkTxCd>"
    (row,) = rows(camt(statement(Entry(code=own))))
    assert row["bank_transaction_code"] == "NTRF+166"


def test_information_on_the_entry_stands_in_for_missing_remittance() -> None:
    (row,) = rows(camt(statement(Entry(info="Card payment", details=[Detail("12.30")]))))
    assert row["remittance"] == "Card payment"


def test_names_are_unique_where_references_repeat_and_follow_from_the_statement() -> None:
    entries = [Entry(servicer="S-1"), Entry(servicer="S-1"), Entry(servicer="NONREF"), Entry()]
    one, two = statement(*entries, number="1"), statement(*entries, number="2")
    found = [row["unique_id"] for row in rows(camt(one, two, two))]
    assert len(set(found)) == 12
    assert all(name.startswith("S-1.") for name in found[:2])
    assert [row["unique_id"] for row in rows(camt(two, version=8))] == found[4:8]


def test_a_reference_that_looks_like_a_card_is_not_part_of_the_name() -> None:
    (row,) = rows(camt(statement(Entry(servicer="4111111111111111"))))
    assert row["transaction_id"] == "4111111111111111"
    assert row["unique_id"].isalpha()


def test_only_the_columns_asked_for_in_their_order() -> None:
    assert rows(camt(statement(Entry())), columns=["currency", "amount"]) == [{"currency": "EUR", "amount": "12.30"}]
    assert list(rows(camt(statement(Entry())), columns=["currency", "amount"])[0]) == ["currency", "amount"]
    assert rows(camt(statement(Entry(), Entry())), columns=[]) == [{}, {}]
