"""Reads one transaction again where it stands in Kafka, to know which call it came from: after a crash only."""

import threading
from typing import Final, NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition

from vigie_runtime import KafkaSettings
from vigie_schemas import TRANSACTIONS

DIGEST_HEADER: Final = "vigie-digest"
CALLER_HEADER: Final = "vigie-caller"
REQUEST_HEADER: Final = "vigie-request"
TIMEOUT_SECONDS: Final = 5.0


class Original(NamedTuple):
    """A transaction's record and what the gateway wrote beside it; empty where it came another way."""

    value: bytes
    digest: str
    caller: str
    request_id: str


class Originals:
    """One consumer, used by one thread at a time."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._topic = settings.topic_name(TRANSACTIONS)
        self._lock = threading.Lock()

    def at(self, partition: int, offset: int) -> Original | None:
        """The record at this place; None where Kafka has deleted it or does not answer."""
        with self._lock:
            consumer = Consumer(self._settings.consumer_config("gateway-originals"))
            try:
                consumer.assign([TopicPartition(self._topic, partition, offset)])
                message = consumer.poll(TIMEOUT_SECONDS)
            except KafkaException:
                return None
            finally:
                consumer.close()
        if message is None or message.error() is not None or message.offset() != offset:
            return None
        headers = {name: value for name, value in message.headers() or [] if isinstance(value, bytes)}
        return Original(
            message.value() or b"",
            headers.get(DIGEST_HEADER, b"").decode(),
            headers.get(CALLER_HEADER, b"").decode(),
            headers.get(REQUEST_HEADER, b"").decode(),
        )
