"""Whether alerts reach people: queue, speed and failures of each receiver, and what is suppressed."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana_provisioning import limits
from grafana_provisioning.dashboards.assembly import DELIVERY, PanelBuilder, assembled
from grafana_provisioning.flux import Reading, at_the_end, over_all, over_time
from grafana_provisioning.limits import Levels
from grafana_provisioning.panels import chart, figure

RECEIVER = "${__field.labels.receiver}"


def delivery() -> Dashboard:
    """For whoever is responsible for the delivery of alerts."""
    return assembled(
        DELIVERY,
        "Delivery",
        "Alerts on their way to Slack and webhooks. No alert is dropped: it waits, or its message is dead and kept.",
        [*_now(), *_flow(), *_trouble()],
        hours=3,
    )


def _now() -> list[PanelBuilder]:
    return [
        figure(
            "Delivered", over_all(_all("delivered"), "sum"), "Alerts accepted by a receiver in the shown time range.",
            nothing="none",
        ),
        figure(
            "Waiting", at_the_end(_all("waiting"), merge="sum"),
            "Alerts that a receiver has not accepted yet. If it grows, see 'Waiting, by receiver'.",
            levels=Levels(20, 200), nothing="no receiver",
        ),
        figure(
            "Oldest waiting", at_the_end(_all("oldest_waiting_s"), merge="max"),
            "How long the oldest waiting alert has been waiting.",
            unit="s", levels=limits.UNDELIVERED_SECONDS, decimals=0, nothing="no receiver",
        ),
        figure(
            "Dead messages", at_the_end(_all("dead"), merge="sum"),
            "Messages that a receiver refused for too long or for their content. They were not shown there: correct "
            "the receiver and retry them on the live page.",
            levels=limits.DEAD_MESSAGES, nothing="no receiver",
        ),
        figure(
            "Slowest delivery, p99", at_the_end(_all("p99_ms"), merge="max"),
            "From the alert in Kafka until the slowest receiver accepted it, p99 of the last seconds.",
            unit="ms", levels=Levels(5_000, 60_000), decimals=0, nothing="none lately",
        ),
        figure(
            "Suppressed", over_all(Reading("suppressed", ("count",)), "sum"),
            "Alerts that were less than a message of their own, in the shown time range. For why, see 'Suppressed, by "
            "cause'.",
            nothing="none",
        ),
    ]  # fmt: skip


def _flow() -> list[PanelBuilder]:
    return [
        chart(
            "Delivered, by receiver", [over_time(_each("delivered"), "sum")],
            "Alerts accepted. A receiver that stops while others continue is unavailable.", name=RECEIVER, bars=True,
        ),
        chart(
            "Delivery time, by receiver", [over_time(_each("p50_ms", "p99_ms"), "max")],
            "From the alert in Kafka until it was accepted. Steps that grow: the receiver refuses and is retried.",
            unit="ms", name=f"{RECEIVER} ${{__field.name}}",
        ),
    ]  # fmt: skip


def _trouble() -> list[PanelBuilder]:
    return [
        chart(
            "Waiting, by receiver", [over_time(_each("waiting"), "max")],
            "Zero: everything is delivered. Growing without failed attempts: alert-webhook itself is not running.",
            name=RECEIVER, width=6,
        ),
        chart(
            "Failed attempts, by receiver", [over_time(_each("failed_attempts"), "sum")],
            "Each is retried after a growing pause. If there are many, the log of alert-webhook has the receiver's "
            "answer.",
            name=RECEIVER, bars=True, width=6,
        ),
        chart(
            "Dead messages, by receiver", [over_time(_each("dead"), "max")],
            "Kept until they are retried by hand. See the runbook 'Dead messages'.", name=RECEIVER, width=6,
        ),
        chart(
            "Suppressed, by cause", [over_time(Reading("suppressed", ("count",), by=("cause",)), "sum")],
            "Quiet hours, snoozes, rate limits and canaries are intended. 'hard_cap' means that the cap is reached: "
            "look at Detection.",
            name="${__field.labels.cause}", bars=True, width=6,
        ),
    ]  # fmt: skip


def _all(field: str) -> Reading:
    return Reading("delivery", (field,))


def _each(*fields: str) -> Reading:
    return Reading("delivery", fields, by=("receiver",))
