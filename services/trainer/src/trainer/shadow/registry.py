"""The part of MLflow that a challenger in shadow needs."""

import tempfile
from contextlib import suppress
from pathlib import Path

from trainer.registry import RegistryWriter
from trainer.shadow.watching_model import WatchingModel
from vigie_registry import RegisteredVersion, UnusableVersionError
from vigie_registry.versions import SHADOW_TAG, whole_number
from vigie_schemas import (
    CHALLENGER_ALIAS,
    FIRST_THRESHOLD_VERSION,
    MODEL_NAME,
    SHADOW_ARTIFACTS,
    SHADOW_REPORT_FILE,
    THRESHOLD_VERSION_TAG,
    Threshold,
)


class ShadowRegistry(RegistryWriter):
    """Raises RegistryUnavailableError as its base does."""

    def challenger(self) -> RegisteredVersion | None:
        """The version that watches; None while none does."""
        return self._reader.challenger()

    def version(self, version: int) -> RegisteredVersion | None:
        """One version; None where it is not registered."""
        return self._reader.version(version)

    def model(self, version: int) -> WatchingModel:
        """The version with the thresholds that serve or served last.

        Raises UnusableVersionError where its files are broken, UnavailableError where they cannot be written.
        """
        thresholds = self._newest_thresholds(version)
        with tempfile.TemporaryDirectory(prefix="vigie-shadow-") as folder:
            self._reader.fetch_champion(version, Path(folder) / str(version))
            return WatchingModel.load(version, Path(folder) / str(version), thresholds)

    def end_challenge(self, version: int, outcome: str) -> None:
        """Write the outcome on the version, and take the alias away where it is still this one's."""
        self.tag_version(version, {SHADOW_TAG: outcome})
        challenger = self.challenger()
        if challenger is not None and challenger.version == version:
            with self._written():
                self._client.delete_registered_model_alias(MODEL_NAME, CHALLENGER_ALIAS)

    def write_report(self, version: int, text: str) -> None:
        """Put the report among the artifacts of the version's run."""
        with self._written():
            run_id = self._client.get_model_version(MODEL_NAME, str(version)).run_id
        if run_id is None:
            return
        with self._uploaded():
            self._client.log_text(run_id, text, f"{SHADOW_ARTIFACTS}/{SHADOW_REPORT_FILE}")

    def _newest_thresholds(self, version: int) -> dict[str, Threshold] | None:
        found = self.version(version)
        number = whole_number(found.tags.get(THRESHOLD_VERSION_TAG)) if found else None
        if number is None or number <= FIRST_THRESHOLD_VERSION:
            return None
        with suppress(UnusableVersionError):  # those it was trained with are as good here
            return self._reader.thresholds(version, number).thresholds
        return None
