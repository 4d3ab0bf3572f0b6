"""Writes records that must be in Kafka before anything goes on."""

import logging
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from vigie_runtime.kafka import KafkaSettings
from vigie_runtime.kafka_errors import ConnectionErrors

ACKNOWLEDGED_WITHIN_SECONDS: Final = 10


class Outgoing(NamedTuple):
    """A record to be written; without a value it takes back what its key said."""

    key: str
    value: str | bytes | None


class AcknowledgedProducer:
    """Returns once all replicas have what it was given. Used by one thread only."""

    def __init__(self, settings: KafkaSettings, *, within_seconds: float = ACKNOWLEDGED_WITHIN_SECONDS) -> None:
        self._settings = settings
        self._within_seconds = within_seconds
        self._errors = ConnectionErrors(settings.kafka_bootstrap_servers)
        self._producer: Producer | None = None

    def send(self, topic: str, records: Iterable[Outgoing]) -> None:
        """Write them in order; where Kafka has not all, all are to be sent again.

        Raises UnavailableError, or ConfigurationError where a person has to change something.
        """
        self._errors.clear()
        problems: list[KafkaError] = []

        def note(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                problems.append(error)

        try:
            producer = self._open()
            for record in records:
                while not _has_room(producer, topic, record, note):
                    producer.poll(0.1)
            left = producer.flush(2 * self._within_seconds)
        except KafkaException as error:
            self.close()
            raise self._errors.explain(error.args[0], f"topic {topic}") from None
        if problems or left:
            self.close()  # an idempotent producer that failed once may refuse everything after
            problem = problems[0] if problems else KafkaError(KafkaError._TIMED_OUT)
            raise self._errors.explain(problem, f"{len(problems) + left:,} records did not reach topic {topic}")

    def close(self) -> None:
        """Leave Kafka."""
        self._producer = None

    def _open(self) -> Producer:
        if self._producer is None:
            within_ms = int(self._within_seconds * 1_000)
            config = {**self._settings.producer_config(), "message.timeout.ms": within_ms, "error_cb": self._errors}
            self._producer = Producer(config, logger=logging.getLogger("librdkafka"))
        return self._producer


def _has_room(
    producer: Producer, topic: str, record: Outgoing, note: Callable[[KafkaError | None, Message], None]
) -> bool:
    """Whether the client's queue took the record."""
    try:
        producer.produce(topic, key=record.key, value=record.value, on_delivery=note)
    except BufferError:
        return False
    producer.poll(0)
    return True
