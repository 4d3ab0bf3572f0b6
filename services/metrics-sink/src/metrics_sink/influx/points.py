"""The points of a second, in line protocol; names come from `vigie_schemas.measurements` only."""

from collections import defaultdict
from collections.abc import Iterator
from typing import get_args

from metrics_sink.figures.second import SecondFigures
from metrics_sink.influx.line_protocol import Value, line
from vigie_schemas import VERDICTS_BY_STRICTNESS, DeliveryMetrics, Quality, measurements
from vigie_schemas.verdict import Basis

MILLISECOND_NS = 1_000_000
SECOND_NS = 1_000 * MILLISECOND_NS


def points(second: SecondFigures) -> list[str]:
    """All points of the second, one line each."""
    at_ns = second.start_s * SECOND_NS
    parts = (
        _traffic(second, at_ns),
        _scores(second, at_ns),
        _alerts(second, at_ns),
        _labels(second, at_ns),
        _gateway(second, at_ns),
    )
    lines = [text for part in parts for text in part]
    lines += [text for delivery in second.deliveries for text in _delivery(delivery)]
    return [text for text in lines if text]


def _traffic(second: SecondFigures, at_ns: int) -> Iterator[str]:
    traffic = second.traffic
    counts = {
        "transactions": traffic.transactions,
        "scored": traffic.scored,
        "learning": traffic.learning,
        "rejected": sum(traffic.rejected.values()),
        "alerts": traffic.alerts,
        "missing": traffic.missing,
    }
    yield line(measurements.THROUGHPUT, at_ns, counts)
    if second.latency:
        figures = second.latency.second.model_dump(exclude={"seconds"})
        yield line(measurements.LATENCY, at_ns, figures | {"histogram": second.latency.histogram})
    for partition, waiting in second.lag.items():
        yield line(measurements.LAG, at_ns, {"waiting": waiting}, {"partition": partition})
    for reason, count in traffic.rejected.items():
        yield line(measurements.DEAD_LETTERS_SEEN, at_ns, {"count": count}, {"reason": reason})
    if second.canary:
        ages = {"flagged_age_s": second.canary.flagged_ms_ago / 1000, "detect_ms": second.canary.detect_ms}
        yield line(measurements.CANARY, at_ns, ages)


def _scores(second: SecondFigures, at_ns: int) -> Iterator[str]:
    for segment, scores in second.scores.items():
        yield line(measurements.SCORES, at_ns, {**scores.quantiles, "count": scores.count}, {"segment": segment})
    for segment, threshold in second.thresholds.items():
        yield line(measurements.THRESHOLD, at_ns, {"threshold": threshold}, {"segment": segment})


def _alerts(second: SecondFigures, at_ns: int) -> Iterator[str]:
    together: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for raised in second.alerts:
        alert = raised.alert
        tags = {"severity": alert.severity, "segment": alert.segment}
        together[alert.severity, alert.segment].append(alert.amount_eur)
        written = {name: getattr(alert, name) for name in measurements.ALERT.field_names}
        yield line(measurements.ALERT, raised.at_ns, written, tags)
    for (severity, segment), amounts in together.items():
        counts = {"count": len(amounts), "money_eur": sum(amounts)}
        yield line(measurements.ALERTS_RAISED, at_ns, counts, {"severity": severity, "segment": segment})


def _labels(second: SecondFigures, at_ns: int) -> Iterator[str]:
    for scenario, count in second.frauds.items():
        yield line(measurements.FRAUD, at_ns, vars(count), {"scenario": scenario})
    for span, quality in second.quality.items():
        yield line(measurements.QUALITY, at_ns, quality_fields(quality), {"span": span})
    if second.is_drift_new:
        for feature, index in second.drift.items():
            yield line(measurements.DRIFT, at_ns, {"psi": index, "rows": second.drift_rows}, {"feature": feature})


def _gateway(second: SecondFigures, at_ns: int) -> Iterator[str]:
    if second.gateway is None:
        return
    figures, latency = second.gateway
    written: dict[str, Value] = {
        "calls": figures.calls,
        "late": figures.late,
        "p50_ms": latency.p50_ms if latency else None,
        "p99_ms": latency.p99_ms if latency else None,
        "max_ms": latency.max_ms if latency else None,
    }
    written |= {verdict: figures.verdicts.get(verdict, 0) for verdict in VERDICTS_BY_STRICTNESS}
    written |= {f"would_{verdict}": figures.would_be.get(verdict, 0) for verdict in VERDICTS_BY_STRICTNESS}
    written |= {f"by_{basis}": figures.bases.get(basis, 0) for basis in get_args(Basis)}
    yield line(measurements.GATEWAY, at_ns, written)
    for cause, count in figures.fallbacks.items():
        yield line(measurements.FALLBACKS, at_ns, {"count": count}, {"cause": cause})


def quality_fields(quality: Quality) -> dict[str, Value]:
    """A span's fields; shares of nothing are left out."""
    found: dict[str, Value] = {"labelled": quality.labelled, "frauds": quality.frauds}
    for name in ("precision", "recall", "false_positive_rate"):
        share = getattr(quality, name)
        if share is not None:
            found |= {name: share.value, f"{name}_low": share.low, f"{name}_high": share.high}
    return found


def _delivery(metrics: DeliveryMetrics) -> Iterator[str]:
    at_ns = metrics.at_ms * MILLISECOND_NS - SECOND_NS  # it names the second's end
    for receiver, figures in metrics.receivers.items():
        latency = figures.latency
        written: dict[str, Value] = {
            "delivered": figures.delivered,
            "failed_attempts": figures.failed_attempts,
            "waiting": figures.waiting,
            "oldest_waiting_s": figures.oldest_waiting_ms / 1000,
            "dead": figures.dead,
            "p50_ms": latency.p50_ms if latency else None,
            "p99_ms": latency.p99_ms if latency else None,
        }
        yield line(measurements.DELIVERY_MEASURED, at_ns, written, {"receiver": receiver})
    for cause, count in metrics.suppressed.items():
        yield line(measurements.SUPPRESSED, at_ns, {"count": count}, {"cause": cause})
