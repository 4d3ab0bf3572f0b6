"""The record of a second on the metrics topic, which the live page shows."""

from collections import Counter
from typing import Literal

from metrics_sink.figures.second import SecondFigures
from vigie_schemas import SCHEMA_VERSION, Metrics


def metrics_record(second: SecondFigures, influx: Literal["off", "up", "down"]) -> Metrics:
    """The record of a second."""
    return Metrics(
        schema_version=SCHEMA_VERSION,
        at_ms=second.end_ms,
        transactions=second.traffic.transactions,
        scored=second.traffic.scored,
        learning=second.traffic.learning,
        alerts=second.traffic.alerts,
        dead_letters=dict(second.traffic.rejected),
        alerts_total=second.alerts_total,
        transactions_total=second.transactions_total,
        missing_total=second.missing_total,
        latency=second.latency_window,
        lag=second.lag,
        score_quantiles=second.score_quantiles,
        score_points=second.score_points,
        model_version=second.model_version,
        threshold_version=second.threshold_version,
        alerts_by_severity=dict(Counter(raised.alert.severity for raised in second.alerts)),
        flagged_eur=sum(raised.alert.amount_eur for raised in second.alerts),
        thresholds=dict(second.thresholds),
        quality=second.quality,
        drift=second.drift,
        canary_flagged_ms_ago=second.canary.flagged_ms_ago if second.canary else None,
        influx=influx,
        gateway=second.gateway.figures if second.gateway else None,
    )
