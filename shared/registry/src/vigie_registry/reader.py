"""The one client that reads the registry: which version is champion, which thresholds serve, and their files.

MLflow's own client would do the same for seconds of import and memory that services which only read do without.
"""

import shutil
import weakref
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Final, Self

from pydantic import BaseModel, SecretStr, ValidationError

from vigie_registry.errors import UnusableVersionError, first_fault
from vigie_registry.rest import MlflowRest
from vigie_registry.settings import RegistrySettings
from vigie_registry.versions import PROMOTED_AT_TAG, REPLACED_TAG, Champion, RegisteredVersion, whole_number
from vigie_runtime import UnavailableError
from vigie_schemas import (
    CHALLENGER_ALIAS,
    CHAMPION_ALIAS,
    CHAMPION_ARTIFACTS,
    FIRST_THRESHOLD_VERSION,
    MODEL_NAME,
    QUESTION_ARTIFACTS,
    QUESTION_FILE,
    THRESHOLD_ARTIFACTS,
    THRESHOLD_VERSION_TAG,
    Calibration,
    Thresholds,
)

CALIBRATION_FILE: Final = f"{CHAMPION_ARTIFACTS}/calibration.json"
MAX_VERSIONS: Final = "100"
"""Asked for at once."""


class _Tag(BaseModel):
    key: str
    value: str = ""


class _ModelVersion(BaseModel):
    version: int  # MLflow writes it as text
    run_id: str = ""
    creation_timestamp: int = 0
    description: str = ""
    tags: list[_Tag] = []

    @property
    def tags_by_name(self) -> dict[str, str]:
        """Values of the tags."""
        return {tag.key: tag.value for tag in self.tags}

    def registered(self) -> RegisteredVersion:
        """The same as readers get it."""
        return RegisteredVersion(
            version=self.version,
            created_ms=self.creation_timestamp,
            card=self.description,
            tags=self.tags_by_name,
        )


class _ModelVersionAnswer(BaseModel):
    model_version: _ModelVersion


class _ModelVersionsAnswer(BaseModel):
    model_versions: list[_ModelVersion] = []
    next_page_token: str = ""


class _File(BaseModel):
    path: str
    is_dir: bool = False


class _FilesAnswer(BaseModel):
    files: list[_File] = []
    next_page_token: str = ""


class RegistryReader:
    """Asks one registry; safe between threads. A context manager; otherwise its connections are closed with it.

    Every method raises RegistryUnavailableError without an answer of a registry. Outages are logged once, at their
    beginning and at their end.
    """

    def __init__(self, address: str, *, username: str | None = None, password: SecretStr | None = None) -> None:
        self._rest = MlflowRest(address, username=username, password=password)
        self._closing = weakref.finalize(self, self._rest.close)

    @classmethod
    def of(cls, settings: RegistrySettings) -> Self:
        """The registry that a service's settings name."""
        return cls(
            settings.mlflow_tracking_uri,
            username=settings.mlflow_tracking_username,
            password=settings.mlflow_tracking_password,
        )

    def close(self) -> None:
        """Close the connections."""
        self._closing()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def require_answer(self) -> None:
        """Raise RegistryUnavailableError unless the registry answers what readers ask; /health does not tell."""
        self.champion()

    def champion(self) -> Champion | None:
        """What the alias `champion` names; None before the first champion."""
        named = self._named(CHAMPION_ALIAS)
        if named is None:
            return None
        tags = named.tags_by_name
        try:
            threshold_version = int(tags.get(THRESHOLD_VERSION_TAG, FIRST_THRESHOLD_VERSION))
        except ValueError:
            raise UnusableVersionError(
                f"The tag {THRESHOLD_VERSION_TAG} of version {named.version} is {tags[THRESHOLD_VERSION_TAG]!r}, not a "
                "number: correct it on MLflow's page."
            ) from None
        return Champion(
            version=named.version,
            threshold_version=threshold_version,
            run_id=named.run_id,
            created_ms=named.creation_timestamp,
            promoted_ms=whole_number(tags.get(PROMOTED_AT_TAG)) or 0,
            replaced=whole_number(tags.get(REPLACED_TAG)),
        )

    def challenger(self) -> RegisteredVersion | None:
        """What the alias `challenger` names; None while no version watches."""
        named = self._named(CHALLENGER_ALIAS)
        return None if named is None else named.registered()

    def versions(self) -> list[RegisteredVersion]:
        """All registered versions, newest first."""
        found: list[RegisteredVersion] = []
        token = ""
        while True:
            asked = {"filter": f"name='{MODEL_NAME}'", "max_results": MAX_VERSIONS}
            page = self._rest.find(
                "model-versions/search", _ModelVersionsAnswer, **asked, **({"page_token": token} if token else {})
            )
            found += [each.registered() for each in page.model_versions] if page else []
            token = page.next_page_token if page else ""
            if not token:
                return sorted(found, key=lambda each: -each.version)

    def version(self, version: int) -> RegisteredVersion | None:
        """One version; None where it is not registered."""
        found = self._rest.find("model-versions/get", _ModelVersionAnswer, name=MODEL_NAME, version=str(version))
        return None if found is None else found.model_version.registered()

    def calibration(self, version: int) -> Calibration:
        """The version's calibration; raise UnusableVersionError when it has none that is valid."""
        text = self._read(version, CALIBRATION_FILE)
        try:
            return Calibration.model_validate_json(text)
        except ValidationError as error:
            raise UnusableVersionError(
                f"Version {version} has no valid calibration.json ({first_fault(error)}). Train again: `make train`."
            ) from None

    def thresholds(self, version: int, number: int) -> Thresholds:
        """Thresholds that came after the version; raise UnusableVersionError when these are not valid."""
        text = self._read(version, f"{THRESHOLD_ARTIFACTS}/{number}.json")
        try:
            return Thresholds.model_validate_json(text)
        except ValidationError as error:
            raise UnusableVersionError(
                f"Thresholds {number} of version {version} are not valid ({first_fault(error)}): the next ones replace "
                "them."
            ) from None

    def questions(self, version: int) -> str:
        """CSV of the transactions that its training asks about; raise UnusableVersionError when it asked nothing."""
        return self._read(version, f"{QUESTION_ARTIFACTS}/{QUESTION_FILE}").decode(errors="replace")

    def fetch_champion(self, version: int, folder: Path) -> None:
        """Put the version's calibration.json and forest/ into a new folder, which appears only once it is complete.

        Raises UnusableVersionError when the version has no such files, UnavailableError when the folder cannot be
        written.
        """
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        try:
            partial.mkdir(parents=True)
            self._fetch_into(version, partial)
            partial.rename(folder)
        except OSError as error:
            raise UnavailableError(
                f"Version {version} could not be written to {folder} ({error}): make room or set VIGIE_DATA_DIR."
            ) from None
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def _named(self, alias: str) -> _ModelVersion | None:
        found = self._rest.find("registered-models/alias", _ModelVersionAnswer, name=MODEL_NAME, alias=alias)
        return None if found is None else found.model_version

    def _fetch_into(self, version: int, folder: Path) -> None:
        run_id, is_empty = self._run_of(version), True
        for path in self._files(run_id, CHAMPION_ARTIFACTS):
            place = _place(path, version)
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            if not self._rest.download(run_id, path, folder / place):
                raise UnusableVersionError(f"Version {version} lists the file {path} and has none. Train again.")
            is_empty = False
        if is_empty:
            raise UnusableVersionError(
                f"Version {version} has no files in {CHAMPION_ARTIFACTS}/: it was not made by Vigie's trainer. "
                f"Give the alias {CHAMPION_ALIAS} to another version, or train again with `make train`."
            )

    def _files(self, run_id: str, folder: str) -> Iterator[str]:
        """Paths of all files below a folder of the run's artifacts."""
        token = ""
        while True:
            asked = {"run_id": run_id, "path": folder, **({"page_token": token} if token else {})}
            listed = self._rest.find("artifacts/list", _FilesAnswer, **asked) or _FilesAnswer()
            for file in listed.files:
                if file.is_dir:
                    yield from self._files(run_id, file.path)
                else:
                    yield file.path
            token = listed.next_page_token
            if not token:
                return

    def _read(self, version: int, path: str) -> bytes:
        content = self._rest.read(self._run_of(version), path)
        if content is None:
            raise UnusableVersionError(f"Version {version} has no {path} in MLflow. Train again with `make train`.")
        return content

    def _run_of(self, version: int) -> str:
        found = self._rest.find("model-versions/get", _ModelVersionAnswer, name=MODEL_NAME, version=str(version))
        if found is None or not found.model_version.run_id:
            raise UnusableVersionError(f"MLflow holds no version {version} of {MODEL_NAME} that came from a run.")
        return found.model_version.run_id


def _place(path: str, version: int) -> PurePosixPath:
    """Where below the folder a file belongs; raise UnusableVersionError for a path that leads out of it."""
    place = PurePosixPath(path)
    if not place.is_relative_to(CHAMPION_ARTIFACTS) or ".." in place.parts:
        raise UnusableVersionError(f"Version {version} names the file {path!r}, which is outside its own folder.")
    return place.relative_to(CHAMPION_ARTIFACTS)
