"""All figures of one second; its points and its metrics record are made from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from metrics_sink.figures.canary import CanaryFigures
from metrics_sink.figures.gateway import GatewaySecond
from metrics_sink.figures.labels import FraudCount
from metrics_sink.figures.latencies import ClosedLatency
from metrics_sink.figures.scores import SegmentScores
from metrics_sink.intake.records import AlertRecord
from vigie_schemas import DeliveryMetrics, Latency, Quality, ScorePoint


@dataclass(frozen=True)
class RaisedAlert:
    """An alert with the time of its point, which no other alert has."""

    alert: AlertRecord
    at_ns: int


@dataclass(frozen=True)
class Traffic:
    """Records of the second by their result."""

    scored: int
    learning: int
    rejected: Mapping[str, int]
    alerts: int
    unreadable: int
    missing: int = 0
    """Deleted by Kafka before they were scored; found in this second."""

    @property
    def transactions(self) -> int:
        """Records the detector finished."""
        return self.scored + self.learning + sum(self.rejected.values())


@dataclass(frozen=True)
class SecondFigures:
    """The figures of one second of the stream; `start_s` counts seconds since 1970."""

    start_s: int
    traffic: Traffic
    transactions_total: int
    alerts_total: int
    missing_total: int
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
    canary: CanaryFigures | None
    deliveries: tuple[DeliveryMetrics, ...]
    gateway: GatewaySecond | None
    lag: dict[str, int] = field(default_factory=dict)

    @property
    def end_ms(self) -> int:
        """End of the second."""
        return (self.start_s + 1) * 1000

    def with_lag(self, lag: dict[str, int]) -> "SecondFigures":
        """The same with the lag of the detector, by partition."""
        return replace(self, lag=lag)
