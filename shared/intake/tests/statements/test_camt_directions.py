import pytest

from .conftest import OWN_IBAN, SHOP_IBAN, Detail, Entry, Party, camt, rows, source, statement

SHOP = Party("Bakery", SHOP_IBAN)
SELF = Party("Account holder", OWN_IBAN)


@pytest.mark.parametrize(
    ("credit_debit", "reversal", "direction"),
    [
        ("DBIT", None, "out"),
        ("DBIT", "false", "out"),
        ("CRDT", None, "in"),
        ("CRDT", "true", "out reversed"),
        ("CRDT", "1", "out reversed"),
        ("DBIT", "true", "in reversed"),
    ],
)
def test_the_direction_names_the_payment_that_a_reversal_takes_back(
    credit_debit: str, reversal: str | None, direction: str
) -> None:
    (row,) = rows(camt(statement(Entry(credit_debit=credit_debit, reversal=reversal))))
    assert (row["direction"], row["credit_debit"]) == (direction, credit_debit)
    assert row["reversal"] == ("true" if reversal in ("true", "1") else "false")


def test_balances_show_that_reversals_are_marked_the_other_way() -> None:
    entries = Entry("10.00"), Entry("10.00", reversal="true")  # paid, and the payment came back
    inverted = camt(statement(*entries, opening="100.00", closing="100.00"))
    assert [row["direction"] for row in rows(inverted)] == ["out", "out reversed"]
    found = source(inverted)
    assert found is not None
    assert "reversals" in [finding.setting for finding in found.findings]
    as_iso = camt(statement(*entries, opening="100.00", closing="80.00"))
    assert [row["direction"] for row in rows(as_iso)] == ["out", "in reversed"]


def test_balances_that_fit_neither_way_change_nothing() -> None:
    entries = Entry("10.00"), Entry("10.00", reversal="true")
    partial = camt(statement(*entries, opening="100.00", closing="17.00"))
    assert [row["direction"] for row in rows(partial)] == ["out", "in reversed"]


def test_a_detail_may_go_the_other_way_than_its_entry() -> None:
    details = [Detail("40.00", credit_debit="DBIT"), Detail("10.00", credit_debit="CRDT")]
    found = rows(camt(statement(Entry("30.00", details=details)), version=8))
    assert [row["direction"] for row in found] == ["out", "in"]


@pytest.mark.parametrize(
    ("entry", "counterparty"),
    [
        (Entry(details=[Detail(creditor=SHOP, debtor=SELF)]), SHOP_IBAN),
        (Entry(credit_debit="CRDT", details=[Detail(creditor=SELF, debtor=SHOP)]), SHOP_IBAN),
        # a return with the roles of the original payment, and one with the roles swapped
        (Entry(credit_debit="CRDT", reversal="true", details=[Detail(creditor=SHOP, debtor=SELF)]), SHOP_IBAN),
        (Entry(credit_debit="CRDT", reversal="true", details=[Detail(creditor=SELF, debtor=SHOP)]), SHOP_IBAN),
        (Entry(details=[Detail(creditor=SELF)]), None),
        (Entry(details=[Detail(creditor=Party("Kiosk"))]), "Kiosk"),
        (Entry(details=[Detail(debtor=Party("Account holder"))]), None),
    ],
)
def test_the_counterparty_is_never_the_account_itself(entry: Entry, counterparty: str | None) -> None:
    for version in (2, 8):
        (row,) = rows(camt(statement(entry), version=version))
        assert row["counterparty"] == counterparty
