"""The training span of the model that scores, which drift is measured against, and the version of the champion."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from vigie_registry import RegistryReader, RegistryUnavailableError, UnusableVersionError
from vigie_runtime import get_logger
from vigie_schemas import FeatureBins

POLL_INTERVAL_SECONDS: Final = 15.0

log = get_logger(__name__)


@dataclass(frozen=True)
class TrainingSpan:
    """A model version and its features' distributions; empty when it was trained before these were logged."""

    version: int
    bins: Mapping[str, FeatureBins]


class TrainingSpanWatch:
    """Asks the registry from a thread of its own; the sink's thread reads what was found."""

    def __init__(self, registry: RegistryReader, serving_version: Callable[[], int | None]) -> None:
        self._registry = registry
        self._serving_version = serving_version
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="training span", daemon=True)
        self._unusable: int | None = None
        self.champion_version: int | None = None
        self.span: TrainingSpan | None = None

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._stop.set()

    def look(self) -> None:
        """Ask once; what cannot be had stays unknown."""
        try:
            champion = self._registry.champion()
            self.champion_version = champion.version if champion else None
            wanted = self._serving_version()
            if wanted is not None and (self.span is None or self.span.version != wanted):
                self._find_span(wanted)
        except RegistryUnavailableError:  # logged by its reader
            self.champion_version = None
        except UnusableVersionError as error:
            self.champion_version = None
            log.warning("champion not read", reason=str(error))

    def _run(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(POLL_INTERVAL_SECONDS)
        self._registry.close()

    def _find_span(self, version: int) -> None:
        """Read the version's distributions; one that has none that are valid is logged once."""
        try:
            bins = self._registry.calibration(version).feature_bins
        except UnusableVersionError as error:
            if version != self._unusable:
                log.warning("no drift: the model's calibration cannot be used", version=version, reason=str(error))
            self._unusable = version
            return
        if not bins:
            log.warning("no drift: the model was trained before distributions were logged", version=version)
        self.span = TrainingSpan(version, bins)
