"""When somebody is told. Each rule has a section of the same title in docs/operations.md."""

from typing import Final

from grafana_provisioning import limits
from grafana_provisioning.alerting.rule import AlertRule, Figure
from grafana_provisioning.flux import Reading, each_point
from grafana_provisioning.places import DELIVERY, DETECTION, OPERATIONS

TRANSACTIONS_TO_EXPECT_ALERTS: Final = 10_000
"""At the budget of 0.63 % these hold 63 alerts in about eight episodes (docs/adr/0009): none is no chance."""
ALERTS_TO_CALL_IT_A_SURGE: Final = 50
"""One mule account alone makes a dozen alerts; a surge is several at once."""
REJECTED_TO_LOOK: Final = 10


def _points(measurement: str, field: str, by: tuple[str, ...] = ()) -> str:
    return each_point(Reading(measurement, (field,), by=by))


def _merged_points(measurement: str, field: str, by: tuple[str, ...] = ()) -> str:
    return each_point(Reading(measurement, (field,), by=by), merge="sum")


STREAM: Final[tuple[AlertRule, ...]] = (
    AlertRule(
        uid="vigie-latency",
        title="Latency above budget",
        severity="warning",
        # the median second of two minutes: a checkpoint's stop raises p99 for the ten seconds it is taken over
        figures=(Figure("p99", _points("latency", "p99_ms"), "mean", 2),),
        condition=f"$p99 > {limits.LATENCY_MS.critical:g}",
        lasting="2m",
        summary="p99 from sent to scored has been {{ printf \"%.0f\" $values.p99.Value }} ms over two minutes.",
        dashboard=OPERATIONS,
        panel="Latency, sent to scored",
    ),
    AlertRule(
        uid="vigie-lag",
        title="Detector falls behind",
        severity="critical",
        figures=(Figure("waiting", _merged_points("lag", "waiting"), "min", 1),),
        condition=f"$waiting > {limits.WAITING.critical:g}",
        lasting="1m",
        summary="At least {{ printf \"%.0f\" $values.waiting.Value }} transactions have been waiting for a minute.",
        dashboard=OPERATIONS,
        panel="Waiting for the detector, by partition",
    ),
    AlertRule(
        uid="vigie-dead-letters",
        title="Records are refused",
        severity="warning",
        figures=(
            Figure("refused", _points("throughput", "rejected"), "sum", 5),
            Figure("all", _points("throughput", "transactions"), "sum", 5),
        ),
        condition=f"($refused >= {REJECTED_TO_LOOK}) && ($refused > {limits.REJECTED_SHARE.critical:g} * $all)",
        lasting="0s",
        summary="{{ printf \"%.0f\" $values.refused.Value }} records were refused in five minutes.",
        dashboard=OPERATIONS,
        panel="Refused records, by reason",
    ),
)
