"""The loop: read a batch, convert it, wait until Kafka has the batch before, send it."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from confluent_kafka import Message

from bridge.conversion import Conversion, Outcome
from bridge.counts import Counts
from bridge.formats.decoder import Decoder
from bridge.formats.schema_registry import SchemaRegistry
from bridge.names import PlaceNames
from bridge.outlet import TransactionOutlet
from bridge.settings import BridgeSettings
from bridge.source import ForeignTopic
from vigie_intake.mapping import Mapping as TransactionMapping
from vigie_runtime import KafkaState, UnavailableError, get_logger, wait_for_topics, watch_topics
from vigie_runtime.offsets import Partition
from vigie_runtime.pseudonyms import load_pseudonyms
from vigie_schemas import DEAD_LETTERS, TRANSACTIONS, Record, Topic

TOPICS_USED: Final = (TRANSACTIONS, DEAD_LETTERS)
MAX_POLL_SECONDS: Final = 0.1
DELIVERY_CHECK_SECONDS: Final = 0.5
RETRY_INTERVAL_SECONDS: Final = 1.0
COMMIT_INTERVAL_SECONDS: Final = 1.0
"""A commit a batch would cost Kafka as much as the batch; what a crash repeats in between is recognised."""
STOP_TIMEOUT_SECONDS: Final = 10.0
LAG_INTERVAL_SECONDS: Final = 1.0

log = get_logger(__name__)


class Bridge:
    """Reads one foreign topic and writes transactions and dead letters."""

    def __init__(
        self, settings: BridgeSettings, mapping: TransactionMapping, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._mapping = mapping
        self._clock = clock
        self._kafka = KafkaState()
        self._foreign = KafkaState()
        self._counts = Counts()
        self._schemas = _schema_registry(settings)
        self._decoder = Decoder(settings.decoding, mapping, self._schemas)
        self._outlet = TransactionOutlet(settings)
        self._source = ForeignTopic(
            settings.source,
            settings.bridge_topic,
            group=settings.group,
            start=settings.bridge_start,
            max_records=settings.bridge_batch_records,
            before_left=self._hand_over,
        )
        self._sent: dict[Partition, int] = {}
        """Offsets after what was sent and is not known to be in Kafka."""
        self._acknowledged: dict[Partition, int] = {}
        self._committed_at = 0.0
        self._looked_at_lag = float("-inf")
        self._lag: int | None = None
        self._waits_for_delivery = False
        self._waits_for_schema = False

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, from when Kafka and the foreign topic are available on."""
        try:
            if wait_for_topics(self._settings, TOPICS_USED, stop, self._kafka, begin=self._begin):
                with (
                    watch_topics(self._settings, TOPICS_USED, self._kafka),
                    watch_topics(self._settings.source, [_foreign(self._settings.bridge_topic)], self._foreign),
                ):
                    self._work_until(stop)
        finally:
            self._source.close()
            if self._schemas:
                self._schemas.close()
            log.info("stopped", read=self._counts.read, transactions=self._counts.transactions)

    def status(self) -> Mapping[str, object]:
        """What `/status` answers."""
        missing_schema = self._schemas.waiting_for if self._schemas else None
        lacking = self._foreign.waiting_for or missing_schema
        fields = self._counts.status() | {
            "ready": lacking is None and not self._waits_for_delivery,
            "topic": self._settings.bridge_topic,
            "partitions": self._source.partitions,
            "lag": self._lag,
            "lost_records_total": self._source.lost_records,
            "recreated_topics_total": self._source.recreated_topics,
            "waits_for_delivery": self._waits_for_delivery,
            "schema_registry": None
            if self._schemas is None
            else {"url": self._schemas.shown_address, "schemas": self._schemas.schemas, "waiting_for": missing_schema},
        }
        status = dict(self._kafka.added_to(fields))
        status["waiting_for"] = status["waiting_for"] or lacking
        return status

    def _begin(self) -> None:
        described = self._source.describe()
        self._names = PlaceNames(self._settings.bridge_topic, described.topic_id)
        self._conversion = Conversion(
            self._decoder,
            self._mapping,
            pseudonyms=lambda: load_pseudonyms(self._settings),
            currencies=frozenset(self._settings.rates().eur_per_unit),
            name_of=lambda record: self._names.of(record),
            source_name=self._settings.source_name,
        )
        self._source.subscribe(described)
        self._foreign.waiting_for = None
        log.info("bridging", topic=self._settings.bridge_topic, format=str(self._settings.bridge_format))

    def _work_until(self, stop: threading.Event) -> None:
        while not stop.is_set():
            messages = self._source.read(MAX_POLL_SECONDS)
            outcome = self._converted(messages, stop) if messages else None
            if not self._settle(stop):
                break
            if outcome is not None:
                self._send(messages, outcome)
            self._look_at_lag()
        deadline = self._clock() + STOP_TIMEOUT_SECONDS
        while not self._outlet.is_delivered(DELIVERY_CHECK_SECONDS):
            if self._clock() >= deadline:
                log.error("stopped before kafka had everything", repeated_at_next_start=True)
                return
            self._source.rest()
        self._commit_delivered()

    def _converted(self, messages: Sequence[Message], stop: threading.Event) -> Outcome | None:
        """Wait for schemas as long as it takes: a record that is skipped would be lost. None when stopped before."""
        self._names = PlaceNames(self._settings.bridge_topic, self._source.topic_id)
        while True:
            try:
                outcome = self._conversion.convert(messages)
            except UnavailableError as error:
                if not self._waits_for_schema:
                    log.warning("waiting for the schema registry", reason=str(error))
                self._waits_for_schema = True
                self._source.rest()
                self._settle(stop)
                if stop.wait(RETRY_INTERVAL_SECONDS):
                    return None
            else:
                if self._waits_for_schema:
                    log.info("schema registry available again")
                    self._waits_for_schema = False
                self._source.go_on()
                return outcome

    def _settle(self, stop: threading.Event) -> bool:
        """Wait until Kafka has the batch before, then commit; False when stopped before. Nothing is read meanwhile."""
        while self._sent and not self._outlet.is_delivered(DELIVERY_CHECK_SECONDS):
            self._waits_for_delivery = True
            self._source.rest()
            if stop.is_set():
                return False
        if self._waits_for_delivery:
            self._waits_for_delivery = False
            self._source.go_on()
        self._acknowledge()
        if self._clock() - self._committed_at >= COMMIT_INTERVAL_SECONDS:
            self._commit_delivered()
        return True

    def _send(self, messages: Sequence[Message], outcome: Outcome) -> None:
        letters = [self._conversion.dead_letter(message, refusal) for message, refusal in outcome.refused]
        self._outlet.send(outcome.transactions, letters)
        self._counts.add(outcome)
        for message in messages:
            self._sent[(message.topic() or "", message.partition() or 0)] = (message.offset() or 0) + 1

    def _acknowledge(self) -> None:
        self._acknowledged |= self._sent
        self._sent = {}

    def _commit_delivered(self) -> None:
        """What was sent is in Kafka by now."""
        self._acknowledge()
        self._committed_at = self._clock()
        if self._acknowledged:
            self._source.commit(self._acknowledged)
            self._acknowledged = {}

    def _hand_over(self) -> None:
        """Before partitions are left: what was sent of them has to be in Kafka, or it comes twice."""
        deadline = self._clock() + STOP_TIMEOUT_SECONDS
        while self._clock() < deadline:
            if self._outlet.is_delivered(DELIVERY_CHECK_SECONDS):
                self._commit_delivered()
                return
        self._sent, self._acknowledged = {}, {}

    def _look_at_lag(self) -> None:
        if self._clock() - self._looked_at_lag >= LAG_INTERVAL_SECONDS:
            self._looked_at_lag = self._clock()
            self._lag = self._source.lag()


def _foreign(topic: str) -> Topic:
    """The foreign topic as far as it is watched: only that it exists and has leaders."""
    return Topic(topic, Record, key="", partitions=1, retention_ms=-1, producers=(), consumers=("bridge",))


def _schema_registry(settings: BridgeSettings) -> SchemaRegistry | None:
    if not settings.bridge_format.needs_schemas or settings.schema_registry_url is None:
        return None
    return SchemaRegistry(settings.schema_registry_url, settings.schema_registry_options())
