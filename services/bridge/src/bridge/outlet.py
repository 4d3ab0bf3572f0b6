"""The way to transactions and dead letters: in order, and nothing counts before Kafka has it."""

import logging
from collections.abc import Iterable
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from bridge.conversion import Keyed
from vigie_runtime import KafkaSettings, UnavailableError
from vigie_schemas import DEAD_LETTERS, TRANSACTIONS

LINGER_MS: Final = 5
NEVER: Final = 0
QUEUED_RECORDS: Final = 200_000
"""More than a batch can become, so the queue is never full."""


class TransactionOutlet:
    """Writes by an idempotent producer that never gives up: a record of an account is not overtaken by its next one.

    Kafka's own refusal of a record is not survived: what follows it must not be written before somebody has looked.
    """

    def __init__(self, settings: KafkaSettings) -> None:
        config = settings.producer_config(linger_ms=LINGER_MS) | {
            "message.timeout.ms": NEVER,
            "queue.buffering.max.messages": QUEUED_RECORDS,
            "delivery.report.only.error": True,
        }
        self._producer = Producer({**config, "on_delivery": self._delivered}, logger=logging.getLogger("librdkafka"))
        self._transactions = settings.topic_name(TRANSACTIONS)
        self._dead_letters = settings.topic_name(DEAD_LETTERS)
        self._refusal: KafkaError | None = None

    def send(self, transactions: Iterable[Keyed], dead_letters: Iterable[Keyed]) -> None:
        """Queue a batch, each topic in its order; raises UnavailableError where Kafka takes nothing any more."""
        produce = self._producer.produce
        try:
            for topic, records in ((self._transactions, transactions), (self._dead_letters, dead_letters)):
                for key, value in records:
                    produce(topic, value, key)
        except KafkaException as error:
            raise _refused(error.args[0]) from None

    def is_delivered(self, timeout_seconds: float) -> bool:
        """Whether Kafka has all that was sent, waited for so long; raises UnavailableError where it refused some."""
        remaining = self._producer.flush(timeout_seconds)
        if self._refusal is not None:
            raise _refused(self._refusal)
        return remaining == 0

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None and self._refusal is None:
            self._refusal = error


def _refused(error: KafkaError) -> UnavailableError:
    return UnavailableError(
        f"Kafka refused a record ({error.str()}). Nothing after it was committed: restart the bridge, which repeats it."
    )
