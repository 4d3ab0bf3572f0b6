"""Reads scored records back in a process of its own, so that sending does not delay the clock of reading."""

import json
import time
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
from confluent_kafka import Consumer

from loadtests.settings import LoadSettings
from vigie_schemas import SCORED

LONGEST_WAIT_SECONDS = 60.0
SEND_EVERY_SECONDS = 0.2
PREFIX = "load-"


class ReaderHandle:
    """The Locust process's end of the reader."""

    def __init__(self, process: BaseProcess, connection: Connection) -> None:
        self._process = process
        self._connection = connection

    def latencies(self) -> list[float]:
        """Milliseconds of the records read since the last call."""
        found: list[float] = []
        while self._connection.poll():
            found.extend(self._connection.recv())
        return found

    def finish(self, sent: int) -> None:
        """Tell how many were sent; return when the reader has read them all, given up and written its results."""
        self._connection.send(sent)
        while self._process.is_alive():
            self.latencies()
            self._process.join(0.1)


class Readings:
    """Every scored record of this load: its number, when it was sent and when it was read."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.sent_us: list[int] = []
        self.read_us: list[int] = []
        self._distinct: set[int] = set()

    @property
    def distinct(self) -> int:
        """Transactions seen at least once."""
        return len(self._distinct)

    def add(self, value: bytes, read_us: int) -> float | None:
        """Take a record and return its latency in milliseconds; None for one of another load."""
        record = json.loads(value)
        name = record["transaction_id"]
        if not name.startswith(PREFIX) or record["sent_at_us"] is None:
            return None
        number = int(name.removeprefix(PREFIX))
        self.numbers.append(number)
        self._distinct.add(number)
        self.sent_us.append(record["sent_at_us"])
        self.read_us.append(read_us)
        return (read_us - record["sent_at_us"]) / 1000

    def write(self, path: Path, sent: int) -> None:
        """Save as arrays for the report."""
        np.savez(
            path,
            sent=np.array(sent),
            numbers=np.array(self.numbers, dtype=np.int64),
            sent_us=np.array(self.sent_us, dtype=np.int64),
            read_us=np.array(self.read_us, dtype=np.int64),
        )


def start_reader(context: SpawnContext, settings: LoadSettings) -> ReaderHandle:
    """Start the process; returns once it is reading from the end of the topic."""
    ours, theirs = context.Pipe()
    process = context.Process(target=_read, args=(theirs, settings), daemon=True)
    process.start()
    ours.recv()  # the reader's word that it has its partitions
    return ReaderHandle(process, ours)


def _read(connection: Connection, settings: LoadSettings) -> None:
    consumer = Consumer(settings.consumer_config(f"load-{time.time_ns()}", from_start=False) | {"fetch.wait.max.ms": 5})
    consumer.subscribe([settings.topic_name(SCORED)])
    while not consumer.assignment():
        consumer.poll(0.1)
    connection.send([])
    readings = Readings()
    fresh: list[float] = []
    sent: int | None = None
    last_send = deadline = time.monotonic()
    while sent is None or (readings.distinct < sent and time.monotonic() < deadline):
        # one at a time: a batch would be stamped when its last record arrived
        message = consumer.poll(0.05)
        now_us = time.time_ns() // 1000
        value = message.value() if message is not None and message.error() is None else None
        latency = readings.add(value, now_us) if value is not None else None
        if latency is not None:
            fresh.append(latency)
        if time.monotonic() - last_send > SEND_EVERY_SECONDS:
            connection.send(fresh)
            fresh, last_send = [], time.monotonic()
            if sent is None and connection.poll():
                sent, deadline = connection.recv(), time.monotonic() + LONGEST_WAIT_SECONDS
    consumer.close()
    readings.write(settings.load_results, sent)
