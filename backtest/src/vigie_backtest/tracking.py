"""Every figure to MLflow: a parent run with the mean, a nested run for each seed, the report as artifacts."""

import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

from pydantic import ValidationError

from trainer.model_card import CARD_FILE
from trainer.quality.ranking import Figures
from trainer.quiet_mlflow import MlflowClient, MlflowException, mlflow
from vigie_backtest.averaging import flat
from vigie_registry import RegistryReader, RegistrySettings, first_fault
from vigie_runtime import InputError, UnavailableError

EXPERIMENT: Final = "vigie-backtest"
LOGGED_BESIDE: Final = ("baselines", "supervised_ceiling", "spread")
MAX_PARAM_CHARACTERS: Final = 500  # MLflow's own servers refuse longer ones
MLFLOW_VARIABLE: Final = "MLFLOW_TRACKING_URI"


class Tracking:
    """Where reports are kept beside their files."""

    def __init__(self, uri: str, out: Path) -> None:
        self._uri = uri
        self._out = out
        self._has_server = uri.startswith("http")

    def require_answer(self) -> None:
        """Raise UnavailableError when a server was named and does not answer, InputError when its address is none."""
        if not self._has_server:
            return
        try:
            settings = RegistrySettings(mlflow_tracking_uri=self._uri)
        except ValidationError as error:
            raise InputError(f"--mlflow {self._uri} cannot be used ({first_fault(error)}).") from None
        with RegistryReader.of(settings) as registry:
            registry.require_answer()

    def log(self, report: Figures) -> None:
        """Log parameters, metrics and artifacts; raise UnavailableError when MLflow refuses."""
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        try:
            with _tracked_at(self._uri), mlflow.start_run(experiment_id=self._experiment(), run_name=_file(report)):
                mlflow.log_params(_params(report))
                mlflow.log_metrics(_metrics(cast(Figures, report["mean"])))
                mlflow.log_metrics(_metrics({name: report[name] or {} for name in LOGGED_BESIDE}))
                for seed, figures in cast(Mapping[str, Figures], report["by_seed"]).items():
                    with mlflow.start_run(experiment_id=self._experiment(), run_name=f"seed {seed}", nested=True):
                        mlflow.log_params({"seed": seed})
                        mlflow.log_metrics(_metrics(figures))
                for name in ("report.html", "report.json", CARD_FILE):
                    mlflow.log_artifact(str(self._out / name))
        except MlflowException as error:
            raise UnavailableError(
                f"MLflow at {self._uri} did not take the figures ({str(error).splitlines()[0][:200]}). "
                "What was found is written to the folder all the same; say where to log with --mlflow."
            ) from error

    def _experiment(self) -> str:
        """Its id; made with a folder beside the report where no server keeps the artifacts."""
        client = MlflowClient(tracking_uri=self._uri)
        found = client.get_experiment_by_name(EXPERIMENT)
        if found is not None:
            return found.experiment_id
        place = None if self._has_server else (self._out / "mlflow-artifacts").absolute().as_uri()
        return client.create_experiment(EXPERIMENT, artifact_location=place)


def _file(report: Figures) -> str:
    return str(cast(Figures, report["data"])["file"])


def _params(report: Figures) -> dict[str, str]:
    data, settings = cast(Figures, report["data"]), cast(Figures, report["settings"])
    chosen = settings | {name: data[name] for name in ("file", "rows", "train_rows", "evaluated_rows", "cut")}
    return {name: str(value)[:MAX_PARAM_CHARACTERS] for name, value in (chosen | {"seeds": report["seeds"]}).items()}


def _metrics(figures: Figures) -> dict[str, float]:
    """Names as MLflow takes them: a scenario's name may hold any character."""
    return {re.sub(r"[^A-Za-z0-9_\-. /]", "_", name): value for name, value in flat(figures).items()}


@contextmanager
def _tracked_at(uri: str) -> Iterator[None]:
    """Log there. MLflow notes the address in the environment, where a detector started later would read it."""
    before = os.environ.get(MLFLOW_VARIABLE)
    mlflow.set_tracking_uri(uri)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(MLFLOW_VARIABLE, None)
        else:
            os.environ[MLFLOW_VARIABLE] = before
