"""Thresholds that came after the champion: fetched, checked, kept, and put in place of those it came with."""

from dataclasses import replace

from spark_detector.champion import ChampionError, LoadedChampion
from spark_detector.champion_store import ChampionStore
from vigie_registry import Champion
from vigie_runtime import VigieError, get_logger
from vigie_schemas import Thresholds

log = get_logger(__name__)


def recalibrate(store: ChampionStore, champion: LoadedChampion, number: int) -> LoadedChampion:
    """The champion under thresholds `number`, which are kept on disk from then on.

    Raises RegistryUnavailableError when they cannot be fetched, UnusableVersionError when they are not valid or do not
    fit the champion.
    """
    thresholds = store.fetch_thresholds(champion.version, number)
    if thresholds.threshold_version != number:
        raise ChampionError(
            f"Thresholds {number} of version {champion.version} call themselves {thresholds.threshold_version}: "
            "the next ones replace them."
        )
    recalibrated = with_thresholds(champion, thresholds)
    store.keep_thresholds(thresholds)
    return recalibrated


def with_newest_thresholds(store: ChampionStore, champion: LoadedChampion, newest: Champion | None) -> LoadedChampion:
    """A champion just loaded under the newest thresholds that can be had: the registry's, the kept ones, its own."""
    try:
        if newest and newest.version == champion.version and newest.threshold_version > champion.threshold_version:
            return recalibrate(store, champion, newest.threshold_version)
    except VigieError as error:
        log.warning("thresholds not loaded", model_version=champion.version, reason=str(error))
    try:
        kept = store.kept_thresholds(champion.version)
        return champion if kept is None else with_thresholds(champion, kept)
    except ChampionError as error:
        log.warning("kept thresholds not used", model_version=champion.version, reason=str(error))
        return champion


def with_thresholds(champion: LoadedChampion, thresholds: Thresholds) -> LoadedChampion:
    """The same forest under other thresholds; raise ChampionError when they do not fit it."""
    own = champion.calibration
    if thresholds.model_version != champion.version or set(thresholds.thresholds) != set(own.thresholds):
        raise ChampionError(
            f"Thresholds of version {thresholds.model_version} for {', '.join(sorted(thresholds.thresholds))} do not "
            f"fit version {champion.version} with {', '.join(sorted(own.thresholds))}. Publish again."
        )
    changes = {"thresholds": thresholds.thresholds, "threshold_version": thresholds.threshold_version}
    return replace(champion, calibration=own.model_copy(update=changes))
