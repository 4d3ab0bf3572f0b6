"""When somebody is told. Each rule has a section of the same title in docs/operations.md."""

from typing import Final

from grafana_provisioning import limits
from grafana_provisioning.alerting.rule import AlertRule, Figure, Reducer
from grafana_provisioning.flux import Reading, each_point
from grafana_provisioning.places import DELIVERY, DETECTION, OPERATIONS

TRANSACTIONS_TO_EXPECT_ALERTS: Final = 10_000
"""At the budget of 0.63 % these hold 63 alerts in about eight episodes (docs/adr/0009): none is no chance."""
ALERTS_TO_CALL_IT_A_SURGE: Final = 50
"""One mule account alone makes a dozen alerts; a surge is several at once."""
REJECTED_TO_LOOK: Final = 10
"""One clumsy record in a quiet night wakes nobody."""
PAYMENTS_TO_SPEAK_OF_DRIFT: Final = 1_000
"""With ten bins the index of unchanged payments is about 9 / rows: from here on below 0.01."""


def _figure(name: str, reducer: Reducer, minutes: int, measurement: str, field: str, *by: str) -> Figure:
    return Figure(name, each_point(Reading(measurement, (field,), by=by)), reducer, minutes)


def _shown(name: str, digits: int = 0) -> str:
    """The figure's value in a sentence, as Grafana's templates write it."""
    return f'{{{{ printf "%.{digits}f" $values.{name}.Value }}}}'


STREAM: Final = (
    AlertRule(
        uid="vigie-latency",
        title="Latency above budget",
        severity="warning",
        # a moment's peak, as when a query is compiled: a mean of two minutes forgives it
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
            Figure("waiting", each_point(Reading("lag", ("waiting",)), merge="sum"), "min", 1),
        ),
        condition=f"$waiting > {limits.WAITING.critical:g}",
        lasting="1m",
        summary=f"Never fewer than {_shown('waiting')} transactions were waiting in the last minute.",
        dashboard=OPERATIONS,
        panel="Waiting for the detector, by partition",
    ),
    AlertRule(
        uid="vigie-dead-letters",
        title="Records are refused",
        severity="warning",
        figures=(
            _figure("refused", "sum", 5, "throughput", "rejected"),
            _figure("all", "sum", 5, "throughput", "transactions"),
        ),
        condition=f"($refused >= {REJECTED_TO_LOOK}) && ($refused > {limits.REJECTED_SHARE.critical:g} * $all)",
        lasting="0s",
        summary=f"{_shown('refused')} of {_shown('all')} records were refused in five minutes.",
        dashboard=OPERATIONS,
        panel="Refused records, by reason",
    ),
    AlertRule(
        uid="vigie-canary",
        title="Canary not caught",
        severity="critical",
        figures=(_figure("age", "last", 2, "canary", "flagged_age_s"),),
        condition=f"$age > {limits.CANARY_SECONDS.critical:g}",
        lasting="0s",
        summary=f"The planted anomaly was last flagged {_shown('age')} s ago; it is sent each minute.",
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
        condition=f"($alerts < 1) && ($scored > {TRANSACTIONS_TO_EXPECT_ALERTS})",
        lasting="0s",
        summary=f"{_shown('scored')} payments were scored in half an hour and none was unusual.",
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
        condition=f"($alerts >= {ALERTS_TO_CALL_IT_A_SURGE}) && ($alerts > {limits.ALERT_SHARE.critical:g} * $scored)",
        lasting="2m",
        summary=f"{_shown('alerts')} alerts among {_shown('scored')} payments in ten minutes, three times the budget.",
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
        condition=f"($psi > {limits.DRIFT_PSI.critical:g}) && ($rows >= {PAYMENTS_TO_SPEAK_OF_DRIFT})",
        lasting="10m",
        summary="{{ $labels.feature }} has moved: stability index " + _shown("psi", 2) + ".",
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
        summary=f"Model {_shown('model')} scores, the registry's champion is {_shown('champion')}.",
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
        title="Alerts given up on",
        severity="critical",
        figures=(_figure("dead", "last", 1, "delivery", "dead", "receiver"),),
        condition=f"$dead >= {limits.DEAD_DELIVERIES.critical:g}",
        lasting="0s",
        summary=_shown("dead") + " alerts for {{ $labels.receiver }} were given up on.",
        dashboard=DELIVERY,
        panel="Given up on, by receiver",
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
        summary="Nothing was written for a minute: metrics-sink or InfluxDB is down, and all other rules are blind.",
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
            _figure("kept", "min", 1, "sink", "buffered_points"),
            _figure("dropped", "sum", 5, "sink", "dropped"),
        ),
        condition=f"($dropped > 0) || ($failures > 2) || ($kept > {limits.BUFFERED_POINTS.critical:g})",
        lasting="0s",
        summary=(
            f"{_shown('failures')} writes failed in five minutes; {_shown('kept')} points are kept back, "
            f"{_shown('dropped')} were lost."
        ),
        dashboard=OPERATIONS,
        panel="Writing to InfluxDB",
    ),
)
GROUPS: Final[dict[str, tuple[AlertRule, ...]]] = {
    "Stream": STREAM,
    "Detection": DETECTED,
    "Delivery": DELIVERED,
    "Figures": RECORDED,
}
RULES: Final[tuple[AlertRule, ...]] = tuple(rule for rules in GROUPS.values() for rule in rules)
