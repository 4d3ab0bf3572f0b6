"""Do alerts reach people: each receiver's queue, speed and failures, and what is held back on purpose."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana_provisioning import limits
from grafana_provisioning.dashboards.assembly import PanelBuilder, assembled
from grafana_provisioning.flux import Reading, at_the_end, over_all, over_time
from grafana_provisioning.levels import Levels
from grafana_provisioning.panels import chart, figure
from grafana_provisioning.places import DELIVERY

RECEIVER = "${__field.labels.receiver}"


def delivery() -> Dashboard:
    """For who answers for alerts being seen."""
    return assembled(
        DELIVERY,
        "Delivery",
        "Alerts on their way to Slack and webhooks. An alert is never dropped: it waits, or is given up on and kept.",
        [*_now(), *_flow(), *_trouble()],
        hours=3,
    )


def _now() -> list[PanelBuilder]:
    return [
        figure(
            "Delivered", over_all(_all("delivered"), "sum"), "Alerts accepted by a receiver in the time shown.",
            nothing="none",
        ),
        figure(
            "Waiting", at_the_end(_all("waiting"), merge="sum"),
            "Alerts on their way to a receiver now. Growing: which one, see 'Waiting, by receiver'.",
            levels=Levels(20, 200), nothing="no receiver",
        ),
        figure(
            "Oldest waiting", at_the_end(_all("oldest_waiting_s"), merge="max"),
            "How long the oldest of them has been waiting.",
            unit="s", levels=limits.UNDELIVERED_SECONDS, decimals=0, nothing="no receiver",
        ),
        figure(
            "Given up on", at_the_end(_all("dead"), merge="sum"),
            "Alerts a receiver refused for good. Nobody saw them there: mend the receiver and send them again from "
            "the live page.",
            levels=limits.DEAD_DELIVERIES, nothing="no receiver",
        ),
        figure(
            "Slowest delivery, p99", at_the_end(_all("p99_ms"), merge="max"),
            "From alert in Kafka to accepted by the receiver, of the slowest receiver.",
            unit="ms", levels=Levels(5_000, 60_000), decimals=0, nothing="none lately",
        ),
        figure(
            "Held back on purpose", over_all(Reading("suppressed", ("count",)), "sum"),
            "Alerts that became less than a message of their own, in the time shown: why, see 'Held back, by cause'.",
            nothing="none",
        ),
    ]  # fmt: skip


def _flow() -> list[PanelBuilder]:
    return [
        chart(
            "Delivered, by receiver", [over_time(_each("delivered"), "sum")],
            "Alerts accepted. A receiver that stops while others go on is down.", name=RECEIVER, bars=True,
        ),
        chart(
            "Delivery time, by receiver", [over_time(_each("p50_ms", "p99_ms"), "max")],
            "From alert in Kafka to accepted. Steps of growing waits: the receiver refuses and is tried again.",
            unit="ms", name=f"{RECEIVER} ${{__field.name}}",
        ),
    ]  # fmt: skip


def _trouble() -> list[PanelBuilder]:
    return [
        chart(
            "Waiting, by receiver", [over_time(_each("waiting"), "max")],
            "Back to zero is delivered; a slope without failed attempts: alert-webhook itself stands still.",
            name=RECEIVER, width=6,
        ),
        chart(
            "Failed attempts, by receiver", [over_time(_each("failed_attempts"), "sum")],
            "Each is tried again with growing waits. Many: see the log of alert-webhook for the receiver's answer.",
            name=RECEIVER, bars=True, width=6,
        ),
        chart(
            "Given up on, by receiver", [over_time(_each("dead"), "max")],
            "Kept until somebody sends them again. See the runbook 'Alerts given up on'.", name=RECEIVER, width=6,
        ),
        chart(
            "Held back, by cause", [over_time(Reading("suppressed", ("count",), by=("cause",)), "sum")],
            "Quiet hours, snoozes, floods and canaries are meant to be. 'hard_cap' is the flood guard: look at "
            "Detection.",
            name="${__field.labels.cause}", bars=True, width=6,
        ),
    ]  # fmt: skip


def _all(field: str) -> Reading:
    return Reading("delivery", (field,))


def _each(*fields: str) -> Reading:
    return Reading("delivery", fields, by=("receiver",))
