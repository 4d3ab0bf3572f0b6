"""`MetricsCollector` on arrays, pandas and Spark, into a real InfluxDB and a real MLflow."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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


@pytest.mark.parametrize("missing", [pd.NA, pd.NaT])
def test_a_gap_of_pandas_is_a_missing_value(missing: object) -> None:
    with pytest.raises(InputError, match="2 rows have no prediction or no truth"):
        compare([missing, 1, 1], [1, missing, 1])


def test_nullable_columns_are_taken() -> None:
    flags = pd.Series([True, False, True], dtype="boolean")
    truths = pd.Series([1, 0, 0], dtype="Int64")

    assert compare(flags, truths).false_alerts == 1


def predicted(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_frames_are_compared_by_transaction_where_both_name_it() -> None:
    flags = predicted(transaction_id=["a", "b", "c"], is_anomaly=[True, False, False])
    truths = predicted(transaction_id=["c", "a", "b"], is_fraud=[0, 1, 0])

    figures = compare(flags, truths)

    assert (figures.caught, figures.missed, figures.false_alerts, figures.let_pass) == (1, 0, 0, 2)
    assert compare(flags, truths.drop(columns="transaction_id")).missed == 1


@pytest.mark.parametrize(
    ("truths", "said"),
    [
        (["a", "b", "b"], "1 transactions stand more than once among the truths, such as 'b': give one row each"),
        (["a"], "1 predictions have no truth and 0 truths no prediction, such as 'b'"),
        (["a", "c", "d"], "1 predictions have no truth and 2 truths no prediction, such as 'b'"),
        (["a", None], "1 rows of the truths have no transaction_id"),
    ],
)
def test_transactions_without_one_counterpart_are_refused(truths: list[object], said: str) -> None:
    flags = predicted(transaction_id=["a", "b"], is_anomaly=[True, False])

    with pytest.raises(InputError, match=said):
        compare(flags, predicted(transaction_id=truths, is_fraud=[0] * len(truths)))


def test_a_column_that_is_there_twice_is_refused() -> None:
    frame = pd.DataFrame([[1, 0, 1]], columns=pd.Index(["is_anomaly", "is_anomaly", "is_fraud"]))

    with pytest.raises(InputError, match="the column is_anomaly twice"):
        compare(frame, frame)


def test_rows_without_a_truth_are_refused(spark: SparkSession) -> None:
    frame = spark.createDataFrame([("a", True, None)], "transaction_id string, is_anomaly boolean, is_fraud boolean")

    for same in (frame, frame.drop("transaction_id")):
        with pytest.raises(InputError, match="1 rows have no prediction or no truth"):
            compare(same, same)


VALUES: dict[str, tuple[object, ...]] = {
    "boolean": (True, False),
    "int": (1, 0),
    "double": (1.0, 0.0),
    "string": ("1", "true"),
}
ODD: dict[str, tuple[object, ...]] = {
    "boolean": (None,),
    "int": (-1, 2, None),
    "double": (0.7, 1e-05, -1.0, float("nan"), None),
    "string": ("", "yes", None),
}


Side = tuple[str, list[tuple[str | None, object]]]


@st.composite
def sides(draw: st.DrawFn, name: str) -> Side:
    """Schema in Spark, and rows of a transaction and a value."""
    kind = draw(st.sampled_from(("boolean", "int", "double", "boolean", "int", "string")))
    is_clean = draw(st.booleans())
    names = [f"t-{number}" for number in range(draw(st.integers(1, 6)))]
    if not is_clean:
        names += draw(st.lists(st.sampled_from([*names, "t-9", None]), max_size=2))
    pool = VALUES[kind] if is_clean else (*VALUES[kind], *ODD[kind])
    rows = [(name, draw(st.sampled_from(pool))) for name in draw(st.permutations(names))]
    return f"transaction_id string, {name} {kind}", rows


def outcome(predictions: object, actual: object) -> object:
    """The figures, or what is said instead."""
    try:
        return compare(predictions, actual)
    except InputError as error:
        return str(error)


@settings(max_examples=20, deadline=None)
@given(left=sides("is_anomaly"), right=sides("is_fraud"))
def test_pandas_and_spark_give_the_same_figures_or_say_the_same(
    spark: SparkSession,
    left: Side,
    right: Side,
) -> None:
    in_spark = [spark.createDataFrame(rows, schema) for schema, rows in (left, right)]
    in_pandas = [
        pd.DataFrame(
            {
                "transaction_id": pd.Series([name for name, _ in rows], dtype="object"),
                schema.split()[-2]: pd.Series([value for _, value in rows], dtype="object"),
            }
        )
        for schema, rows in (left, right)
    ]

    assert outcome(*in_spark) == outcome(*in_pandas)


@pytest.mark.parametrize(
    ("flags", "truths", "said"),
    [
        ("0.2D, 0.9D", "1, 0", "0.2 is neither true nor false"),
        ("-1, 1", "1, 0", "-1 is neither true nor false"),
        ("1, 0", "2, 0", "2 is neither true nor false"),
        ("1, 0", "1, 0, 1, 0", "2 transactions stand more than once among the truths, such as '0'"),
        ("1, 0, 0, 1", "1, 0", None),
    ],
)
def test_what_pandas_refuses_spark_refuses(spark: SparkSession, flags: str, truths: str, said: str | None) -> None:
    left = spark.sql(f"SELECT posexplode(array({flags})) AS (transaction_id, prediction)")
    right = spark.sql(f"SELECT posexplode(array({truths})) AS (transaction_id, label)")
    right = right.withColumn("transaction_id", right["transaction_id"] % 2)

    with pytest.raises(InputError, match=said or "2 predictions have no truth and 0 truths no prediction"):
        compare(left, right)


def test_figures_arrive_in_influxdb_and_mlflow(influx: InfluxAccess, tracking_uri: str) -> None:
    configured = MetricsSinkSettings(
        influxdb_url=influx.url,
        influxdb_token=influx.token,  # pyright: ignore[reportArgumentType]
        influxdb_org=influx.org,
        influxdb_bucket=influx.bucket,
        mlflow_tracking_uri=tracking_uri,
    )
    with InfluxDBClient(influx.url, influx.token, org=influx.org) as client:
        client.buckets_api().create_bucket(bucket_name=influx.bucket, org=influx.org)

        MetricsCollector(configured).log_metrics(JUDGED, JUDGED)

        flux = f'from(bucket: "{influx.bucket}") |> range(start: -1h) |> filter(fn: (r) => r._field == "precision")'
        (table,) = client.query_api().query(flux)
        assert [(record["span"], record["_value"]) for record in table.records] == [("batch", 0.5)]
    mlflow = MlflowClient(tracking_uri=tracking_uri)
    experiment = mlflow.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    run = mlflow.search_runs([experiment.experiment_id])[0]
    assert (run.data.metrics["precision"], run.data.metrics["caught"], run.info.status) == (0.5, 1, "FINISHED")
