"""Champions on disk, fetched from the registry once, so that a start needs no registry."""

import shutil
from pathlib import Path

from pydantic import ValidationError

from spark_detector.champion import ChampionError
from vigie_registry import Champion, RegistryReader, first_fault
from vigie_schemas import Thresholds

LAST_GOOD_FILE = "last-good"
THRESHOLDS_FILE = "thresholds.json"


class ChampionStore:
    """A folder per champion's version: what the registry holds of it, and the newest thresholds that fitted it."""

    def __init__(self, registry: RegistryReader, directory: Path) -> None:
        self._registry = registry
        self._directory = directory

    def newest(self) -> Champion | None:
        """What the registry says should serve, None before the first champion; raise RegistryUnavailableError."""
        return self._registry.champion()

    def fetch(self, version: int) -> Path:
        """Folder of the version's files, downloaded once.

        Raises RegistryUnavailableError without the registry, UnusableVersionError when it lacks the files and
        UnavailableError when the folder cannot be written.
        """
        folder = self._directory / str(version)
        if not folder.exists():
            self._registry.fetch_champion(version, folder)
        return folder

    def fetch_thresholds(self, version: int, number: int) -> Thresholds:
        """A later version of the champion's thresholds; raises as `fetch` does."""
        return self._registry.thresholds(version, number)

    def keep_thresholds(self, thresholds: Thresholds) -> None:
        """Put thresholds that fit their champion beside it, in place of those before."""
        kept = self._directory / str(thresholds.model_version) / THRESHOLDS_FILE
        kept.with_suffix(".partial").write_text(thresholds.model_dump_json(), encoding="utf-8")
        kept.with_suffix(".partial").replace(kept)

    def kept_thresholds(self, version: int) -> Thresholds | None:
        """Thresholds kept beside a champion, None where there are none; raise ChampionError for a broken file."""
        kept = self._directory / str(version) / THRESHOLDS_FILE
        if not kept.exists():
            return None
        try:
            return Thresholds.model_validate_json(kept.read_bytes())
        except ValidationError as error:
            raise ChampionError(
                f"Thresholds kept in {kept} are not valid ({first_fault(error)}): delete the file."
            ) from None

    def last_good(self) -> int | None:
        """Version loaded last, from disk; None on the first start."""
        marker = self._directory / LAST_GOOD_FILE
        text = marker.read_text() if marker.exists() else ""
        return int(text) if text.isdecimal() else None

    def mark_good(self, version: int) -> None:
        """Remember the version as one that works, and delete the older ones."""
        partial = self._directory / f"{LAST_GOOD_FILE}.partial"
        partial.write_text(str(version))
        partial.replace(self._directory / LAST_GOOD_FILE)
        for folder in self._directory.iterdir():
            if folder.is_dir() and folder.name != str(version):
                shutil.rmtree(folder, ignore_errors=True)
