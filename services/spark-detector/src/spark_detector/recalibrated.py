"""Thresholds that came after the champion: fetched, checked, kept, and put in place of those it came with."""

from dataclasses import replace

from pydantic import ValidationError

from spark_detector.champion import Champion, ChampionError, ChampionRegistry, Newest
from vigie_runtime import VigieError, get_logger
from vigie_schemas import Thresholds

log = get_logger(__name__)


def recalibrate(registry: ChampionRegistry, champion: Champion, number: int) -> Champion:
    """The champion under thresholds `number`, which are kept on disk from then on.

    Raises UnavailableError when they cannot be fetched, ChampionError when they do not fit the champion.
    """
    text = registry.fetch_thresholds(champion.version, number)
    judged_anew = with_thresholds(champion, text)
    found = judged_anew.calibration.threshold_version
    if found != number:
        raise ChampionError(f"Thresholds {number} of version {champion.version} say they are {found}: publish again.")
    registry.keep_thresholds(champion.version, text)
    return judged_anew


def with_newest_thresholds(registry: ChampionRegistry, champion: Champion, newest: Newest | None) -> Champion:
    """A champion just loaded under the newest thresholds that can be had: the registry's, the kept ones, its own."""
    try:
        if newest and newest.version == champion.version and newest.threshold_version > threshold_version(champion):
            return recalibrate(registry, champion, newest.threshold_version)
    except VigieError as error:
        log.warning("thresholds not loaded", model_version=champion.version, error=str(error))
    kept = registry.kept_thresholds(champion.version)
    try:
        return with_thresholds(champion, kept) if kept is not None else champion
    except ChampionError as error:
        log.warning("kept thresholds not used", model_version=champion.version, error=str(error))
        return champion


def with_thresholds(champion: Champion, text: str) -> Champion:
    """The same forest under other thresholds; raise ChampionError when they do not fit it."""
    try:
        thresholds = Thresholds.model_validate_json(text)
    except ValidationError as error:
        raise ChampionError(
            f"Thresholds of version {champion.version} are not valid: {error}. Publish again."
        ) from None
    own = champion.calibration
    if thresholds.model_version != champion.version or set(thresholds.thresholds) != set(own.thresholds):
        raise ChampionError(
            f"Thresholds of version {thresholds.model_version} for {', '.join(sorted(thresholds.thresholds))} do not "
            f"fit version {champion.version} with {', '.join(sorted(own.thresholds))}. Publish again."
        )
    changes = {"thresholds": thresholds.thresholds, "threshold_version": thresholds.threshold_version}
    return replace(champion, calibration=own.model_copy(update=changes))


def threshold_version(champion: Champion) -> int:
    """Version of the thresholds the champion judges by."""
    return champion.calibration.threshold_version
