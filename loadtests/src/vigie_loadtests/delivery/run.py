"""Two runs of the service as a process on a real broker: a healthy receiver in time, a bad one without loss."""

import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from vigie_loadtests.delivery.alerts import AlertSender
from vigie_loadtests.delivery.measuring import (
    MAX_ACCEPTED_MS,
    MAX_SHOWN_MS,
    Completeness,
    Latencies,
    completeness,
    latencies,
)
from vigie_loadtests.delivery.open_page import OpenPage
from vigie_loadtests.delivery.service import AlertWebhookProcess
from vigie_local.broker import EmbeddedKafka
from vigie_local.ports import free_port
from vigie_runtime import KafkaSettings, ensure_topics
from vigie_schemas import TOPICS
from vigie_testing.inbox import Answer, Inbox, slack_message

FOLDER: Final = Path("build/delivery")
WARM_UP: Final = 40
"""Alerts before those measured: a process answers its first ones slower."""
TIMEOUT_SECONDS: Final = 240.0
# People would be spared this many; here every message is wanted, to be timed
NO_LIMITS: Final = {"VIGIE_MESSAGES_PER_MINUTE": "1000000", "VIGIE_MOST_PER_MINUTE": "1000000"}
# So that 10,000 messages to a failing receiver take minutes; in production the waits are longer
SHORT_WAITS: Final = {
    "VIGIE_WEBHOOK_TIMEOUT_SECONDS": "1.5",  # a receiver that accepts later than that gets the message twice
    "VIGIE_FIRST_RETRY_SECONDS": "0.01",
    "VIGIE_LONGEST_RETRY_SECONDS": "0.1",
}


@dataclass(frozen=True)
class DeliveryPlan:
    """How much of it."""

    rate: float = 20
    seconds: int = 60
    alerts: int = 10_000
    kills: int = 3
    seed: int = 7


@contextmanager
def broker() -> Iterator[KafkaSettings]:
    """A broker of this run's own, with all topics."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    kafka = EmbeddedKafka(FOLDER / "kafka", port=free_port())
    kafka.start()
    try:
        kafka.wait_ready()
        settings = KafkaSettings(kafka_bootstrap_servers=kafka.bootstrap_servers)
        ensure_topics(settings, TOPICS)
        yield settings
    finally:
        kafka.stop()


def run_in_time(settings: KafkaSettings, plan: DeliveryPlan, console: Console) -> list[Latencies]:
    """A healthy webhook, a stand-in for Slack's incoming webhook and an open page, at a steady rate."""
    kafka = settings.model_copy(update={"topic_prefix": "in-time."})
    ensure_topics(kafka, TOPICS)
    sender = AlertSender(kafka)
    count = round(plan.rate * plan.seconds)
    with Inbox() as webhook, Inbox(read=slack_message) as slack:
        environment = NO_LIMITS | {"SLACK_WEBHOOK_URL": slack.url}
        service = AlertWebhookProcess(kafka, FOLDER / "in-time", urls=(webhook.url,), environment=environment)
        try:
            service.start()
            with OpenPage(service.address) as page:
                console.print(f"{count} alerts, {plan.rate:g} a second, to a healthy receiver")
                sender.send([f"w{number}" for number in range(WARM_UP)], rate=plan.rate)
                sender.sent_at.clear()
                sender.send([f"a{number}" for number in range(count)], rate=plan.rate)
                _wait(lambda: _all_came(WARM_UP + count, _accepted(webhook), _accepted(slack), list(page.seen)), 30)
                shown = list(page.seen)
        finally:
            service.process.stop()
        sights = {
            "accepted by a webhook": (MAX_ACCEPTED_MS, _accepted(webhook)),
            "accepted by Slack's stand-in": (MAX_ACCEPTED_MS, _accepted(slack)),
            "shown on an open page": (MAX_SHOWN_MS, shown),
        }
        return [latencies(what, limit_ms, sender.sent_at, seen) for what, (limit_ms, seen) in sights.items()]


def run_through_failures(settings: KafkaSettings, plan: DeliveryPlan, console: Console) -> Completeness:
    """A receiver that fails at random, and a service that is killed while it delivers."""
    kafka = settings.model_copy(update={"topic_prefix": "failures."})
    ensure_topics(kafka, TOPICS)
    chance = random.Random(plan.seed)
    names = [f"b{number}" for number in range(plan.alerts)]
    kill_at = sorted(chance.sample(range(1, plan.alerts), plan.kills))
    AlertSender(kafka).send(names)
    with Inbox(failing_at_random(chance)) as receiver:
        service = AlertWebhookProcess(kafka, FOLDER / "failures", urls=(receiver.url,), environment=SHORT_WAITS)
        try:
            service.start(answering="healthz")
            for number in kill_at:
                _wait(lambda number=number: len(receiver.accepted) >= number, TIMEOUT_SECONDS)
                console.print(f"killed after {len(receiver.accepted)} of {plan.alerts} alerts")
                service.process.kill()
                service.start(answering="healthz")
            _wait(lambda: len(set(receiver.accepted)) >= plan.alerts, TIMEOUT_SECONDS)
        finally:
            service.process.stop()
        return completeness(
            [f"alert:{name}" for name in names],
            receiver.accepted,
            kills=plan.kills,
            altered=receiver.forged + receiver.changed,
            attempts=len(receiver.attempts),
        )


def failing_at_random(chance: random.Random) -> Callable[[str], Answer]:
    """Answers of a receiver that is often unwell: about one message in twenty meets a failure."""
    failures = (
        (0.02, Answer(500)),
        (0.01, Answer(fault="reset")),
        (0.006, Answer(429, {"Retry-After": "0"})),
        (0.004, Answer(503)),
        (0.002, Answer(429, {"Retry-After": "1"})),
        (0.002, Answer(fault="silence")),
    )
    weights = [1 - sum(share for share, _ in failures), *(share for share, _ in failures)]
    answers = [Answer(), *(answer for _, answer in failures)]
    return lambda message_id: chance.choices(answers, weights)[0]


def _accepted(inbox: Inbox) -> list[tuple[str, float]]:
    return [(attempt.message_id, attempt.at) for attempt in list(inbox.attempts) if attempt.answer.accepts]


def _all_came(count: int, *sights: list[tuple[str, float]]) -> bool:
    return all(len({alert_id for alert_id, _ in seen}) >= count for seen in sights)


def _wait(holds: Callable[[], bool], seconds: float) -> None:
    """Wait until it holds or the time is over; what is missing then shows in the figures."""
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.05)
