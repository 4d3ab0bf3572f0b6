"""From messages to records, without pydantic: this runs for every record of the stream."""

import math
from typing import Final, get_args

import orjson
from pydantic import ValidationError

from metrics_sink.intake.records import AlertRecord, DeadLetterRecord, LabelRecord, ScoredRecord, VerdictRecord
from vigie_schemas import LABEL_TRUST, DeliveryMetrics, is_canary
from vigie_schemas.record import EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS
from vigie_schemas.verdict import Basis, FallbackCause, VerdictName

MAX_NAME_LENGTH: Final = 128
MAX_TEXT_LENGTH: Final = 256
MAX_OFFSET: Final = 2**63 - 1
_VERDICTS: Final = frozenset(get_args(VerdictName))
_BASES: Final = frozenset(get_args(Basis))
_CAUSES: Final = frozenset(get_args(FallbackCause))
_INVALID: Final = (KeyError, TypeError, ValueError, AttributeError)
"""Everything that a message of another form can raise below."""


def read_scored(payload: bytes) -> ScoredRecord | None:
    """A record of the scored topic; None when the message is not one."""
    try:
        record = orjson.loads(payload)
        is_learning = record["status"] == "learning"
        sent_at_us = record["sent_at_us"]
        return ScoredRecord(
            partition=_offset(record["partition"]),
            offset=_offset(record["offset"]),
            transaction_id=_name(record["transaction_id"]),
            is_canary=is_canary(_name(record["account_id"])),
            timestamp_ms=_timestamp(record["timestamp_ms"]),
            sent_at_us=None if sent_at_us is None else _offset(sent_at_us),
            amount_eur=_amount(record["amount_eur"]),
            segment=_name(record["segment"]),
            score=None if is_learning else _score(record["score"]),
            threshold=None if is_learning else _score(record["threshold"]),
            is_anomaly=not is_learning and record["is_anomaly"] is True,
            model_version=None if is_learning else _version(record["model_version"]),
            threshold_version=None if is_learning else _version(record["threshold_version"]),
            features=record["features"],
        )
    except _INVALID:
        return None


def read_dead_letter(payload: bytes) -> DeadLetterRecord | None:
    """A dead letter; None when the message is not one."""
    try:
        record = orjson.loads(payload)
        return DeadLetterRecord(
            _name(record["topic"]), _offset(record["partition"]), _offset(record["offset"]), _name(record["reason"])
        )
    except _INVALID:
        return None


def read_alert(payload: bytes) -> AlertRecord | None:
    """An alert; None when the message is not one."""
    try:
        record = orjson.loads(payload)
        transaction = record["transaction"]
        first = record["reasons"][0] if record["reasons"] else {"text": "", "feature": ""}
        sent_at_us = transaction["sent_at_us"]
        version = _version(record["model_version"])
        return AlertRecord(
            alert_id=_name(record["alert_id"]),
            transaction_id=_name(transaction["transaction_id"]),
            account_id=_name(transaction["account_id"]),
            made_at_ms=_timestamp(transaction["timestamp_ms"]),
            sent_at_us=None if sent_at_us is None else _offset(sent_at_us),
            amount_eur=_amount(record["amount_eur"]),
            segment=_name(record["segment"]),
            severity=_name(record["severity"]),
            score=_score(record["score"]),
            threshold=_score(record["threshold"]),
            model_version=version if version is not None else 0,
            first_reason=_text(first["text"]),
            first_feature=_text(first["feature"]),
            country=_text(transaction.get("country")),
            category=_text(transaction.get("category")),
        )
    except _INVALID:
        return None


def read_verdict(payload: bytes) -> VerdictRecord | None:
    """A verdict of the gateway; None when the message is not one."""
    try:
        record = orjson.loads(payload)
        would_be, cause, is_late = record["would_be"], record["fallback_cause"], record["late"]
        if type(is_late) is not bool:
            return None
        return VerdictRecord(
            transaction_id=_name(record["transaction_id"]),
            is_canary=is_canary(_name(record["account_id"])),
            verdict=_one_of(_VERDICTS, record["verdict"]),
            would_be=None if would_be is None else _one_of(_VERDICTS, would_be),
            basis=_one_of(_BASES, record["basis"]),
            fallback_cause=None if cause is None else _one_of(_CAUSES, cause),
            is_late=is_late,
            spent_ms=_duration(record["spent_ms"]),
        )
    except _INVALID:
        return None


def read_label(payload: bytes) -> LabelRecord | None:
    """A label; None when the message is not one."""
    try:
        record = orjson.loads(payload)
        scenario, is_fraud = record["scenario"], record["is_fraud"]
        if type(is_fraud) is not bool:
            return None
        return LabelRecord(
            transaction_id=_name(record["transaction_id"]),
            is_canary=is_canary(_name(record["account_id"])),
            is_fraud=is_fraud,
            scenario=None if scenario is None else _name(scenario),
            trust=LABEL_TRUST[record["source"]],
        )
    except _INVALID:
        return None


def read_delivery(payload: bytes) -> DeliveryMetrics | None:
    """The delivery metrics of a second; None when the message is not that."""
    try:
        return DeliveryMetrics.model_validate_json(payload)
    except ValidationError:
        return None


def _offset(value: int) -> int:
    if type(value) is int and 0 <= value <= MAX_OFFSET:
        return value
    raise ValueError("not an offset")


def _timestamp(value: int) -> int:
    if type(value) is int and EARLIEST_TIMESTAMP_MS <= value <= LATEST_TIMESTAMP_MS:
        return value
    raise ValueError("not a timestamp")


def _version(value: int | None) -> int | None:
    if value is None or (type(value) is int and 1 <= value <= MAX_OFFSET):
        return value
    raise ValueError("not a version")


def _score(value: float) -> float:
    if type(value) in (float, int) and 0 <= value <= 1:  # false for NaN as well
        return float(value)
    raise ValueError("not a score")


def _amount(value: float) -> float:
    if type(value) in (float, int) and 0 < value < math.inf:
        return float(value)
    raise ValueError("not an amount")


def _duration(value: float) -> float:
    if type(value) in (float, int) and 0 <= value < math.inf:
        return float(value)
    raise ValueError("not a duration")


def _one_of(names: frozenset[str], value: str) -> str:
    if value in names:
        return value
    raise ValueError("not one of the known names")


def _name(value: str) -> str:
    if type(value) is str and 0 < len(value) <= MAX_NAME_LENGTH:
        return value
    raise ValueError("not a name")


def _text(value: str | None) -> str:
    return value[:MAX_TEXT_LENGTH] if type(value) is str else ""
