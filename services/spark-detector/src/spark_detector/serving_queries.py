"""Makes serving queries, each from the newest checkpoint, and keeps the checkpoint itself (docs/adr/0022)."""

import shutil
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from pyspark.sql import DataFrame

from spark_detector.champion import LoadedChampion
from spark_detector.checkpoint import Checkpoint
from spark_detector.handover import Handover
from spark_detector.output_range import OutputRange
from spark_detector.outputs import OutputReader, read_kept, write_kept
from spark_detector.recovery import Recovery, recover
from spark_detector.serving import ServingQuery
from spark_detector.settings import DetectorSettings
from spark_detector.source import SourceTopic
from spark_detector.status import DetectorStatus
from spark_detector.warm_up import warm_up
from vigie_runtime import UnavailableError, get_logger
from vigie_runtime.topic_descriptions import is_another_topic

PARTITIONS_INTERVAL_SECONDS: Final = 5.0

log = get_logger(__name__)


class ServingQueries:
    """A context: inside it the outputs are followed, so that it is known what was written."""

    def __init__(self, histories: DataFrame, settings: DetectorSettings, status: DetectorStatus) -> None:
        """`histories` is described once: the calls that describe a plan take the processor that the stream needs."""
        self._histories = histories
        self._settings = settings
        self._status = status
        self._checkpoint = Checkpoint(settings)
        self._source = SourceTopic(settings)
        self._kept = read_kept(settings.kept_outputs)
        self._outputs = OutputReader(settings, self._kept)
        self._stop = threading.Event()
        self._follower: threading.Thread | None = None
        self._topic_id = ""
        self._asked_at = 0.0
        self._added = False
        self._kafka_answers = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop_following()
        self._outputs.close()
        self._source.close()

    def waiting(self) -> int:
        """Transactions that the first query begins with, at most: those whose outcome is not known from the disk."""
        known = self._kept.written.next_offsets if self._kept else {}
        held = self._source.held()
        return sum(max(0, offsets.end - max(offsets.start, known.get(n, 0))) for n, offsets in held.items())

    def first(self, champion: LoadedChampion | None) -> ServingQuery:
        """The query to begin with after a start or a failure; it writes what was not written yet."""
        shutil.rmtree(self._settings.serving_folder, ignore_errors=True)
        self._outputs.open()
        recovery = self._recovered()
        query = self._query(champion)
        query.start(OutputRange(begin=recovery.begin))
        self._follower = self._outputs.follow(self._stop)
        return query

    def next_query(self, champion: LoadedChampion | None, *, after: ServingQuery) -> ServingQuery:
        """A query beside the serving one; the checkpoint is brought up first, so that it has little to read.

        It is muted but for partitions that were added, as no other query reads those. Code generated for one champion
        serves the next, so only the first one after learning needs a warm-up.
        """
        if champion is not None and after.champion is None:
            warm_up(self._histories.sparkSession, self._settings, champion, self._stop)
        self.checkpoint()
        query = self._query(champion)
        written = self._outputs.next_offsets()
        query.start(OutputRange(begin={number: written[number] for number in query.partitions - after.partitions}))
        return query

    def handover(self, old: ServingQuery, new: ServingQuery) -> Handover[ServingQuery]:
        """From the one to the other."""
        return Handover(old, new, held=self._source.held, written=self._outputs.next_offsets)

    def end(self, query: ServingQuery) -> None:
        """End a query and note whether Kafka answered then."""
        self._kafka_answers = query.stop()

    def handed_over(self, handover: Handover[ServingQuery]) -> None:
        """Note that the old query has ended."""
        self._status.handed_over()
        log.info("query handed over", seconds=round(handover.seconds, 2), offsets=handover.at)

    def checkpoint_failed(self, error: Exception) -> None:
        """Note that the checkpoint is older than it should be; the stream is not concerned, a restart would be."""
        self._status.checkpoint_failed(str(error))
        log.error("checkpoint not made", error=str(error))

    def checkpoint(self) -> None:
        """Bring the checkpoint up to what is written."""
        end, kept = self._outputs.next_offsets(), self._outputs.kept(self._topic_id)
        started = time.monotonic()
        if self._checkpoint.advance(self._histories, end):
            write_kept(self._settings.kept_outputs, kept)
            seconds = round(time.monotonic() - started, 2)
            self._status.checkpoint_made(seconds)
            log.info("checkpoint made", seconds=seconds)

    def last_checkpoint(self) -> None:
        """Bring the checkpoint up to everything written, after the last query has ended.

        Without Kafka there is nothing to read it from, and no time to wait: the next start makes up for it.
        """
        if not self._kafka_answers:
            return
        try:
            self._stop_following()
            self._outputs.read_to_end()
            self.checkpoint()
        except Exception as error:
            log.warning("last checkpoint not made", error=str(error))

    def partitions_added(self, known: set[int]) -> bool:
        """Whether the topic has partitions besides the known ones; asked every few seconds."""
        if time.monotonic() - self._asked_at > PARTITIONS_INTERVAL_SECONDS:
            self._asked_at = time.monotonic()
            with suppress(UnavailableError):
                self._added = not self._source.held().keys() <= known
        return self._added

    def _stop_following(self) -> None:
        self._stop.set()
        if self._follower is not None:
            self._follower.join()

    def _query(self, champion: LoadedChampion | None) -> ServingQuery:
        name = f"serving-{time.time_ns()}"
        folder = self._settings.serving_folder / name
        committed = self._checkpoint.copy(folder)
        held = self._source.held()
        self._outputs.begin({number: offsets.start for number, offsets in held.items()})
        self._added = False
        begin = {number: committed.get(number, offsets.start) for number, offsets in held.items()}
        return ServingQuery(self._histories, self._settings, champion, name=name, folder=folder, begin=begin)

    def _recovered(self) -> Recovery:
        self._topic_id = self._source.topic_id()
        recovery = recover(
            self._source.held(),
            self._checkpoint.offsets(),
            self._outputs.next_offsets(),
            is_same_topic=self._kept is None or not is_another_topic(self._kept.topic_id, self._topic_id),
        )
        if recovery.is_recreated:
            log.error("transactions topic recreated", topic_id=self._topic_id)
            self._checkpoint.clear()
            self._outputs.restart(recovery.begin)
        else:
            self._checkpoint.skip_to(recovery.histories_from)
            self._outputs.begin(recovery.begin)
        if recovery.missing or recovery.forgotten:
            log.error("transactions lost to retention", missing=recovery.missing, forgotten=recovery.forgotten)
        self._status.recovered(recovery)
        write_kept(self._settings.kept_outputs, self._outputs.kept(self._topic_id))
        return recovery
