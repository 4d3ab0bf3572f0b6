"""One second of the stream in figures."""

from typing import Annotated, Literal

from pydantic import Field

from vigie_schemas.record import Part, Record, TimestampMs
from vigie_schemas.scored import Score, Version

Count = Annotated[int, Field(ge=0)]


class Latency(Part):
    """Producer's stamp to scored record read back, in milliseconds, over the last `seconds` seconds."""

    seconds: Count
    count: Count
    p50_ms: float
    p95_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float


class ScorePoint(Part):
    """One scored transaction, for the live page's stream of scores."""

    timestamp_ms: TimestampMs
    score: Score
    threshold: Score
    is_anomaly: bool


class Share(Part):
    """A share of labelled transactions with Wilson's range at 95 %."""

    value: Score
    low: Score
    high: Score


class Quality(Part):
    """The detector judged by labels; a share is null while there is nothing to divide by."""

    precision: Share | None
    recall: Share | None
    false_positive_rate: Share | None
    labelled: Count
    frauds: Count


class GatewayFigures(Part):
    """The gateway's answers without those to canaries, each counted once; counts are of the second unless said."""

    calls: Count = Field(description="Calls answered; late verdicts answer none.")
    verdicts: dict[str, Count] = Field(description="By verdict, of the calls.")
    would_be: dict[str, Count] = Field(description="In shadow mode, what the calls' verdicts would have been.")
    bases: dict[str, Count] = Field(description="By basis, of the calls.")
    fallbacks: dict[str, Count] = Field(description="By cause, of the calls whose basis is a fallback.")
    late: Count = Field(description="True verdicts that came after a fallback was answered.")
    latency: Latency | None = Field(description="From a call to its answer; null while none was answered.")
    recent_calls: Count = Field(description="Calls of the last five minutes, or since the sink began if that is less.")
    fallback_share: Score | None = Field(description="Of those recent calls; null while there are none.")


class Metrics(Record):
    """Published once a second on the metrics topic; counts are of that second unless said otherwise."""

    at_ms: TimestampMs = Field(description="End of the second, milliseconds since 1970 UTC.")
    transactions: Count = Field(description="Records the detector finished: scored, learning or rejected.")
    scored: Count
    learning: Count = Field(description="Records seen while there was no model.")
    alerts: Count
    dead_letters: dict[str, Count] = Field(description="By reject reason.")
    alerts_total: Count = Field(description="Since the sink began; kept over restarts.")
    transactions_total: Count = Field(description="Since the sink began; kept over restarts.")
    missing_total: Count = Field(
        default=0, description="Transactions that Kafka deleted before they were scored; kept over restarts."
    )
    latency: Latency | None = Field(description="Null while no stamped record was scored.")
    lag: dict[str, Count] = Field(description="Transactions waiting for the detector, by partition.")
    score_quantiles: dict[str, Score] = Field(description="p50, p90, p99 of the last ten seconds' scores.")
    score_points: Annotated[list[ScorePoint], Field(max_length=25)]
    model_version: Version | None
    threshold_version: Version | None
    alerts_by_severity: dict[str, Count] = Field(default_factory=dict, description="Alerts of the second.")
    flagged_eur: Annotated[float, Field(ge=0)] = Field(default=0.0, description="Amounts those alerts are about.")
    thresholds: dict[str, Score] = Field(default_factory=dict, description="By segment, newest.")
    quality: dict[str, Quality] = Field(default_factory=dict, description="By span: window and cumulative.")
    drift: dict[str, float] = Field(default_factory=dict, description="PSI by feature, of the last full minute.")
    canary_flagged_ms_ago: Count | None = Field(
        default=None, description="Since a canary last alerted; null before the first canary."
    )
    influx: Literal["off", "up", "down"] = Field(default="off", description="Whether InfluxDB takes the figures.")
    gateway: GatewayFigures | None = Field(
        default=None, description="Null while no verdict has been read since the sink began."
    )
