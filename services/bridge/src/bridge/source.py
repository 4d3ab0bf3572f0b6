"""The foreign topic: read by a group, committed only after what was made of the records is in Kafka."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from bridge.topic_identity import TopicIdentity
from vigie_runtime import KafkaSettings, UnavailableError, VigieError, get_logger
from vigie_runtime.kafka_errors import AUTHENTICATION, AUTHORIZATION, ConnectionErrors
from vigie_runtime.offset_check import OffsetCheck
from vigie_runtime.offsets import KeptOffset, Partition, held_by
from vigie_runtime.topic_descriptions import DescribedTopic, TopicDescriptions

CALL_TIMEOUT_SECONDS: Final = 5.0
SESSION_TIMEOUT_MS: Final = 10_000
"""So long another bridge waits for the partitions of one that was killed."""
READ_AHEAD_KBYTES: Final = 65_536

log = get_logger(__name__)


class ForeignTopic:
    """Reads the partitions that the group gives; raises UnavailableError, or ConfigurationError where access is denied.

    Beside each committed offset stands the topic's id: where the topic was deleted and made again, its offsets mean
    nothing, and it is read from its beginning, also when that happens while it is read.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        topic: str,
        *,
        group: str,
        start: str,
        max_records: int,
        before_left: Callable[[], None],
    ) -> None:
        """`before_left` is called while the partitions are still this reader's: the last moment to commit."""
        self._topic = topic
        self._start = start
        self._max_records = max_records
        self._before_left = before_left
        self._errors = ConnectionErrors(settings.kafka_bootstrap_servers)
        config = settings.consumer_config(group, from_start=start == "earliest") | {
            "session.timeout.ms": SESSION_TIMEOUT_MS,
            "queued.max.messages.kbytes": READ_AHEAD_KBYTES,
            "enable.auto.offset.store": False,
        }
        try:
            self._consumer = Consumer({**config, "error_cb": self._errors}, logger=logging.getLogger("librdkafka"))
            asking: Any = {**settings.client_config(), "error_cb": self._errors, "log_level": 0}
            admin = AdminClient(asking)
        except KafkaException as error:
            raise self._errors.explain(error.args[0]) from None
        self._descriptions = TopicDescriptions(admin, CALL_TIMEOUT_SECONDS)
        self._check = OffsetCheck()
        self._identity = TopicIdentity(topic, self._descriptions)
        self._assigned: set[Partition] = set()
        self._begun: dict[Partition, int] = {}
        self._is_paused = False
        self._logged: set[int] = set()
        self._unread: list[Message] = []
        self._failure: VigieError | None = None

    def describe(self) -> DescribedTopic:
        """The topic as it is now; raises UnavailableError while it does not exist or Kafka does not answer."""
        self._errors.clear()
        try:
            found = self._descriptions.of([self._topic])
        except KafkaException as error:
            raise self._errors.explain(error.args[0], f"topic {self._topic}") from None
        if self._topic not in found:
            raise UnavailableError(f"Kafka has no topic {self._topic}: check VIGIE_BRIDGE_TOPIC, or make the topic.")
        return found[self._topic]

    def subscribe(self, described: DescribedTopic) -> None:
        """Join the group; partitions come while `read` is called."""
        self._note(described)
        self._join()

    def read(self, timeout_seconds: float) -> list[Message]:
        """What has arrived. Waits for the first record only, so that none is read later than it could be."""
        if (found := self._identity.recreated()) is not None:
            self._begin_again(found)
        messages, self._unread = self._unread, []
        first = self._consumer.poll(0 if messages else timeout_seconds)
        messages += [] if first is None else [first, *self._rest()]
        if self._failure is not None:
            self._join_again(self._failure)
        records = [message for message in messages if self._is_record(message)]
        # the group may have taken a partition away while its records were handed over
        return self._identity.unread([each for each in records if (each.topic(), each.partition()) in self._assigned])

    def rest(self) -> None:
        """Stay in the group without taking records, while what was read cannot be passed on."""
        if not self._is_paused:
            self._is_paused = True
            self._consumer.pause(self._places())
        if (message := self._consumer.poll(0)) is not None:  # of a partition that came just now
            self._unread.append(message)

    def go_on(self) -> None:
        """Take records again after `rest`."""
        if self._is_paused:
            self._is_paused = False
            self._consumer.resume(self._places())

    def commit(self, offsets: dict[Partition, int]) -> None:
        """Note the next offsets to read; partitions that are another's by now are left to it."""
        own = {partition: offset for partition, offset in offsets.items() if partition in self._assigned}
        if not own:
            return
        kept = {partition: self._check.kept(partition, offset) for partition, offset in own.items()}
        places = [TopicPartition(*each, at.offset, metadata=at.topic_id) for each, at in kept.items()]
        try:
            self._consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as error:  # it will be read again, under the same names
            log.warning("offsets not committed", reason=error.args[0].str())

    def lag(self) -> int | None:
        """Records that wait in this reader's partitions; None before each of them has answered once."""
        if not self._assigned:
            return None
        waiting = 0
        try:
            for place in self._consumer.position(self._places()):
                partition = TopicPartition(place.topic, place.partition)
                low, high = self._consumer.get_watermark_offsets(partition, cached=True) or (-1, -1)
                if high < 0:
                    return None
                begun = self._begun.get((place.topic, place.partition), low if self._start == "earliest" else high)
                waiting += max(0, high - (place.offset if place.offset >= 0 else begun))
        except KafkaException:
            return None
        return waiting

    @property
    def partitions(self) -> int:
        """How many partitions the group has given to this reader."""
        return len(self._assigned)

    @property
    def topic_id(self) -> str:
        """Of the topic that is read now."""
        return self._described.topic_id

    @property
    def recreated_topics(self) -> int:
        """How often the topic was deleted and made again while it was read."""
        return self._identity.recreated_topics

    @property
    def lost_records(self) -> int:
        """Deleted by Kafka before they were read."""
        return self._check.lost_records

    def close(self) -> None:
        """Leave the group, which gives the partitions to others at once."""
        self._consumer.close()

    def _join(self) -> None:
        self._consumer.subscribe([self._topic], on_assign=self._take, on_revoke=self._give_back, on_lost=self._lose)

    def _join_again(self, failure: VigieError) -> None:
        """Where to begin could not be found out: ask the group again, unless a person has to change something."""
        self._failure = None
        if not isinstance(failure, UnavailableError):
            raise failure
        log.warning("partitions not taken", topic=self._topic, reason=str(failure))
        self._consumer.unsubscribe()
        self._join()

    def _note(self, described: DescribedTopic) -> None:
        self._described = described
        self._identity.read_in(described)
        self._check.read_in({self._topic: described})

    def _begin_again(self, found: DescribedTopic) -> None:
        """Leave what is read for another topic of the same name; tried again after the next look where Kafka fails."""
        self._before_left()
        try:
            positions = self._consumer.position(
                [place for place in self._places() if place.partition in found.partitions]
            )
            kept = {(each.topic, each.partition): max(each.offset, 0) for each in positions}
            places = self._places_from({each: self._check.kept(each, at) for each, at in kept.items()}, found)
        except KafkaException as error:
            log.warning("topic not begun again", topic=self._topic, reason=error.args[0].str())
        else:
            self._note(found)
            self._assign(places)

    def _rest(self) -> list[Message]:
        return self._consumer.consume(self._max_records - 1, timeout=0) if self._max_records > 1 else []

    def _places(self) -> list[TopicPartition]:
        return [TopicPartition(*partition) for partition in sorted(self._assigned)]

    def _is_record(self, message: Message) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.code() in AUTHENTICATION | AUTHORIZATION:
            raise self._errors.explain(error, f"topic {self._topic}")
        if error.code() not in self._logged:
            self._logged.add(error.code())
            log.warning("source not readable", topic=self._topic, reason=error.str())
        return False

    def _take(self, _: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """Begin each partition where it was left; an exception in a callback would be lost, so `read` raises it."""
        try:
            places = self._beginnings(partitions)
        except VigieError as error:
            self._failure = error
        except KafkaException as error:
            self._failure = self._errors.explain(error.args[0], f"topic {self._topic}")
        else:
            self._assign(places)
            log.info("partitions taken", topic=self._topic, partitions=len(places))

    def _assign(self, places: list[TopicPartition]) -> None:
        self._consumer.assign(places)
        self._consumer.resume(places)  # a partition that comes back would otherwise still be paused
        self._assigned = {(place.topic, place.partition) for place in places}
        self._begun = {(place.topic, place.partition): place.offset for place in places if place.offset >= 0}
        self._is_paused = False

    def _beginnings(self, partitions: Sequence[TopicPartition]) -> list[TopicPartition]:
        found = self.describe()  # partitions are also given out because the topic was made again
        is_recreated = self._check.is_recreated(self._topic, {self._topic: found})
        kept: dict[Partition, KeptOffset | None] = {}
        for place in self._consumer.committed(list(partitions), timeout=CALL_TIMEOUT_SECONDS):
            if place.error is not None:
                raise KafkaException(place.error)
            at = KeptOffset(place.offset, place.metadata or "") if place.offset >= 0 else None
            # with a deleted topic Kafka forgets the group's offsets, and its start may leave out what is new
            kept[(place.topic, place.partition)] = KeptOffset(0, self.topic_id) if at is None and is_recreated else at
        places = self._places_from(kept, found)
        self._note(found)
        return places

    def _places_from(self, kept: Mapping[Partition, KeptOffset | None], found: DescribedTopic) -> list[TopicPartition]:
        """Where each partition is begun; without a kept offset at the group's start."""
        places: list[TopicPartition] = []
        for partition, at in kept.items():
            if at is None:
                places.append(TopicPartition(*partition))
                continue
            held = held_by(self._consumer, partition, CALL_TIMEOUT_SECONDS)
            places.append(TopicPartition(*partition, self._check.begin(partition, at, found, held)))
        return places

    def _give_back(self, _: Consumer, partitions: Sequence[TopicPartition]) -> None:
        if self._assigned:
            self._before_left()
            log.info("partitions given back", topic=self._topic, partitions=len(partitions))
        self._assigned = set()

    def _lose(self, _: Consumer, partitions: Sequence[TopicPartition]) -> None:
        """They are another's already: what is on its way will be read again by it."""
        log.warning("partitions lost", topic=self._topic, partitions=len(partitions))
        self._assigned = set()
