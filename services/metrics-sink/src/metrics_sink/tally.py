"""Counts of the current second, each record once, closed into one metrics record."""

import random
from collections import Counter, defaultdict

from metrics_sink.latencies import LatencyWindow
from metrics_sink.reading import DeadLetterSight, ScoredSight
from metrics_sink.repeats import SeenAlerts, SeenOffsets
from metrics_sink.scores import PointSample, ScoreWindow
from vigie_schemas import SCHEMA_VERSION, Metrics


class Tally:
    """Counts records read from Kafka; `is_live` is False for those read only to know what was done before."""

    def __init__(self, transactions_topic: str, *, chance: random.Random) -> None:
        self._transactions_topic = transactions_topic
        self._seen: defaultdict[int, SeenOffsets] = defaultdict(SeenOffsets)
        self._seen_alerts = SeenAlerts()
        self._latencies = LatencyWindow()
        self._scores = ScoreWindow()
        self._points = PointSample(chance)
        self._second: Counter[str] = Counter()
        self._dead_letters: Counter[str] = Counter()
        self._newest_scored_ms = 0
        self._model_version: int | None = None
        self._threshold_version: int | None = None
        self.transactions_total = 0
        self.alerts_total = 0

    def count_scored(self, record: ScoredSight, *, read_at_us: int, written_at_ms: int, is_live: bool) -> None:
        """Count a scored or learning record unless it is a repeat."""
        if not self._seen[record.partition].is_first(record.offset):
            return
        if record.score is not None and written_at_ms >= self._newest_scored_ms:
            # partitions are read one after the other at first, so the last one read need not be the newest
            self._newest_scored_ms = written_at_ms
            self._model_version = record.model_version
            self._threshold_version = record.threshold_version
        if not is_live:
            return
        if record.score is None or record.threshold is None:
            self._second["learning"] += 1
            return
        self._second["scored"] += 1
        if record.sent_at_us is not None:
            self._latencies.add(read_at_us - record.sent_at_us)
        self._scores.add(record.score)
        self._points.add(record.timestamp_ms, record.score, record.threshold, is_anomaly=record.is_anomaly)

    def count_dead_letter(self, record: DeadLetterSight, *, is_live: bool) -> None:
        """Count a rejected record of the transactions topic unless it is a repeat."""
        if record.topic != self._transactions_topic:
            return  # its offset would be taken for one of another topic
        if self._seen[record.partition].is_first(record.offset) and is_live:
            self._dead_letters[record.reason] += 1

    def count_alert(self, alert_id: str, *, is_live: bool) -> None:
        """Count an alert unless it is a repeat; its id follows from the transaction's."""
        if self._seen_alerts.is_first(alert_id) and is_live:
            self._second["alerts"] += 1

    def next_offsets(self) -> dict[int, int]:
        """Where the detector stands: by partition, the offset after the highest one it finished."""
        return {partition: seen.next_offset for partition, seen in self._seen.items()}

    def start_over(self, partition: int) -> None:
        """Forget a partition whose offsets began again, because its topic was made anew."""
        self._seen.pop(partition, None)

    def close_second(self, at_ms: int) -> Metrics:
        """End the second: its metrics record, still without lag, with all counts of the second back at zero."""
        second, self._second = self._second, Counter()
        dead_letters, self._dead_letters = self._dead_letters, Counter()
        transactions = second["scored"] + second["learning"] + dead_letters.total()
        self.transactions_total += transactions
        self.alerts_total += second["alerts"]
        return Metrics(
            schema_version=SCHEMA_VERSION,
            at_ms=at_ms,
            transactions=transactions,
            scored=second["scored"],
            learning=second["learning"],
            alerts=second["alerts"],
            dead_letters=dict(dead_letters),
            alerts_total=self.alerts_total,
            transactions_total=self.transactions_total,
            latency=self._latencies.close_second(),
            lag={},
            score_quantiles=self._scores.close_second(),
            score_points=self._points.close_second(),
            model_version=self._model_version,
            threshold_version=self._threshold_version,
        )
