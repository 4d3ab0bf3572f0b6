"""The loop: count what arrives, and once a second publish a metrics record."""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from confluent_kafka import KafkaError, Message, Producer

from metrics_sink.backlog import TransactionOffsets, backlog
from metrics_sink.intake import Intake
from metrics_sink.settings import MetricsSinkSettings
from metrics_sink.tally import Tally
from vigie_runtime import ensure_topics, get_logger
from vigie_schemas import ALERTS, DEAD_LETTERS, METRICS, SCORED, TRANSACTIONS, Metrics

LONGEST_WAIT_SECONDS: Final = 0.1
ENDS_WITHIN_SECONDS: Final = 0.5
REFRESH_SECONDS: Final = 30
READY_WITHIN_MS: Final = 5_000

log = get_logger(__name__)


class MetricsSink:
    """Reads what the detector writes and publishes one record a second."""

    def __init__(self, settings: MetricsSinkSettings, *, chance: random.Random, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._tally = Tally(settings.topic_name(TRANSACTIONS), chance=chance)
        self._intake = Intake(settings, self._tally)
        self._offsets = TransactionOffsets(settings)
        self._producer = Producer(settings.producer_config(), logger=logging.getLogger("metrics_sink.kafka"))
        self._published_at_ms = 0
        self._lag: dict[str, int] = {}

    def run(self, stop: threading.Event) -> None:
        """Work until asked to stop."""
        ensure_topics(self._settings, (TRANSACTIONS, SCORED, ALERTS, DEAD_LETTERS, METRICS))
        self._refresh_partitions()
        log.info("counting")
        try:
            while not stop.is_set():
                self._run_second(stop)
        finally:
            self._producer.flush(5)
            self._intake.close()
            log.info("stopped", transactions=self._tally.transactions_total)

    def status(self) -> Mapping[str, object]:
        """What the status server tells."""
        return {
            "ready": self._clock() * 1000 - self._published_at_ms < READY_WITHIN_MS,
            "published_at_ms": self._published_at_ms,
            "transactions_total": self._tally.transactions_total,
            "alerts_total": self._tally.alerts_total,
            "unreadable_total": self._intake.unreadable_total,
            "lag": self._lag,
        }

    def _run_second(self, stop: threading.Event) -> None:
        """Count until the clock's second ends, then publish; the ends of the partitions come in the meantime."""
        end = int(self._clock()) + 1
        while (remaining := end - self._clock()) > 0:
            if stop.is_set():
                return
            self._intake.read(min(remaining, LONGEST_WAIT_SECONDS))
        metrics = self._tally.close_second(int(self._clock() * 1000))
        self._publish(metrics.model_copy(update={"lag": self._read_lag()}))
        if end % REFRESH_SECONDS == 0:
            self._refresh_partitions()

    def _read_lag(self) -> dict[str, int]:
        """Ask for the partitions' ends and go on counting until they are there."""
        if not self._intake.knows_the_past:
            return {}  # what the detector finished is not known yet
        next_offsets = self._tally.next_offsets()
        self._offsets.request_ends()
        deadline = time.monotonic() + ENDS_WITHIN_SECONDS
        ends = self._offsets.ends()
        while ends is None and time.monotonic() < deadline:
            self._intake.read(0.002)
            ends = self._offsets.ends()
        self._lag, anew = backlog(next_offsets, self._offsets.begins, ends or {})
        for partition in anew:
            log.warning("topic was made anew", partition=partition)
            self._tally.start_over(partition)
        return self._lag

    def _publish(self, metrics: Metrics) -> None:
        payload = metrics.model_dump_json().encode()
        try:
            self._producer.produce(
                self._settings.topic_name(METRICS),
                key=str(metrics.at_ms),
                value=payload,
                on_delivery=self._note_delivery,
            )
        except BufferError:
            log.error("metrics record dropped: Kafka has not taken any for long")
        self._producer.poll(0)

    def _note_delivery(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self._published_at_ms = int(self._clock() * 1000)
        else:
            log.error("metrics record not published", reason=str(error))

    def _refresh_partitions(self) -> None:
        self._offsets.find_partitions()
        self._intake.assign_partitions()
