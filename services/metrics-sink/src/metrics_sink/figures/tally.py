"""Counts of the second that is open, each record once, closed into the second's figures."""

import random
from collections import Counter
from collections.abc import Mapping
from typing import Final

from metrics_sink.figures.canary import Canary
from metrics_sink.figures.drift import FeatureDrift
from metrics_sink.figures.labels import Find, LabelledDecisions
from metrics_sink.figures.latencies import MAX_US, closed
from metrics_sink.figures.scores import PointSample, ScoreWindow
from metrics_sink.figures.second import RaisedAlert, SecondFigures, Traffic
from metrics_sink.figures.versions import Newest
from metrics_sink.intake.records import AlertSight, DeadLetterSight, LabelSight, ScoredSight
from metrics_sink.intake.repeats import SeenAlerts, SeenTransactions
from metrics_sink.intake.seconds import Arrival
from vigie_runtime.latencies import LatencyWindow
from vigie_schemas import DeliveryMetrics, is_canary

OWN_DELAY_US: Final = 1_000_000
"""Read so much later than it was written, a record waited for the sink: then the time it was written at counts."""
ALERTS_A_MILLISECOND: Final = 1_000_000


class Tally:
    """Counts records read from Kafka; `is_live` is False for those read only to know what was done before."""

    def __init__(self, transactions_topic: str, find_decision: Find, *, chance: random.Random) -> None:
        self._transactions_topic = transactions_topic
        self.seen = SeenTransactions()
        self.seen_alerts = SeenAlerts()
        self.labelled = LabelledDecisions(find_decision)
        self.drift = FeatureDrift()
        self.canary = Canary()
        self.newest = Newest()
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
        self.alerts_ever = 0
        self.transactions_total = 0
        self.alerts_total = 0

    def count(self, arrival: Arrival, is_live: bool) -> None:
        """Count a record unless it is a repeat."""
        record = arrival.record
        if isinstance(record, ScoredSight):
            self._count_scored(record, arrival, is_live)
        elif isinstance(record, LabelSight):
            if is_live and not record.is_canary:
                self.labelled.label(record, self.second // 60)
        elif isinstance(record, AlertSight):
            self._count_alert(record, arrival.written_at_ms, is_live)
        elif isinstance(record, DeadLetterSight):
            self._count_dead_letter(record, is_live)
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
            latency=closed(latencies),
            latency_window=latency_window,
            scores=scores,
            score_quantiles=score_quantiles,
            score_points=self._points.close_second(),
            thresholds=self.newest.thresholds(),
            alerts=alerts,
            frauds=self.labelled.close_second(),
            quality=self.labelled.book.by_span(self.second // 60),
            drift=self._last_drift[0],
            drift_rows=self._last_drift[1],
            is_drift_new=is_minute_over,
            model_version=self.newest.model_version,
            threshold_version=self.newest.threshold_version,
            models=models,
            canary=self.canary.at((self.second + 1) * 1000),
            deliveries=deliveries,
        )

    def state(self) -> dict[str, object]:
        """What `restore` takes; alerts, decisions and minutes of drift are kept apart."""
        return {
            "seen": self.seen.state(),
            "quality": self.labelled.book.state(),
            "canary": self.canary.state(),
            "newest": self.newest.state(),
            "alerts_ever": self.alerts_ever,
            "totals": (self.transactions_total, self.alerts_total),
        }

    def restore(self, state: Mapping[str, dict]) -> None:
        """Take over what was counted before the sink ended."""
        self.seen.restore(state["seen"])
        self.labelled.book.restore(state["quality"]["all"], state["quality"]["minutes"])
        self.canary.restore(state["canary"])
        self.newest.restore(state["newest"])
        self.alerts_ever = int(state["alerts_ever"])  # pyright: ignore[reportArgumentType]
        self.transactions_total, self.alerts_total = state["totals"]

    def _count_scored(self, record: ScoredSight, arrival: Arrival, is_live: bool) -> None:
        if not self.seen.is_first(record.partition, record.offset):
            return
        if record.score is not None and record.threshold is not None:
            self.newest.note(record, arrival.written_at_ms)
        if record.is_canary:
            self.canary.meet(arrival.written_at_ms)
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

    def _count_dead_letter(self, record: DeadLetterSight, is_live: bool) -> None:
        if record.topic != self._transactions_topic:
            return  # its offset would be taken for one of another topic
        if self.seen.is_first(record.partition, record.offset) and is_live:
            self._rejected[record.reason] += 1

    def _count_alert(self, alert: AlertSight, written_at_ms: int, is_live: bool) -> None:
        if not self.seen_alerts.is_first(alert.alert_id) or not is_live:
            return
        if is_canary(alert.account_id):
            self.canary.alert(alert, written_at_ms)
            return
        self._second["alerts"] += 1
        at_ns = written_at_ms * 1_000_000 + self.alerts_ever % ALERTS_A_MILLISECOND
        self.alerts_ever += 1
        self._alerts.append(RaisedAlert(alert, at_ns))

    def _close_traffic(self) -> Traffic:
        second, self._second = self._second, Counter()
        rejected, self._rejected = self._rejected, Counter()
        traffic = Traffic(second["scored"], second["learning"], dict(rejected), second["alerts"], second["unreadable"])
        self.transactions_total += traffic.transactions
        self.alerts_total += traffic.alerts
        return traffic


def _seen_at_us(arrival: Arrival) -> int:
    written_at_us = arrival.written_at_ms * 1000
    return written_at_us if arrival.read_at_us - written_at_us > OWN_DELAY_US else arrival.read_at_us
