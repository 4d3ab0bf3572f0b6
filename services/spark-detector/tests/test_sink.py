"""What is written about a decision."""

import json

import pytest
from pyspark.sql import SparkSession

from spark_detector.champion import LoadedChampion
from spark_detector.counterparties import without_counterparty_labels
from spark_detector.features import with_features
from spark_detector.history import with_history, with_history_over_window
from spark_detector.parse import parse
from spark_detector.pipeline import judge
from spark_detector.settings import DetectorSettings
from spark_detector.sink import to_messages
from vigie_schemas import ALERTS, DEAD_LETTERS, HISTORY_LENGTH, SCORED, Alert, DeadLetter
from vigie_schemas.dead_letter import HINTS, RejectReason

pytestmark = pytest.mark.spark

NOON = 1_735_732_800_000
MINUTE, DAY = 60_000, 86_400_000


def test_an_alert_tells_what_the_account_did_before(spark: SparkSession, champion: LoadedChampion) -> None:
    home = {"schema_version": 1, "account_id": "a", "currency": "EUR", "lat": 48.8566, "lon": 2.3522}
    known = [
        home | {"timestamp_ms": NOON + DAY * day, "amount": 20.0 + day, "merchant_id": "m" if day % 2 else None}
        for day in range(HISTORY_LENGTH + 4)
    ]
    # a country is named for the first time, the merchant is an old one
    away = {"amount": 600.0, "merchant_id": "m", "country": "JP", "lat": 35.6762, "lon": 139.6503}
    payments = [*known, home | away | {"timestamp_ms": known[-1]["timestamp_ms"] + 30 * MINUTE}]
    rows = [
        (json.dumps(payment | {"transaction_id": f"t{number}"}).encode(), 0, number, NOON)
        for number, payment in enumerate(payments)
    ]
    records = spark.createDataFrame(rows, "value binary, partition int, offset long, received_at_ms long")

    messages = (
        records.transform(parse)
        .transform(with_history_over_window)
        .transform(with_features)
        .transform(without_counterparty_labels)
        .transform(judge(champion))
        .transform(to_messages(DetectorSettings()))
        .collect()
    )

    assert sum(message.topic == SCORED.name for message in messages) == len(payments)
    (alert,) = [Alert.model_validate_json(message.value) for message in messages if message.topic == ALERTS.name]
    before = known[::-1][: HISTORY_LENGTH - 1]
    assert [past.timestamp_ms for past in alert.recent] == [payment["timestamp_ms"] for payment in before]
    assert [past.amount_eur for past in alert.recent] == [payment["amount"] for payment in before]
    assert [past.same_merchant for past in alert.recent] == [payment["merchant_id"] and True for payment in before]
    assert {past.same_country for past in alert.recent} == {None}


def test_a_dead_letter_names_the_field_and_says_what_to_do(spark: SparkSession, champion: LoadedChampion) -> None:
    good = {"schema_version": 1, "transaction_id": "t", "account_id": "a", "timestamp_ms": NOON, "amount": 1.0}
    values: list[bytes | None] = [
        None,
        json.dumps(good | {"currency": "EUR", "lat": "x"}).encode(),
        json.dumps(good | {"currency": "EUR", "merchant_id": "PAN:4111111111111111"}).encode(),
        json.dumps({"schema": {}, "payload": good}).encode(),
    ]
    columns = "value binary, partition int, offset long, received_at_ms long"
    letters = []
    for number, value in enumerate(values):  # refused records share a group, of which the newest is written
        messages = (
            spark.createDataFrame([(value, 0, number, NOON)], columns)
            .transform(parse)
            .transform(with_history)
            .transform(with_features)
            .transform(without_counterparty_labels)
            .transform(judge(champion))
            .transform(to_messages(DetectorSettings()))
        )
        (message,) = messages.collect()
        assert message.topic == DEAD_LETTERS.name
        letters.append(DeadLetter.model_validate_json(message.value))

    assert [(letter.reason.value, letter.field) for letter in letters] == [
        ("tombstone", None),
        ("wrong_type", "lat"),
        ("account_number_not_pseudonym", "merchant_id"),
        ("connect_envelope", None),
    ]
    assert [letter.hint for letter in letters] == [HINTS.get(letter.reason) for letter in letters]
    assert "bridge" in HINTS[RejectReason.CONNECT_ENVELOPE]
    assert [letter.payload_base64 is None for letter in letters] == [True, False, True, False]
