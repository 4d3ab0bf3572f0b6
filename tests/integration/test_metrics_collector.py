"""`MetricsCollector` on arrays, pandas and Spark, into a real InfluxDB and a real MLflow."""

import numpy as np
import pandas as pd
import pytest
from influxdb_client import InfluxDBClient
from mlflow import MlflowClient
from pyspark.sql import SparkSession

from metrics_sink import DetectionFigures, MetricsCollector
from metrics_sink.collector import EXPERIMENT
from metrics_sink.settings import MetricsSinkSettings
from vigie_runtime import InputError
from vigie_testing.influxdb import InfluxAccess

pytestmark = pytest.mark.integration

JUDGED = pd.DataFrame(
    {"transaction_id": ["a", "b", "c", "d"], "is_anomaly": [True, True, False, False], "is_fraud": [1, 0, 1, 0]}
)


def compare(predictions: object, actual: object) -> DetectionFigures:
    return MetricsCollector(MetricsSinkSettings()).log_metrics(predictions, actual)


@pytest.fixture(autouse=True)
def _nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "INFLUXDB_URL"):
        monkeypatch.delenv(name, raising=False)


def test_all_kinds_of_frames_give_the_same(spark: SparkSession) -> None:
    frame = spark.createDataFrame(JUDGED)
    shuffled = frame.orderBy("is_fraud")

    found = [
        compare(JUDGED["is_anomaly"].to_numpy(), np.array(JUDGED["is_fraud"])),
        compare(JUDGED["is_anomaly"], JUDGED["is_fraud"]),
        compare(JUDGED, JUDGED),
        compare(frame, frame),
        compare(frame.drop("is_fraud"), shuffled.drop("is_anomaly")),
    ]

    first = found[0]
    assert (first.caught, first.missed, first.false_alerts, first.let_pass) == (1, 1, 1, 1)
    assert all(figures == first for figures in found)


def test_rows_without_a_truth_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("a", True, None)], "transaction_id string, is_anomaly boolean, is_fraud boolean")

    with pytest.raises(InputError, match="no truth"):
        compare(frame, frame)


def test_figures_arrive_in_influxdb_and_mlflow(influx: InfluxAccess, tracking_uri: str) -> None:
    settings = MetricsSinkSettings(
        influxdb_url=influx.url,
        influxdb_token=influx.token,  # pyright: ignore[reportArgumentType]
        influxdb_org=influx.org,
        influxdb_bucket=influx.bucket,
        mlflow_tracking_uri=tracking_uri,
    )
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        client.buckets_api().create_bucket(bucket_name=influx.bucket, org=influx.org)

        MetricsCollector(settings).log_metrics(JUDGED, JUDGED)

        flux = f'from(bucket: "{influx.bucket}") |> range(start: -1h) |> filter(fn: (r) => r._field == "precision")'
        (table,) = client.query_api().query(flux)
        assert [(record["span"], record["_value"]) for record in table.records] == [("batch", 0.5)]
    mlflow = MlflowClient(tracking_uri=tracking_uri)
    experiment = mlflow.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    run = mlflow.search_runs([experiment.experiment_id])[0]
    assert (run.data.metrics["precision"], run.data.metrics["caught"], run.info.status) == (0.5, 1, "FINISHED")
