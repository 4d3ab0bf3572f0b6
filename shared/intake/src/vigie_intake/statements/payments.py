"""Payments that were ordered, pain.001, and those between banks, pacs.008: all are money out of the debtor's hands."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from vigie_intake.statements.columns import Row, date_text, decimal_text, reference
from vigie_intake.statements.parties import account_of, name_of
from vigie_intake.statements.unique_ids import Statements, unique_id
from vigie_intake.statements.xml_stream import Element, Texts, elements, first, local, texts
from vigie_runtime import InputError


@dataclass
class _Group:
    """What payments of one group share: a pain.001's payment information, or a pacs.008 as a whole."""

    element: Element
    found: Texts
    key: str
    payments: int = 0


def ordered(stream: BinaryIO, name: str) -> Iterator[Row]:
    """One row for each credit transfer of a pain.001; raises InputError with the line of what is wrong."""
    for group, payment, line in _payments(stream, name):
        found = group.found | payment
        amount, currency = _amount(found, ("Amt/InstdAmt", "Amt/EqvtAmt/Amt"), f"{name}, line {line}")
        day = date_text(first(found, "ReqdExctnDt", "ReqdExctnDt/Dt"))
        moment = first(found, "ReqdExctnDt/DtTm")
        yield {
            **_common(found, amount, currency),
            "requested_date": day or (moment[:10] if moment else None),
            "date_time": moment,
            "time": moment or day,
            "unique_id": unique_id(
                reference(found.get("PmtId/EndToEndId")), group.key, group.payments, found.get("PmtId/InstrId"), amount
            ),
        }


def settled(stream: BinaryIO, name: str) -> Iterator[Row]:
    """One row for each credit transfer of a pacs.008; raises InputError with the line of what is wrong."""
    for group, payment, line in _payments(stream, name):
        found = group.found | payment
        amount, currency = _amount(found, ("IntrBkSttlmAmt",), f"{name}, line {line}")
        day = date_text(first(found, "IntrBkSttlmDt", "GrpHdr/IntrBkSttlmDt"))
        moment = first(found, "AccptncDtTm", "GrpHdr/CreDtTm")
        own = first(found, "PmtId/TxId", "PmtId/UETR", "PmtId/InstrId")
        yield {
            **_common(found, amount, currency),
            "settlement_date": day,
            "date_time": moment,
            "transaction_id": own,
            "time": moment or day,
            "unique_id": unique_id(own, group.key, group.payments, found.get("PmtId/EndToEndId"), amount),
        }


def _payments(stream: BinaryIO, name: str) -> Iterator[tuple[_Group, Texts, int]]:
    known, group = Statements(), None
    for element in elements(stream, name, ("CdtTrfTxInf",)):
        above = element.getparent()
        if above is None or local(above) not in ("PmtInf", "FIToFICstmrCdtTrf"):
            continue
        if group is None or group.element is not above:
            group = _group(above, known)
        yield group, texts(element), element.sourceline or 0
        group.payments += 1


def _group(above: Element, known: Statements) -> _Group:
    found = texts(above, skip="CdtTrfTxInf")
    whole = above.getparent()
    message = found if whole is None or local(above) != "PmtInf" else texts(whole, skip="PmtInf")
    return _Group(
        above, found, known.key(first(message, "GrpHdr/MsgId"), first(message, "GrpHdr/CreDtTm"), found.get("PmtInfId"))
    )


def _common(found: Texts, amount: str, currency: str | None) -> Row:
    creditor_account, creditor = account_of(found, "CdtrAcct"), name_of(found, "Cdtr")
    return {
        "account": account_of(found, "DbtrAcct"),
        "account_currency": found.get("DbtrAcct/Ccy"),
        "amount": amount,
        "currency": currency,
        "end_to_end_id": reference(found.get("PmtId/EndToEndId")),
        "instruction_id": found.get("PmtId/InstrId"),
        "uetr": found.get("PmtId/UETR"),
        "purpose": first(found, "Purp/Cd", "Purp/Prtry", "PmtTpInf/CtgyPurp/Cd", "PmtTpInf/CtgyPurp/Prtry"),
        "counterparty_name": creditor,
        "counterparty_account": creditor_account,
        "remittance": first(found, "RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref"),
        "counterparty": creditor_account or creditor,
        "direction": "out",
    }


def _amount(found: Texts, paths: tuple[str, ...], where: str) -> tuple[str, str | None]:
    path = next((path for path in paths if path in found), None)
    amount = decimal_text(found.get(path)) if path else None
    if path is None or amount is None:
        written = "no amount" if path is None else "an amount that is no number without sign, such as 12.34"
        raise InputError(f"{where}: this payment has {written}. Export the file again, or correct it there.")
    return amount, found.get(f"{path}@Ccy")
