"""The loop: count what arrives; when a second is over, commit it and publish its record."""

import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from metrics_sink.figures.metrics_record import metrics_record
from metrics_sink.figures.second import SecondFigures
from metrics_sink.figures.tally import Tally
from metrics_sink.influx.points import points
from metrics_sink.influx.sink_points import SinkPoints
from metrics_sink.influx.writer import InfluxWriter
from metrics_sink.intake.lag import DetectorLag, TransactionOffsets
from metrics_sink.intake.seconds import GRACE_MS, ReceivedRecord, Seconds
from metrics_sink.intake.topics import MetricsIntake
from metrics_sink.metrics_topic import MetricsTopic
from metrics_sink.settings import MetricsSinkSettings
from metrics_sink.storage.journal import Journal
from metrics_sink.storage.outbox import OutboxReader
from metrics_sink.storage.store import Store
from metrics_sink.training_span import TrainingSpanWatch
from vigie_registry import RegistryReader
from vigie_runtime import KafkaState, get_logger, wait_for_topics, watch_topics
from vigie_schemas import ALERTS, DEAD_LETTERS, DELIVERY, LABELS, METRICS, SCORED, TRANSACTIONS, VERDICTS

TOPICS_USED: Final = (TRANSACTIONS, SCORED, ALERTS, DEAD_LETTERS, VERDICTS, LABELS, DELIVERY, METRICS)
MAX_POLL_SECONDS: Final = 0.1
PARTITIONS_INTERVAL_SECONDS: Final = 30
READY_TIMEOUT_MS: Final = 5_000
MAX_SECONDS_PER_COMMIT: Final = 60
"""While the sink catches up, one transaction closes several seconds."""
MAX_GAP_SECONDS: Final = 6 * 3600
"""A sink that was stopped for longer leaves a gap in its figures instead of counting for hours what is past."""

log = get_logger(__name__)


class MetricsSink:
    """Reads what the other services write, publishes one record a second, and writes points to InfluxDB."""

    def __init__(self, settings: MetricsSinkSettings, *, chance: random.Random, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._store = Store(
            settings.data_dir,
            label_window=settings.label_window,
            buffer_bytes=settings.influx_buffer_mb * 1_000_000,
        )
        self._tally = Tally(settings.topic_name(TRANSACTIONS), self._store.find_decision, chance=chance)
        self._writer = self._make_writer()
        self._own = SinkPoints(self._store, self._writer)
        self._journal = Journal(self._store, self._tally)
        self._kept = self._journal.restore()
        self._seconds = Seconds(0)  # set when Kafka is available
        self._intake = MetricsIntake(settings, self._seconds, self._tally.count, clock_ms=lambda: self._clock() * 1000)
        self._lag = DetectorLag(TransactionOffsets(settings), self._tally.seen)
        self._watch = TrainingSpanWatch(RegistryReader.of(settings), lambda: self._tally.versions.model_version)
        self._metrics = MetricsTopic(settings, clock=clock)
        self._kafka = KafkaState()
        self._refreshed_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Count until `stop` is set, from when Kafka is available on."""
        try:
            with self._threads():
                if wait_for_topics(self._settings, TOPICS_USED, stop, self._kafka, begin=self._begin):
                    with watch_topics(self._settings, TOPICS_USED, self._kafka):
                        self._count_until(stop)
        finally:
            self._metrics.close()
            self._intake.close()
            self._store.close()
            log.info("stopped", transactions=self._tally.transactions_total)

    def status(self) -> Mapping[str, object]:
        """What `/status` answers."""
        fields = {
            "ready": self._clock() * 1000 - self._metrics.published_at_ms < READY_TIMEOUT_MS,
            "published_at_ms": self._metrics.published_at_ms,
            "transactions_total": self._tally.transactions_total,
            "alerts_total": self._tally.alerts_total,
            "missing_transactions_total": self._tally.missing_total,
            "unreadable_total": self._intake.unreadable_total,
            "lost_records_total": self._intake.lost_records,
            "recreated_partitions_total": self._intake.recreated_partitions,
            "lag": self._lag.lag,
            "influx": self._own.influx,
            "buffered_points": self._store.buffered_points,
            "dropped_points": self._own.dropped_points,
        }
        return self._kafka.added_to(fields)

    def _begin(self) -> None:
        """Open the first second: the present one, or the one after the last commit."""
        self._seconds.first_open = self._tally.second = self._first_second()
        self._refresh_lag()
        self._intake.start(self._kept)

    @contextmanager
    def _threads(self) -> Iterator[None]:
        """Run the threads that read the registry and write to InfluxDB."""
        self._watch.start()
        if self._writer:
            self._writer.start()
        try:
            yield
        finally:
            self._watch.close()
            if self._writer:
                self._writer.close(5)

    def _count_until(self, stop: threading.Event) -> None:
        log.info("counting", influx=self._settings.influxdb_url or "off", continues=self._kept is not None)
        while not stop.is_set():
            self._read_until_second_is_over(stop)
            if not stop.is_set():
                self._close_seconds()
            if self._clock() - self._refreshed_at > PARTITIONS_INTERVAL_SECONDS:
                self._refresh_lag()
                if self._has_read_everything():
                    self._tally.miss(self._lag.take_missing())

    def _make_writer(self) -> InfluxWriter | None:
        if not self._settings.influxdb_url:
            log.info("influxdb not configured", variable="INFLUXDB_URL")
            return None
        return InfluxWriter(self._settings, OutboxReader(self._store.path), clock=self._clock)

    def _first_second(self) -> int:
        """The second after the last commit, unless it is too long ago or in the future."""
        now = int(self._clock())
        kept = self._journal.first_open()
        if kept is None:
            return now
        if not now - MAX_GAP_SECONDS <= kept <= now + 5:
            log.warning("seconds skipped", kept=kept, now=now)
            return max(min(kept, now), now - MAX_GAP_SECONDS)
        return int(kept)

    def _read_until_second_is_over(self, stop: threading.Event) -> None:
        """Read; once the second has ended, ask for the lag, so that the answer is there when the second closes."""
        while not stop.is_set():
            now, end = self._clock(), self._seconds.first_open + 1
            if now >= end and self._intake.has_looked_back:
                self._lag.ask(self._seconds.first_open)
            if self._can_close():
                return
            due = (end if now < end else end + GRACE_MS / 1000) - now
            self._intake.read(min(max(due, 0.001), MAX_POLL_SECONDS))

    def _can_close(self) -> bool:
        return self._intake.has_looked_back and self._seconds.is_over(int(self._clock() * 1000))

    def _has_read_everything(self) -> bool:
        """Whether the open second is the present one: then all that was written a moment ago has been read."""
        return self._intake.has_looked_back and self._clock() - self._seconds.first_open < 1 + GRACE_MS / 1000

    def _close_seconds(self) -> None:
        """Close all seconds that are over and commit them, then count what was held for the next one."""
        closed: list[SecondFigures] = []
        while True:
            self._compare_with_serving_champion()
            closed.append(self._tally.close_second())
            offsets, held = self._seconds.close_first()
            self._tally.second = self._seconds.first_open
            if len(closed) == MAX_SECONDS_PER_COMMIT or not self._can_close():
                break
            self._count(held)
        closed[-1] = closed[-1].with_lag(self._lag.read())
        blocks = [self._lines(second) for second in closed] if self._writer else []
        sent_up_to = self._writer.counts.sent_up_to if self._writer else 0
        self._journal.commit(blocks, self._intake.kept(offsets), self._seconds.first_open, sent_up_to=sent_up_to)
        self._count(held)
        for second in closed:
            self._metrics.publish(metrics_record(second, self._own.influx))

    def _lines(self, second: SecondFigures) -> list[str]:
        return points(second) + self._own.lines(second, self._watch.champion_version)

    def _count(self, held: list[ReceivedRecord]) -> None:
        for arrival in held:
            self._tally.count(arrival, True)

    def _compare_with_serving_champion(self) -> None:
        span = self._watch.span
        if span is not None and span.version != self._tally.drift.version:
            self._tally.drift.compare_with(span.version, span.bins)

    def _refresh_lag(self) -> None:
        self._refreshed_at = self._clock()
        self._lag.refresh()
