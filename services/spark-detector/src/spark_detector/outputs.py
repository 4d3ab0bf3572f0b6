"""Reads the detector's own output topics, to know which transactions' outcomes are in Kafka (docs/adr/0022)."""

import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from spark_detector.written import TAIL_RECORDS, TailOfOutputs, Written, WrittenState
from vigie_runtime import KafkaSettings, UnavailableError, VigieError, get_logger
from vigie_runtime.offsets import KeptOffset, OffsetRange, Partition
from vigie_runtime.partition_reader import PartitionReader
from vigie_schemas import ALERTS, DEAD_LETTERS, SCORED, TRANSACTIONS

CLIENT: Final = "spark-detector"
MAX_CATCH_UP_SECONDS: Final = 120.0
READ_INTERVAL_SECONDS: Final = 0.2
GATHER_MS: Final = 100
"""A checkpoint and a handover ask how far the outputs are; neither is in a hurry of less."""
_PLACE: Final = re.compile(rb'"partition":(\d+),"offset":(\d+)')
_PLACE_OF_DEAD_LETTER: Final = re.compile(rb'"topic":"([^"]*)","partition":(\d+),"offset":(\d+)')
_TRANSACTION_ID: Final = re.compile(rb'"transaction_id":"([^"]+)"')
_IS_ANOMALY: Final = b'"is_anomaly":true'

log = get_logger(__name__)


class KeptOutputs(BaseModel):
    """What is kept beside the checkpoint: where to read on, and what is known up to there."""

    topic_id: str
    """Of the transactions topic."""
    positions: dict[str, dict[int, int]]
    output_topic_ids: dict[str, str] = {}
    """By topic of `positions`; without them an offset beyond the end alone shows a recreated topic."""
    written: WrittenState


class OutputReader:
    """Follows the outputs from a thread of its own; raises UnavailableError while Kafka is."""

    def __init__(self, settings: KafkaSettings, kept: KeptOutputs | None) -> None:
        """Without anything kept, the tails of the output topics tell how far the detector came."""
        self._scored, self._dead_letters, self._alerts = (
            settings.topic_name(topic) for topic in (SCORED, DEAD_LETTERS, ALERTS)
        )
        self._source = settings.topic_name(TRANSACTIONS)
        self._positions: dict[Partition, int] = {}
        self._reader = PartitionReader(
            settings,
            [self._scored, self._dead_letters, self._alerts],
            client=CLIENT,
            gather_ms=GATHER_MS,
            on_start=self._positions.__setitem__,
        )
        self._kept_positions = _positions(kept) if kept else {}
        self._written: Written | TailOfOutputs = Written(kept.written) if kept else TailOfOutputs()
        self._lock = threading.Lock()

    def open(self) -> None:
        """Read from what was kept to the present end; raise UnavailableError when that takes too long."""
        self._reader.assign(self._kept_positions, _tail)
        self.read_to_end()
        if isinstance(self._written, TailOfOutputs):
            self._written = self._written.continued()

    def read_to_end(self) -> None:
        """Read to the present end, while no thread follows; raise UnavailableError when that takes too long."""
        ends = {
            (topic, number): held.end
            for topic in (self._scored, self._dead_letters, self._alerts)
            for number, held in self._reader.held(topic).items()
        }
        deadline = time.monotonic() + MAX_CATCH_UP_SECONDS
        reached: set[Partition] = set()
        while reached < ends.keys():
            self._read(READ_INTERVAL_SECONDS)
            reached |= {place for place, end in ends.items() if self._positions.get(place, 0) >= end}
            if time.monotonic() > deadline:
                raise UnavailableError("The detector's output topics could not be read in time: look at the brokers.")

    def follow(self, stop: threading.Event) -> threading.Thread:
        """Read on until `stop` is set."""
        thread = threading.Thread(target=self._follow, args=(stop,), name="outputs", daemon=True)
        thread.start()
        return thread

    def next_offsets(self) -> dict[int, int]:
        """First offset of each source partition whose outcome is not known to be written."""
        with self._lock:
            return self._caught_up.next_offsets()

    def begin(self, offsets: Mapping[int, int]) -> None:
        """Await no outcome before these offsets of the source."""
        with self._lock:
            self._caught_up.begin(offsets)

    def restart(self, offsets: Mapping[int, int]) -> None:
        """Forget what was written: the source is another topic, which begins at these offsets."""
        with self._lock:
            self._written = Written(WrittenState(next_offsets=dict(offsets)))

    def kept(self, topic_id: str) -> KeptOutputs:
        """What to keep beside a checkpoint up to `next_offsets`."""
        with self._lock:
            positions: dict[str, dict[int, int]] = {}
            output_topic_ids: dict[str, str] = {}
            for (topic, number), at in self._reader.kept(self._positions).items():
                positions.setdefault(topic, {})[number] = at.offset
                output_topic_ids[topic] = at.topic_id
            return KeptOutputs(
                topic_id=topic_id,
                positions=positions,
                output_topic_ids=output_topic_ids,
                written=self._caught_up.state(),
            )

    def close(self) -> None:
        """Leave Kafka."""
        self._reader.close()

    @property
    def _caught_up(self) -> Written:
        if isinstance(self._written, TailOfOutputs):
            raise LookupError("the outputs are known after catch_up only")
        return self._written

    def _follow(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._read(READ_INTERVAL_SECONDS)
            except VigieError as error:
                log.warning("outputs not read", error=str(error))
                stop.wait(READ_INTERVAL_SECONDS)

    def _read(self, timeout_seconds: float) -> None:
        batch = self._reader.read(timeout_seconds, until_full=True)
        with self._lock:
            for message in batch.records:
                topic, number, offset = message.topic(), message.partition(), message.offset()
                value = message.value()
                if topic is None or number is None or offset is None:
                    continue
                self._positions[topic, number] = offset + 1
                if value is not None:
                    self._take(topic, value)

    def _take(self, topic: str, value: bytes) -> None:
        if topic == self._alerts:
            if alert_id := _alert_id(value):
                self._written.alerted(alert_id)
        elif topic == self._dead_letters:
            if place := place_of_dead_letter(value, self._source):
                self._written.scored(*place, None)
        elif found := _PLACE.search(value):
            self._written.scored(int(found[1]), int(found[2]), _alert_id(value) if _IS_ANOMALY in value else None)


def place_of_dead_letter(value: bytes, source: str) -> tuple[int, int] | None:
    """Partition and offset in the topic `source`; None for a record of another topic, which the bridge refused."""
    found = _PLACE_OF_DEAD_LETTER.search(value)
    return (int(found[2]), int(found[3])) if found and found[1].decode() == source else None


def read_kept(path: Path) -> KeptOutputs | None:
    """What was kept; None before the first checkpoint and for a damaged file: the tails of the outputs tell enough."""
    try:
        return KeptOutputs.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValidationError, OSError, UnicodeDecodeError) as error:
        log.warning("kept outputs damaged", file=str(path), reason=str(error))
        return None


def write_kept(path: Path, kept: KeptOutputs) -> None:
    """Put the file in place whole."""
    partial = path.with_suffix(".partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial.write_text(kept.model_dump_json(), encoding="utf-8")
    partial.replace(path)


def _positions(kept: KeptOutputs) -> dict[Partition, KeptOffset]:
    return {
        (topic, number): KeptOffset(at, kept.output_topic_ids.get(topic, ""))
        for topic, numbers in kept.positions.items()
        for number, at in numbers.items()
    }


def _alert_id(value: bytes) -> str | None:
    named = _TRANSACTION_ID.search(value)
    return f"alert:{named[1].decode()}" if named else None


def _tail(partition: Partition, held: OffsetRange) -> int:
    return max(held.start, held.end - TAIL_RECORDS)
