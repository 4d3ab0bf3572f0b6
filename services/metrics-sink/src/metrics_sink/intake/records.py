"""Messages to the few values the sink needs, without pydantic: this runs for every record of the stream."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import orjson
from pydantic import ValidationError

from vigie_schemas import LABEL_TRUST, DeliveryMetrics, is_canary
from vigie_schemas.record import EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS

LONGEST_NAME = 128
LONGEST_TEXT = 256
LARGEST_OFFSET = 2**63 - 1
_NOT_OURS = (KeyError, TypeError, ValueError, AttributeError)  # all that a text which is not ours can cause below


class ScoredSight(NamedTuple):
    """A record of the scored topic; `score` and `threshold` are None while the detector is learning."""

    partition: int
    offset: int
    transaction_id: str
    is_canary: bool
    timestamp_ms: int
    sent_at_us: int | None
    amount_eur: float
    segment: str
    score: float | None
    threshold: float | None
    is_anomaly: bool
    model_version: int | None
    threshold_version: int | None
    features: Mapping[str, float]


class DeadLetterSight(NamedTuple):
    """A record of the dead-letter topic."""

    topic: str
    partition: int
    offset: int
    reason: str


class AlertSight(NamedTuple):
    """An alert, as far as figures need it."""

    alert_id: str
    transaction_id: str
    account_id: str
    made_at_ms: int
    sent_at_us: int | None
    amount_eur: float
    segment: str
    severity: str
    score: float
    threshold: float
    model_version: int
    first_reason: str
    first_feature: str
    country: str
    category: str


class LabelSight(NamedTuple):
    """The truth about a transaction; `trust` ranks its source."""

    transaction_id: str
    is_canary: bool
    is_fraud: bool
    scenario: str | None
    trust: int


def read_scored(payload: bytes) -> ScoredSight | None:
    """What a scored record says; None when it is not one."""
    try:
        record = orjson.loads(payload)
        is_learning = record["status"] == "learning"
        sent_at_us = record["sent_at_us"]
        return ScoredSight(
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
    except _NOT_OURS:
        return None


def read_dead_letter(payload: bytes) -> DeadLetterSight | None:
    """What a dead letter says; None when it is not one."""
    try:
        record = orjson.loads(payload)
        return DeadLetterSight(
            _name(record["topic"]), _offset(record["partition"]), _offset(record["offset"]), _name(record["reason"])
        )
    except _NOT_OURS:
        return None


def read_alert(payload: bytes) -> AlertSight | None:
    """What an alert says; None when it is not one."""
    try:
        record = orjson.loads(payload)
        transaction = record["transaction"]
        first = record["reasons"][0] if record["reasons"] else {"text": "", "feature": ""}
        sent_at_us = transaction["sent_at_us"]
        version = _version(record["model_version"])
        return AlertSight(
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
    except _NOT_OURS:
        return None


def read_label(payload: bytes) -> LabelSight | None:
    """What a label says; None when it is not one."""
    try:
        record = orjson.loads(payload)
        scenario, is_fraud = record["scenario"], record["is_fraud"]
        if type(is_fraud) is not bool:
            return None
        return LabelSight(
            transaction_id=_name(record["transaction_id"]),
            is_canary=is_canary(_name(record["account_id"])),
            is_fraud=is_fraud,
            scenario=None if scenario is None else _name(scenario),
            trust=LABEL_TRUST[record["source"]],
        )
    except _NOT_OURS:
        return None


def read_delivery(payload: bytes) -> DeliveryMetrics | None:
    """What the alert webhook says of a second; None when it is not that."""
    try:
        return DeliveryMetrics.model_validate_json(payload)
    except ValidationError:
        return None


def _offset(value: int) -> int:
    if type(value) is int and 0 <= value <= LARGEST_OFFSET:
        return value
    raise ValueError("not an offset")


def _timestamp(value: int) -> int:
    if type(value) is int and EARLIEST_TIMESTAMP_MS <= value <= LATEST_TIMESTAMP_MS:
        return value
    raise ValueError("not a timestamp")


def _version(value: int | None) -> int | None:
    if value is None or (type(value) is int and 1 <= value <= LARGEST_OFFSET):
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


def _name(value: str) -> str:
    if type(value) is str and 0 < len(value) <= LONGEST_NAME:
        return value
    raise ValueError("not a name")


def _text(value: str | None) -> str:
    return value[:LONGEST_TEXT] if type(value) is str else ""
