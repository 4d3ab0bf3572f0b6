"""The model in charge: what the registry says to load, kept on disk so that a start needs no registry."""

import os
import shutil
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from py4j.protocol import Py4JError
from pydantic import ValidationError
from pyspark.errors import PySparkException
from pyspark.ml.regression import RandomForestRegressionModel

from vigie_runtime import UnavailableError, VigieError
from vigie_schemas import (
    CHAMPION_ALIAS,
    CHAMPION_ARTIFACTS,
    FEATURE_NAMES,
    FIRST_THRESHOLD_VERSION,
    HISTORY_LENGTH,
    MODEL_NAME,
    THRESHOLD_ARTIFACTS,
    THRESHOLD_VERSION_TAG,
    Calibration,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient  # imported when first needed: it takes seconds

# Read by MLflow while it is imported. Its own seven retries would hold the start for minutes: we ask again ourselves.
MLFLOW_DEFAULTS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


class ChampionError(VigieError):
    """A registered model cannot be used by this detector; the one in charge stays."""


@dataclass(frozen=True)
class Champion:
    """A forest ready to be applied, with its thresholds."""

    version: int
    calibration: Calibration
    forest: RandomForestRegressionModel


@dataclass(frozen=True)
class Newest:
    """What the registry says should serve."""

    version: int
    threshold_version: int


class ChampionRegistry:
    """Asks MLflow which version is champion and fetches it."""

    def __init__(self, tracking_uri: str, directory: Path) -> None:
        self._uri = tracking_uri
        self._directory = directory

    def newest(self) -> Newest | None:
        """What the alias points at, None before the first champion; raise UnavailableError without an answer."""
        self._require_answer()
        from mlflow.exceptions import MlflowException

        client = self._client()
        try:
            named = client.get_model_version_by_alias(MODEL_NAME, CHAMPION_ALIAS)
            return Newest(int(named.version), int(named.tags.get(THRESHOLD_VERSION_TAG, FIRST_THRESHOLD_VERSION)))
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise UnavailableError(f"The model registry at {self._uri} does not answer: {error.message}") from None

    def fetch(self, version: int) -> Path:
        """Folder of the version's files, downloaded once; raise UnavailableError when that fails."""
        from mlflow.exceptions import MlflowException

        target = self._directory / str(version)
        if target.exists():
            return target
        client = self._client()
        partial = self._directory / f"{version}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        try:
            run = client.get_model_version(MODEL_NAME, str(version)).run_id
            client.download_artifacts(str(run), CHAMPION_ARTIFACTS, str(partial))
        except (MlflowException, OSError) as error:
            raise UnavailableError(f"Version {version} of {MODEL_NAME} could not be fetched: {error}") from None
        (partial / CHAMPION_ARTIFACTS).rename(target)
        shutil.rmtree(partial, ignore_errors=True)
        return target

    def fetch_thresholds(self, version: int, number: int) -> str:
        """Text of a later version of the champion's thresholds; raise UnavailableError when that fails."""
        from mlflow.exceptions import MlflowException

        client = self._client()
        with tempfile.TemporaryDirectory(prefix="vigie-") as folder:
            try:
                run = client.get_model_version(MODEL_NAME, str(version)).run_id
                fetched = client.download_artifacts(str(run), f"{THRESHOLD_ARTIFACTS}/{number}.json", folder)
                return Path(fetched).read_text(encoding="utf-8", errors="replace")
            except (MlflowException, OSError) as error:
                raise UnavailableError(f"Thresholds {number} of version {version} were not fetched: {error}") from None

    def keep_thresholds(self, version: int, text: str) -> None:
        """Put thresholds that proved good beside their champion, in place of those before."""
        kept = self._directory / str(version) / "thresholds.json"
        kept.with_suffix(".partial").write_text(text, encoding="utf-8")
        kept.with_suffix(".partial").replace(kept)

    def kept_thresholds(self, version: int) -> str | None:
        """Text of the thresholds kept beside a champion; None while it serves by those it came with."""
        kept = self._directory / str(version) / "thresholds.json"
        return kept.read_text(encoding="utf-8", errors="replace") if kept.exists() else None

    def _require_answer(self) -> None:
        """Ask whether the server is there before the client is imported: that takes seconds, which the start needs."""
        if not self._uri.startswith("http"):
            return
        try:
            with urllib.request.urlopen(f"{self._uri}/health", timeout=5):  # noqa: S310 - the address is a setting
                return
        except (urllib.error.URLError, OSError) as error:
            raise UnavailableError(f"The model registry at {self._uri} does not answer: {error}") from None

    def _client(self) -> "MlflowClient":
        for name, value in MLFLOW_DEFAULTS.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)

    def last_good(self) -> int | None:
        """Version loaded last, from disk; None on the first start."""
        marker = self._directory / "last-good"
        return int(marker.read_text()) if marker.exists() else None

    def mark_good(self, version: int) -> None:
        """Remember the version as one that works, and forget the older ones."""
        (self._directory / "last-good.partial").write_text(str(version))
        (self._directory / "last-good.partial").rename(self._directory / "last-good")
        for folder in self._directory.iterdir():
            if folder.is_dir() and folder.name != str(version):
                shutil.rmtree(folder, ignore_errors=True)


def load_champion(version: int, folder: Path) -> Champion:
    """Read calibration and forest; raise ChampionError when they do not fit this detector."""
    try:
        calibration = Calibration.model_validate_json((folder / "calibration.json").read_text())
    except (OSError, ValidationError) as error:
        raise ChampionError(f"Version {version} has no valid calibration.json: {error}. Train again.") from None
    if tuple(calibration.feature_names) != FEATURE_NAMES or calibration.history_length != HISTORY_LENGTH:
        raise ChampionError(
            f"Version {version} was trained on other features than this detector computes. "
            "Deploy the detector that logged them, or train again with `make train`."
        )
    try:
        forest = RandomForestRegressionModel.load((folder / "forest").absolute().as_uri())
    except (PySparkException, Py4JError) as error:
        raise ChampionError(f"Version {version} holds no forest that Spark can read: {error}. Train again.") from None
    if forest.numFeatures != len(FEATURE_NAMES):
        raise ChampionError(f"Version {version} has {forest.numFeatures} inputs instead of {len(FEATURE_NAMES)}.")
    return Champion(version=version, calibration=calibration, forest=forest)
