"""The bridge on a real broker: order, repeats after a kill, hand-over, a broker that goes away, a topic made again."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from bridge.service import Bridge
from bridge.settings import BridgeSettings
from vigie_intake.mapping_file import mapping_of_text
from vigie_local.broker import EmbeddedKafka
from vigie_local.process import ManagedProcess
from vigie_runtime import KafkaSettings, ensure_topics
from vigie_schemas import DEAD_LETTERS, TOPICS, TRANSACTIONS, DeadLetter, Topic, Transaction
from vigie_testing.kafka_topics import create_topic, delete_topic
from vigie_testing.ports import free_port
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

MAPPING = """
version = 1
[timestamp]
column = "at"
[account_id]
column = "account"
[amount]
column = "amount"
"""
START_MS = 1_772_359_200_000
DEADLINE_SECONDS = 60
ACCOUNTS = 40
QUIET = {"log_level": 0}


class ForeignTopic:
    """A topic of somebody else's beside Vigie's own, and what the bridge made of it."""

    def __init__(self, kafka: KafkaSettings, *, partitions: int = 3) -> None:
        self.kafka = kafka
        self.name = f"{kafka.topic_prefix}payments"
        self._admin = AdminClient(kafka.client_config() | QUIET)
        self._producer = Producer(kafka.producer_config() | QUIET)
        self.make(partitions)

    def make(self, partitions: int = 3) -> None:
        create_topic(self._admin, self.name, partitions)

    def delete(self) -> None:
        delete_topic(self._admin, self.name)

    def write(self, *values: bytes | None, key: str = "k", partition: int = -1) -> None:
        for value in values:
            self._producer.produce(self.name, value, key, partition=partition)
        assert self._producer.flush(30) == 0

    def payments(self, numbers: range) -> None:
        """One for each number, whose amount tells the number; an account's are in one partition."""
        for number in numbers:
            account = f"acct-{number % ACCOUNTS}"
            payment = {"at": START_MS + number, "account": account, "amount": number + 1}
            while True:
                try:
                    self._producer.produce(self.name, json.dumps(payment), account)
                    break
                except BufferError:
                    self._producer.poll(0.1)
        assert self._producer.flush(60) == 0

    def settings(self, **changes: Any) -> BridgeSettings:
        values = {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.kafka_bootstrap_servers,
            "topic_prefix": self.kafka.topic_prefix,
            "data_dir": self.kafka.data_dir,
            "bridge_topic": self.name,
            "bridge_mapping_text": MAPPING,
        }
        return BridgeSettings(**(values | changes))

    def environment(self, **changes: str) -> dict[str, str]:
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.kafka_bootstrap_servers,
            "VIGIE_TOPIC_PREFIX": self.kafka.topic_prefix,
            "VIGIE_DATA_DIR": str(self.kafka.data_dir),
            "VIGIE_BRIDGE_TOPIC": self.name,
            "VIGIE_BRIDGE_MAPPING_TEXT": MAPPING,
        } | changes

    def committed(self, group: str, partitions: int = 3) -> int:
        """Records that the group is done with."""
        consumer = Consumer(self.kafka.consumer_config(group))
        places = consumer.committed([TopicPartition(self.name, number) for number in range(partitions)], timeout=10)
        consumer.close()
        return sum(max(0, place.offset) for place in places)


class Written:
    """Reads one of Vigie's topics from its beginning on, in order for each partition."""

    def __init__(self, kafka: KafkaSettings, topic: Topic) -> None:
        self._consumer = Consumer(kafka.consumer_config("test") | QUIET)
        name = kafka.topic_name(topic)
        self._consumer.assign([TopicPartition(name, number, 0) for number in range(topic.partitions)])
        self.values: list[bytes] = []

    def read(self) -> list[bytes]:
        self.values += [message.value() or b"" for message in self._consumer.consume(10_000, timeout=0.2)]
        return self.values

    def wait_for(self, count: int, *, distinct: Callable[[bytes], object] = lambda value: value) -> list[bytes]:
        wait_until(
            lambda: len({distinct(value) for value in self.read()}) >= count,
            what=f"{count} records",
            timeout_seconds=DEADLINE_SECONDS,
            seen=lambda: len(self.values),
        )
        self.read()
        return self.values


@contextmanager
def bridging(settings: BridgeSettings) -> Iterator[Bridge]:
    bridge, stop = Bridge(settings, mapping_of_text(settings.bridge_mapping_text, "the test")), threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            bridge.run(stop)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield bridge
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    assert not failures


def transactions(values: list[bytes]) -> list[Transaction]:
    return [Transaction.model_validate_json(value) for value in values]


def in_order(found: list[Transaction]) -> bool:
    """Whether each account's payments, repeats aside, came in the order they were written in."""
    seen: set[str] = set()
    last: dict[str, float] = {}
    for each in found:
        if each.transaction_id in seen:
            continue
        seen.add(each.transaction_id)
        if each.amount <= last.get(each.account_id, 0):
            return False
        last[each.account_id] = each.amount
    return True


def status_is(bridge: Bridge, **expected: object) -> Callable[[], bool]:
    return lambda: {name: bridge.status()[name] for name in expected} == expected


def test_accounts_keep_their_order_and_everything_is_committed(kafka: KafkaSettings) -> None:
    foreign = ForeignTopic(kafka)
    foreign.payments(range(3_000))

    with bridging(foreign.settings(bridge_batch_records=100)) as bridge:
        values = Written(kafka, TRANSACTIONS).wait_for(3_000)
        wait_until(status_is(bridge, lag=0, ready=True, transactions_total=3_000), what="no lag", seen=bridge.status)
    found = transactions(values)

    assert len(found) == len({each.transaction_id for each in found}) == 3_000
    assert in_order(found)
    assert foreign.committed(foreign.settings().group) == 3_000


def test_a_second_start_repeats_nothing(kafka: KafkaSettings) -> None:
    foreign = ForeignTopic(kafka)
    written = Written(kafka, TRANSACTIONS)
    for numbers in (range(500), range(500, 900)):
        foreign.payments(numbers)
        with bridging(foreign.settings()):
            written.wait_for(numbers.stop)

    assert len(written.read()) == 900


def test_refused_records_tombstones_and_changes(kafka: KafkaSettings) -> None:
    foreign = ForeignTopic(kafka, partitions=1)
    payment = {"at": START_MS, "account": "DE89370400440532013000", "amount": 1}
    refused = json.dumps(payment | {"amount": "much"}).encode()
    foreign.write(None, json.dumps(payment).encode(), b"{", refused, json.dumps({"op": "u", "after": payment}).encode())

    with bridging(foreign.settings()) as bridge:
        letters = [DeadLetter.model_validate_json(value) for value in Written(kafka, DEAD_LETTERS).wait_for(2)]
        values = Written(kafka, TRANSACTIONS).wait_for(1)
        expected = {"malformed_json": 1, "invalid_amount": 1}
        wait_until(status_is(bridge, dead_letters=expected, read_total=5), what="counts", seen=bridge.status)
        assert bridge.status()["left_out"] == {"tombstone": 1, "update": 1}

    assert [(letter.offset, letter.reason, letter.field) for letter in letters] == [
        (2, "malformed_json", None),
        (3, "invalid_amount", "amount"),
    ]
    assert {letter.topic for letter in letters} == {foreign.name}
    everything = b"".join(values) + "".join(letter.model_dump_json() for letter in letters).encode()
    assert b"DE8937" not in everything


def test_bridges_share_a_topic_and_hand_over_without_a_repeat(kafka: KafkaSettings) -> None:
    foreign = ForeignTopic(kafka, partitions=4)
    written = Written(kafka, TRANSACTIONS)
    with bridging(foreign.settings(bridge_batch_records=50)) as first:
        foreign.payments(range(2_000))
        written.wait_for(200)
        with bridging(foreign.settings(bridge_batch_records=50)) as second:
            wait_until(
                lambda: first.status()["partitions"] == second.status()["partitions"] == 2,
                what="two partitions each",
                seen=lambda: (first.status(), second.status()),
            )
            foreign.payments(range(2_000, 4_000))
            written.wait_for(4_000)
            assert second.status()["transactions_total"] != 0
        wait_until(status_is(first, partitions=4), what="all partitions", seen=first.status)
        foreign.payments(range(4_000, 5_000))
        found = transactions(written.wait_for(5_000))

    assert len(found) == 5_000
    assert in_order(found)


def started(foreign: ForeignTopic, folder: Path, **variables: str) -> tuple[ManagedProcess, str]:
    port = free_port()
    environment = foreign.environment(VIGIE_STATUS_PORT=str(port), **variables)
    process = ManagedProcess(
        "bridge", [sys.executable, "-m", "bridge"], log=folder / "bridge.log", environment=environment
    )
    process.start()
    return process, f"http://127.0.0.1:{port}"


def has_ended(process: ManagedProcess) -> Callable[[], bool]:
    return lambda: process.exit_code is not None


def test_a_kill_loses_nothing_and_repeats_under_the_same_names(kafka: KafkaSettings, tmp_path: Path) -> None:
    foreign = ForeignTopic(kafka)
    written = Written(kafka, TRANSACTIONS)
    count = 30_000
    foreign.payments(range(count))
    for so_far in (count // 6, count // 2):
        process, _ = started(foreign, tmp_path, VIGIE_BRIDGE_BATCH_RECORDS="100")
        written.wait_for(so_far)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        wait_until(has_ended(process), what="the kill")

    process, address = started(foreign, tmp_path, VIGIE_BRIDGE_BATCH_RECORDS="100")
    found = transactions(written.wait_for(count, distinct=lambda value: json.loads(value)["transaction_id"]))
    ready = wait_until(lambda: httpx2.get(f"{address}/readyz", trust_env=False), what="an answer")
    process.stop()

    by_name = {each.transaction_id: each.amount for each in found}
    assert sorted(by_name.values()) == list(range(1, count + 1))
    assert all(by_name[each.transaction_id] == each.amount for each in found)
    assert in_order(found)
    assert ready.status_code == 200
    assert process.exit_code == 0
    assert foreign.committed(foreign.settings().group) == count


def test_a_broker_that_goes_away_is_waited_for(tmp_path: Path) -> None:
    broker = EmbeddedKafka(tmp_path / "kafka", port=free_port())
    broker.start()
    try:
        broker.wait_ready()
        kafka = KafkaSettings(
            kafka_bootstrap_servers=broker.bootstrap_servers,  # pyright: ignore[reportCallIssue] - by its alias too
            data_dir=tmp_path,
        )
        ensure_topics(kafka, TOPICS)
        foreign = ForeignTopic(kafka)
        foreign.payments(range(60_000))
        written = Written(kafka, TRANSACTIONS)
        with bridging(foreign.settings(bridge_batch_records=500)) as bridge:
            written.wait_for(2_000)
            broker.stop()
            wait_until(lambda: bridge.status()["ready"] is False, what="that it is not ready", seen=bridge.status)
            broker.start()
            broker.wait_ready()
            found = transactions(written.wait_for(60_000, distinct=lambda value: json.loads(value)["transaction_id"]))
            wait_until(status_is(bridge, ready=True, waiting_for=None), what="that it is ready", seen=bridge.status)

        assert in_order(found)
    finally:
        broker.stop()


def test_a_topic_made_again_is_read_from_its_beginning(kafka: KafkaSettings) -> None:
    foreign = ForeignTopic(kafka, partitions=1)
    written = Written(kafka, TRANSACTIONS)
    foreign.payments(range(100))
    with bridging(foreign.settings()):
        written.wait_for(100)
    foreign.delete()
    foreign.make(partitions=1)
    foreign.payments(range(100, 250))

    with bridging(foreign.settings()):
        found = transactions(written.wait_for(250))

    assert len({each.transaction_id for each in found}) == 250


@pytest.mark.parametrize("start", ["earliest", "latest"])
def test_a_topic_made_again_while_it_is_read_is_read_from_its_beginning(kafka: KafkaSettings, start: str) -> None:
    """With more records than the old one had, whose offsets would point into the middle of the new one."""
    foreign = ForeignTopic(kafka, partitions=1)
    written = Written(kafka, TRANSACTIONS)
    with bridging(foreign.settings(bridge_start=start)) as bridge:
        wait_until(status_is(bridge, partitions=1, lag=0), what="the partition", seen=bridge.status)
        foreign.payments(range(100))
        written.wait_for(100)
        foreign.delete()
        foreign.make(partitions=1)
        foreign.payments(range(100, 350))

        found = transactions(written.wait_for(350))

        wait_until(status_is(bridge, recreated_topics_total=1, ready=True), what="the word of it", seen=bridge.status)
    assert sorted(each.amount for each in found) == [*range(1, 351)]
    assert len({each.transaction_id for each in found}) == 350


def test_a_topic_that_is_not_there_yet_is_waited_for(kafka: KafkaSettings) -> None:
    foreign = ForeignTopic(kafka)
    later = foreign.settings(bridge_topic=f"{foreign.name}.later")
    with bridging(later) as bridge:
        wait_until(
            lambda: f"no topic {foreign.name}.later" in str(bridge.status()["waiting_for"]),
            what="what it waits for",
            seen=bridge.status,
        )
        foreign.name = later.bridge_topic
        foreign.make()
        foreign.payments(range(10))
        Written(kafka, TRANSACTIONS).wait_for(10)


def test_the_latest_start_leaves_out_what_was_there(kafka: KafkaSettings) -> None:
    foreign = ForeignTopic(kafka)
    foreign.payments(range(50))
    with bridging(foreign.settings(bridge_start="latest")) as bridge:
        wait_until(status_is(bridge, partitions=3, lag=0), what="partitions", seen=bridge.status)
        foreign.payments(range(50, 60))
        found = transactions(Written(kafka, TRANSACTIONS).wait_for(10))

    assert sorted(each.amount for each in found) == list(range(51, 61))


def test_settings_that_cannot_work_end_the_process(kafka: KafkaSettings, tmp_path: Path) -> None:
    foreign = ForeignTopic(kafka)
    process, _ = started(foreign, tmp_path, VIGIE_BRIDGE_MAPPING_TEXT="version = 1")

    wait_until(has_ended(process), what="the end")

    assert process.exit_code == 2
    assert "VIGIE_BRIDGE_MAPPING_TEXT" in process.log.read_text()


def test_the_invented_records_of_connect_are_on_the_topic(kafka: KafkaSettings, tmp_path: Path) -> None:
    topic = f"{kafka.topic_prefix}invented"
    environment = os.environ | {"KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers}
    command = ["example", "connect", str(tmp_path / "payments.jsonl"), "--rows", "100", "--topic", topic]

    done = subprocess.run(
        [sys.executable, "-m", "vigie_cli", *command], env=environment, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stderr
    consumer = Consumer(kafka.consumer_config("invented"))
    assert consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10) == (0, 100)
    consumer.close()
