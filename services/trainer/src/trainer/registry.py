"""What a training writes to MLflow: a run, a version if it passed the gate, and last the alias of the champion."""

import importlib.metadata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

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
from vigie_registry import (
    Champion,
    RegistryReader,
    RegistrySettings,
    RegistryUnavailableError,
    UnusableVersionError,
)
from vigie_registry.versions import (
    CHALLENGED_AT_TAG,
    CHALLENGED_BY_TAG,
    CHALLENGED_WHY_TAG,
    PROMOTED_AT_TAG,
    PROMOTED_BY_TAG,
    PROMOTED_WHY_TAG,
    REPLACED_TAG,
    SHADOW_TAG,
)
from vigie_schemas import CHALLENGER_ALIAS, CHAMPION_ALIAS, MODEL_NAME

EXPERIMENT = "vigie"
TRUSTED_TYPES = ["sklearn.tree._tree.Tree"]  # what skops asks to name before it loads a forest
SERVING_PACKAGES = ("mlflow", "scikit-learn", "skops", "numpy", "pandas")

MAX_DESCRIPTION = 5_000
"""Characters of MLflow's column: SQLite takes more, other databases refuse."""
MAX_REASON = 200
"""Characters of MLflow's own error that ours repeats."""


class RegistryWriter:
    """The part of MLflow that a training needs. What it reads, it reads as every other service does.

    Every method but `page` raises RegistryUnavailableError when MLflow does not answer or refuses.
    """

    def __init__(self, settings: RegistrySettings) -> None:
        self._uri = settings.mlflow_tracking_uri
        self._reader = RegistryReader.of(settings)
        self._client = MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)

    def close(self) -> None:
        """Close the reader's connections; MLflow's client keeps its own."""
        self._reader.close()

    def require_answer(self) -> None:
        """Raise at once when the registry is away; MLflow's own client would try for long."""
        self._reader.require_answer()

    def champion(self) -> Champion | None:
        """The champion; None while there is none."""
        return self._reader.champion()

    @contextmanager
    def run(self, name: str) -> Iterator[str]:
        """A run of the experiment, by its id; marked failed when the block raises."""
        self.require_answer()
        with self._written():
            mlflow.set_tracking_uri(self._uri)
            mlflow.set_registry_uri(self._uri)
            experiment = mlflow.set_experiment(EXPERIMENT)
            with mlflow.start_run(experiment_id=experiment.experiment_id, run_name=name) as run:
                yield run.info.run_id

    def log(self, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
        """Log parameters and metrics to the run that is open."""
        with self._written():
            mlflow.log_params(dict(params))
            mlflow.log_metrics(dict(metrics))

    def log_folder(self, folder: Path, place: str) -> None:
        """Log a folder's files to the run that is open."""
        with self._uploaded():
            mlflow.log_artifacts(str(folder), artifact_path=place)

    def register(self, forest: IsolationForest, example: Floats) -> int:
        """Log the scikit-learn model to the run that is open; return the new version, which serves nothing yet.

        `example` holds some rows of the training matrix, shape (rows, features): the model's signature.
        """
        inputs = named_features(example)
        with self._uploaded():
            logged = log_sklearn_model(
                forest,
                name="model",
                registered_model_name=MODEL_NAME,
                serialization_format=SERIALIZATION_FORMAT_SKOPS,
                skops_trusted_types=TRUSTED_TYPES,
                # float64, because MLflow refuses a caller's doubles where a signature says float
                signature=infer_signature(inputs.astype("float64"), forest.predict(inputs)),
                # named here, because MLflow would find them out by loading the model in a process of its own
                pip_requirements=[f"{name}=={importlib.metadata.version(name)}" for name in SERVING_PACKAGES],
            )
        version = logged.registered_model_version
        if version is None:
            raise MlflowException(f"MLflow gave {MODEL_NAME} no version")
        return int(version)

    def tag_version(self, version: int, tags: Mapping[str, object]) -> None:
        """Say on the version what it was trained on."""
        with self._written():
            for name, value in tags.items():
                self._client.set_model_version_tag(MODEL_NAME, str(version), name, str(value))

    def describe(self, version: int, text: str, whole: str) -> None:
        """Show Markdown on the version's page; where the database has no room, its beginning."""
        with self._written():
            try:
                self._client.update_model_version(MODEL_NAME, str(version), description=text)
            except MlflowException:
                if len(text) <= MAX_DESCRIPTION:
                    raise
                short = _beginning(text, whole)
                self._client.update_model_version(MODEL_NAME, str(version), description=short)

    def promote(self, version: int, *, by: str, why: str, now_ms: int, is_rollback: bool = False) -> None:
        """Make the version champion, which is the only step the detector sees; before it, write down who and why.

        A roll-back leaves written which champion the version had replaced, so that another one goes further back.
        """
        before = self.champion()
        written = {PROMOTED_BY_TAG: by, PROMOTED_WHY_TAG: why, PROMOTED_AT_TAG: now_ms}
        if before is not None and before.version != version and not is_rollback:
            written[REPLACED_TAG] = before.version
        self.tag_version(version, written)
        with self._written():
            self._client.set_registered_model_alias(MODEL_NAME, CHAMPION_ALIAS, str(version))

    def challenge(self, version: int, *, by: str, why: str, now_ms: int) -> None:
        """Let the version watch beside the champion; one that watched until now has had its time."""
        before = self._reader.challenger()
        if before is not None and before.version != version:
            self.tag_version(before.version, {SHADOW_TAG: f"replaced by version {version}"})
        self.tag_version(version, {CHALLENGED_BY_TAG: by, CHALLENGED_WHY_TAG: why, CHALLENGED_AT_TAG: now_ms})
        with self._written():
            self._client.set_registered_model_alias(MODEL_NAME, CHALLENGER_ALIAS, str(version))

    def trained_last_ms(self) -> int | None:
        """When the newest version was registered, champion or not; None before the first."""
        return max((each.created_ms for each in self._reader.versions()), default=None)

    def questions(self, versions: int) -> Iterator[str]:
        """Tables of what the newest versions asked about; one that asked nothing has none."""
        for version in self._reader.versions()[:versions]:
            with suppress(UnusableVersionError):
                yield self._reader.questions(version.version)

    def page(self, version: int) -> str:
        """Address of the version's page."""
        return f"{self._uri.rstrip('/')}/#/models/{MODEL_NAME}/versions/{version}"

    @contextmanager
    def _written(self) -> Iterator[None]:
        """Turn whatever MLflow refuses with into one sentence."""
        try:
            yield
        except MlflowException as error:
            raise self._refused(error) from error

    @contextmanager
    def _uploaded(self) -> Iterator[None]:
        """The same for files, whose uploads fail with an OSError of MLflow's HTTP client."""
        try:
            yield
        except (MlflowException, OSError) as error:
            raise self._refused(error) from error

    def _refused(self, error: Exception) -> RegistryUnavailableError:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:MAX_REASON]
        return RegistryUnavailableError(
            f"MLflow at {self._uri} did not take what was written ({reason}): its log says why. Set "
            "MLFLOW_TRACKING_URI if another one is meant."
        )


def _beginning(text: str, whole: str) -> str:
    """As many whole lines as every database takes, and where the whole text is."""
    end = f"\nThe rest is in the run's artifact `{whole}`.\n"
    return text[: text.rindex("\n", 0, MAX_DESCRIPTION - len(end)) + 1] + end


def address(version: int) -> str:
    """URI of a version, as MLflow's clients take it."""
    return f"models:/{MODEL_NAME}/{version}"
