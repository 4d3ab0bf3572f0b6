"""The only place that asks the detector and the trainer: features once, then one champion a seed."""

import dataclasses
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_detector import AnomalyDetector
from spark_detector.champion import LoadedChampion, load_champion
from spark_detector.counterparties import COLUMN as COUNTERPARTY_LABELS
from spark_detector.session import start_session
from spark_detector.settings import DetectorSettings
from trainer.champion_files import write_champion
from trainer.logged_features import LoggedFeatures
from trainer.quality.ranking import budget_cut
from trainer.second_stage import FromLabels
from trainer.settings import TrainerSettings
from trainer.trained import Trained, learn
from vigie_backtest.options import MIN_TRAIN_ROWS
from vigie_schemas import FEATURE_NAMES

SENT_TEXTS: Final = ("account_id", "currency", "merchant_id", "payee_id", "category", "country")
SENT: Final = (*SENT_TEXTS, "timestamp_ms", "amount", "lat", "lon")
SENT_SCHEMA: Final = pa.schema(
    [(name, pa.string()) for name in (*SENT_TEXTS, "transaction_id")]
    + [(name, pa.float64()) for name in ("amount", "lat", "lon")]
    + [(name, pa.int64()) for name in ("timestamp_ms", "vigie_row")]
)
KNOWN_FILE: Final = "counterparties.parquet"
KNOWN_SCHEMA: Final = pa.schema(
    [
        ("row", pa.int64()),
        (
            COUNTERPARTY_LABELS,
            pa.struct([("fraud_run", pa.int32()), ("last_fraud_ms", pa.int64()), ("last_sound_ms", pa.int64())]),
        ),
    ]
)
NAME: Final = "row-"  # transactions are named by their row, so that what comes back finds its row
JUDGEMENT: Final = ("score", "threshold", "is_anomaly", "segment")


def start_spark(settings: DetectorSettings, cores: int) -> SparkSession:
    """The detector's session with a task for each core: here all rows are there at once."""
    return start_session(settings.model_copy(update={"spark_master": f"local[{cores}]", "shuffle_partitions": cores}))


class DetectorPath:
    """Transactions → features → scores, thresholds and reasons, by the code that serves the stream."""

    def __init__(self, spark: SparkSession, folder: Path, detector: DetectorSettings, trainer: TrainerSettings) -> None:
        self._spark = spark
        self._folder = folder
        self._detector = detector
        self._trainer = trainer.model_copy(update={"train_minimum_rows": MIN_TRAIN_ROWS})
        self._described = folder / "described"

    def compute(self, transactions: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
        """Columns amount_eur, history_count and one a feature, by row number; reject reasons of the refused rows.

        Needs the columns of reading.Transactions. Stored in a file, so that no seed computes the histories again.
        """
        source = self._folder / "transactions.parquet"
        sent = transactions[list(SENT)].assign(transaction_id=NAME + transactions.index.astype(str))
        pq.write_table(pa.Table.from_pandas(sent.assign(vigie_row=transactions.index), SENT_SCHEMA), source)
        frame = self._spark.read.parquet(source.as_uri())
        detector = AnomalyDetector(settings=self._detector, spark=self._spark)
        detector.with_features(frame).write.parquet(self._described.as_uri())
        described = self._spark.read.parquet(self._described.as_uri())
        features = self._fetch(described.select(_row(), "amount_eur", "history_count", "features.*"), "features")
        refused = self._fetch(detector.refused(frame).withColumnRenamed("vigie_row", "row"), "refused")
        return features, pd.Series(refused["reject_reason"])

    def know_counterparties(self, known: pd.Series) -> None:
        """Have rows scored by what was known of whom they pay: CounterpartyLabels or None by row number."""
        found = [{"row": row, COUNTERPARTY_LABELS: labels.model_dump()} for row, labels in known.dropna().items()]
        pq.write_table(pa.Table.from_pylist(found, KNOWN_SCHEMA), self._folder / KNOWN_FILE)

    def train(
        self,
        features: pd.DataFrame,
        timestamps_ms: NDArray[np.int64],
        account_ids: tuple[str, ...],
        seed: int,
        labels: FromLabels | None = None,
    ) -> Trained:
        """What the trainer learns from these rows, with columns FEATURE_NAMES and history_count, and their labels."""
        logged = LoggedFeatures(
            matrix=features[list(FEATURE_NAMES)].to_numpy(dtype=np.float64),
            history_counts=features["history_count"].to_numpy(dtype=np.int64),
            timestamps_ms=timestamps_ms,
            repeats=0,
            left_out=0,
            account_ids=account_ids,
        )
        return learn(logged, self.settings_of(seed), labels)

    def settings_of(self, seed: int) -> TrainerSettings:
        """The trainer's settings for this seed."""
        return self._trainer.model_copy(update={"forest_seed": seed})

    def champion(self, trained: Trained, seed: int) -> LoadedChampion:
        """What was trained, written as the trainer writes it and loaded as the detector loads it."""
        folder = self._folder / f"champion-{seed}"
        folder.mkdir()
        newest_ms = int(trained.logged.timestamps_ms.max())
        write_champion(trained, folder, written_at_ms=newest_ms)
        return load_champion(1, folder)

    def score(self, champion: LoadedChampion, from_ms: int, rows: pd.Index, explained_share: float) -> pd.DataFrame:
        """Columns of JUDGEMENT by row number; reasons only for what the cut of that share flags."""
        later = self._spark.read.parquet(self._described.as_uri()).where(F.col("transaction.timestamp_ms") >= from_ms)
        later = self._with_counterparties(later)
        judged = self._fetch(self._judge(champion, later).select(_row(), *JUDGEMENT), "judged").loc[rows]
        scores = judged["score"].to_numpy(np.float64)
        explained = judged.index[scores >= budget_cut(scores, explained_share)]
        return judged.assign(reasons=self._reasons(champion, later, explained).reindex(rows))

    def _with_counterparties(self, described: DataFrame) -> DataFrame:
        known = self._folder / KNOWN_FILE
        if not known.exists():
            return described
        return (
            described.withColumn("row", _row())
            .join(self._spark.read.parquet(known.as_uri()), "row", "left")
            .drop("row")
        )

    def _reasons(self, champion: LoadedChampion, described: DataFrame, rows: pd.Index) -> pd.Series:
        """The detector gives reasons from the threshold on: with none in the way it gives them for all rows asked."""
        lowest = {
            name: level.model_copy(update={"threshold": 0.0}) for name, level in champion.calibration.thresholds.items()
        }
        willing = dataclasses.replace(
            champion, calibration=champion.calibration.model_copy(update={"thresholds": lowest})
        )
        asked = self._folder / "asked.parquet"
        pd.DataFrame({"row": rows.to_numpy()}).to_parquet(asked)
        wanted = described.withColumn("row", _row()).join(self._spark.read.parquet(asked.as_uri()), "row", "left_semi")
        explained = self._fetch(self._judge(willing, wanted.drop("row")).select(_row(), "reasons"), "reasons")
        return pd.Series(explained["reasons"])

    def _judge(self, champion: LoadedChampion, described: DataFrame) -> DataFrame:
        return AnomalyDetector(champion, settings=self._detector, spark=self._spark).judge_features(described)

    def _fetch(self, frame: DataFrame, name: str) -> pd.DataFrame:
        """By way of a file: many times faster than through the driver."""
        folder = self._folder / f"{name}.parquet"
        frame.write.mode("overwrite").parquet(folder.as_uri())
        return pq.read_table(folder).to_pandas().set_index("row").sort_index()


def _row() -> Column:
    return F.substring("transaction.transaction_id", len(NAME) + 1, 20).cast("long").alias("row")
