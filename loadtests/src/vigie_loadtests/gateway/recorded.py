"""What the topics hold of the calls afterwards: each answered call has one verdict there, and one score."""

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import Consumer

from vigie_loadtests.gateway.answers import PREFIX
from vigie_runtime import KafkaSettings
from vigie_schemas import SCORED, VERDICTS

BATCH: Final = 5_000
QUIET_SECONDS: Final = 15.0
"""Without a record of a call for so long, no further one is waited for."""


@dataclass(frozen=True)
class RecordedCalls:
    """Counts over the whole run, warm-up included."""

    verdicts: int
    """Calls with a verdict on the topic."""
    verdicts_repeated: int
    late: int
    """Calls with a late verdict, which follows a fallback."""
    scored: int
    scored_repeated: int
    unscored: int
    """Calls that Kafka is said to have had, and that were never scored."""


class CallRecords:
    """Counts records of calls as they are read."""

    def __init__(self) -> None:
        self._verdicts: set[int] = set()
        self._late: set[int] = set()
        self._accepted: set[int] = set()
        self._scored: set[int] = set()
        self._verdicts_repeated = 0
        self._scored_repeated = 0

    def take_verdict(self, number: int, record: dict[str, Any]) -> None:
        """A record of the topic of verdicts."""
        if record["accepted"]:
            self._accepted.add(number)
        seen = self._late if record["late"] else self._verdicts
        self._verdicts_repeated += number in seen
        seen.add(number)

    def take_score(self, number: int, record: dict[str, Any]) -> None:
        """A scored record."""
        self._scored_repeated += number in self._scored
        self._scored.add(number)

    def is_complete(self, answered: int) -> bool:
        """Whether there is nothing more to wait for."""
        return len(self._verdicts) >= answered and self._accepted <= self._scored

    def counts(self) -> RecordedCalls:
        """All that was read until now."""
        return RecordedCalls(
            verdicts=len(self._verdicts),
            verdicts_repeated=self._verdicts_repeated,
            late=len(self._late),
            scored=len(self._scored),
            scored_repeated=self._scored_repeated,
            unscored=len(self._accepted - self._scored),
        )


def read_back(kafka: KafkaSettings, answered: int, *, quiet_seconds: float = QUIET_SECONDS) -> RecordedCalls:
    """Read both topics from their beginning until every answered call has its records, or none come any more."""
    records = CallRecords()
    take: dict[str, Callable[[int, dict[str, Any]], None]] = {
        kafka.topic_name(VERDICTS): records.take_verdict,
        kafka.topic_name(SCORED): records.take_score,
    }
    consumer = Consumer(kafka.consumer_config(f"load-gateway-{uuid.uuid4()}"))
    consumer.subscribe(list(take))
    last = time.monotonic()
    try:
        while not records.is_complete(answered) and time.monotonic() - last < quiet_seconds:
            for message in consumer.consume(BATCH, timeout=0.5):
                record = json.loads(message.value() or b"{}") if message.error() is None else {}
                name = record.get("transaction_id", "")
                if name.startswith(PREFIX):
                    take[message.topic() or ""](int(name.removeprefix(PREFIX)), record)
                    last = time.monotonic()
    finally:
        consumer.close()
    return records.counts()
