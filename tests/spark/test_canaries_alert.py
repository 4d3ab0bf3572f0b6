"""Every canary alerts, again and again from the same few accounts, whatever the pace of simulated time."""

from itertools import takewhile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from generator.canary import ACCOUNTS, SCENARIO, canary_payments
from generator.payment import DAY_MS, HOUR_MS
from generator.stream import PaymentStream, StreamPlan
from spark_detector.batch import _as_transactions, _with_features
from trainer.forest import unusualness
from trainer.logged_features import LoggedFeatures
from trainer.settings import TrainerSettings
from trainer.trained import learn
from vigie_schemas import ESTABLISHED_FROM, FEATURE_NAMES, SEGMENT_ESTABLISHED, is_canary

pytestmark = pytest.mark.spark

FIRST_DAY = 20_500
HISTORY_DAYS = 12  # what `make run` learns its first champion from
CANARIES = 12 * ACCOUNTS
HOURS_BETWEEN = (0.05, 48.0)
"""A slow stream's clock hardly moves from one canary to the next, a fast one's leaps ahead by days."""
PLAN = StreamPlan(seed=7, era=0, accounts=200, payments_per_day=3, anomaly_share=0.0075, anomalies_from_day=FIRST_DAY)


def test_every_canary_alerts(spark: SparkSession, tmp_path: Path) -> None:
    begin_ms, until_ms = FIRST_DAY * DAY_MS, (FIRST_DAY + HISTORY_DAYS) * DAY_MS
    history = takewhile(lambda payment: payment.timestamp_ms < until_ms, PaymentStream(PLAN).after(begin_ms - 1))
    hours = np.cumsum(np.repeat(HOURS_BETWEEN, CANARIES // len(HOURS_BETWEEN)))
    canaries = (
        payment
        for number, hour in enumerate(hours)
        for payment in canary_payments(number, until_ms + round(hour * HOUR_MS))
    )
    # in the order they are sent, which is what the detector's history follows
    payments = pd.DataFrame([*history, *canaries]).reset_index(names="vigie_row")

    rows = features_in_order_of_sending(spark, payments, tmp_path)

    is_canarys = payments["account_id"].map(is_canary).to_numpy()
    trained = learn(logged(rows[~is_canarys], payments[~is_canarys]), TrainerSettings())
    scores = unusualness(trained.forest, rows.loc[is_canarys, list(FEATURE_NAMES)].to_numpy(np.float64))
    alerts = scores >= trained.thresholds[SEGMENT_ESTABLISHED].threshold

    glaring = (payments.loc[is_canarys, "scenario"] == SCENARIO).to_numpy()
    assert glaring.sum() == CANARIES
    assert (rows.loc[is_canarys, "history_count"].to_numpy()[glaring] >= ESTABLISHED_FROM).all()
    assert alerts[glaring].all(), scores[glaring].min()


def features_in_order_of_sending(spark: SparkSession, payments: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """The stream's features: it orders an account's payments as they came, a batch would order them by their time."""
    payments.drop(columns="scenario").to_parquet(folder / "payments.parquet")
    shaped = _as_transactions(spark.read.parquet(str(folder / "payments.parquet")))
    described = _with_features(shaped.withColumn("offset", F.col("vigie_row")))
    rows = described.select("offset", "history_count", "features.*").toPandas().sort_values("offset", ignore_index=True)
    assert len(rows) == len(payments)
    return rows


def logged(rows: pd.DataFrame, payments: pd.DataFrame) -> LoggedFeatures:
    return LoggedFeatures(
        matrix=rows[list(FEATURE_NAMES)].to_numpy(np.float64),
        history_counts=rows["history_count"].to_numpy(np.int64),
        timestamps_ms=payments["timestamp_ms"].to_numpy(np.int64),
        repeats=0,
        left_out=0,
    )
