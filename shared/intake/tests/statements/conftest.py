"""Builds small invented statements of every kind and version, and reads them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from vigie_intake.source import Source
from vigie_intake.statements import statement_source

OWN_IBAN = "DE89370400440532013000"
SHOP_IBAN = "GB29NWBK60161331926819"
CONTAINERS = {
    "053": ("BkToCstmrStmt", "Stmt"),
    "052": ("BkToCstmrAcctRpt", "Rpt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


def tag(name: str, content: str | None, attributes: str = "") -> str:
    """An element, or nothing where there is no content."""
    return "" if content is None else f"<{name}{attributes}>{content}</{name}>"


def text(name: str, content: str | None) -> str:
    return tag(name, None if content is None else escape(content))


def money(name: str, amount: str | None, currency: str | None) -> str:
    return tag(name, amount, "" if currency is None else f' Ccy="{currency}"')


@dataclass(frozen=True)
class Party:
    name: str | None = None
    account: str | None = None

    def xml(self, role: str, is_new: bool) -> str:
        name = text("Nm", self.name)
        if is_new and name:
            name = tag("Pty", name)
        kind = "IBAN" if self.account and self.account[:2].isalpha() else "Othr"
        number = text("IBAN", self.account) if kind == "IBAN" else tag("Othr", text("Id", self.account))
        account = tag(f"{role}Acct", tag("Id", number)) if self.account else ""
        return (tag(role, name) if name else "") + account


@dataclass(frozen=True)
class Detail:
    amount: str | None = None
    currency: str = "EUR"
    credit_debit: str | None = None
    creditor: Party = Party()
    debtor: Party = Party()
    end_to_end: str | None = None
    servicer: str | None = None
    tx_id: str | None = None
    moment: str | None = None
    remittance: Sequence[str] = ()
    amount_details: str | None = None
    code: str | None = None

    def xml(self, version: int) -> str:
        is_new = version >= 8
        references = text("AcctSvcrRef", self.servicer) + text("EndToEndId", self.end_to_end) + text("TxId", self.tx_id)
        # before version 04 a detail has no amount of its own but that in AmtDtls
        amount = money("Amt", self.amount, self.currency)
        if version < 4 and self.amount is not None:
            amount = tag("AmtDtls", tag("TxAmt", amount))
        parts = (
            tag("Refs", references or None),
            amount,
            text("CdtDbtInd", self.credit_debit) if version >= 4 else "",
            self.amount_details or "",
            self.code or "",
            tag("RltdPties", (self.debtor.xml("Dbtr", is_new) + self.creditor.xml("Cdtr", is_new)) or None),
            tag("RmtInf", "".join(text("Ustrd", part) for part in self.remittance) or None),
            tag("RltdDts", text("TxDtTm", self.moment)) if self.moment else "",
        )
        return tag("TxDtls", "".join(parts))


@dataclass(frozen=True)
class Entry:
    amount: str | None = "12.30"
    currency: str | None = "EUR"
    credit_debit: str | None = "DBIT"
    reversal: str | None = None
    status: str | None = "BOOK"
    booked: str | None = "2026-03-02"
    booked_at: str | None = None
    value: str | None = "2026-03-03"
    reference: str | None = None
    servicer: str | None = None
    code: str = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
    details: Sequence[Detail] = ()
    info: str | None = None

    def xml(self, version: int) -> str:
        status = text("Cd", self.status) if version >= 8 else self.status
        booking = text("DtTm", self.booked_at) if self.booked_at else text("Dt", self.booked)
        parts = (
            text("NtryRef", self.reference),
            money("Amt", self.amount, self.currency),
            text("CdtDbtInd", self.credit_debit),
            text("RvslInd", self.reversal),
            tag("Sts", status) if self.status else "",
            tag("BookgDt", booking or None),
            tag("ValDt", text("Dt", self.value)) if self.value else "",
            text("AcctSvcrRef", self.servicer),
            self.code,
            tag("NtryDtls", "".join(detail.xml(version) for detail in self.details) or None),
            text("AddtlNtryInf", self.info),
        )
        return tag("Ntry", "".join(parts))


@dataclass(frozen=True)
class Statement:
    entries: Sequence[Entry] = ()
    account: str | None = OWN_IBAN
    currency: str | None = "EUR"
    number: str | None = "2026-1"
    opening: str | None = None
    closing: str | None = None

    def xml(self, version: int, container: str) -> str:
        account = ""
        if self.account is not None:
            kind = text("IBAN", self.account) if self.account[:2].isalpha() else tag("Othr", text("Id", self.account))
            account = tag("Acct", tag("Id", kind) + text("Ccy", self.currency))
        balances = "".join(
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{money('Amt', amount, self.currency)}"
            "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-01</Dt></Dt></Bal>"
            for code, amount in (("OPBD", self.opening), ("CLBD", self.closing))
            if amount is not None
        )
        entries = "\n".join(entry.xml(version) for entry in self.entries)
        return tag(container, f"{text('Id', self.number)}{account}{balances}\n{entries}\n")


def camt(*statements: Statement, version: int = 2, message: str = "053", prefix: str = "") -> bytes:
    """A whole file, each entry in a line of its own from line 3 on."""
    name, container = CONTAINERS[message]
    namespace = f"urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version:02d}"
    body = "\n".join(statement.xml(version, container) for statement in statements)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{prefix}\n<Document xmlns="{namespace}"><{name}>'
        f"<GrpHdr><MsgId>M-1</MsgId></GrpHdr>{body}</{name}></Document>"
    ).encode()


def statement(*entries: Entry, **settings: Any) -> Statement:
    return Statement(entries=entries, **settings)


def source(content: bytes, name: str = "statement.xml") -> Source | None:
    return statement_source(lambda: io.BytesIO(content), name)


def rows(content: bytes, name: str = "statement.xml", columns: Sequence[str] | None = None) -> list[dict[str, Any]]:
    found = source(content, name)
    assert found is not None
    return [row for batch in found.batches(columns) for row in batch.to_pylist()]


@dataclass
class Mt940:
    """A SWIFT statement of lines; `lines` stand between the opening and the closing balance."""

    lines: Sequence[str] = ()
    account: str | None = "37040044/0532013000"
    currency: str = "EUR"
    reference: str = "STARTUMSE"
    number: str = "00001/001"
    after: Sequence[str] = field(default_factory=list)

    def text(self) -> str:
        head = [f":20:{self.reference}", *([f":25:{self.account}"] if self.account else []), f":28C:{self.number}"]
        balances = (f":60F:C260301{self.currency}1000,00", f":62F:C260302{self.currency}1000,00")
        return "\r\n".join([*head, balances[0], *self.lines, balances[1], *self.after, "-"]) + "\r\n"


def mt940(*statements: Mt940, encoding: str = "utf-8") -> bytes:
    return "".join(each.text() for each in statements).encode(encoding)
