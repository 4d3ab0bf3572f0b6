"""What was scored, to find the transactions of a file, and the labels topic, to write what is said of them."""

import logging
from collections.abc import Callable, Collection, Iterable
from typing import Final, NamedTuple

import orjson
from confluent_kafka import KafkaError, Message, Producer

from vigie_cli.topic_reading import records_of
from vigie_runtime import KafkaSettings, ensure_topics
from vigie_runtime.kafka_errors import ConnectionErrors
from vigie_schemas import LABELS, SCORED, Label

CLIENT: Final = "vigie-labels-import"
ACKNOWLEDGED_WITHIN_SECONDS: Final = 30.0


class ScoredBefore(NamedTuple):
    """What a label repeats of its transaction."""

    account_id: str
    timestamp_ms: int | None
    counterparty_id: str | None


def scored_before(
    settings: KafkaSettings, wanted: Collection[str], *, begin: Callable[[int], None], step: Callable[[], None]
) -> dict[str, ScoredBefore]:
    """Each wanted transaction that was scored, as long as Kafka keeps the record.

    `begin` hears how many records are looked at, `step` each of them. Raises UnavailableError.
    """
    found: dict[str, ScoredBefore] = {}
    for message in records_of(settings, settings.topic_name(SCORED), client=CLIENT, begin=begin):
        step()
        try:
            record = orjson.loads(message.value() or b"")
            name, account = record["transaction_id"], record["account_id"]
        except (ValueError, TypeError, LookupError):
            continue
        if name in wanted and isinstance(account, str):
            found[name] = ScoredBefore(account, record.get("timestamp_ms"), record.get("counterparty_id"))
    return found


def write_labels(settings: KafkaSettings, labels: Iterable[Label]) -> None:
    """Write them; returns once Kafka has all. Raises UnavailableError or ConfigurationError with how many it lacks."""
    ensure_topics(settings, [LABELS])
    errors = ConnectionErrors(settings.kafka_bootstrap_servers)
    config = settings.producer_config() | {"message.timeout.ms": int(ACKNOWLEDGED_WITHIN_SECONDS * 1000)}
    producer = Producer({**config, "error_cb": errors}, logger=logging.getLogger("librdkafka"))
    refused: list[KafkaError] = []
    topic = settings.topic_name(LABELS)

    def acknowledge(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            refused.append(error)

    for label in labels:
        _produce(producer, topic, label, acknowledge)
    left = producer.flush(2 * ACKNOWLEDGED_WITHIN_SECONDS)
    if refused or left:
        problem = refused[0] if refused else KafkaError(KafkaError._TIMED_OUT)
        raise errors.explain(problem, f"{len(refused) + left:,} labels did not reach topic {topic}: import again")


def _produce(
    producer: Producer, topic: str, label: Label, acknowledge: Callable[[KafkaError | None, Message], None]
) -> None:
    """Wait for room where the client's queue is full."""
    while True:
        try:
            producer.produce(topic, key=label.account_id, value=label.model_dump_json(), on_delivery=acknowledge)
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return
