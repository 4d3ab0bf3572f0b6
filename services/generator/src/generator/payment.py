"""A payment as the simulation makes it, and the records it becomes."""

from typing import NamedTuple

from vigie_schemas import EUR_PER_UNIT, SCHEMA_VERSION

DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
MIN_AMOUNT_EUR = 0.5
WHOLE_UNITS_BELOW = 0.02  # a unit worth less than two cents is paid without decimals: yen, forint, won

RecordDict = dict[str, str | int | float | bool | None]


class Payment(NamedTuple):
    """One payment with its truth; the truth leaves in the label only."""

    timestamp_ms: int
    account_id: str
    amount: float
    currency: str
    merchant_id: str
    category: str
    country: str | None
    lat: float | None
    lon: float | None
    scenario: str | None


def amount_in(currency: str, eur: float) -> float:
    """Amount of a currency that is worth so many EUR, as a till would print it."""
    units = max(eur, MIN_AMOUNT_EUR) / EUR_PER_UNIT[currency]
    return float(round(units)) if EUR_PER_UNIT[currency] < WHOLE_UNITS_BELOW else round(units, 2)


def transaction_record(payment: Payment, transaction_id: str, sent_at_us: int | None) -> RecordDict:
    """The payment as a record of the transactions topic."""
    return {
        "schema_version": SCHEMA_VERSION,
        "transaction_id": transaction_id,
        "account_id": payment.account_id,
        "timestamp_ms": payment.timestamp_ms,
        "amount": payment.amount,
        "currency": payment.currency,
        "merchant_id": payment.merchant_id,
        "category": payment.category,
        "country": payment.country,
        "lat": payment.lat,
        "lon": payment.lon,
        "sent_at_us": sent_at_us,
    }


def label_record(
    transaction_id: str,
    account_id: str,
    *,
    is_fraud: bool,
    scenario: str | None,
    source: str,
    labelled_at_ms: int,
    timestamp_ms: int | None,
    counterparty_id: str | None,
) -> RecordDict:
    """The truth about a transaction as a record of the labels topic."""
    return {
        "schema_version": SCHEMA_VERSION,
        "transaction_id": transaction_id,
        "account_id": account_id,
        "is_fraud": is_fraud,
        "scenario": scenario,
        "source": source,
        "labelled_at_ms": labelled_at_ms,
        "labelled_by": None,
        "timestamp_ms": timestamp_ms,
        "counterparty_id": counterparty_id,
    }
