"""What labels say of whom an account pays: a merchant or payee with known fraud (docs/adr/0030).

Inputs of the second stage follow from it and from the time of the payment that is judged; `counterparty_inputs` and
the detector's expression (spark_detector.counterparties) must agree on them.
"""

from typing import Annotated, Final

from pydantic import Field

from vigie_schemas.record import Part, Record, TimestampMs
from vigie_schemas.transaction import MAX_TEXT_LENGTH

FORGET_DAYS: Final = 90
"""A counterparty whose last known fraud is older than this is one of which nothing is known."""
MAX_FRAUD_RUN: Final = 10
COUNTERPARTY_INPUTS: Final = (
    "counterparty_fraud_run",
    "counterparty_days_since_fraud",
    "counterparty_days_since_sound",
)
"""Known frauds in a row, up to MAX_FRAUD_RUN; days from the last known fraud, and from the last payment known to be
sound, to the payment that is judged. Without known fraud: 0, FORGET_DAYS, FORGET_DAYS."""
COUNTERPARTY_REASON: Final = COUNTERPARTY_INPUTS[0]
"""Names the three in an alert's reason: they speak of one thing."""
_DAY_MS: Final = 86_400_000
_FORGET_MS: Final = FORGET_DAYS * _DAY_MS


class CounterpartyLabels(Part):
    """Of the counterparty's payments whose truth is known, in order of their time."""

    fraud_run: Annotated[int, Field(ge=0)] = Field(description="How many of the last ones in a row were fraud.")
    last_fraud_ms: TimestampMs = Field(description="Time of the last one that was fraud.")
    last_sound_ms: TimestampMs | None = Field(description="Time of the last one that was not; null if none is known.")


class Counterparty(Record):
    """One with known fraud, as the detector looks it up; a record without a value takes it back."""

    counterparty_id: Annotated[str, Field(min_length=1, max_length=MAX_TEXT_LENGTH)] = Field(
        description="The transactions' merchant_id, or payee_id where they name no merchant; key of the topic."
    )
    labels: CounterpartyLabels


def counterparty_inputs(labels: CounterpartyLabels | None, at_ms: int) -> tuple[float, float, float]:
    """COUNTERPARTY_INPUTS of a payment made at that time."""
    if labels is None or at_ms - labels.last_fraud_ms >= _FORGET_MS:
        return 0.0, float(FORGET_DAYS), float(FORGET_DAYS)
    sound_ms = _FORGET_MS if labels.last_sound_ms is None else at_ms - labels.last_sound_ms
    return (
        float(min(labels.fraud_run, MAX_FRAUD_RUN)),
        max(0, at_ms - labels.last_fraud_ms) / _DAY_MS,
        min(max(0, sound_ms), _FORGET_MS) / _DAY_MS,
    )
