"""Asks the registry for a new champion or new thresholds, loads them and hands them to whoever serves."""

import threading
from typing import Protocol

from spark_detector.champion import LoadedChampion, load_champion
from spark_detector.champion_store import ChampionStore
from spark_detector.recalibrated import recalibrate, with_newest_thresholds
from spark_detector.status import DetectorStatus
from vigie_registry import Champion, RegistryUnavailableError, UnusableVersionError
from vigie_runtime import VigieError, get_logger

log = get_logger(__name__)


class Serves(Protocol):
    """What takes over what was loaded."""

    def take_champion(self, champion: LoadedChampion) -> None:
        """Another forest: a query for it is prepared."""
        ...

    def take_thresholds(self, champion: LoadedChampion) -> None:
        """The same forest under other thresholds: they count at once."""
        ...


class ChampionWatcher:
    """Asks every `interval_seconds`, and at once when `early` is set."""

    def __init__(
        self,
        store: ChampionStore,
        status: DetectorStatus,
        serves: Serves,
        champion: LoadedChampion | None,
        *,
        interval_seconds: float,
        early: threading.Event | None = None,
    ) -> None:
        self._store = store
        self._status = status
        self._serves = serves
        self._champion = champion
        self._interval_seconds = interval_seconds
        self._early = early or threading.Event()
        self._refused: tuple[Champion, UnusableVersionError] | None = None
        self._problem: str | None = None

    def start(self, stop: threading.Event) -> None:
        """Watch from a thread of its own until `stop` is set."""
        threading.Thread(target=self._watch, args=(stop,), name="champion", daemon=True).start()

    def _watch(self, stop: threading.Event) -> None:
        while True:
            self._early.wait(self._interval_seconds)
            self._early.clear()
            if stop.is_set():
                return
            try:
                self._ask()
                self._status.registry_answered()
                self._problem = None
            except Exception as error:
                self._report(error)

    def _report(self, error: Exception) -> None:
        """Log what is wrong once, not each second for as long as it lasts."""
        self._status.registry_failed(str(error))
        is_new, self._problem = str(error) != self._problem, str(error)
        if not is_new or isinstance(error, RegistryUnavailableError):  # which its reader logs
            return
        if isinstance(error, VigieError):
            log.warning("champion not loaded", reason=str(error))
        else:
            log.error("registry watch failed", exc_info=error)

    def _ask(self) -> None:
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
            self._champion = with_newest_thresholds(self._store, champion, newest)
            self._serves.take_champion(self._champion)
            self._store.mark_good(newest.version)
            log.info("champion loaded", model_version=newest.version)
        elif newest.threshold_version > known.threshold_version:
            self._champion = recalibrate(self._store, known, newest.threshold_version)
            self._serves.take_thresholds(self._champion)
            log.info("thresholds loaded", model_version=known.version, threshold_version=newest.threshold_version)
