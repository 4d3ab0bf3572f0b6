"""All figures of one second, from which its points and its published record are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from metrics_sink.figures.canary import CanarySeen
from metrics_sink.figures.labels import FraudCount
from metrics_sink.figures.latencies import ClosedLatency
from metrics_sink.figures.scores import SegmentScores
from metrics_sink.intake.records import AlertSight
from vigie_schemas import DeliveryMetrics, Latency, Quality, ScorePoint


@dataclass(frozen=True)
class RaisedAlert:
    """An alert with the moment its point stands at, unlike that of any other."""

    alert: AlertSight
    at_ns: int


@dataclass(frozen=True)
class Traffic:
    """Records of the second by what became of them."""

    scored: int
    learning: int
    rejected: Mapping[str, int]
    alerts: int
    unreadable: int

    @property
    def transactions(self) -> int:
        """Records the detector finished."""
        return self.scored + self.learning + sum(self.rejected.values())


@dataclass(frozen=True)
class SecondFigures:
    """What one second of the stream amounts to; `start_s` counts seconds since 1970."""

    start_s: int
    traffic: Traffic
    transactions_total: int
    alerts_total: int
    latency: ClosedLatency | None
    latency_window: Latency | None
    scores: Mapping[str, SegmentScores]
    score_quantiles: dict[str, float]
    score_points: list[ScorePoint]
    thresholds: Mapping[str, float]
    alerts: tuple[RaisedAlert, ...]
    frauds: Mapping[str, FraudCount]
    quality: dict[str, Quality]
    drift: dict[str, float]
    drift_rows: int
    is_drift_new: bool
    model_version: int | None
    threshold_version: int | None
    models: int
    canary: CanarySeen | None
    deliveries: tuple[DeliveryMetrics, ...]
    lag: dict[str, int] = field(default_factory=dict)

    @property
    def end_ms(self) -> int:
        """End of the second."""
        return (self.start_s + 1) * 1000

    def with_lag(self, lag: dict[str, int]) -> "SecondFigures":
        """The same, knowing what waits for the detector."""
        return replace(self, lag=lag)
