"""What happens while a query serves: checkpoints, the preparation of the next query and the handover to it."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from pyspark.errors import PySparkException

from spark_detector.champion import LoadedChampion
from spark_detector.failures import first_line
from spark_detector.handover import Handover, Stage
from spark_detector.serving import ServingQuery
from spark_detector.serving_queries import ServingQueries
from vigie_runtime import UnavailableError, VigieError, get_logger

log = get_logger(__name__)

RENEW_SECONDS: Final = 6 * 3600
"""A serving query is replaced by its like, long before Real-time Mode would stop it for a checkpoint."""
RETRY_SECONDS: Final = 30.0
"""Between two attempts to prepare a query."""


class Transitions:
    """Between two failures, one at a time; moved on by `advance` every few dozen milliseconds."""

    def __init__(
        self, queries: ServingQueries, serving: ServingQuery, background: ThreadPoolExecutor, checkpoint_seconds: float
    ) -> None:
        self.serving = serving
        self._queries = queries
        self._background = background
        self._checkpoint_seconds = checkpoint_seconds
        self._served_since = self._checkpoint_at = time.monotonic()
        self._retry_at = 0.0
        self._checkpointing: Future[None] | None = None
        self._preparing: Future[ServingQuery] | None = None
        self._handover: Handover[ServingQuery] | None = None

    def advance(self, wanted: LoadedChampion | None) -> None:
        """Do what is due; raises what ended the serving query."""
        self.serving.require_running()
        if self._handover is not None:
            self._advance_handover(self._handover)
        elif self._preparing is not None:
            self._take_prepared(self._preparing)
        elif self._checkpointing is not None:
            self._finish_checkpoint(self._checkpointing)
        elif self._is_replaced_by(wanted) and time.monotonic() >= self._retry_at:
            self._preparing = self._background.submit(self._queries.next_query, wanted, after=self.serving)
        elif time.monotonic() - self._checkpoint_at >= self._checkpoint_seconds:
            self._checkpointing = self._background.submit(self._queries.checkpoint)

    def stop(self) -> None:
        """End every query."""
        if self._preparing is not None:
            try:
                self._queries.end(self._preparing.result())
            except (PySparkException, VigieError) as error:
                log.error("query not prepared", error=first_line(error))
        if self._handover is not None:
            self._queries.end(self._handover.new)
        self._queries.end(self.serving)

    def _is_replaced_by(self, wanted: LoadedChampion | None) -> bool:
        serves = self.serving.champion
        is_other = wanted is not None and (serves is None or serves.version != wanted.version)
        is_old = time.monotonic() - self._served_since > RENEW_SECONDS
        return is_other or is_old or self._queries.partitions_added(self.serving.partitions)

    def _take_prepared(self, preparing: "Future[ServingQuery]") -> None:
        if not preparing.done():
            return
        self._preparing = None
        try:
            self._handover = self._queries.handover(self.serving, preparing.result())
        except (PySparkException, VigieError) as error:
            self._retry_at = time.monotonic() + RETRY_SECONDS
            log.error("query not prepared", error=str(error))

    def _advance_handover(self, handover: Handover[ServingQuery]) -> None:
        try:
            handover.new.require_running()
        except (PySparkException, VigieError) as error:
            if handover.stage is not Stage.CATCHING_UP:
                raise  # it serves already
            log.error("query not prepared", error=str(error))
            self._retry_at = time.monotonic() + RETRY_SECONDS
            self._handover = None
            self._queries.end(handover.new)
            return
        try:
            stage = handover.advance()
        except UnavailableError:
            return  # it waits for Kafka, as both queries do
        if stage is Stage.DONE:
            self._queries.end(handover.old)
            self._queries.handed_over(handover)
            self._handover = None
            self._served_since = time.monotonic()
            self.serving = handover.new

    def _finish_checkpoint(self, checkpointing: "Future[None]") -> None:
        if not checkpointing.done():
            return
        self._checkpointing = None
        self._checkpoint_at = time.monotonic()
        try:
            checkpointing.result()
        except (PySparkException, VigieError) as error:
            self._queries.checkpoint_failed(error)
