"""A broker of its own and one system between its topics."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from vigie_loadtests.latency.pool import Record
from vigie_loadtests.latency.run import send_history
from vigie_local.broker import EmbeddedKafka
from vigie_local.ports import free_port
from vigie_local.process import ManagedProcess
from vigie_peers.systems import System
from vigie_runtime import KafkaSettings, UnavailableError, ensure_topics
from vigie_runtime.offsets import OffsetRange
from vigie_runtime.partition_reader import PartitionReader
from vigie_schemas import DEAD_LETTERS, SCORED, TOPICS

HISTORY_TIMEOUT_SECONDS: Final = 300.0
LOOK_SECONDS: Final = 0.2
LAST_RECORDS: Final = 400
YOUNG_HISTORY: Final = 15
"""Earlier transactions that most accounts have after the history, and few can have again within a load."""


class Stage:
    """A context: inside it the system runs; it is killed and started again as asked."""

    def __init__(self, system: System, folder: Path, environment: Mapping[str, str]) -> None:
        self.system = system
        self._folder = folder.absolute()
        self._broker = EmbeddedKafka(self._folder / "kafka", port=free_port())
        self.kafka = KafkaSettings(kafka_bootstrap_servers=self._broker.bootstrap_servers)
        self._started_at = 0.0
        self.process = ManagedProcess(
            system.name,
            system.command,
            log=self._folder / "log.txt",
            environment={
                **environment,
                **system.environment,
                "KAFKA_BOOTSTRAP_SERVERS": self._broker.bootstrap_servers,
                "VIGIE_PEER_STATE": str(self._folder / "state"),
                "VIGIE_DATA_DIR": str(self._folder / "state"),
                "VIGIE_STATUS_PORT": str(free_port()),
            },
        )

    def __enter__(self) -> Self:
        self._broker.start()
        try:
            self._broker.wait_ready()
            ensure_topics(self.kafka, TOPICS)
            self.process.start()
            self._started_at = time.monotonic()
        except BaseException:
            self._broker.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.process.stop()
        self._broker.stop()

    def work_through(self, history: list[Record]) -> float:
        """Send the history; seconds from the system's start until all of it is written. Raises UnavailableError."""
        send_history(self.kafka, history)
        deadline = time.monotonic() + HISTORY_TIMEOUT_SECONDS
        while (written := self._written()) < len(history):
            if self.process.exit_code is not None or time.monotonic() > deadline:
                raise UnavailableError(f"{self.system.title}: {written} of {len(history)}. {self.process.log_end()}")
            time.sleep(LOOK_SECONDS)
        return time.monotonic() - self._started_at

    def young_share(self) -> float:
        """Of the records written last, the share that knows little of its account."""
        reader = PartitionReader(self.kafka, [self.kafka.topic_name(SCORED)], client="peers")
        try:
            reader.assign(start=lambda partition, held: max(held.start, held.end - LAST_RECORDS // 2))
            found: list[int] = []
            deadline = time.monotonic() + 10
            while len(found) < LAST_RECORDS and time.monotonic() < deadline:
                values = (message.value() for message in reader.read(LOOK_SECONDS).records)
                found += [json.loads(value)["history_count"] for value in values if value]
        finally:
            reader.close()
        return sum(count < YOUNG_HISTORY for count in found) / max(1, len(found))

    def _written(self) -> int:
        reader = PartitionReader(self.kafka, [], client="peers")
        try:
            held: list[OffsetRange] = []
            for topic in (SCORED, DEAD_LETTERS):
                held += reader.held(self.kafka.topic_name(topic)).values()
            return sum(one.records for one in held)
        finally:
            reader.close()
