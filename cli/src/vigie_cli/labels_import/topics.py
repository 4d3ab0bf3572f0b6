"""What was scored, to find the transactions of a file, and the labels topic, to write what is said of them."""

from collections.abc import Callable, Collection, Iterable
from typing import Final, NamedTuple

import orjson

from vigie_cli.topic_reading import records_of
from vigie_runtime import AcknowledgedProducer, KafkaSettings, Outgoing, ensure_topics
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
    producer = AcknowledgedProducer(settings, within_seconds=ACKNOWLEDGED_WITHIN_SECONDS)
    outgoing = (Outgoing(label.account_id, label.model_dump_json()) for label in labels)
    producer.send(settings.topic_name(LABELS), outgoing)
