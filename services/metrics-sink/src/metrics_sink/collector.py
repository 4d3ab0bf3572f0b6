"""`MetricsCollector`: the sink's quality figures for given predictions, in a notebook, a batch job or a back-test.

Importing it is cheap: pandas, Spark, MLflow and InfluxDB's client are imported only when they are needed.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from metrics_sink.compared import compared
from metrics_sink.figures.quality import Confusion
from metrics_sink.influx.line_protocol import line
from metrics_sink.influx.points import SECOND_NS, quality_fields
from metrics_sink.settings import MetricsSinkSettings
from vigie_runtime import ConfigurationError, load_settings
from vigie_schemas import measurements
from vigie_schemas.measurements import SPAN_BATCH

if TYPE_CHECKING:
    from vigie_schemas import Quality, Share

EXPERIMENT: Final = "vigie-metrics"


@dataclass(frozen=True)
class DetectionFigures:
    """Predictions compared with labels; a share is None where there is nothing to divide by."""

    caught: int
    missed: int
    false_alerts: int
    let_pass: int
    precision: Share | None
    recall: Share | None
    false_positive_rate: Share | None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall: 2 caught / (2 caught + false alerts + missed)."""
        of = 2 * self.caught + self.false_alerts + self.missed
        return 2 * self.caught / of if of else None


class MetricsCollector:
    """Compares predictions with labels and writes the figures to InfluxDB and MLflow where these are configured."""

    def __init__(self, settings: MetricsSinkSettings | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings or load_settings(MetricsSinkSettings)
        self._clock = clock

    def log_metrics(self, predictions: Any, actual: Any) -> DetectionFigures:
        """Compare predictions with labels; true or 1 means flagged, or fraud.

        Both are lists, one-dimensional arrays or series of equal length, compared by position, or frames with one row a
        transaction: predictions have a column of FLAG_COLUMNS, labels one of TRUTH_COLUMNS. Spark frames, and pandas
        frames that both have it, are compared by transaction_id. Raises InputError where a value is neither true nor
        false, a transaction stands there twice or has no counterpart, in the same words for all kinds of frames, and
        ConfigurationError when MLflow or InfluxDB is configured and cannot be used.
        """
        confusion = _compared(predictions, actual)
        quality = confusion.quality()
        if self._settings.influxdb_url:
            self._write_to_influxdb(quality)
        if "mlflow_tracking_uri" in self._settings.model_fields_set:
            self._write_to_mlflow(confusion, quality)
        return DetectionFigures(
            **asdict(confusion),
            precision=quality.precision,
            recall=quality.recall,
            false_positive_rate=quality.false_positive_rate,
        )

    def _write_to_influxdb(self, quality: Quality) -> None:
        from influxdb_client import InfluxDBClient
        from influxdb_client.client.write_api import SYNCHRONOUS
        from influxdb_client.rest import ApiException
        from urllib3.exceptions import HTTPError

        settings = self._settings
        token = settings.influxdb_token.get_secret_value() if settings.influxdb_token else ""
        at_ns = int(self._clock()) * SECOND_NS
        point = line(measurements.QUALITY, at_ns, quality_fields(quality), {"span": SPAN_BATCH})
        try:
            with (
                InfluxDBClient(url=settings.influxdb_url or "", token=token, org=settings.influxdb_org) as client,
                client.write_api(write_options=SYNCHRONOUS) as api,
            ):
                api.write(bucket=settings.influxdb_bucket, record=point)
        except (ApiException, HTTPError, OSError) as error:
            reason = error.reason if isinstance(error, ApiException) else type(error).__name__
            raise ConfigurationError(
                f"InfluxDB at {settings.influxdb_url} did not accept the figures ({reason}). "
                "Check INFLUXDB_URL, INFLUXDB_TOKEN, INFLUXDB_ORG and INFLUXDB_BUCKET, or unset INFLUXDB_URL."
            ) from None

    def _write_to_mlflow(self, confusion: Confusion, quality: Quality) -> None:
        if importlib.util.find_spec("mlflow") is None:
            raise ConfigurationError(
                "MLFLOW_TRACKING_URI is set and MLflow is not installed: install metrics-sink[mlflow] or unset it."
            )
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        uri = self._settings.mlflow_tracking_uri
        shares = {name: getattr(quality, name) for name in ("precision", "recall", "false_positive_rate")}
        figures = {name: float(value) for name, value in asdict(confusion).items()}
        figures |= {name: share.value for name, share in shares.items() if share is not None}
        try:
            client = MlflowClient(tracking_uri=uri)
            experiment = client.get_experiment_by_name(EXPERIMENT)
            experiment_id = experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT)
            run_id = client.create_run(experiment_id, run_name=f"{quality.labelled} predictions").info.run_id
            for name, value in figures.items():
                client.log_metric(run_id, name, value)
            client.set_terminated(run_id)
        except MlflowException as error:
            raise ConfigurationError(
                f"MLflow at {uri} did not accept the figures ({str(error).splitlines()[0][:200]}). "
                "Start it with `make run` or unset MLFLOW_TRACKING_URI."
            ) from None


def _compared(predictions: Any, actual: Any) -> Confusion:
    if not _is_spark(predictions):
        return compared(predictions, actual)
    from metrics_sink.compared_in_spark import compared_in_spark

    return compared_in_spark(predictions, actual)


def _is_spark(frame: Any) -> bool:
    return type(frame).__module__.startswith("pyspark.")
