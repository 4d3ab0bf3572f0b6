"""Reads scored records back in a process of its own, so that sending does not delay the clock of reading."""

import gc
import json
import sys
import threading
import time

from confluent_kafka import Consumer, KafkaException, TopicPartition

from vigie_loadtests.latency.readings import ReadingsCollector
from vigie_loadtests.latency.settings import LoadSettings
from vigie_runtime import UnavailableError, load_settings, run_entry_point
from vigie_schemas import SCORED

WAIT_TIMEOUT_SECONDS = 60.0
LINE_INTERVAL_SECONDS = 0.2
PREFIX = "load-"


def main() -> None:
    """Read until standard input says how many were sent and all are read back; latencies go to standard output.

    One line of JSON a fifth of a second: a list of milliseconds. The first, empty one says that reading has begun.
    """
    settings = load_settings(LoadSettings)
    consumer = Consumer(settings.consumer_config(f"load-{time.time_ns()}", from_start=False) | {"fetch.wait.max.ms": 5})
    consumer.assign(_ends(consumer, settings.topic_name(SCORED)))
    _say([])
    gc.disable()  # nothing here is a cycle, and a walk through all readings would delay the clock
    announced = _SentCount()
    readings = ReadingsCollector()
    fresh: list[float] = []
    last_line = time.monotonic()
    while not announced.is_known or (readings.distinct < announced.sent and time.monotonic() < announced.deadline):
        # one at a time: a batch would be stamped when its last record arrived
        message = consumer.poll(0.05)
        now_us = time.time_ns() // 1000
        value = message.value() if message is not None and message.error() is None else None
        latency = take(readings, value, now_us) if value is not None else None
        if latency is not None:
            fresh.append(latency)
        if time.monotonic() - last_line > LINE_INTERVAL_SECONDS:
            _say(fresh)
            fresh, last_line = [], time.monotonic()
    consumer.close()
    readings.write(settings.load_results, announced.sent)
    _say(fresh)


def take(readings: ReadingsCollector, value: bytes, read_us: int) -> float | None:
    """Note a scored record and return its latency in milliseconds; None for one of another load."""
    record = json.loads(value)
    name, due_us = record["transaction_id"], record["sent_at_us"]
    if not name.startswith(PREFIX) or due_us is None:
        return None
    number = int(name.removeprefix(PREFIX))
    readings.add(number, due_us, read_us, record.get("model_version"), record.get("threshold_version"))
    return (read_us - due_us) / 1000


def _ends(consumer: Consumer, topic: str) -> list[TopicPartition]:
    """Where the partitions end now; `latest` would be looked up later, when the first records have gone by."""
    try:
        known = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ends = [(number, consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)) for number in known]
    except KafkaException as error:
        reason = error.args[0].str()
        raise UnavailableError(
            f"Kafka does not answer ({reason}): start it, or check KAFKA_BOOTSTRAP_SERVERS."
        ) from error
    return [TopicPartition(topic, number, high) for number, (_, high) in ends]


class _SentCount:
    """The number that arrives on standard input when sending is over, read beside the work."""

    def __init__(self) -> None:
        self.is_known = False
        self.sent = 0
        self.deadline = 0.0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        self.sent = int(sys.stdin.readline() or 0)
        self.deadline = time.monotonic() + WAIT_TIMEOUT_SECONDS
        self.is_known = True


def _say(latencies: list[float]) -> None:
    sys.stdout.write(json.dumps(latencies) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    run_entry_point(main)
