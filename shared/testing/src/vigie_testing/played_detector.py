"""Plays the detector on a real broker: reads transactions, writes scored records, alerts and dead letters by contract.

The score is the amount over ten thousand, so that a test knows it; the real detector is in tests/e2e and `make load`.
"""

import base64
import json
import threading
from types import TracebackType
from typing import Any, Self

from confluent_kafka import Consumer, Producer, TopicPartition

from vigie_runtime import KafkaSettings
from vigie_schemas import ALERTS, DEAD_LETTERS, SCORED, TRANSACTIONS, Topic
from vigie_schemas.alert import severity_of

THRESHOLD = 0.6
QUIET = {"log_level": 0}


def score_of(amount: float) -> float:
    """Known to the test."""
    return min(amount / 10_000, 1.0)


class PlayedDetector:
    """Judges every transaction of the topic once, in its order."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._kafka = kafka
        self._consumer = Consumer(kafka.consumer_config("played-detector") | QUIET)
        self._producer = Producer(kafka.producer_config(linger_ms=0) | QUIET)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._seen: set[tuple[str, str]] = set()
        self.works = threading.Event()
        self.works.set()
        self.has_model = True
        self.explains = True
        self.seconds_a_record = 0.0
        self.judged: list[str] = []

    def __enter__(self) -> Self:
        name = self._kafka.topic_name(TRANSACTIONS)
        self._consumer.assign([TopicPartition(name, number, 0) for number in range(TRANSACTIONS.partitions)])
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self.works.set()
        self._thread.join()
        self._producer.flush(10)
        self._consumer.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            message = self._consumer.poll(0.05)
            if message is None or message.error():
                continue
            while not self.works.wait(0.05):
                if self._stop.is_set():
                    return
            if self.seconds_a_record:
                self._stop.wait(self.seconds_a_record)
            place = {"partition": message.partition(), "offset": message.offset()}
            self._judge(json.loads(message.value() or b"{}"), message.value() or b"", place)
            self._producer.poll(0)

    def _judge(self, transaction: dict[str, Any], payload: bytes, place: dict[str, Any]) -> None:
        account, name = transaction["account_id"], transaction["transaction_id"]
        self.judged.append(name)
        if transaction.get("merchant_id") == "refused":
            self._refuse("invalid_merchant", "merchant_id", payload, place)
        elif (account, name) in self._seen:
            self._refuse("duplicate_transaction", "transaction_id", payload, place)
        else:
            self._seen.add((account, name))
            self._score(transaction, place)

    def _score(self, transaction: dict[str, Any], place: dict[str, Any]) -> None:
        score = score_of(transaction["amount"])
        versions = {"model_version": 1, "threshold_version": 1} if self.has_model else {}
        is_anomaly = self.has_model and score >= THRESHOLD
        self._write(
            SCORED,
            transaction["account_id"],
            {
                "schema_version": 1,
                "transaction_id": transaction["transaction_id"],
                "account_id": transaction["account_id"],
                "timestamp_ms": transaction["timestamp_ms"],
                "sent_at_us": transaction["sent_at_us"],
                "amount_eur": transaction["amount"],
                **place,
                "status": "scored" if self.has_model else "learning",
                "segment": "established",
                "history_count": 3,
                "features": {},
                "score": score if self.has_model else None,
                "threshold": THRESHOLD if self.has_model else None,
                "is_anomaly": is_anomaly,
                "model_version": versions.get("model_version"),
                "threshold_version": versions.get("threshold_version"),
            },
        )
        if is_anomaly and self.explains:
            reason = {"feature": "amount", "value": 3.0, "usual": 40.0, "share": 1.0, "text": "far above its usual"}
            self._write(
                ALERTS,
                transaction["account_id"],
                {
                    "schema_version": 1,
                    "alert_id": f"alert:{transaction['transaction_id']}",
                    "transaction": transaction,
                    "amount_eur": transaction["amount"],
                    "segment": "established",
                    "severity": severity_of(score, THRESHOLD),
                    "score": score,
                    "threshold": THRESHOLD,
                    "quantile": 0.99,
                    **versions,
                    "reasons": [reason],
                    "recent": [],
                },
            )

    def _refuse(self, reason: str, field: str, payload: bytes, place: dict[str, Any]) -> None:
        record = {
            "schema_version": 1,
            "reason": reason,
            "field": field,
            "topic": self._kafka.topic_name(TRANSACTIONS),
            **place,
            "received_at_ms": 0,
            "payload_bytes": len(payload),
            "payload_base64": base64.b64encode(payload).decode(),
            "truncated": False,
        }
        self._write(DEAD_LETTERS, reason, record)

    def _write(self, topic: Topic, key: str, record: dict[str, Any]) -> None:
        self._producer.produce(self._kafka.topic_name(topic), json.dumps(record), key)
