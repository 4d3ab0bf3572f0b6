"""A made-up system's figures, second by second, as metrics-sink writes them: for timing queries and for trying rules.

Written with metrics-sink's own line protocol, so names and types are its own; a field not made here fails a test.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from metrics_sink.influx.line_protocol import Value, line
from vigie_schemas import FEATURE_NAMES, SEGMENT_ESTABLISHED, SEGMENT_NEW, Measurement, measurements
from vigie_schemas.measurements import SPAN_CUMULATIVE, SPAN_WINDOW

Point = tuple[Measurement, Mapping[str, str], Mapping[str, Value]]
SEGMENTS = (SEGMENT_NEW, SEGMENT_ESTABLISHED)
SECOND_NS = 1_000_000_000
DRIFT_EVERY_SECONDS = 60


@dataclass(frozen=True)
class SyntheticSystem:
    """How the made-up system is doing; the defaults are a healthy one at fifty payments a second."""

    rate: int = 50
    rejected: int = 0
    missing: int = 0
    alert_share: float = 0.0063
    p99_ms: float = 28.0
    waiting: int = 3
    canary_age_s: float = 30.0
    oldest_waiting_s: float = 0.0
    dead: int = 0
    psi: float = 0.02
    model_version: int = 1
    threshold_version: int = 1
    champion_version: int | None = 1
    models: int = 1
    buffered_points: int = 0
    write_failures: int = 0
    dropped: int = 0
    calls: int = 40
    fallback_share: float = 0.0
    receivers: tuple[str, ...] = ("slack", "webhook")
    accounts: tuple[str, ...] = field(default_factory=lambda: tuple(f"acct-{number}" for number in range(2_000)))


def second(figures: SyntheticSystem, at: int, chance: random.Random) -> Iterator[str]:
    """Lines of line protocol of the second that begins `at` seconds after 1970."""
    alerts = _count(figures.alert_share * figures.rate, chance)
    for point in (
        *_stream(figures, alerts, chance),
        *_model(figures, at, chance),
        *_gateway(figures, chance),
        *_leaving(figures, alerts, chance),
    ):
        yield _line(point, at * SECOND_NS)
    for number in range(alerts):
        yield _line(_alert(figures, at, number, chance), at * SECOND_NS + number)


def _count(expected: float, chance: random.Random) -> int:
    whole = int(expected)
    return whole + (chance.random() < expected - whole)


def _stream(figures: SyntheticSystem, alerts: int, chance: random.Random) -> Iterator[Point]:
    scored = figures.rate
    yield measurements.THROUGHPUT, {}, {
        "transactions": scored + figures.rejected, "scored": scored, "learning": 0, "rejected": figures.rejected,
        "alerts": alerts, "missing": figures.missing,
    }  # fmt: skip
    slower = figures.p99_ms * chance.uniform(0.95, 1.05)
    yield measurements.LATENCY, {}, {
        "p50_ms": slower / 3, "p95_ms": slower / 1.5, "p99_ms": slower, "p999_ms": slower * 1.5, "max_ms": slower * 2,
        "count": scored,
    }  # fmt: skip
    for partition in range(2):
        yield measurements.LAG, {"partition": str(partition)}, {"waiting": figures.waiting}
    for reason in ("invalid_amount",) if figures.rejected else ():
        yield measurements.DEAD_LETTERS_SEEN, {"reason": reason}, {"count": figures.rejected}
    yield measurements.CANARY, {}, {"flagged_age_s": figures.canary_age_s, "detect_ms": slower}


def _model(figures: SyntheticSystem, at: int, chance: random.Random) -> Iterator[Point]:
    for segment in SEGMENTS:
        p50 = chance.uniform(0.38, 0.42)
        scores = {"p50": p50, "p90": p50 + 0.1, "p99": p50 + 0.2, "count": figures.rate // len(SEGMENTS)}
        yield measurements.SCORES, {"segment": segment}, scores
        yield measurements.THRESHOLD, {"segment": segment}, {"threshold": 0.65}
    versions: dict[str, Value] = {
        "model_version": figures.model_version, "threshold_version": figures.threshold_version, "models": figures.models
    }  # fmt: skip
    if figures.champion_version is not None:
        versions["champion_version"] = figures.champion_version
    yield measurements.VERSIONS, {}, versions
    for span in (SPAN_WINDOW, SPAN_CUMULATIVE):
        yield measurements.QUALITY, {"span": span}, {
            "precision": 0.97, "precision_low": 0.94, "precision_high": 0.99,
            "recall": 0.84, "recall_low": 0.8, "recall_high": 0.88,
            "false_positive_rate": 0.0002, "false_positive_rate_low": 0.0001, "false_positive_rate_high": 0.0004,
            "labelled": 5_000, "frauds": 40,
        }  # fmt: skip
    if at % DRIFT_EVERY_SECONDS == 0:
        for feature in FEATURE_NAMES:
            yield measurements.DRIFT, {"feature": feature}, {"psi": figures.psi, "rows": figures.rate * 3_600}
    if chance.random() < figures.alert_share * figures.rate:
        yield measurements.FRAUD, {"scenario": "night_takeover"}, {
            "caught": 1, "missed": 0, "caught_eur": 480.0, "missed_eur": 0.0
        }  # fmt: skip


def _gateway(figures: SyntheticSystem, chance: random.Random) -> Iterator[Point]:
    fallbacks = _count(figures.fallback_share * figures.calls, chance)
    declined = _count(figures.alert_share * figures.calls, chance)
    yield measurements.GATEWAY, {}, {
        "calls": figures.calls, "allow": figures.calls - declined, "review": 0, "challenge": 0, "decline": declined,
        "would_allow": 0, "would_review": 0, "would_challenge": 0, "would_decline": 0,
        "by_model": figures.calls - fallbacks, "by_rules": 0, "by_fallback": fallbacks, "late": fallbacks,
        "p50_ms": 32.0, "p99_ms": 74.0, "max_ms": 150.0 if fallbacks else 90.0,
    }  # fmt: skip
    if fallbacks:
        yield measurements.FALLBACKS, {"cause": "deadline"}, {"count": fallbacks}


def _leaving(figures: SyntheticSystem, alerts: int, chance: random.Random) -> Iterator[Point]:
    if alerts:
        tags = {"severity": chance.choice(("low", "medium", "high")), "segment": chance.choice(SEGMENTS)}
        yield measurements.ALERTS_RAISED, tags, {"count": alerts, "money_eur": 310.0 * alerts}
    for receiver in figures.receivers:
        yield measurements.DELIVERY_MEASURED, {"receiver": receiver}, {
            "delivered": alerts, "failed_attempts": int(figures.oldest_waiting_s > 0),
            "waiting": int(figures.oldest_waiting_s > 0), "oldest_waiting_s": figures.oldest_waiting_s,
            "dead": figures.dead, "p50_ms": 40.0, "p99_ms": 180.0,
        }  # fmt: skip
    if chance.random() < 0.02:
        yield measurements.SUPPRESSED, {"cause": "canary"}, {"count": 1}
    yield measurements.SINK, {}, {
        "buffered_points": figures.buffered_points, "written": 30, "write_failures": figures.write_failures,
        "dropped": figures.dropped, "influx_up": int(figures.write_failures == 0), "unreadable": 0,
    }  # fmt: skip


def alerting_accounts(figures: SyntheticSystem, at: int) -> tuple[str, ...]:
    """The accounts that alert at that time: each does within one hour of a day, as when somebody is in it."""
    an_hour = len(figures.accounts) // 24
    if an_hour == 0:
        return figures.accounts
    first = at // 3_600 % 24 * an_hour
    return figures.accounts[first : first + an_hour]


def _alert(figures: SyntheticSystem, at: int, number: int, chance: random.Random) -> Point:
    tags = {"severity": chance.choice(("low", "medium", "high")), "segment": chance.choice(SEGMENTS)}
    transaction = f"tx-{at}-{number}"
    return measurements.ALERT, tags, {
        "alert_id": f"alert:{transaction}", "transaction_id": transaction,
        "account_id": chance.choice(alerting_accounts(figures, at)),
        "amount_eur": round(chance.uniform(1, 2_000), 2), "score": chance.uniform(0.65, 0.85), "threshold": 0.65,
        "first_reason": "612 EUR, 11 times this account's usual", "first_feature": chance.choice(FEATURE_NAMES),
        "country": "FR", "category": "electronics", "made_at_ms": at * 1_000, "model_version": figures.model_version,
    }  # fmt: skip


def _line(point: Point, at_ns: int) -> str:
    measurement, tags, fields = point
    return line(measurement, at_ns, fields, tags)
