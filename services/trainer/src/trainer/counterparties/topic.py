"""Writes what is known of counterparties to their topic, which keeps the last word on each."""

import logging
from collections.abc import Mapping
from typing import Final

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from vigie_runtime import KafkaSettings, UnavailableError
from vigie_schemas import COUNTERPARTIES, SCHEMA_VERSION, Counterparty, CounterpartyLabels

ACKNOWLEDGED_WITHIN_SECONDS: Final = 10


class CounterpartyTopic:
    """Used by one thread only."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._topic = settings.topic_name(COUNTERPARTIES)
        self._producer: Producer | None = None

    def publish(self, known: Mapping[str, CounterpartyLabels | None]) -> None:
        """Write each counterparty's labels, None to take it back; raise UnavailableError if Kafka has not all."""
        problems: list[KafkaError] = []

        def note(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                problems.append(error)

        try:
            producer = self._open()
            for name, labels in known.items():
                producer.produce(self._topic, key=name, value=_value(name, labels), on_delivery=note)
                producer.poll(0)
            left = producer.flush(2 * ACKNOWLEDGED_WITHIN_SECONDS)
        except (KafkaException, BufferError) as error:
            self.close()
            raise UnavailableError(f"Kafka does not take counterparties ({error}): they are sent again.") from None
        if problems or left:
            self.close()  # an idempotent producer that failed once may refuse everything after
            reason = problems[0].str() if problems else "no answer"
            raise UnavailableError(f"Kafka does not take counterparties ({reason}): they are sent again.")

    def close(self) -> None:
        """Leave Kafka."""
        self._producer = None

    def _open(self) -> Producer:
        if self._producer is None:
            config = self._settings.producer_config() | {"message.timeout.ms": ACKNOWLEDGED_WITHIN_SECONDS * 1000}
            self._producer = Producer(config, logger=logging.getLogger("librdkafka"))
        return self._producer


def _value(name: str, labels: CounterpartyLabels | None) -> str | None:
    if labels is None:
        return None
    return Counterparty(schema_version=SCHEMA_VERSION, counterparty_id=name, labels=labels).model_dump_json()
