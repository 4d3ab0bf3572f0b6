"""Entries of MT940 and MT942 as rows; field :61: and the parts of :86: are read by the mt-940 library.

The library gets one entry at a time, and the sign is ours. Given a whole file it names the last account for all
statements, gives a reversed credit (RC) a plus sign unless its options are set, lets an entry without a type be
replaced by the next, and takes what is said about the statement for part of its last entry (findings/mt-940-*.sh).
"""

import logging
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import mt940
from mt940.models import Transactions
from mt940.tags import StatementGLS, Tag

from vigie_intake.statements.columns import Row, reference
from vigie_intake.statements.mt_fields import StatementLine, statement_lines
from vigie_intake.statements.unique_ids import Statements, unique_id
from vigie_runtime import InputError

# What the library does not check: it reads 100.50 as 100, and fifteen digits of a longer number as the number
_ENTRY: Final = re.compile(
    r":61:\d{6}(?:\d{4}|\s{4})?(?P<expected>E?)(?P<mark>R?[DC])[A-Z]?[\n ]?"
    r"(?=[\d,]{2,15}(?:[A-Z\n]|$))0*(?P<amount>\d+,\d*)",
    re.IGNORECASE | re.ASCII,
)
_DIRECTIONS: Final = {"D": "out", "C": "in", "RD": "out reversed", "RC": "in reversed"}
_BOOKED: Final = {"D": "DBIT", "C": "CRDT", "RD": "CRDT", "RC": "DBIT"}
_LOGGER: Final = "mt940"


def rows(lines: Iterable[str], name: str, kind: str) -> Iterator[Row]:
    """One row for each entry; raises InputError with the line of what is wrong."""
    _keep_quiet()
    known, key, library = Statements(), "", _Library(name)
    for entry in statement_lines(lines, name, closes=kind == "MT940"):
        head = entry.head
        if head.entries == 0:
            key = known.key(head.account, head.currency, head.reference, head.number)
        yield _row(entry, key, library)
        head.entries += 1


def _row(entry: StatementLine, key: str, library: "_Library") -> Row:
    text = entry.text
    found = _ENTRY.match(text)
    if found is None:
        raise _refuse(entry, library.name)
    mark, amount = found["mark"].upper(), found["amount"].replace(",", ".").removesuffix(".")
    data = library.read(entry, text[: found.start("expected")] + text[found.end("expected") :])
    servicer = reference(data.get("bank_reference"))
    own, end_to_end = reference(data.get("customer_reference")), reference(data.get("end_to_end_reference"))
    other_account = data.get("applicant_iban") or data.get("gvc_applicant_iban")
    other_name = data.get("applicant_name")
    value, booking = str(data["date"]), str(data.get("entry_date") or data["date"])
    types = (data.get("id"), data.get("transaction_code"))
    return {
        "account": entry.head.account,
        "account_currency": entry.head.currency,
        "booking_date": booking,
        "value_date": value,
        "amount": amount,
        "currency": entry.head.currency,
        "credit_debit": _BOOKED[mark],
        "reversal": "true" if mark.startswith("R") else "false",
        "status": "PDNG" if found["expected"] else "BOOK",
        "entry_reference": own,
        "end_to_end_id": end_to_end,
        "transaction_id": servicer or own,
        "bank_transaction_code": "/".join(one for one in types if one) or None,
        "counterparty_name": other_name,
        "counterparty_account": other_account,
        "remittance": data.get("purpose") or data.get("transaction_details") or data.get("extra_details"),
        "time": booking,
        "direction": _DIRECTIONS[mark],
        "counterparty": other_account or other_name,
        "unique_id": unique_id(servicer or own, key, entry.head.entries, end_to_end, amount),
    }


class _Library:
    """The mt-940 library, with the fixes of its next release and references of any length."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._options = mt940.Options.all()
        self._tags: dict[int | str, Tag] = {61: StatementGLS()}

    def read(self, entry: StatementLine, text: str) -> dict[str, Any]:
        """What the library makes of one entry, empty texts left out; it does not know the E of expected entries."""
        parser = Transactions(tags=self._tags, options=self._options)
        try:
            parser.parse(text)
        except (RuntimeError, ValueError, ArithmeticError):
            raise _refuse(entry, self.name) from None
        if len(parser.transactions) != 1:
            raise _refuse(entry, self.name)
        data: dict[str, Any] = {}
        for key, value in parser.transactions[0].data.items():
            stripped = value.strip() if isinstance(value, str) else value
            if stripped not in (None, ""):
                data[key] = stripped
        return data


def _refuse(entry: StatementLine, name: str) -> InputError:
    return InputError(
        f"{name}, line {entry.line}: this :61: is not as SWIFT has it: date YYMMDD, D, C, RD or RC, an amount with "
        "a decimal comma, then a type such as NTRF. Export the statement again, or correct the line."
    )


def _keep_quiet() -> None:
    """The library logs the text of fields, and account numbers and names are in it."""
    logging.getLogger(_LOGGER).setLevel(logging.CRITICAL + 1)
