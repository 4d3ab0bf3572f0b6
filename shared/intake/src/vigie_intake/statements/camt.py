"""Entries of camt.052, camt.053 and camt.054, one row for each payment in them.

Which way the money went: CdtDbtInd says how the entry itself was booked, also where RvslInd is true. By ISO 20022 an
entry that is CRDT and reversed takes back a debit, and one that is DBIT and reversed takes back a credit. So a reversed
entry moves money against the payment that it takes back, and `direction` names that payment:

| CdtDbtInd | RvslInd | direction | the account has afterwards |
|---|---|---|---|
| DBIT | | out | less |
| CRDT | | in | more |
| CRDT | true | out reversed | more: a payment came back |
| DBIT | true | in reversed | less: a receipt was taken back |

Some programs write CdtDbtInd of the payment that is taken back instead. The balances say which (reversals.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from vigie_intake.statements.camt_rows import Entry, Statement, own_amount, row
from vigie_intake.statements.columns import Row
from vigie_intake.statements.parties import account_of
from vigie_intake.statements.reversals import Reversals
from vigie_intake.statements.unique_ids import Statements
from vigie_intake.statements.xml_stream import Element, Texts, elements, first, local, texts
from vigie_runtime import InputError

CONTAINERS: Final = ("Stmt", "Rpt", "Ntfctn")
MAX_DETAILS_HELD: Final = 2000  # of one entry; a batch of a million payments is one entry too


@dataclass
class _Details:
    """The payments of an entry that is being read."""

    entry: Element
    held: list[Texts] = field(default_factory=list)
    passed_on: int = 0
    with_amount: int = 0

    @property
    def count(self) -> int:
        return self.passed_on + len(self.held)

    def add(self, detail: Texts) -> None:
        self.held.append(detail)
        self.with_amount += own_amount(detail) is not None

    def taken(self) -> list[tuple[int, Texts]]:
        """What is held, each with its place in the entry; nothing is held afterwards."""
        placed = list(enumerate(self.held, self.passed_on))
        self.passed_on, self.held = self.count, []
        return placed


def rows(stream: BinaryIO, name: str, inverted: bool = False) -> Iterator[Row]:
    """One row for each payment; `inverted`: CdtDbtInd of a reversal is that of the payment it takes back.

    Raises InputError with the line of what is wrong.
    """
    known, details = Statements(), None
    statement: Statement | None = None
    for element in elements(stream, name, ("Ntry", "TxDtls", *CONTAINERS)):
        tag = local(element)
        if tag == "TxDtls":
            details = _details_of(element, details)
            if details is None:
                continue
            details.add(texts(element))
            if len(details.held) >= MAX_DETAILS_HELD:
                statement = statement or _statement(details.entry, known, inverted)
                yield from _batch(details, Entry.of(details.entry), statement, name)
        elif tag == "Ntry":
            statement = statement or _statement(element, known, inverted)
            own = details if details is not None and details.entry is element else _Details(element)
            yield from _whole(own, statement, name)
            details = None
        elif statement is not None:
            statement.reversals.check(name)
            statement = None


def check_reversals(stream: BinaryIO, name: str) -> None:
    """Raises InvertedReversalsError at the first statement that marks reversals against ISO 20022.

    Raises InputError where the XML is wrong or cut off.
    """
    reversals: Reversals | None = None
    for element in elements(stream, name, ("Ntry", *CONTAINERS)):
        if local(element) == "Ntry":
            reversals = reversals or Reversals.of(element.getparent(), inverted=False)
            reversals.count(texts(element, skip="NtryDtls"))
        elif reversals is not None:
            reversals.check(name)
            reversals = None


def _details_of(detail: Element, current: _Details | None) -> _Details | None:
    entry = detail.getparent()
    while entry is not None and local(entry) != "Ntry":
        entry = entry.getparent()
    return current if entry is None or (current is not None and current.entry is entry) else _Details(entry)


def _statement(entry: Element, known: Statements, inverted: bool) -> Statement:
    above = entry.getparent()
    found = {} if above is None else texts(above, skip="Ntry")
    account, currency = account_of(found, "Acct"), first(found, "Acct/Ccy")
    return Statement(
        key=known.key(account, currency, first(found, "Id"), first(found, "StmtPgntn/PgNb")),
        account=account,
        account_currency=currency,
        reversals=Reversals.of(above, inverted),
    )


def _whole(details: _Details, statement: Statement, name: str) -> Iterator[Row]:
    """What is left of an entry at its end; an entry that does not say how its sum is divided is one row."""
    entry = Entry.of(details.entry)
    statement.reversals.count(entry.found)
    if details.count <= 1:
        yield row(entry, details.held[0] if details.held else {}, 0, statement, name, is_single=True)
    elif details.with_amount:
        yield from _batch(details, entry, statement, name)
    else:
        yield row(entry, {}, 0, statement, name, is_single=True)
    statement.entries += 1


def _batch(details: _Details, entry: Entry, statement: Statement, name: str) -> Iterator[Row]:
    if 0 < details.with_amount < details.count:
        raise InputError(
            f"{name}, line {entry.line}: of {details.count} payments in this entry only {details.with_amount} have an "
            "amount, so nothing says how its sum is divided. Ask the bank for the details of this batch."
        )
    for place, detail in details.taken():
        if details.with_amount:
            yield row(entry, detail, place, statement, name, is_single=False)
