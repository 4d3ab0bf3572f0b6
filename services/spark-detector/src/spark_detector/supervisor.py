"""Keeps the stream scored: one query serves, the next is prepared beside it, a failed one is started again."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from spark_detector.champion import LoadedChampion
from spark_detector.failures import RepeatedFailure, first_line
from spark_detector.handover import Handover, Stage
from spark_detector.serving import ServingQuery
from spark_detector.serving_queries import ServingQueries
from spark_detector.settings import DetectorSettings
from spark_detector.status import DetectorStatus
from vigie_runtime import UnavailableError, VigieError, get_logger

log = get_logger(__name__)

ADVANCE_INTERVAL_SECONDS = 0.05
MAX_PAUSE_SECONDS = 30.0
STABLE_SECONDS = 300.0
"""A query that ran for so long has overcome what ended the one before it."""
RENEW_SECONDS = 6 * 3600
"""A serving query is replaced by its like, long before Real-time Mode would stop it for a checkpoint."""
RETRY_SECONDS = 30.0
"""Between two attempts to prepare a query."""


class Supervisor:
    """Serves until asked to stop; takes champions and thresholds from the watcher's thread."""

    def __init__(
        self, spark: SparkSession, settings: DetectorSettings, status: DetectorStatus, champion: LoadedChampion | None
    ) -> None:
        self._spark = spark
        self._settings = settings
        self._status = status
        self._lock = threading.Lock()
        self._wanted = champion
        self._serving: ServingQuery | None = None

    def take_champion(self, champion: LoadedChampion) -> None:
        """Have a query prepared for it and handed over to."""
        with self._lock:
            self._wanted = champion

    def take_thresholds(self, champion: LoadedChampion) -> None:
        """Judge by them from the next record on."""
        with self._lock:
            self._wanted = champion
            serving = self._serving
            if serving is not None and serving.champion and serving.champion.version == champion.version:
                serving.judge_by(champion)
                self._status.serves(champion)

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` is set; errors of queries and of Kafka never end it."""
        failures, repeated = 0, RepeatedFailure()
        while not stop.is_set():
            started = time.monotonic()
            try:
                self._serve(stop)
            except (PySparkException, VigieError) as error:
                # Real-time Mode does not retry tasks: whoever started the query starts it again
                failures = 0 if time.monotonic() - started > STABLE_SECONDS else failures + 1
                pause = min(MAX_PAUSE_SECONDS, 2.0 ** (failures - 1)) if failures else 0.0
                advice = repeated.advice(error)
                self._status.query_failed(first_line(error), advice)
                log.error("query failed, starting it again", pause_seconds=pause, error=str(error), advice=advice)
                stop.wait(pause)

    def _serve(self, stop: threading.Event) -> None:
        """From a start to the next failure, or to the end."""
        with ServingQueries(self._spark, self._settings, self._status) as queries:
            serving = queries.first(self._wanted)
            try:
                self._took_over(serving)
                self._keep_serving(queries, serving, stop)
            finally:
                self._set_serving(None)
                self._status.query_stopped()
            if stop.is_set():
                queries.last_checkpoint()

    def _keep_serving(self, queries: ServingQueries, serving: ServingQuery, stop: threading.Event) -> None:
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="background") as background:
            life = _Life(queries, serving, background, self._settings.checkpoint_seconds)
            try:
                while not stop.wait(ADVANCE_INTERVAL_SECONDS):
                    life.advance(self._wanted)
                    if life.serving is not self._serving:
                        self._took_over(life.serving)
            finally:
                life.stop()

    def _took_over(self, serving: ServingQuery) -> None:
        self._set_serving(serving)
        self._status.serves(serving.champion)
        log.info(
            "query serving",
            model_version=serving.champion.version if serving.champion else None,
            threshold_version=serving.champion.calibration.threshold_version if serving.champion else None,
        )

    def _set_serving(self, serving: ServingQuery | None) -> None:
        with self._lock:
            self._serving = serving
            wanted = self._wanted
            if serving and serving.champion and wanted and wanted.version == serving.champion.version:
                serving.judge_by(wanted)  # thresholds that came while it was prepared


class _Life:
    """What happens between two failures: checkpoints, preparations and handovers, one at a time."""

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
