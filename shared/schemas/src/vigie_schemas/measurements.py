"""What stands in InfluxDB, listed once: the metrics sink writes these names and no other, dashboards read them.

Tags stay few and closed: no account, transaction or alert id is ever one (docs/adr/0013). Figures of a second stand at
its beginning.
"""

from dataclasses import dataclass
from typing import Final, Literal

MinuteRule = Literal["sum", "mean", "max", "min", "last"]
"""How sixty seconds of a field become the minute that is kept for a year."""
SPAN_WINDOW: Final = "window"
SPAN_CUMULATIVE: Final = "cumulative"
SPAN_BATCH: Final = "batch"
"""Figures of predictions that somebody had compared, not of the stream."""


@dataclass(frozen=True)
class MeasuredField:
    """One number (or text) of a measurement."""

    name: str
    unit: str
    meaning: str
    per_minute: MinuteRule = "last"
    is_text: bool = False
    for_panels: bool = True
    """False for what programs read: encoded histograms and the like."""


@dataclass(frozen=True)
class Measurement:
    """One measurement; every combination of its tags is a series."""

    name: str
    meaning: str
    fields: tuple[MeasuredField, ...]
    tags: tuple[str, ...] = ()
    is_event: bool = False
    """One point for each event, kept as it is instead of by the minute."""
    writer: str = "metrics-sink"

    @property
    def field_names(self) -> tuple[str, ...]:
        """Names of all fields."""
        return tuple(field.name for field in self.fields)


THROUGHPUT: Final = Measurement(
    "throughput",
    "Records the detector finished, canaries included.",
    (
        MeasuredField("transactions", "records/s", "Scored, learning and rejected ones together.", "sum"),
        MeasuredField("scored", "records/s", "Judged by a model.", "sum"),
        MeasuredField("learning", "records/s", "Seen while there was no model.", "sum"),
        MeasuredField("rejected", "records/s", "Sent to the dead letters.", "sum"),
        MeasuredField("alerts", "alerts/s", "Alerts of real accounts.", "sum"),
        MeasuredField("missing", "records/s", "Deleted by Kafka before they were scored, found in this second.", "sum"),
    ),
)
LATENCY: Final = Measurement(
    "latency",
    "From the producer's stamp to the scored record, for the records of this second.",
    (
        MeasuredField("p50_ms", "ms", "Half were faster.", "mean"),
        MeasuredField("p95_ms", "ms", "95 % were faster; by the minute: its worst second.", "max"),
        MeasuredField("p99_ms", "ms", "99 % were faster; by the minute: its worst second.", "max"),
        MeasuredField("p999_ms", "ms", "99.9 % were faster; by the minute: its worst second.", "max"),
        MeasuredField("max_ms", "ms", "The slowest.", "max"),
        MeasuredField("count", "records/s", "Records measured.", "sum"),
        MeasuredField(
            "histogram", "HDR, microseconds", "All of it, to be merged exactly over any span by programs.",
            is_text=True, for_panels=False,
        ),
    ),
)  # fmt: skip
LAG: Final = Measurement(
    "lag",
    "Transactions that wait for the detector.",
    (MeasuredField("waiting", "records", "End of the partition minus what was finished.", "max"),),
    tags=("partition",),
)
SCORES: Final = Measurement(
    "scores",
    "Scores of this second, without canaries.",
    (
        MeasuredField("p50", "score", "Median.", "mean"),
        MeasuredField("p90", "score", "90th percentile.", "mean"),
        MeasuredField("p99", "score", "99th percentile.", "max"),
        MeasuredField("count", "records/s", "Scores counted.", "sum"),
    ),
    tags=("segment",),
)
THRESHOLD: Final = Measurement(
    "threshold",
    "Score from which on a segment alerts.",
    (MeasuredField("threshold", "score", "As on the newest record of the segment."),),
    tags=("segment",),
)
ALERTS_RAISED: Final = Measurement(
    "alerts",
    "Alerts of this second, without canaries.",
    (
        MeasuredField("count", "alerts/s", "Alerts.", "sum"),
        MeasuredField("money_eur", "EUR/s", "Amounts they are about.", "sum"),
    ),
    tags=("severity", "segment"),
)
ALERT: Final = Measurement(
    "alert",
    "Each alert, at the moment it was written to Kafka; the nanoseconds keep two of one millisecond apart.",
    (
        MeasuredField("alert_id", "", "Its name; links to the live page.", is_text=True),
        MeasuredField("transaction_id", "", "The transaction's name.", is_text=True),
        MeasuredField("account_id", "", "The account's pseudonym.", is_text=True),
        MeasuredField("amount_eur", "EUR", "What it is about."),
        MeasuredField("score", "score", "How unusual it is."),
        MeasuredField("threshold", "score", "From which score on it alerted."),
        MeasuredField("first_reason", "", "The strongest reason in words.", is_text=True),
        MeasuredField("first_feature", "", "The feature behind it.", is_text=True),
        MeasuredField("country", "", "Where it was made; empty where unknown.", is_text=True),
        MeasuredField("category", "", "Kind of merchant; empty where unknown.", is_text=True),
        MeasuredField("made_at_ms", "ms since 1970", "When the transaction was made, by its own clock."),
        MeasuredField("model_version", "version", "The model that judged."),
    ),
    tags=("severity", "segment"),
    is_event=True,
)
FRAUD: Final = Measurement(
    "fraud",
    "Confirmed frauds by the second their label came.",
    (
        MeasuredField("caught", "labels/s", "Had been alerted on.", "sum"),
        MeasuredField("missed", "labels/s", "Had not.", "sum"),
        MeasuredField("caught_eur", "EUR/s", "Amounts of the caught ones.", "sum"),
        MeasuredField("missed_eur", "EUR/s", "Amounts of the missed ones.", "sum"),
    ),
    tags=("scenario",),
)
DEAD_LETTERS_SEEN: Final = Measurement(
    "dead_letters",
    "Records that could not be scored.",
    (MeasuredField("count", "records/s", "Rejected.", "sum"),),
    tags=("reason",),
)
DRIFT: Final = Measurement(
    "drift",
    "How far a feature's values of the last hour lie from the champion's training span; once a minute.",
    (
        MeasuredField("psi", "PSI", "Below 0.1 calm, above 0.25 another population."),
        MeasuredField("rows", "records", "Scored records compared."),
    ),
    tags=("feature",),
)
QUALITY: Final = Measurement(
    "quality",
    "The detector judged by labels as they arrive; ranges are Wilson's at 95 %.",
    (
        MeasuredField("precision", "share", "Alerts that were fraud, of the labelled alerts."),
        MeasuredField("precision_low", "share", "Lower end of its range."),
        MeasuredField("precision_high", "share", "Upper end of its range."),
        MeasuredField("recall", "share", "Frauds that were alerted on, of the labelled frauds."),
        MeasuredField("recall_low", "share", "Lower end of its range."),
        MeasuredField("recall_high", "share", "Upper end of its range."),
        MeasuredField("false_positive_rate", "share", "Honest transactions alerted on, of the labelled honest ones."),
        MeasuredField("false_positive_rate_low", "share", "Lower end of its range."),
        MeasuredField("false_positive_rate_high", "share", "Upper end of its range."),
        MeasuredField("labelled", "transactions", "Scored transactions with a label."),
        MeasuredField("frauds", "transactions", "Those labelled as fraud."),
    ),
    tags=("span",),
)
VERSIONS: Final = Measurement(
    "versions",
    "What judges.",
    (
        MeasuredField("model_version", "version", "Of the newest scored record."),
        MeasuredField("threshold_version", "version", "Of the newest scored record."),
        MeasuredField("champion_version", "version", "What the registry wants to serve; missing while it is away."),
        MeasuredField("models", "versions", "Different models that scored in this second.", "max"),
    ),
)
CANARY: Final = Measurement(
    "canary",
    "The payment that must alert; nothing is written before the first one was seen.",
    (
        MeasuredField("flagged_age_s", "s", "Seconds since a canary last alerted, or since the first one came.", "max"),
        MeasuredField("detect_ms", "ms", "From its stamp to its alert, the last time.", "max"),
    ),
)
GATEWAY: Final = Measurement(
    "gateway",
    "The gateway's answers of this second, without canaries; nothing is written before the first one was read.",
    (
        MeasuredField("calls", "calls/s", "Calls answered.", "sum"),
        MeasuredField("allow", "verdicts/s", "Calls answered with allow.", "sum"),
        MeasuredField("review", "verdicts/s", "Calls answered with review.", "sum"),
        MeasuredField("challenge", "verdicts/s", "Calls answered with challenge.", "sum"),
        MeasuredField("decline", "verdicts/s", "Calls answered with decline.", "sum"),
        MeasuredField("would_allow", "verdicts/s", "In shadow mode: would have been allow as well.", "sum"),
        MeasuredField("would_review", "verdicts/s", "In shadow mode: would have been review.", "sum"),
        MeasuredField("would_challenge", "verdicts/s", "In shadow mode: would have been challenge.", "sum"),
        MeasuredField("would_decline", "verdicts/s", "In shadow mode: would have been decline.", "sum"),
        MeasuredField("by_model", "calls/s", "Answered by score and rules.", "sum"),
        MeasuredField("by_rules", "calls/s", "Answered by rules alone, because no model judged.", "sum"),
        MeasuredField("by_fallback", "calls/s", "Answered without an outcome, as the policy says.", "sum"),
        MeasuredField("late", "verdicts/s", "True verdicts that came after a fallback.", "sum"),
        MeasuredField("p50_ms", "ms", "From call to answer: half were faster.", "mean"),
        MeasuredField("p99_ms", "ms", "From call to answer: 99 % were faster; by the minute: its worst second.", "max"),
        MeasuredField("max_ms", "ms", "From call to answer: the slowest.", "max"),
    ),
)
FALLBACKS: Final = Measurement(
    "fallbacks",
    "Calls of this second that the gateway answered without an outcome, without canaries.",
    (MeasuredField("count", "calls/s", "Calls.", "sum"),),
    tags=("cause",),
)
DELIVERY_MEASURED: Final = Measurement(
    "delivery",
    "Alerts on their way out, by receiver.",
    (
        MeasuredField("delivered", "alerts/s", "Accepted by the receiver.", "sum"),
        MeasuredField("failed_attempts", "attempts/s", "Refused or unanswered.", "sum"),
        MeasuredField("waiting", "alerts", "Not delivered yet.", "max"),
        MeasuredField("oldest_waiting_s", "s", "Age of the oldest of them; 0 when none waits.", "max"),
        MeasuredField("dead", "alerts", "Given up."),
        MeasuredField("p50_ms", "ms", "Alert written to accepted, median of the last seconds.", "mean"),
        MeasuredField("p99_ms", "ms", "The same, 99th percentile.", "max"),
    ),
    tags=("receiver",),
)
SUPPRESSED: Final = Measurement(
    "suppressed",
    "Alerts kept back on purpose.",
    (MeasuredField("count", "alerts/s", "Alerts.", "sum"),),
    tags=("cause",),
)
SINK: Final = Measurement(
    "sink",
    "The metrics sink itself.",
    (
        MeasuredField("buffered_points", "points", "Waiting on disk for InfluxDB.", "max"),
        MeasuredField("written", "points", "Accepted by InfluxDB since the second before.", "sum"),
        MeasuredField("write_failures", "attempts", "Failed writes since the second before.", "sum"),
        MeasuredField("dropped", "points", "Lost since the second before: buffer full or refused for good.", "sum"),
        MeasuredField("influx_up", "0 or 1", "Whether the last write went through.", "min"),
        MeasuredField("unreadable", "records/s", "Records that keep no contract.", "sum"),
    ),
)

MEASUREMENTS: Final = (
    THROUGHPUT, LATENCY, LAG, SCORES, THRESHOLD, ALERTS_RAISED, ALERT, FRAUD, DEAD_LETTERS_SEEN, DRIFT, QUALITY,
    VERSIONS, CANARY, GATEWAY, FALLBACKS, DELIVERY_MEASURED, SUPPRESSED, SINK,
)  # fmt: skip


def minute_bucket(bucket: str) -> str:
    """Name of the bucket that keeps minutes of what `bucket` keeps by the second."""
    return f"{bucket}_1m"
