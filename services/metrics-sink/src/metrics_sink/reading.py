"""Messages to the few values the sink needs, without pydantic: this runs for every record of the stream."""

import json
from typing import NamedTuple

from vigie_schemas.record import EARLIEST_TIMESTAMP_MS, LATEST_TIMESTAMP_MS

LONGEST_NAME = 128
LARGEST_OFFSET = 2**63 - 1
_NOT_OURS = (KeyError, TypeError, ValueError, RecursionError)  # all that a text which is not ours can cause below


class ScoredSight(NamedTuple):
    """A record of the scored topic; `score` and `threshold` are None while the detector is learning."""

    partition: int
    offset: int
    timestamp_ms: int
    sent_at_us: int | None
    score: float | None
    threshold: float | None
    is_anomaly: bool
    model_version: int | None
    threshold_version: int | None


class DeadLetterSight(NamedTuple):
    """A record of the dead-letter topic."""

    topic: str
    partition: int
    offset: int
    reason: str


def read_scored(payload: bytes) -> ScoredSight | None:
    """What a scored record says; None when it is not one."""
    try:
        record = json.loads(payload)
        is_learning = record["status"] == "learning"
        sent_at_us = record["sent_at_us"]
        return ScoredSight(
            partition=_offset(record["partition"]),
            offset=_offset(record["offset"]),
            timestamp_ms=_timestamp(record["timestamp_ms"]),
            sent_at_us=None if sent_at_us is None else _offset(sent_at_us),
            score=None if is_learning else _score(record["score"]),
            threshold=None if is_learning else _score(record["threshold"]),
            is_anomaly=not is_learning and record["is_anomaly"] is True,
            model_version=None if is_learning else _version(record["model_version"]),
            threshold_version=None if is_learning else _version(record["threshold_version"]),
        )
    except _NOT_OURS:
        return None


def read_dead_letter(payload: bytes) -> DeadLetterSight | None:
    """What a dead letter says; None when it is not one."""
    try:
        record = json.loads(payload)
        return DeadLetterSight(
            _name(record["topic"]), _offset(record["partition"]), _offset(record["offset"]), _name(record["reason"])
        )
    except _NOT_OURS:
        return None


def read_alert_id(payload: bytes) -> str | None:
    """Id of an alert; None when it is not one."""
    try:
        return _name(json.loads(payload)["alert_id"])
    except _NOT_OURS:
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
    if value is None or (type(value) is int and value >= 1):
        return value
    raise ValueError("not a version")


def _score(value: float) -> float:
    if type(value) in (float, int) and 0 <= value <= 1:  # false for NaN as well
        return float(value)
    raise ValueError("not a score")


def _name(value: str) -> str:
    if type(value) is str and 0 < len(value) <= LONGEST_NAME:
        return value
    raise ValueError("not a name")
