"""Writes what is known of counterparties to their topic, which keeps the last word on each."""

from collections.abc import Mapping

from vigie_runtime import AcknowledgedProducer, KafkaSettings, Outgoing
from vigie_schemas import COUNTERPARTIES, SCHEMA_VERSION, Counterparty, CounterpartyLabels


class CounterpartyTopic:
    """Used by one thread only."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._topic = settings.topic_name(COUNTERPARTIES)
        self._producer = AcknowledgedProducer(settings)

    def publish(self, known: Mapping[str, CounterpartyLabels | None]) -> None:
        """Write each counterparty's labels, None to take it back; raise UnavailableError if Kafka has not all."""
        self._producer.send(self._topic, (Outgoing(name, _value(name, labels)) for name, labels in known.items()))

    def close(self) -> None:
        """Leave Kafka."""
        self._producer.close()


def _value(name: str, labels: CounterpartyLabels | None) -> str | None:
    if labels is None:
        return None
    return Counterparty(schema_version=SCHEMA_VERSION, counterparty_id=name, labels=labels).model_dump_json()
