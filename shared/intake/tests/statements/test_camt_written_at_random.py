from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import OWN_IBAN, SHOP_IBAN, Detail, Entry, Party, Statement, camt, rows, statement

_amounts = st.decimals(min_value=0, max_value=10**12, places=2).map(str)
_names = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20)
_details = st.builds(
    Detail,
    amount=_amounts,
    currency=st.sampled_from(["EUR", "CHF"]),
    creditor=st.builds(Party, name=_names, account=st.none() | st.just(SHOP_IBAN)),
    end_to_end=st.none() | st.from_regex(r"E[0-9]{3}", fullmatch=True),
)
_entries = st.builds(
    Entry,
    amount=_amounts,
    currency=st.sampled_from(["EUR", "CHF"]),
    credit_debit=st.sampled_from(["CRDT", "DBIT"]),
    reversal=st.sampled_from([None, "true", "false"]),
    status=st.sampled_from([None, "BOOK", "PDNG"]),
    booked=st.dates().map(str),
    details=st.lists(_details, min_size=2, max_size=4) | st.just([]),
)
_statements = st.builds(
    statement,
    _entries,
    _entries,
    account=st.sampled_from([OWN_IBAN, "0532013000"]),
    number=st.sampled_from(["1", "2"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_statements, min_size=1, max_size=3), st.integers(2, 13))
def test_whatever_is_written_is_read(statements: list[Statement], version: int) -> None:
    found = rows(camt(*statements, version=version))
    shown = ("account", "amount", "currency", "credit_debit", "status", "booking_date", "counterparty", "end_to_end_id")
    assert [{column: row[column] for column in shown} for row in found] == [
        {
            "account": each.account,
            "amount": part.amount,
            "currency": part.currency,
            "credit_debit": entry.credit_debit,
            "status": entry.status,
            "booking_date": entry.booked,
            "counterparty": _paid(entry, part),
            "end_to_end_id": part.end_to_end if isinstance(part, Detail) else None,
        }
        for each in statements
        for entry in each.entries
        for part in entry.details or [entry]
    ]
    assert len({row["unique_id"] for row in found}) == len(found)


def _paid(entry: Entry, part: Detail | Entry) -> str | None:
    """These details name the creditor only, who is the other side of a payment out, or of one that came back."""
    if isinstance(part, Entry):
        return None
    paid_out = (entry.credit_debit == "DBIT") != (entry.reversal == "true")
    return part.creditor.account or (part.creditor.name if paid_out else None)
