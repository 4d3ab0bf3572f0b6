"""The alert rules. Each has a section of the same title in docs/operations.md."""

from typing import Final

from grafana_provisioning import limits
from grafana_provisioning.alerting.rule import AlertRule, Reducer, RuleFigure
from grafana_provisioning.dashboards.assembly import DELIVERY, DETECTION, GATEWAY, OPERATIONS
from grafana_provisioning.flux import Reading, each_point

MIN_TRANSACTIONS_WITHOUT_ALERT: Final = 10_000
"""At the budget of 0.63 % these have 63 alerts in about eight episodes (docs/adr/0009): none is not chance."""
MIN_ALERTS_OF_A_SURGE: Final = 50
"""One mule account alone causes a dozen alerts; a surge is several at once."""
MIN_REJECTED: Final = 10
"""A single bad record in a quiet night is not worth a message."""
MIN_TRANSACTIONS_FOR_DRIFT: Final = 1_000
"""With ten bins the index of unchanged transactions is about 9 / rows: below 0.01 from here on."""
MIN_CALLS_FOR_FALLBACKS: Final = 100
"""Of fewer calls in five minutes one fallback alone is ten times the share that is allowed."""


def _figure(name: str, reducer: Reducer, minutes: int, measurement: str, field: str, *by: str) -> RuleFigure:
    return RuleFigure(name, each_point(Reading(measurement, (field,), by=by)), reducer, minutes)


def _shown(name: str, digits: int = 0) -> str:
    """The figure's value in a sentence, as Grafana's templates write it."""
    return f'{{{{ printf "%.{digits}f" $values.{name}.Value }}}}'


STREAM: Final = (
    AlertRule(
        uid="vigie-latency",
        title="Latency above budget",
        severity="warning",
        # a moment's peak, as when a query is compiled, is tolerated by a mean of two minutes
        figures=(_figure("p99", "mean", 2, "latency", "p99_ms"),),
        condition=f"$p99 > {limits.LATENCY_MS.critical:g}",
        lasting="1m",
        summary=f"p99 from sent to scored is {_shown('p99')} ms, mean of two minutes.",
        dashboard=OPERATIONS,
        panel="Latency, sent to scored",
    ),
    AlertRule(
        uid="vigie-lag",
        title="Detector falls behind",
        severity="critical",
        figures=(
            RuleFigure("lag", each_point(Reading("lag", ("waiting",)), merge="sum"), "min", 1),
        ),
        condition=f"$lag > {limits.LAG.critical:g}",
        lasting="1m",
        summary=f"At least {_shown('lag')} transactions waited for the detector throughout the last minute.",
        dashboard=OPERATIONS,
        panel="Lag, by partition",
    ),
    AlertRule(
        uid="vigie-missing",
        title="Transactions missing",
        severity="critical",
        figures=(_figure("missing", "sum", 60, "throughput", "missing"),),
        condition="$missing > 0",
        lasting="0s",
        summary=f"Kafka deleted {_shown('missing')} transactions before they were scored, found in the last hour.",
        dashboard=OPERATIONS,
        panel="Throughput",
    ),
    AlertRule(
        uid="vigie-dead-letters",
        title="Records become dead letters",
        severity="warning",
        figures=(
            _figure("rejected", "sum", 5, "throughput", "rejected"),
            _figure("all", "sum", 5, "throughput", "transactions"),
        ),
        condition=f"($rejected >= {MIN_REJECTED}) && ($rejected > {limits.REJECTED_SHARE.critical:g} * $all)",
        lasting="0s",
        summary=f"{_shown('rejected')} of {_shown('all')} records became dead letters in five minutes.",
        dashboard=OPERATIONS,
        panel="Dead letters, by reason",
    ),
    AlertRule(
        uid="vigie-canary",
        title="Canary not flagged",
        severity="critical",
        figures=(_figure("age", "last", 2, "canary", "flagged_age_s"),),
        condition=f"$age > {limits.CANARY_SECONDS.critical:g}",
        lasting="0s",
        summary=f"A canary was last flagged {_shown('age')} s ago; one is sent each minute.",
        dashboard=OPERATIONS,
        panel="Canary last flagged",
    ),
)  # fmt: skip
DETECTED: Final = (
    AlertRule(
        uid="vigie-no-alerts",
        title="No alerts although transactions flow",
        severity="critical",
        figures=(
            _figure("alerts", "sum", 30, "throughput", "alerts"),
            _figure("scored", "sum", 30, "throughput", "scored"),
        ),
        condition=f"($alerts < 1) && ($scored > {MIN_TRANSACTIONS_WITHOUT_ALERT})",
        lasting="0s",
        summary=f"{_shown('scored')} transactions were scored in half an hour and none alerted.",
        dashboard=DETECTION,
        panel="Scores against thresholds",
    ),
    AlertRule(
        uid="vigie-surge",
        title="Alerts surge",
        severity="warning",
        figures=(
            _figure("alerts", "sum", 10, "throughput", "alerts"),
            _figure("scored", "sum", 10, "throughput", "scored"),
        ),
        condition=f"($alerts >= {MIN_ALERTS_OF_A_SURGE}) && ($alerts > {limits.ALERT_SHARE.critical:g} * $scored)",
        lasting="2m",
        summary=f"{_shown('alerts')} alerts among {_shown('scored')} transactions in ten minutes: 3 times the budget.",
        dashboard=DETECTION,
        panel="Alerts, by severity",
    ),
    AlertRule(
        uid="vigie-drift",
        title="Features have drifted",
        severity="warning",
        figures=(
            _figure("psi", "last", 15, "drift", "psi", "feature"),
            _figure("rows", "last", 15, "drift", "rows", "feature"),
        ),
        condition=f"($psi > {limits.DRIFT_PSI.critical:g}) && ($rows >= {MIN_TRANSACTIONS_FOR_DRIFT})",
        lasting="10m",
        summary="{{ $labels.feature }} has drifted: stability index " + _shown("psi", 2) + ".",
        dashboard=DETECTION,
        panel="Drift, by feature",
    ),
    AlertRule(
        uid="vigie-disagreement",
        title="Detector and registry disagree",
        severity="warning",
        figures=(
            _figure("model", "last", 1, "versions", "model_version"),
            _figure("champion", "last", 5, "versions", "champion_version"),
        ),
        condition="$model != $champion",
        lasting="15m",  # a change takes seconds, a start that has to rebuild histories takes minutes
        summary=f"Model {_shown('model')} scores, and the registry's champion is {_shown('champion')}.",
        dashboard=DETECTION,
        panel="Versions",
    ),
    AlertRule(
        uid="vigie-two-models",
        title="Two models score at once",
        severity="critical",
        figures=(_figure("models", "min", 2, "versions", "models"),),
        condition="$models > 1",
        lasting="5m",
        summary=f"{_shown('models')} models score at the same time: two detectors are running.",
        dashboard=DETECTION,
        panel="Versions",
    ),
)
DELIVERED: Final = (
    AlertRule(
        uid="vigie-undelivered",
        title="Alerts are not delivered",
        severity="critical",
        figures=(_figure("oldest", "last", 1, "delivery", "oldest_waiting_s", "receiver"),),
        condition=f"$oldest > {limits.UNDELIVERED_SECONDS.critical:g}",
        lasting="0s",
        summary="The oldest alert for {{ $labels.receiver }} has been waiting for " + _shown("oldest") + " s.",
        dashboard=DELIVERY,
        panel="Waiting, by receiver",
    ),
    AlertRule(
        uid="vigie-given-up",
        title="Dead messages",
        severity="critical",
        figures=(_figure("dead", "last", 1, "delivery", "dead", "receiver"),),
        condition=f"$dead >= {limits.DEAD_MESSAGES.critical:g}",
        lasting="0s",
        summary=_shown("dead") + " messages for {{ $labels.receiver }} are dead.",
        dashboard=DELIVERY,
        panel="Dead messages, by receiver",
    ),
)
ANSWERED: Final = (
    AlertRule(
        uid="vigie-fallbacks",
        title="Gateway falls back",
        severity="critical",
        figures=(
            _figure("fallbacks", "sum", 5, "gateway", "by_fallback"),
            _figure("calls", "sum", 5, "gateway", "calls"),
        ),
        condition=(
            f"($calls >= {MIN_CALLS_FOR_FALLBACKS}) && ($fallbacks > {limits.FALLBACK_SHARE.critical:g} * $calls)"
        ),
        lasting="0s",
        summary=f"{_shown('fallbacks')} of {_shown('calls')} calls in five minutes were answered without an outcome.",
        dashboard=GATEWAY,
        panel="Fallback share",
    ),
)
RECORDED: Final = (
    AlertRule(
        uid="vigie-silent",
        title="Figures do not arrive",
        severity="critical",
        figures=(_figure("seconds", "count", 1, "throughput", "transactions"),),
        condition="$seconds < 1",
        lasting="30s",
        summary="Nothing was written for a minute: metrics-sink or InfluxDB is unavailable. No other rule can fire.",
        dashboard=OPERATIONS,
        panel="Throughput",
        missing="Alerting",
        when_query_fails="Alerting",
    ),
    AlertRule(
        uid="vigie-writes-failing",
        title="InfluxDB writes failing",
        severity="warning",
        figures=(
            _figure("failures", "sum", 5, "sink", "write_failures"),
            _figure("buffered", "min", 1, "sink", "buffered_points"),
            _figure("dropped", "sum", 5, "sink", "dropped"),
        ),
        condition=f"($dropped > 0) || ($failures > 2) || ($buffered > {limits.BUFFERED_POINTS.critical:g})",
        lasting="0s",
        summary=(
            f"{_shown('failures')} writes failed in five minutes; {_shown('buffered')} points are buffered, "
            f"{_shown('dropped')} were dropped."
        ),
        dashboard=OPERATIONS,
        panel="Writing to InfluxDB",
    ),
)
GROUPS: Final[dict[str, tuple[AlertRule, ...]]] = {
    "Stream": STREAM,
    "Detection": DETECTED,
    "Delivery": DELIVERED,
    "Gateway": ANSWERED,
    "Figures": RECORDED,
}
RULES: Final[tuple[AlertRule, ...]] = tuple(rule for rules in GROUPS.values() for rule in rules)
