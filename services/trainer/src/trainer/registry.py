"""MLflow: one run per training, one version per model that passed the gate, one alias that says which serves."""

import importlib.metadata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from sklearn.ensemble import IsolationForest

from trainer.forest import named_features
from trainer.logged_features import Floats
from trainer.quiet_mlflow import (
    SERIALIZATION_FORMAT_SKOPS,
    MlflowClient,
    MlflowException,
    infer_signature,
    log_sklearn_model,
    mlflow,
)
from vigie_runtime import UnavailableError
from vigie_schemas import CHAMPION_ALIAS, FIRST_THRESHOLD_VERSION, MODEL_NAME, THRESHOLD_VERSION_TAG

EXPERIMENT = "vigie"
ASK_SECONDS = 5.0
NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # no such model, no such alias
TRUSTED_TYPES = ["sklearn.tree._tree.Tree"]  # what skops asks to name before it loads a forest
SERVING_PACKAGES = ("mlflow", "scikit-learn", "skops", "numpy", "pandas")

LONGEST_DESCRIPTION = 5_000  # width of MLflow's column: SQLite takes more, other databases refuse


@dataclass(frozen=True)
class Champion:
    """The version that serves now."""

    version: int
    created_ms: int
    run_id: str
    threshold_version: int = FIRST_THRESHOLD_VERSION


class Registry:
    """The part of MLflow that a training needs."""

    def __init__(self, tracking_uri: str) -> None:
        self._uri = tracking_uri
        self._has_pages = urlsplit(tracking_uri).scheme in ("http", "https")
        self._client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)

    def require_answer(self) -> None:
        """Raise UnavailableError at once when the server is away; MLflow's own client would try for long."""
        if self._has_pages:
            with self._answered():
                requests.get(f"{self._uri.rstrip('/')}/health", timeout=ASK_SECONDS).raise_for_status()

    def champion(self) -> Champion | None:
        """The champion; None while there is none."""
        self.require_answer()
        with self._answered():
            try:
                version = self._client.get_model_version_by_alias(MODEL_NAME, CHAMPION_ALIAS)
            except MlflowException as error:
                if error.error_code in NOT_THERE:
                    return None
                raise
        newest = int(version.tags.get(THRESHOLD_VERSION_TAG, FIRST_THRESHOLD_VERSION))
        return Champion(int(version.version), int(version.creation_timestamp), version.run_id or "", newest)

    @contextmanager
    def run(self, name: str) -> Iterator[str]:
        """A run of the experiment, by its id; marked failed when the block raises."""
        self.require_answer()
        with self._answered():
            mlflow.set_tracking_uri(self._uri)
            mlflow.set_registry_uri(self._uri)
            experiment = mlflow.set_experiment(EXPERIMENT)
            with mlflow.start_run(experiment_id=experiment.experiment_id, run_name=name) as run:
                yield run.info.run_id

    def log(self, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
        """Log parameters and metrics to the run that is open."""
        mlflow.log_params(dict(params))
        mlflow.log_metrics(dict(metrics))

    def log_folder(self, folder: Path, place: str) -> None:
        """Log a folder's files to the run that is open."""
        mlflow.log_artifacts(str(folder), artifact_path=place)

    def register(self, forest: IsolationForest, example: Floats) -> int:
        """Log the scikit-learn model to the open run and register it as a version, not yet the champion.

        `example` has shape (rows, features); the signature is read from it.
        """
        inputs = named_features(example)
        logged = log_sklearn_model(
            forest,
            name="model",
            registered_model_name=MODEL_NAME,
            serialization_format=SERIALIZATION_FORMAT_SKOPS,
            skops_trusted_types=TRUSTED_TYPES,
            # float64, for MLflow refuses a caller's doubles where a signature says float
            signature=infer_signature(inputs.astype("float64"), forest.predict(inputs)),
            # named here, for MLflow would find them out by loading the model in a process of its own
            pip_requirements=[f"{name}=={importlib.metadata.version(name)}" for name in SERVING_PACKAGES],
        )
        version = logged.registered_model_version
        if version is None:
            raise MlflowException(f"MLflow gave {MODEL_NAME} no version")
        return int(version)

    def tag_version(self, version: int, tags: Mapping[str, object]) -> None:
        """Say on the version what it was trained on."""
        with self._answered():
            for name, value in tags.items():
                self._client.set_model_version_tag(MODEL_NAME, str(version), name, str(value))

    def describe(self, version: int, text: str, whole: str) -> None:
        """Show Markdown on the version's page; where the database has no room, its beginning."""
        with self._answered():
            try:
                self._client.update_model_version(MODEL_NAME, str(version), description=text)
            except MlflowException:
                if len(text) <= LONGEST_DESCRIPTION:
                    raise
                short = _beginning(text, whole)
                self._client.update_model_version(MODEL_NAME, str(version), description=short)

    def promote(self, version: int) -> None:
        """Make the version champion: the only step the detector sees."""
        with self._answered():
            self._client.set_registered_model_alias(MODEL_NAME, CHAMPION_ALIAS, str(version))

    def page(self, version: int) -> str:
        """Address of the version's page."""
        if not self._has_pages:
            return address(version)
        return f"{self._uri.rstrip('/')}/#/models/{MODEL_NAME}/versions/{version}"

    @contextmanager
    def _answered(self) -> Iterator[None]:
        """Whatever MLflow says no with becomes one sentence."""
        try:
            yield
        except (MlflowException, requests.RequestException) as error:
            raise UnavailableError(
                f"MLflow at {self._uri} {_said(error)}. Start it with `make run` or set MLFLOW_TRACKING_URI."
            ) from error


def _beginning(text: str, whole: str) -> str:
    """As many whole lines as every database takes, and where the whole text is."""
    end = f"\nThe rest is in the run's artifact `{whole}`.\n"
    return text[: text.rindex("\n", 0, LONGEST_DESCRIPTION - len(end)) + 1] + end


def _said(error: Exception) -> str:
    if isinstance(error, (requests.ConnectionError, requests.Timeout)):
        return "does not answer"
    return f"did not do what was asked ({(str(error).splitlines() or [type(error).__name__])[0][:200]})"


def address(version: int) -> str:
    """URI of a version, as MLflow's clients take it."""
    return f"models:/{MODEL_NAME}/{version}"
