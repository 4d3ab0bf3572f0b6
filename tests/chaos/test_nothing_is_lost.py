"""Each part of the whole system is killed while payments flow: nothing is lost, nothing is counted twice."""

import json
import random
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from vigie_local.services import (
    ALERT_WEBHOOK,
    DETECTOR,
    GATEWAY,
    GENERATOR,
    METRICS_SINK,
    MLFLOW,
    TRAINER,
    Service,
)
from vigie_local.settings import LocalSettings
from vigie_local.system import LocalSystem, answers
from vigie_runtime import KafkaSettings
from vigie_schemas import ALERTS, DEAD_LETTERS, SCORED, TRANSACTIONS, Topic, is_canary
from vigie_testing.inbox import SECRET, Inbox
from vigie_testing.waiting import wait_until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

Record = dict[str, Any]
Planted = Callable[[str], tuple[list[Record], str]]

ACCOUNTS = 120
RATE = 25.0
"""Payments a second beside the generator's; all of them take about two minutes."""
WAIT_TIMEOUT_SECONDS = 180.0
SETTLING_SECONDS = 30.0
"""The sink closes a second some seconds after its end."""
SEED = 7
KILLED: tuple[Service | None, ...] = (DETECTOR, None, ALERT_WEBHOOK, METRICS_SINK, MLFLOW, TRAINER, GATEWAY, DETECTOR)
"""In an order by chance; None is Kafka."""


@dataclass
class Sender:
    """Sends payments at a steady pace from a thread of its own; Kafka's client repeats what a dead broker missed."""

    kafka: KafkaSettings
    payments: list[Record]
    sent: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        threading.Thread(target=self._send, name="sender", daemon=True).start()

    def _send(self) -> None:
        producer = Producer(self.kafka.producer_config() | {"log_level": 0})
        begun = time.monotonic()
        for number, payment in enumerate(self.payments):
            producer.poll(max(0.0, begun + number / RATE - time.monotonic()))
            stamped = {**payment, "sent_at_us": time.time_ns() // 1000}
            producer.produce(TRANSACTIONS.name, key=payment["account_id"], value=json.dumps(stamped))
        if producer.flush(WAIT_TIMEOUT_SECONDS) == 0:
            self.sent.set()


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as inbox:
        yield inbox


@pytest.fixture
def system(tmp_path: Path, inbox: Inbox) -> Iterator[LocalSystem]:
    """Everything, with a checkpoint each quarter of a minute and a receiver for alerts."""
    settings = LocalSettings(data_dir=tmp_path / "data", kafka_port=0, mlflow_port=0, page_port=0, gateway_port=0)
    environment = {
        "VIGIE_RATE": "10",
        "VIGIE_CHECKPOINT_SECONDS": "15",
        "VIGIE_WEBHOOK_URLS": inbox.url,
        "VIGIE_WEBHOOK_SECRET": SECRET,
        "VIGIE_WEBHOOK_PRIVATE": "true",
    }
    with LocalSystem(settings, environment=environment) as system:
        wait_until(
            lambda: system.status(DETECTOR).get("phase") == "scoring",
            what="the first scores",
            timeout_seconds=WAIT_TIMEOUT_SECONDS,
            interval_seconds=0.2,
        )
        yield system


def kill_and_start(system: LocalSystem, service: Service | None) -> None:
    """End a part as a crash would, and start it again as whoever supervises it would."""
    if service is None:
        assert system.broker is not None
        system.broker.process.kill()
        system.broker.start()
        system.broker.wait_ready()
        return
    process = system.processes[service.name]
    process.kill()
    process.start()
    process.wait_ready(lambda: answers(system.address(service) + service.ready_path), seconds=WAIT_TIMEOUT_SECONDS)


def read_all(kafka: KafkaSettings, topic: Topic) -> list[Record]:
    """Every record that the topic holds now."""
    consumer = Consumer(kafka.consumer_config(f"chaos-{uuid.uuid4()}"))
    try:
        partitions = consumer.list_topics(topic.name, timeout=10).topics[topic.name].partitions
        ends = {number: consumer.get_watermark_offsets(TopicPartition(topic.name, number))[1] for number in partitions}
        consumer.assign([TopicPartition(topic.name, number, OFFSET_BEGINNING) for number, end in ends.items() if end])
        records: list[Record] = []
        waiting = {number: end for number, end in ends.items() if end}
        deadline = time.monotonic() + WAIT_TIMEOUT_SECONDS
        while waiting:
            assert time.monotonic() < deadline, f"{topic.name} cannot be read to its end"
            for message in consumer.consume(5000, timeout=0.5):
                assert message.error() is None
                records.append(json.loads(message.value() or b"{}"))
                if (message.offset() or 0) + 1 >= waiting.get(message.partition() or 0, 0):
                    waiting.pop(message.partition() or 0, None)
        return records
    finally:
        consumer.close()


def names(transactions: list[Record]) -> set[str]:
    return {transaction["transaction_id"] for transaction in transactions}


def interleaved(accounts: list[list[Record]]) -> list[Record]:
    """Payments of all accounts, each account's in order, its last ones spread over the whole time."""
    placed = [
        (index / 4 + number, index, payment)
        for index, payments in enumerate(accounts)
        for number, payment in enumerate(payments)
    ]
    return [payment for _, _, payment in sorted(placed, key=lambda place: place[:2])]


def test_whatever_dies_nothing_is_lost_and_nothing_counts_twice(
    system: LocalSystem, inbox: Inbox, planted: Planted
) -> None:
    kafka = KafkaSettings(kafka_bootstrap_servers=system.bootstrap_servers)
    accounts = [planted(f"acct-chaos-{number}") for number in range(ACCOUNTS)]
    payments = interleaved([payments for payments, _ in accounts])
    sender = Sender(kafka, payments)
    sender.start()

    for service in random.Random(SEED).sample(KILLED, len(KILLED)):
        print(f"killing {service.name if service else 'kafka'}")  # noqa: T201 - a person watches
        kill_and_start(system, service)
        assert system.ended() == [], "a part ended because another did"
    assert sender.sent.wait(WAIT_TIMEOUT_SECONDS), "Kafka did not take every payment"
    for sends_too in (GENERATOR, GATEWAY):  # the gateway a canary each minute
        system.processes[sends_too.name].stop()
    sent = names(read_all(kafka, TRANSACTIONS))
    assert names(payments) <= sent
    wait_until(
        lambda: names(read_all(kafka, SCORED)) == sent,
        what="a score for each transaction, the generator's and the gateway's too",
        timeout_seconds=WAIT_TIMEOUT_SECONDS,
        interval_seconds=0.2,
        seen=lambda: sorted(names(read_all(kafka, SCORED)) ^ sent)[:20],
    )
    scored = read_all(kafka, SCORED)
    alerts = read_all(kafka, ALERTS)
    for_people = [alert for alert in alerts if not is_canary(alert["transaction"]["account_id"])]

    assert read_all(kafka, DEAD_LETTERS) == []
    assert_histories_are_whole(scored, payments)
    assert_repeats_agree(scored)
    alerted = names([alert["transaction"] for alert in alerts])
    assert alerted == names([record for record in scored if record["is_anomaly"]])
    assert {anomaly for _, anomaly in accounts} <= alerted
    assert_alerts_arrive(inbox, for_people)
    assert_counted_once(system, scored, for_people)
    print(  # noqa: T201 - a person watches
        f"{len(sent):,} transactions: all scored, {len(scored) - len(sent):,} of them again after a kill and alike; "
        f"{ACCOUNTS} histories whole; {len(inbox.bodies):,} alerts, each at the receiver and in the sums"
    )


def assert_histories_are_whole(scored: list[Record], payments: list[Record]) -> None:
    """Each payment of an account was judged knowing exactly those before it: no state was lost, none applied twice."""
    known = defaultdict(set)
    for record in scored:
        known[record["transaction_id"]].add(record["history_count"])
    counted: Counter[str] = Counter()
    expected = {}
    for payment in payments:
        expected[payment["transaction_id"]] = {counted[payment["account_id"]]}
        counted[payment["account_id"]] += 1

    assert {name: known[name] for name in expected if known[name] != expected[name]} == {}


def assert_repeats_agree(scored: list[Record]) -> None:
    """What is said again after a crash says the same, by the same model and thresholds."""
    said = defaultdict(set)
    for record in scored:
        judged_by = record["model_version"], record["threshold_version"]
        said[record["transaction_id"], judged_by].add((record["score"], record["threshold"], record["is_anomaly"]))

    assert {key: found for key, found in said.items() if len(found) > 1} == {}


def assert_alerts_arrive(inbox: Inbox, alerts: list[Record]) -> None:
    """The receiver has each alert; one of them twice at most, for the message under way when the service was killed."""
    wanted = {alert["alert_id"] for alert in alerts}
    wait_until(
        lambda: wanted <= set(inbox.accepted),
        what="every alert at the receiver",
        timeout_seconds=WAIT_TIMEOUT_SECONDS,
        seen=lambda: wanted - set(inbox.accepted),
    )

    assert set(inbox.accepted) == wanted
    assert len(inbox.accepted) - len(wanted) <= KILLED.count(ALERT_WEBHOOK)
    assert (inbox.forged, inbox.changed) == (0, 0)


def assert_counted_once(system: LocalSystem, scored: list[Record], alerts: list[Record]) -> None:
    """The sink's sums are those of distinct transactions and alerts."""
    transactions = len({(record["partition"], record["offset"]) for record in scored})
    distinct_alerts = len({alert["alert_id"] for alert in alerts})

    def sums() -> tuple[object, object]:
        status = system.status(METRICS_SINK)
        return status.get("transactions_total"), status.get("alerts_total")

    wait_until(
        lambda: sums() == (transactions, distinct_alerts),
        what=f"sums of {transactions} transactions and {distinct_alerts} alerts",
        timeout_seconds=SETTLING_SECONDS,
        interval_seconds=0.2,
        seen=sums,
    )
