"""The topic of lists as a command uses it: read as it stands, written record by record."""

import logging
from dataclasses import dataclass
from typing import Final

from confluent_kafka import KafkaError, Message, Producer

from gateway.stream.list_records import RefusedListRecordError, change_of
from vigie_cli.topic_reading import records_of
from vigie_runtime import KafkaSettings, ensure_topics
from vigie_runtime.kafka_errors import ConnectionErrors
from vigie_schemas import POLICY_LISTS, ListedValue
from vigie_schemas.listed_value import REMOVED_BY_HEADER

CLIENT: Final = "vigie-policy-list"
ACKNOWLEDGED_WITHIN_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class ListsOnTopic:
    """What the topic holds, as a gateway that starts now would take it."""

    entries: tuple[ListedValue, ...]
    """By list, then in the order of their values."""
    keys: frozenset[str]
    """Of the entries, and of records that every gateway refuses."""

    @property
    def refused(self) -> int:
        """Keys whose record is refused, so that they are no entries."""
        return len(self.keys) - len(self.entries)


class ListsTopic:
    """Each call connects for itself; raises UnavailableError or ConfigurationError where Kafka cannot be used."""

    def __init__(self, settings: KafkaSettings) -> None:
        """The topic is made where it is missing."""
        self._settings = settings
        self._name = settings.topic_name(POLICY_LISTS)
        ensure_topics(settings, [POLICY_LISTS])

    def read(self) -> ListsOnTopic:
        """Everything on the topic as it stands now."""
        known: dict[str, ListedValue | None] = {}
        for message in records_of(self._settings, self._name, client=CLIENT):
            key = (message.key() or b"").decode(errors="replace")
            if message.value() is None:
                known.pop(key, None)
                continue
            try:
                known[key] = change_of(message).listed
            except RefusedListRecordError:
                known.setdefault(key, None)  # a gateway keeps the entry before it
        entries = sorted((each for each in known.values() if each), key=lambda each: (each.list_name, each.value))
        return ListsOnTopic(tuple(entries), frozenset(known))

    def put(self, listed: ListedValue) -> None:
        """Write an entry; returns once Kafka has it."""
        self._write(listed.key, listed.model_dump_json())

    def remove(self, key: str, by: str) -> None:
        """Write that there is no entry; returns once Kafka has it."""
        self._write(key, None, [(REMOVED_BY_HEADER, by.encode())])

    def _write(self, key: str, value: str | None, headers: list[tuple[str, str | bytes | None]] | None = None) -> None:
        answers: list[KafkaError | None] = []
        errors = ConnectionErrors(self._settings.kafka_bootstrap_servers)
        config = self._settings.producer_config(linger_ms=0) | {
            "message.timeout.ms": int(ACKNOWLEDGED_WITHIN_SECONDS * 1000)
        }
        producer = Producer({**config, "error_cb": errors}, logger=logging.getLogger("librdkafka"))

        def acknowledge(error: KafkaError | None, _: Message) -> None:
            answers.append(error)

        producer.produce(self._name, key=key, value=value, headers=headers or [], on_delivery=acknowledge)
        producer.flush(2 * ACKNOWLEDGED_WITHIN_SECONDS)
        problem = answers[0] if answers else KafkaError(KafkaError._TIMED_OUT)
        if problem is not None:
            raise errors.explain(problem, f"topic {self._name}")
