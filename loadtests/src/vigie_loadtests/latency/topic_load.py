"""Transactions sent to the topic at their moments; each ends when its scored record is read back."""

import gc
import json
import subprocess
import sys
import time
from collections.abc import Iterator

import gevent
from confluent_kafka import KafkaError, Message, Producer
from locust.env import Environment

from vigie_loadtests.latency.pool import Record
from vigie_loadtests.latency.schedule import Schedule
from vigie_loadtests.latency.settings import LoadSettings
from vigie_schemas import TRANSACTIONS


class TopicLoad:
    """What all users share: one schedule, one producer, one stream of transactions, one reader."""

    def __init__(self, environment: Environment, settings: LoadSettings, transactions: Iterator[Record]) -> None:
        self.environment = environment
        self.topic = settings.topic_name(TRANSACTIONS)
        self.schedule = Schedule(settings.load_rate)
        self.sent = 0
        self.first_number = settings.load_first_number
        self.transactions = transactions
        self.producer = Producer(settings.producer_config(linger_ms=0))
        # A process of its own: what runs beside the senders would be stamped when they leave it the processor
        self.reader = subprocess.Popen(
            [sys.executable, "-m", "vigie_loadtests.latency.reader"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._next_latencies()
        gc.freeze()  # else the collector walks through all transactions again and again, a tenth of a second each time
        self.measured_from = time.time() + settings.load_warm_up_seconds
        self.reporting = gevent.spawn(self._report)

    def send(self) -> None:
        """Wait for the next moment of the schedule and send a transaction stamped with that moment."""
        number, due_ns = self.schedule.next()
        wait_seconds = self.schedule.seconds_until(due_ns)
        if wait_seconds:
            gevent.sleep(wait_seconds)
        record = next(self.transactions)
        record["transaction_id"] = f"load-{self.first_number + number}"
        record["sent_at_us"] = due_ns // 1000
        self.producer.produce(
            self.topic, key=str(record["account_id"]), value=json.dumps(record), on_delivery=self._delivered
        )
        self.producer.poll(0)
        self.sent += 1

    def finish(self) -> None:
        """Wait until all that was sent has been delivered and read back, or a minute has passed."""
        self.producer.flush(30)
        if self.reader.stdin:
            self.reader.stdin.write(f"{self.sent}\n")
            self.reader.stdin.flush()
        self.reporting.join()
        self.reader.wait()

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._fire("delivered", 0.0, RuntimeError(str(error)))

    def _report(self) -> None:
        while (latencies := self._next_latencies()) is not None:
            for milliseconds in latencies if time.time() >= self.measured_from else ():
                self._fire("scored", milliseconds, None)

    def _next_latencies(self) -> list[float] | None:
        """The reader's next line; None when it has ended."""
        line = self.reader.stdout.readline() if self.reader.stdout else ""
        found: list[float] | None = json.loads(line) if line else None
        return found

    def _fire(self, name: str, milliseconds: float, error: Exception | None) -> None:
        self.environment.events.request.fire(
            request_type="KAFKA", name=name, response_time=milliseconds, response_length=0, exception=error, context={}
        )
