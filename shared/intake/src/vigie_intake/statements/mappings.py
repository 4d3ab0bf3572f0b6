"""The mapping that belongs to a kind of statement, so that a person who gives one has none to write."""

from vigie_intake.mapping import Amount, Drop, Mapping, Name, Precision, Text, Timestamp
from vigie_intake.statements.recognition import KINDS
from vigie_runtime import ConfigurationError

_NOT_BOOKED = {
    "PDNG": "pending: not booked yet, and booked entries repeat it",
    "FUTR": "announced: not booked yet",
    "INFO": "for information: it was not booked",
}


def statement_mapping(kind: str) -> Mapping:
    """The mapping for the columns of a statement source of this kind; raises ConfigurationError for another kind.

    Accounts and counterparties are always pseudonyms: statements name them by their numbers and people by their names.
    """
    if kind not in KINDS:
        raise ConfigurationError(f"There is no statement of the kind {kind}. Kinds are {', '.join(KINDS)}.")
    is_swift, is_payment = kind.startswith("MT"), kind.startswith("pa")
    return Mapping(
        profile=kind,
        timestamp=Timestamp(column="time", format="iso", precision=Precision.DAY if is_swift else None),
        account_id=Name(column="account", pseudonym="always"),
        amount=Amount(column="amount") if is_payment else _signed_by_direction(),
        currency=Text(column="currency"),
        transaction_id=Text(column="unique_id"),
        merchant_id=Name(column="counterparty", pseudonym="always"),
        category=Text(column="purpose" if is_payment else "bank_transaction_code"),
        drop=() if is_payment else tuple(_drop(status, reason) for status, reason in _NOT_BOOKED.items()),
    )


def _signed_by_direction() -> Amount:
    return Amount(
        column="amount",
        out="column",
        direction="direction",
        out_words=("out", "in reversed"),
        in_words=("in", "out reversed"),
    )


def _drop(status: str, reason: str) -> Drop:
    return Drop(column="status", values=(status,), reason=reason)
