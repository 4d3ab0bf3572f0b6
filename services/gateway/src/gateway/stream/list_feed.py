"""Reads the lists' topic from its beginning to its end, and what comes after, in a thread of its own."""

import threading
from typing import Final

from confluent_kafka import Message

from gateway.policy.topic_lists import ListChange, TopicLists
from gateway.stream.list_records import RefusedListRecordError, change_of
from vigie_runtime import KafkaSettings, UnavailableError, VigieError, get_logger
from vigie_runtime.partition_reader import Batch, PartitionReader
from vigie_schemas import POLICY_LISTS

CLIENT: Final = "gateway-lists"
READ_TIMEOUT_SECONDS: Final = 0.2
RETRY_SECONDS: Final = 0.5

log = get_logger(__name__)


class ListFeed:
    """Keeps no offsets: the topic holds one record for each value, and each start needs all of them."""

    def __init__(self, settings: KafkaSettings, lists: TopicLists) -> None:
        self._lists = lists
        self._topic = settings.topic_name(POLICY_LISTS)
        self._reader = PartitionReader(settings, [self._topic], client=CLIENT)
        self._ends: dict[int, int] = {}
        """Of partitions that have not been read to where they ended at the start."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="lists", daemon=True)
        self.is_caught_up = False
        """Whether all that the topic held at the start is in use."""
        self.problem: str | None = None

    def open(self) -> None:
        """Begin at the beginning; raises UnavailableError while Kafka is."""
        held = self._reader.held(self._topic)
        if not held:
            raise UnavailableError(f"Kafka does not know {self._topic} yet: look at the brokers if that stays.")
        self._ends = {number: offsets.end for number, offsets in held.items() if offsets.records}
        self._reader.assign()

    def start(self) -> None:
        """Follow the topic until `close`."""
        self._thread.start()

    def close(self) -> None:
        """Leave Kafka."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._reader.close()

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                if not self.is_caught_up:
                    self._look_whether_caught_up()
                self._take(self._reader.read(READ_TIMEOUT_SECONDS))
                self.problem = None
            except VigieError as error:
                if self.problem is None:
                    log.warning("lists not read", reason=str(error))
                self.problem = str(error)
                self._stop.wait(RETRY_SECONDS)

    def _take(self, batch: Batch) -> None:
        changes = [change for message in batch.records if (change := self._change_of(message)) is not None]
        if batch.records:
            self._lists.take(changes, refused_records=len(batch.records) - len(changes))
        if self._ends:
            self._note_ends(batch)

    def _change_of(self, message: Message) -> ListChange | None:
        try:
            return change_of(message)
        except RefusedListRecordError as error:
            log.warning(
                "list record refused", partition=message.partition(), offset=message.offset(), reason=str(error)
            )
            return None

    def _note_ends(self, batch: Batch) -> None:
        for message in batch.records:
            number, offset = message.partition(), message.offset()
            if number is not None and offset is not None and offset + 1 >= self._ends.get(number, 0):
                self._ends.pop(number, None)
        for _, number in batch.ended:  # compaction may have left nothing at the last offset
            self._ends.pop(number, None)

    def _look_whether_caught_up(self) -> None:
        if not self._ends:
            self._lists.finish_beginning()
            self.is_caught_up = True
