"""Counts of the open second, each record once, until they are closed into the second's figures."""

import random
from collections import Counter
from collections.abc import Mapping
from typing import Final

from metrics_sink.figures.canary import CanaryWatch
from metrics_sink.figures.drift import FeatureDrift
from metrics_sink.figures.gateway import GatewayTally
from metrics_sink.figures.labels import FindDecision, LabelledDecisions
from metrics_sink.figures.latencies import MAX_US, closed
from metrics_sink.figures.scores import PointSample, ScoreWindow
from metrics_sink.figures.second import RaisedAlert, SecondFigures, Traffic
from metrics_sink.figures.versions import ServingVersions
from metrics_sink.intake.records import AlertRecord, DeadLetterRecord, LabelRecord, ScoredRecord, VerdictRecord
from metrics_sink.intake.repeats import MAX_REMEMBERED_ALERTS, SeenIds, SeenTransactions
from metrics_sink.intake.seconds import ReceivedRecord
from vigie_runtime.latencies import LatencyWindow
from vigie_schemas import DeliveryMetrics, is_canary

MAX_READ_DELAY_US: Final = 1_000_000
"""A record read later than this waited for the sink itself: its latency then ends when it was written."""
ALERTS_PER_MILLISECOND: Final = 1_000_000


class Tally:
    """Counts records read from Kafka; with `is_live` False they are only remembered, not counted."""

    def __init__(self, transactions_topic: str, find_decision: FindDecision, *, chance: random.Random) -> None:
        self._transactions_topic = transactions_topic
        self.seen = SeenTransactions()
        self.seen_alerts = SeenIds(MAX_REMEMBERED_ALERTS)
        self.labelled = LabelledDecisions(find_decision)
        self.drift = FeatureDrift()
        self.canary = CanaryWatch()
        self.gateway = GatewayTally()
        self.versions = ServingVersions()
        self._latencies = LatencyWindow(MAX_US)
        self._scores = ScoreWindow()
        self._points = PointSample(chance)
        self._second: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._alerts: list[RaisedAlert] = []
        self._deliveries: list[DeliveryMetrics] = []
        self._models: set[int] = set()
        self._last_drift: tuple[dict[str, float], int] = ({}, 0)
        self.second = 0
        self._alert_number = 0
        self.transactions_total = 0
        self.alerts_total = 0
        self.missing_total = 0

    def miss(self, transactions: int) -> None:
        """Count transactions that Kafka deleted before the detector finished them."""
        self._second["missing"] += transactions

    def count(self, arrival: ReceivedRecord, is_live: bool) -> None:
        """Count a record unless it is a repeat."""
        record = arrival.record
        if isinstance(record, ScoredRecord):
            self._count_scored(record, arrival, is_live)
        elif isinstance(record, LabelRecord):
            if is_live and not record.is_canary:
                self.labelled.label(record, self.second // 60)
        elif isinstance(record, AlertRecord):
            self._count_alert(record, arrival.written_at_ms, is_live)
        elif isinstance(record, DeadLetterRecord):
            self._count_dead_letter(record, is_live)
        elif isinstance(record, VerdictRecord):
            self.gateway.count(record, is_live)
        elif isinstance(record, DeliveryMetrics):
            self._deliveries.append(record)
        elif is_live:
            self._second["unreadable"] += 1

    def close_second(self) -> SecondFigures:
        """End the second: its figures, still without lag, with all counts of the second back at zero."""
        traffic = self._close_traffic()
        latencies, latency_window = self._latencies.close_second()
        scores, score_quantiles = self._scores.close_second()
        is_minute_over = (self.second + 1) % 60 == 0
        if is_minute_over:
            self._last_drift = self.drift.figures(self.second // 60)
        self.drift.close_second()
        alerts, self._alerts = tuple(self._alerts), []
        deliveries, self._deliveries = tuple(self._deliveries), []
        models, self._models = len(self._models), set()
        return SecondFigures(
            start_s=self.second,
            traffic=traffic,
            transactions_total=self.transactions_total,
            alerts_total=self.alerts_total,
            missing_total=self.missing_total,
            latency=closed(latencies),
            latency_window=latency_window,
            scores=scores,
            score_quantiles=score_quantiles,
            score_points=self._points.close_second(),
            thresholds=self.versions.thresholds(),
            alerts=alerts,
            frauds=self.labelled.close_second(),
            quality=self.labelled.quality.by_span(self.second // 60),
            drift=self._last_drift[0],
            drift_rows=self._last_drift[1],
            is_drift_new=is_minute_over,
            model_version=self.versions.model_version,
            threshold_version=self.versions.threshold_version,
            models=models,
            canary=self.canary.at((self.second + 1) * 1000),
            deliveries=deliveries,
            gateway=self.gateway.close_second(),
        )

    def state(self) -> dict[str, object]:
        """What `restore` takes; ids, decisions and drift by the minute are kept in tables of their own."""
        return {
            "seen": self.seen.state(),
            "transactions_topic_id": self.seen.topic_id,
            "quality": self.labelled.quality.state(),
            "canary": self.canary.state(),
            "newest": self.versions.state(),
            "alerts_ever": self._alert_number,
            "totals": (self.transactions_total, self.alerts_total, self.missing_total),
        }

    def restore(self, state: Mapping[str, dict]) -> None:
        """Continue from a kept state."""
        self.seen.restore(state["seen"], topic_id=state["transactions_topic_id"])
        self.labelled.quality.restore(state["quality"]["all"], state["quality"]["minutes"])
        self.canary.restore(state["canary"])
        self.versions.restore(state["newest"])
        self._alert_number = int(state["alerts_ever"])  # pyright: ignore[reportArgumentType]
        self.transactions_total, self.alerts_total, self.missing_total = state["totals"]

    def _count_scored(self, record: ScoredRecord, arrival: ReceivedRecord, is_live: bool) -> None:
        if not self.seen.is_first(record.partition, record.offset):
            return
        if record.score is not None and record.threshold is not None:
            self.versions.note(record, arrival.written_at_ms)
        if record.is_canary:
            self.canary.note_scored(arrival.written_at_ms)
        else:
            self.labelled.decide(record, self.second // 60)
        if not is_live:
            return
        if record.score is None or record.threshold is None:
            self._second["learning"] += 1
            return
        self._second["scored"] += 1
        if record.sent_at_us is not None:
            self._latencies.add(_seen_at_us(arrival) - record.sent_at_us)
        if record.model_version is not None:
            self._models.add(record.model_version)
        if not record.is_canary:
            self._scores.add(record.score, record.segment)
            self._points.add(record.timestamp_ms, record.score, record.threshold, is_anomaly=record.is_anomaly)
            self.drift.add(record, self.second // 60)

    def _count_dead_letter(self, record: DeadLetterRecord, is_live: bool) -> None:
        if record.topic != self._transactions_topic:
            return  # its offset is one of another topic
        if self.seen.is_first(record.partition, record.offset) and is_live:
            self._rejected[record.reason] += 1

    def _count_alert(self, alert: AlertRecord, written_at_ms: int, is_live: bool) -> None:
        if not self.seen_alerts.is_first(alert.alert_id) or not is_live:
            return
        if is_canary(alert.account_id):
            self.canary.note_alert(alert, written_at_ms)
            return
        self._second["alerts"] += 1
        at_ns = written_at_ms * 1_000_000 + self._alert_number % ALERTS_PER_MILLISECOND
        self._alert_number += 1
        self._alerts.append(RaisedAlert(alert, at_ns))

    def _close_traffic(self) -> Traffic:
        second, self._second = self._second, Counter()
        rejected, self._rejected = self._rejected, Counter()
        traffic = Traffic(
            scored=second["scored"],
            learning=second["learning"],
            rejected=dict(rejected),
            alerts=second["alerts"],
            unreadable=second["unreadable"],
            missing=second["missing"],
        )
        self.transactions_total += traffic.transactions
        self.alerts_total += traffic.alerts
        self.missing_total += traffic.missing
        return traffic


def _seen_at_us(arrival: ReceivedRecord) -> int:
    written_at_us = arrival.written_at_ms * 1000
    return written_at_us if arrival.read_at_us - written_at_us > MAX_READ_DELAY_US else arrival.read_at_us
