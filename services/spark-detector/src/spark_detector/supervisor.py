"""Keeps the query running: starts it, changes the champion at a checkpoint, starts it again after an error."""

import threading
import time

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from spark_detector.champion import LoadedChampion, load_champion
from spark_detector.champion_store import ChampionStore
from spark_detector.pipeline import Query, plan_query
from spark_detector.recalibrated import recalibrate, with_newest_thresholds
from spark_detector.settings import DetectorSettings
from spark_detector.status import DetectorStatus
from vigie_registry import Champion, RegistryUnavailableError, UnusableVersionError
from vigie_runtime import VigieError, get_logger

log = get_logger(__name__)

LOOK_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 30.0


class Supervisor:
    """Runs one query at a time until asked to stop."""

    def __init__(
        self,
        spark: SparkSession,
        settings: DetectorSettings,
        status: DetectorStatus,
        store: ChampionStore,
        champion: LoadedChampion | None,
        *,
        early: threading.Event | None = None,
    ) -> None:
        self._status = status
        self._query = plan_query(spark, settings, champion)
        self._watcher = ChampionWatcher(spark, settings, status, store, champion, early=early)

    def run(self, stop: threading.Event) -> None:
        """Supervise until `stop` is set; the query's own errors never end it."""
        self._watcher.start(stop)
        failures = 0
        while not stop.is_set():
            started = time.monotonic()
            try:
                self._run_query(stop)
            except PySparkException as error:
                # Real-time Mode does not retry tasks: whoever started the query starts it again
                failures = 0 if time.monotonic() - started > 10 * LONGEST_PAUSE_SECONDS else failures + 1
                pause = min(LONGEST_PAUSE_SECONDS, 2.0 ** (failures - 1))
                self._status.query_failed(_first_line(error))
                log.error("query failed, starting it again from its checkpoint", pause_seconds=pause, error=str(error))
                stop.wait(pause)

    def _run_query(self, stop: threading.Event) -> None:
        """One life of the query: until stop, error, or a new champion at a moment that repeats nothing."""
        champion, query = self._query.champion, self._query.start()
        self._status.query_started(champion)
        log.info(
            "query started",
            model_version=champion.version if champion else None,
            threshold_version=champion.threshold_version if champion else None,
        )
        checkpoints = CheckpointCounter(query)
        try:
            while not stop.wait(LOOK_SECONDS):
                if not query.isActive:
                    query.awaitTermination()  # raises what ended it, if that was an error
                    return
                is_checkpoint = checkpoints.has_advanced()
                if is_checkpoint:
                    self._status.checkpoint_made()
                # While learning nothing was judged, so nothing is lost by repeating: the first champion starts at once
                if self._watcher.candidate is not None and (is_checkpoint or champion is None):
                    self._query = self._watcher.take()
                    return
        finally:
            query.stop()
            self._status.query_stopped()


class CheckpointCounter:
    """Tells when the query has finished an interval: its state and offsets are safe then."""

    def __init__(self, query: StreamingQuery) -> None:
        self._query = query
        self._last = self._batch()

    def has_advanced(self) -> bool:
        """Whether a checkpoint was made since the last call."""
        batch = self._batch()
        advanced = batch != self._last
        self._last = batch
        return advanced

    def _batch(self) -> int | None:
        # lastProgress of the Python class parses a large JSON text each time; this asks for one number
        progress = self._query._jsq.lastProgress()  # pyright: ignore[reportOptionalCall]
        return None if progress is None else int(progress.batchId())


class ChampionWatcher:
    """Asks the registry for a new champion or new thresholds and plans their query beside the running one.

    It asks every `champion_poll_seconds`, and at once when `early` is set.
    """

    def __init__(
        self,
        spark: SparkSession,
        settings: DetectorSettings,
        status: DetectorStatus,
        store: ChampionStore,
        champion: LoadedChampion | None,
        *,
        early: threading.Event | None = None,
    ) -> None:
        self._spark = spark
        self._settings = settings
        self._status = status
        self._store = store
        self._champion = champion
        self._early = early or threading.Event()
        self._refused: tuple[Champion, UnusableVersionError] | None = None
        self._problem: str | None = None
        self.candidate: Query | None = None

    def start(self, stop: threading.Event) -> None:
        """Watch from a thread of its own until `stop` is set."""
        threading.Thread(target=self._watch, args=(stop,), name="champion", daemon=True).start()

    def take(self) -> Query:
        """Hand over the planned query; there must be one."""
        query, self.candidate = self.candidate, None
        if query is None:
            raise LookupError("no champion is waiting")
        return query

    def _watch(self, stop: threading.Event) -> None:
        while True:
            self._early.wait(self._settings.champion_poll_seconds)
            self._early.clear()
            if stop.is_set():
                return
            try:
                self._look()
                self._status.registry_answered()
                self._problem = None
            except Exception as error:
                self._failed(error)

    def _failed(self, error: Exception) -> None:
        """Show what is wrong, and log it once, not each second for as long as it lasts."""
        self._status.registry_failed(str(error))
        is_new, self._problem = str(error) != self._problem, str(error)
        if not is_new or isinstance(error, RegistryUnavailableError):  # which its reader logs
            return
        if isinstance(error, VigieError):
            log.warning("champion not loaded", reason=str(error))
        else:
            log.error("registry watch failed", exc_info=error)

    def _look(self) -> None:
        newest = self._store.newest()
        if newest is None:
            return
        if self._refused and self._refused[0] == newest:
            raise self._refused[1]  # it is what it was: only another version or other thresholds can mend it
        try:
            self._take_over(newest)
        except UnusableVersionError as error:
            self._refused = newest, error
            raise

    def _take_over(self, newest: Champion) -> None:
        """Load what the registry says should serve, where something else does."""
        known = self._champion
        if known is None or newest.version != known.version:
            champion = load_champion(newest.version, self._store.fetch(newest.version))
            self._offer(with_newest_thresholds(self._store, champion, newest))
            self._store.mark_good(newest.version)
            log.info("champion loaded", model_version=newest.version)
        elif newest.threshold_version > known.threshold_version:
            self._offer(recalibrate(self._store, known, newest.threshold_version))
            log.info("thresholds loaded", model_version=known.version, threshold_version=newest.threshold_version)

    def _offer(self, champion: LoadedChampion) -> None:
        """Plan the champion's query, for the supervisor to take at its next checkpoint."""
        self.candidate = plan_query(self._spark, self._settings, champion)
        self._champion = champion


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
