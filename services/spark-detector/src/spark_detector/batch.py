"""`AnomalyDetector`: the stream's own functions over a batch, with the champion from the registry."""

from typing import Final, TypeVar

import pandas as pd
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from spark_detector.champion import ChampionError, LoadedChampion, load_champion
from spark_detector.champion_store import ChampionStore
from spark_detector.counterparties import without_counterparty_labels
from spark_detector.features import with_features
from spark_detector.frame_columns import ROW, name_of, positions_of_needed, transaction_of
from spark_detector.history import with_history_over_window
from spark_detector.pandas_frames import to_spark
from spark_detector.parse import first_broken, transaction_rules
from spark_detector.pipeline import judge
from spark_detector.recalibrated import with_newest_thresholds
from spark_detector.session import start_session
from spark_detector.settings import DetectorSettings
from vigie_registry import RegistryReader
from vigie_runtime import load_settings
from vigie_schemas import Rates

Frame = TypeVar("Frame", pd.DataFrame, DataFrame)

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
        self._rates = self._settings.rates()
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
        merchant_id, category, country, lat, lon, channel, device_id, payee_id, direction, ip_country and card_present
        where they exist; other columns may be called and hold what they like. Numbers as time are milliseconds, in text
        too; a date without a time, or midnight UTC, means that only the day is known. Columns that are called like the
        judgement's own are overwritten, so that a result can be judged again. A row the contract refuses has a
        reject_reason and no score. Raises InputError when a needed column is missing, there twice, or holds lists.
        """
        if isinstance(frame, pd.DataFrame):
            return self._detect_in_pandas(frame)
        judged = self.judge(frame)
        return judged if ROW in frame.columns else judged.drop(ROW)

    def compute_features(self, frame: DataFrame) -> DataFrame:
        """Columns: the row number, segment, history_count, reject_reason, one column a feature; needs no champion."""
        return self._run(frame, None).select(ROW, "segment", "history_count", "reject_reason", "features.*")

    def judge(self, frame: DataFrame) -> DataFrame:
        """Spark form of detect_anomalies: the frame's columns, the row number, and JUDGEMENT."""
        kept = [number for number, name in enumerate(frame.columns) if name.lower() not in JUDGEMENT and name != ROW]
        source = [F.col(f"source.{_source(number)}") for number in kept]
        names = [*(frame.columns[number] for number in kept), ROW, *JUDGEMENT]
        return self._run(frame, self.champion).select(*source, ROW, *JUDGEMENT).toDF(*names)

    def with_features(self, frame: DataFrame) -> DataFrame:
        """The accepted rows with the columns of features.with_features, to be stored and given to `judge_features`."""
        return _with_features(self._as_transactions(frame), self._rates).drop("earlier")  # for alerts on the topic only

    def judge_features(self, described: DataFrame) -> DataFrame:
        """Rows of `with_features` with the columns that pipeline.judge adds; computes no history again.

        They may have a column counterparty_labels, as spark_detector.counterparties describes it; else no fraud of
        a counterparty is known.
        """
        return _judged(described, self.champion)

    def refused(self, frame: DataFrame) -> DataFrame:
        """Two columns, row number and reject_reason, for the rows that the contract refuses."""
        return self._as_transactions(frame).where(F.col("reject_reason").isNotNull()).select(ROW, "reject_reason")

    def _detect_in_pandas(self, frame: pd.DataFrame) -> pd.DataFrame:
        kept = frame.loc[:, [name_of(label) not in JUDGEMENT for label in frame.columns]]
        if frame.empty:
            positions_of_needed(list(frame.columns))
            return kept.assign(**{name: pd.Series(dtype="object") for name in JUDGEMENT})
        judged = self.judge(to_spark(self.spark, frame)).select(ROW, *JUDGEMENT).toPandas().sort_values(ROW)
        return kept.assign(**{name: judged[name].to_numpy() for name in JUDGEMENT})

    def _as_transactions(self, frame: DataFrame) -> DataFrame:
        return _as_transactions(frame, self._rates)

    def _run(self, frame: DataFrame, champion: LoadedChampion | None) -> DataFrame:
        accepted = self._as_transactions(frame)
        judged = _judged(_with_features(accepted, self._rates), champion)
        account = F.col("transaction.account_id").alias("account_id")
        source = accepted.select(account, "offset", ROW, "source", F.col("reject_reason").alias("refused"))
        return (
            source.join(judged.select("*", account).drop("transaction"), on=["account_id", "offset"], how="left")
            .withColumn("reject_reason", F.coalesce("refused", "reject_reason"))
            .withColumn("is_anomaly", F.coalesce("is_anomaly", F.lit(False)))
        )


def _with_features(transactions: DataFrame, rates: Rates | None = None) -> DataFrame:
    accepted = transactions.where(F.col("reject_reason").isNull())
    return accepted.transform(with_history_over_window, rates).transform(with_features)


def _judged(described: DataFrame, champion: LoadedChampion | None) -> DataFrame:
    return described.transform(without_counterparty_labels).transform(judge(champion))


def _as_transactions(frame: DataFrame, rates: Rates | None = None) -> DataFrame:
    """The frame's rows in the shape `parse` gives, with the row number; offsets in the order of time by account.

    A history needs no other order, and one of all rows would be made by a single task, however many there are.
    Its columns go by position here: what they are called may be no name for Spark.
    """
    positions = positions_of_needed(frame.columns)
    kinds = {name: frame.schema.fields[number].dataType for name, number in positions.items()}
    named = frame.toDF(*[_source(number) for number in range(len(frame.columns))])
    row = F.col(_source(frame.columns.index(ROW))) if ROW in frame.columns else F.monotonically_increasing_id()
    columns = {name: F.col(_source(number)) for name, number in positions.items()}
    shaped = named.withColumn(ROW, row).select(
        ROW,
        F.struct(*named.columns).alias("source"),
        F.lit(0).alias("partition"),
        transaction_of(columns, kinds).alias("transaction"),
    )
    in_time = Window.partitionBy("transaction.account_id").orderBy(F.col("transaction.timestamp_ms"), F.col(ROW))
    return shaped.select(
        "*",
        (F.row_number().over(in_time) - 1).cast("long").alias("offset"),
        F.lit(None).cast("long").alias("received_at_ms"),
        F.lit(None).cast("binary").alias("payload"),
        F.lit(None).cast("int").alias("payload_bytes"),
        F.lit(None).cast("string").alias("reject_field"),
        first_broken(transaction_rules("transaction", rates)).alias("reject_reason"),
    )


def _source(number: int) -> str:
    return f"source_{number}"
