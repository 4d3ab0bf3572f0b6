"""One payment of an entry as a row."""

from dataclasses import dataclass
from typing import Final, Self

from vigie_intake.statements.columns import Row, date_text, decimal_text, reference
from vigie_intake.statements.parties import counterparty
from vigie_intake.statements.reversals import TRUE, Reversals
from vigie_intake.statements.unique_ids import unique_id
from vigie_intake.statements.xml_stream import Element, Texts, first, texts
from vigie_runtime import InputError

_DIRECTIONS: Final = {
    ("DBIT", False): "out",
    ("CRDT", False): "in",
    ("CRDT", True): "out reversed",
    ("DBIT", True): "in reversed",
}
_CODE: Final = ("BkTxCd/Domn/Cd", "BkTxCd/Domn/Fmly/Cd", "BkTxCd/Domn/Fmly/SubFmlyCd")
_OWN_AMOUNTS: Final = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt")
_OTHER: Final = {"CRDT": "DBIT", "DBIT": "CRDT"}


@dataclass
class Statement:
    """What all entries of one statement share, and how many there were."""

    key: str
    account: str | None
    account_currency: str | None
    reversals: Reversals
    entries: int = 0


@dataclass(frozen=True)
class Entry:
    """The fields of an entry beside its details, and where it stands."""

    found: Texts
    line: int

    @classmethod
    def of(cls, element: Element) -> Self:
        """As far as it was read; a long batch is passed on before what stands behind its details."""
        return cls(texts(element, skip="NtryDtls"), element.sourceline or 0)


def own_amount(detail: Texts) -> str | None:
    """Path of the amount that a detail itself has: what was booked for it before what was ordered."""
    return next((path for path in _OWN_AMOUNTS if path in detail), None)


def row(entry: Entry, detail: Texts, place: int, statement: Statement, name: str, *, is_single: bool) -> Row:
    """The row of a payment at this place of its entry; `is_single`: the entry is this payment.

    Raises InputError with the line where amount or direction are not what ISO 20022 allows.
    """
    found = entry.found
    where = f"{name}, line {entry.line}"
    amount, currency = _amount(found, detail, is_single, where)
    booked = _booked(found, detail, where)
    is_reversal = found.get("RvslInd") in TRUE
    moved = _OTHER[booked] if is_reversal and statement.reversals.inverted else booked
    direction = _DIRECTIONS[moved, is_reversal]
    other_name, other_account = counterparty(detail, direction.startswith("out"), statement.account)
    booking, value = date_text(first(found, "BookgDt/Dt")), date_text(first(found, "ValDt/Dt", "ValDt/DtTm"))
    moment = first(detail, "RltdDts/TxDtTm", "RltdDts/AccptncDtTm") or first(found, "BookgDt/DtTm")
    servicer = reference(first(detail, "Refs/AcctSvcrRef") or first(found, "AcctSvcrRef"))
    names = servicer, first(detail, "Refs/TxId", "Refs/UETR"), first(detail, "Refs/InstrId")
    end_to_end = reference(first(detail, "Refs/EndToEndId"))
    return {
        "account": statement.account,
        "account_currency": statement.account_currency,
        "booking_date": booking or _date_of(first(found, "BookgDt/DtTm")),
        "value_date": _date_of(value),
        "date_time": moment,
        "amount": amount,
        "currency": currency or statement.account_currency,
        "credit_debit": booked,
        "reversal": "true" if is_reversal else "false",
        "status": first(found, "Sts", "Sts/Cd", "Sts/Prtry"),
        "entry_reference": reference(found.get("NtryRef")),
        "end_to_end_id": end_to_end,
        "transaction_id": next((one for one in map(reference, names) if one), None),
        "bank_transaction_code": _code(detail) or _code(found),
        "counterparty_name": other_name,
        "counterparty_account": other_account,
        "remittance": _remittance(found, detail),
        "time": moment or booking or _date_of(value),
        "direction": direction,
        "counterparty": other_account or other_name,
        "unique_id": unique_id(servicer, statement.key, statement.entries, place, *names, end_to_end, amount),
    }


def _amount(found: Texts, detail: Texts, is_single: bool, where: str) -> tuple[str, str | None]:
    """Amount and currency; what was booked of a single payment is the entry's where the detail is in other money."""
    path, origin = own_amount(detail), detail
    if path is None or (is_single and detail.get(f"{path}@Ccy") != found.get("Amt@Ccy") and "Amt" in found):
        path, origin = "Amt", found
    amount = decimal_text(origin.get(path))
    if amount is None:
        written = "no amount" if path not in origin else "an amount that is no number without sign, such as 12.34"
        raise InputError(f"{where}: this entry has {written}. Export the statement again, or correct it there.")
    return amount, origin.get(f"{path}@Ccy")


def _booked(found: Texts, detail: Texts, where: str) -> str:
    booked = first(detail, "CdtDbtInd") or first(found, "CdtDbtInd")
    if booked not in _OTHER:
        raise InputError(
            f"{where}: CdtDbtInd of this entry is {'missing' if booked is None else 'neither CRDT nor DBIT'}, so "
            "nothing says which way the money went. Export the statement again, or correct it there."
        )
    return booked


def _code(found: Texts) -> str | None:
    """Domain, family and sub-family of ISO 20022, such as PMNT/ICDT/ESCT, else the bank's own code."""
    if "BkTxCd/Domn/Cd" in found:
        return "/".join(found[path] for path in _CODE if path in found)
    return found.get("BkTxCd/Prtry/Cd")


def _remittance(found: Texts, detail: Texts) -> str | None:
    text = first(detail, "RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "AddtlTxInf")
    return text or first(found, "AddtlNtryInf")


def _date_of(text: str | None) -> str | None:
    return None if text is None else text[:10]
