"""`AnomalyDetector`: the stream's own functions over a batch, with the champion from the registry."""

from typing import Final, TypeVar

import pandas as pd
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from spark_detector.champion import ChampionError, LoadedChampion, load_champion
from spark_detector.champion_store import ChampionStore
from spark_detector.features import with_features
from spark_detector.history import with_history_over_window
from spark_detector.pandas_frames import to_spark
from spark_detector.parse import NUMBER_FIELDS, TEXT_FIELDS, TRANSACTION_FIELDS, first_broken, transaction_rules
from spark_detector.pipeline import judge
from spark_detector.recalibrated import with_newest_thresholds
from spark_detector.session import start_session
from spark_detector.settings import DetectorSettings
from vigie_registry import RegistryReader
from vigie_runtime import InputError, load_settings
from vigie_schemas import SCHEMA_VERSION

Frame = TypeVar("Frame", pd.DataFrame, DataFrame)

REQUIRED: Final = ("account_id", "amount")
TIME_COLUMNS: Final = ("timestamp_ms", "ts", "timestamp")
JUDGEMENT: Final = (
    "score",
    "threshold",
    "is_anomaly",
    "segment",
    "severity",
    "reasons",
    "reject_reason",
    "history_count",
    "model_version",
    "threshold_version",
    "features",
)
_ROW: Final = "vigie_row"


class AnomalyDetector:
    """Scores transactions of a pandas or Spark frame exactly as the stream would have, in order of their time."""

    def __init__(
        self,
        champion: LoadedChampion | None = None,
        *,
        settings: DetectorSettings | None = None,
        spark: SparkSession | None = None,
    ) -> None:
        self._settings = settings or load_settings(DetectorSettings)
        self._champion = champion
        self._spark = spark

    @property
    def spark(self) -> SparkSession:
        """The session in use, started on first need."""
        if self._spark is None:
            self._spark = SparkSession.getActiveSession() or start_session(self._settings)
        return self._spark

    @property
    def champion(self) -> LoadedChampion:
        """The model in use, fetched on first need; raise ChampionError when there is none yet."""
        if self._champion is None:
            _ = self.spark  # a forest is loaded into a running JVM
            with RegistryReader.of(self._settings) as registry:
                store = ChampionStore(registry, self._settings.champions)
                newest = store.newest()
                if newest is None:
                    raise ChampionError("There is no champion yet: train one with `make train`.")
                champion = load_champion(newest.version, store.fetch(newest.version))
                self._champion = with_newest_thresholds(store, champion, newest)
        return self._champion

    def detect_anomalies(self, frame: Frame) -> Frame:
        """The frame's rows with the judgement's columns added, same kind of frame, same row order for pandas.

        Needs account_id, amount and one of timestamp_ms, ts, timestamp; uses currency (else EUR), transaction_id,
        merchant_id, category, country, lat and lon where they exist. A row the contract refuses has a
        reject_reason and no score. Raises InputError when a needed column is missing.
        """
        if isinstance(frame, pd.DataFrame):
            return self._detect_in_pandas(frame)
        return self.judge(frame).drop(_ROW)

    def compute_features(self, frame: DataFrame) -> DataFrame:
        """Columns: the row number, segment, history_count, reject_reason, one column a feature; needs no champion."""
        return self._run(frame, None).select(_ROW, "segment", "history_count", "reject_reason", "features.*")

    def judge(self, frame: DataFrame) -> DataFrame:
        """Spark form of detect_anomalies: the frame's columns, the row number that `_ROW` names, and JUDGEMENT."""
        return self._run(frame, self.champion).select("source.*", _ROW, *JUDGEMENT)

    def with_features(self, frame: DataFrame) -> DataFrame:
        """The accepted rows with the columns of features.with_features, to be stored and given to `judge_features`."""
        return _with_features(_as_transactions(frame)).drop("earlier")  # for alerts on the topic only

    def judge_features(self, described: DataFrame) -> DataFrame:
        """Rows of `with_features` with the columns that pipeline.judge adds; computes no history again."""
        return described.transform(judge(self.champion))

    def refused(self, frame: DataFrame) -> DataFrame:
        """Two columns, row number and reject_reason, for the rows that the contract refuses."""
        return _as_transactions(frame).where(F.col("reject_reason").isNotNull()).select(_ROW, "reject_reason")

    def _detect_in_pandas(self, frame: pd.DataFrame) -> pd.DataFrame:
        if frame.empty:
            return frame.assign(**{name: pd.Series(dtype="object") for name in JUDGEMENT})
        numbered = frame.reset_index(drop=True).assign(**{_ROW: range(len(frame))})
        spark_frame = to_spark(self.spark, numbered)
        judged = self.judge(spark_frame).select(_ROW, *JUDGEMENT).toPandas().sort_values(_ROW)
        return frame.assign(**{name: judged[name].to_numpy() for name in JUDGEMENT})

    def _run(self, frame: DataFrame, champion: LoadedChampion | None) -> DataFrame:
        accepted = _as_transactions(frame)
        judged = _with_features(accepted).transform(judge(champion))
        source = accepted.select("offset", _ROW, "source", F.col("reject_reason").alias("refused"))
        return (
            source.join(judged.drop("transaction"), on="offset", how="left")
            .withColumn("reject_reason", F.coalesce("refused", "reject_reason"))
            .withColumn("is_anomaly", F.coalesce("is_anomaly", F.lit(False)))
        )


def _with_features(transactions: DataFrame) -> DataFrame:
    accepted = transactions.where(F.col("reject_reason").isNull())
    return accepted.transform(with_history_over_window).transform(with_features)


def _as_transactions(frame: DataFrame) -> DataFrame:
    """The frame's rows in the shape `parse` gives: one partition, offsets in the order of time."""
    missing = [name for name in REQUIRED if name not in frame.columns]
    time_column = next((name for name in TIME_COLUMNS if name in frame.columns), None)
    if missing or time_column is None:
        needed = [*missing, *([] if time_column else ["one of " + ", ".join(TIME_COLUMNS)])]
        raise InputError(f"The frame lacks {', '.join(needed)}; it has {', '.join(frame.columns)}. Rename its columns.")
    numbered = frame if _ROW in frame.columns else frame.withColumn(_ROW, F.monotonically_increasing_id())
    source = [name for name in frame.columns if name != _ROW]
    fields = [_field(name, frame, time_column).alias(name) for name in TRANSACTION_FIELDS]
    shaped = numbered.select(
        _ROW, F.struct(*source).alias("source"), F.lit(0).alias("partition"), F.struct(*fields).alias("transaction")
    )
    in_time = Window.orderBy(F.col("transaction.timestamp_ms"), F.col(_ROW))
    return shaped.select(
        "*",
        (F.row_number().over(in_time) - 1).cast("long").alias("offset"),
        F.lit(None).cast("long").alias("received_at_ms"),
        F.lit(None).cast("binary").alias("payload"),
        F.lit(None).cast("int").alias("payload_bytes"),
        first_broken(transaction_rules("transaction")).alias("reject_reason"),
    )


def _field(name: str, frame: DataFrame, time_column: str) -> Column:
    if name == "schema_version":
        return F.lit(SCHEMA_VERSION).cast("long")
    if name == "timestamp_ms":
        return _milliseconds(frame, time_column)
    if name == "currency" and name not in frame.columns:
        return F.lit("EUR")
    if name == "transaction_id" and name not in frame.columns:
        return F.concat(F.lit("row-"), F.col(_ROW).cast("string"))
    kind = T.StringType() if name in TEXT_FIELDS else NUMBER_FIELDS[name]
    if name not in frame.columns:
        return F.lit(None).cast(kind)
    value = F.col(name).try_cast(kind)
    # pandas writes a gap among numbers as NaN
    return F.when(~F.isnan(value), value) if isinstance(kind, T.DoubleType) else value


def _milliseconds(frame: DataFrame, column: str) -> Column:
    kind = frame.schema[column].dataType
    if isinstance(kind, T.NumericType):
        return F.col(column).try_cast("long")
    return F.unix_millis(F.col(column).try_cast("timestamp"))
