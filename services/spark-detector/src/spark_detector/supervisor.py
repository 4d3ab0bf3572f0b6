"""Keeps the stream scored: one query serves, the next is prepared beside it, a failed one is started again."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from spark_detector.champion import LoadedChampion
from spark_detector.failures import RepeatedFailure, first_line
from spark_detector.serving import ServingQuery
from spark_detector.serving_queries import ServingQueries
from spark_detector.settings import DetectorSettings
from spark_detector.status import DetectorStatus
from spark_detector.transitions import Transitions
from spark_detector.warm_up import warm_up
from vigie_runtime import VigieError, get_logger

log = get_logger(__name__)

ADVANCE_INTERVAL_SECONDS = 0.05
MAX_PAUSE_SECONDS = 30.0
STABLE_SECONDS = 300.0
"""A query that ran for so long has overcome what ended the one before it."""


class Supervisor:
    """Serves until asked to stop; takes champions and thresholds from the watcher's thread."""

    def __init__(
        self,
        histories: DataFrame,
        settings: DetectorSettings,
        status: DetectorStatus,
        champion: LoadedChampion | None,
    ) -> None:
        """`histories` is the stream of pipeline.histories, described once for all queries and checkpoints."""
        self._histories = histories
        self._settings = settings
        self._status = status
        self._lock = threading.Lock()
        self._wanted = champion
        self._serving: ServingQuery | None = None
        self._is_cold = True

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
        with ServingQueries(self._histories, self._settings, self._status) as queries:
            self._warm_up_unless_awaited(queries, stop)
            serving = queries.first(self._wanted)
            try:
                self._took_over(serving)
                self._keep_serving(queries, serving, stop)
            finally:
                self._set_serving(None)
                self._status.query_stopped()
            if stop.is_set():
                queries.last_checkpoint()

    def _warm_up_unless_awaited(self, queries: ServingQueries, stop: threading.Event) -> None:
        """Once in a process. Transactions that wait already are late, and warm the JVM as well as made-up ones."""
        if self._is_cold and not queries.waiting():
            self._status.warming_up()
            warm_up(self._histories.sparkSession, self._settings, self._wanted, stop)
        self._is_cold = False

    def _keep_serving(self, queries: ServingQueries, serving: ServingQuery, stop: threading.Event) -> None:
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="background") as background:
            transitions = Transitions(queries, serving, background, self._settings.checkpoint_seconds)
            try:
                while not stop.wait(ADVANCE_INTERVAL_SECONDS):
                    transitions.advance(self._wanted)
                    if transitions.serving is not self._serving:
                        self._took_over(transitions.serving)
            finally:
                transitions.stop()

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
