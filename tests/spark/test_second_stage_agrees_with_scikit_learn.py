"""Spark's score of forest and second stage is scikit-learn's, row by row, and its reasons speak of that score."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from spark_detector import AnomalyDetector
from spark_detector.champion import ChampionError, load_champion
from spark_detector.counterparties import COLUMN
from spark_detector.settings import DetectorSettings
from trainer.champion_files import CALIBRATION_FILE, write_champion
from trainer.counterparties.known import inputs_at
from trainer.forest import unusualness
from trainer.logged_features import LoggedFeatures
from trainer.second_stage import FromLabels, second_stage_inputs
from trainer.settings import TrainerSettings
from trainer.trained import Trained, learn
from vigie_schemas import (
    COUNTERPARTY_INPUTS,
    COUNTERPARTY_REASON,
    FEATURE_NAMES,
    SECOND_STAGE_INPUTS,
    CounterpartyLabels,
    combined_score,
)
from vigie_schemas.topics import DAY_MS

pytestmark = pytest.mark.spark

SAMPLE = Path(__file__).parents[2] / "services" / "generator" / "sample" / "transactions.parquet"
CLOSE = 1e-9
ALERT_BUDGET = 0.02


def by_scikit_learn(
    trained: Trained, matrix: NDArray[np.float64], counterparties: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The score of rows that stand where the training's stood, each as the libraries give it."""
    assert trained.second_stage is not None
    numbers = trained.second_stage.combination
    inputs = second_stage_inputs(matrix, trained.logged.timestamps_ms, counterparties)
    log_odds = trained.second_stage.model.decision_function(inputs)
    forest = unusualness(trained.forest, matrix)
    return combined_score(forest, log_odds, weight=numbers.weight, offset=numbers.offset, scale=numbers.scale)


def known_of_counterparties(frame: pd.DataFrame) -> list[CounterpartyLabels | None]:
    """Of each fourth payment a fraud of its counterparty is known, and of all frauds but a tenth."""
    random = np.random.default_rng(5)
    times = frame["ts"].to_numpy("datetime64[ms]").astype(np.int64)
    is_known = np.where(frame["label"] == 1, random.random(len(frame)) > 0.1, random.random(len(frame)) < 0.25)
    return [
        CounterpartyLabels(
            fraud_run=int(random.integers(0, 4)) + int(fraud),
            last_fraud_ms=int(at - random.integers(0, 100 * DAY_MS)),
            last_sound_ms=int(at - random.integers(0, 100 * DAY_MS)) if random.random() < 0.7 else None,
        )
        if known
        else None
        for at, fraud, known in zip(times, frame["label"], is_known, strict=True)
    ]


def learned(
    spark: SparkSession, frame: pd.DataFrame, folder: Path, known: list[CounterpartyLabels | None]
) -> tuple[Trained, DataFrame]:
    """What the trainer learns, and the rows as `judge_features` takes them."""
    frame.drop(columns=["label", "scenario"]).assign(vigie_row=range(len(frame))).to_parquet(folder / "sample.parquet")
    detector = AnomalyDetector(settings=DetectorSettings(), spark=spark)
    sample = spark.read.parquet(str(folder / "sample.parquet"))
    rows = [
        (str(frame["transaction_id"].iloc[row]), tuple(one.model_dump().values()))
        for row, one in enumerate(known)
        if one
    ]
    labels = spark.createDataFrame(
        rows, f"name string, {COLUMN} struct<fraud_run:int,last_fraud_ms:bigint,last_sound_ms:bigint>"
    )
    described = detector.with_features(sample)
    described = described.join(labels, F.col("transaction.transaction_id") == F.col("name"), "left").drop("name")
    features = detector.compute_features(sample).toPandas().sort_values("vigie_row", ignore_index=True)
    logged = LoggedFeatures(
        matrix=features[list(FEATURE_NAMES)].to_numpy(np.float64),
        history_counts=features["history_count"].to_numpy(np.int64),
        timestamps_ms=frame["ts"].to_numpy("datetime64[ms]").astype(np.int64),
        repeats=0,
        left_out=0,
    )
    said = FromLabels(frame["label"].to_numpy(np.float64), inputs_at(known, logged.timestamps_ms))
    return learn(logged, TrainerSettings(alert_budget=ALERT_BUDGET), said), described


def test_scores_and_reasons_are_those_of_the_libraries(spark: SparkSession, tmp_path: Path) -> None:
    frame = pd.read_parquet(SAMPLE)
    frame["transaction_id"] = [f"t-{row}" for row in range(len(frame))]
    known = known_of_counterparties(frame)
    trained, described = learned(spark, frame, tmp_path, known)
    assert trained.second_stage is not None
    write_champion(trained, tmp_path / "champion", written_at_ms=0)
    champion = load_champion(1, tmp_path / "champion")

    detector = AnomalyDetector(champion, settings=DetectorSettings(), spark=spark)
    answers = detector.judge_features(described).select(
        "transaction.transaction_id", "score", "is_anomaly", "reasons", COLUMN
    )
    judged = answers.toPandas().set_index("transaction_id").loc[frame["transaction_id"]].reset_index()

    matrix, times = trained.logged.matrix, trained.logged.timestamps_ms
    counterparties = inputs_at(known, times)
    scores = by_scikit_learn(trained, matrix, counterparties)
    np.testing.assert_allclose(judged["score"].to_numpy(np.float64), scores, rtol=0, atol=CLOSE)
    lost = {}
    for place, name in enumerate(FEATURE_NAMES):
        usual = matrix.copy()
        usual[:, place] = trained.ranges[name].usual
        lost[name] = (scores - by_scikit_learn(trained, usual, counterparties)).clip(min=0)
    unknown = by_scikit_learn(trained, matrix, inputs_at([None] * len(known), times))
    lost[COUNTERPARTY_REASON] = (scores - unknown).clip(min=0)
    raising = pd.DataFrame(lost)
    alerts = judged.query("is_anomaly")
    assert len(alerts) >= 50
    for row, reasons in alerts["reasons"].items():
        of_row = raising.loc[row]  # pyright: ignore[reportArgumentType, reportCallIssue]
        for reason in reasons:
            assert reason["share"] == pytest.approx(of_row[reason["feature"]] / of_row.sum(), abs=1e-6)
    texts = [
        reason["text"]
        for reasons in alerts["reasons"]
        for reason in reasons
        if reason["feature"] == COUNTERPARTY_REASON
    ]
    assert len(texts) >= 10
    assert {re.sub("[0-9]+", "N", text) for text in texts} <= {
        "the last N payments to this merchant that were looked into were fraud, the latest N days ago",
        "the last payment to this merchant that was looked into was fraud, N days ago",
        "a payment to this merchant was fraud N days ago",
    }

    calibration = (tmp_path / "champion" / CALIBRATION_FILE).read_text()
    (tmp_path / "champion" / CALIBRATION_FILE).write_text(calibration.replace("hour_of_day", "moon_phase"))
    with pytest.raises(ChampionError, match="second stage of version 2 has other inputs"):
        load_champion(2, tmp_path / "champion")


def test_a_second_stage_of_before_counterparties_still_serves(spark: SparkSession, tmp_path: Path) -> None:
    """A detector that is deployed before the next training goes on with the champion there is."""
    frame = pd.read_parquet(SAMPLE)
    frame["transaction_id"] = [f"t-{row}" for row in range(len(frame))]
    trained, described = learned(spark, frame, tmp_path, [None] * len(frame))
    assert trained.second_stage is not None
    before = trained.second_stage.inputs[:, : len(SECOND_STAGE_INPUTS) - len(COUNTERPARTY_INPUTS)]
    model = type(trained.second_stage.model)(max_iter=20, random_state=7).fit(before, frame["label"])
    combination = trained.second_stage.combination.model_copy(
        update={"inputs": list(SECOND_STAGE_INPUTS[: before.shape[1]])}
    )
    older = replace(trained, second_stage=replace(trained.second_stage, model=model, combination=combination))
    write_champion(older, tmp_path / "champion", written_at_ms=0)

    detector = AnomalyDetector(load_champion(1, tmp_path / "champion"), settings=DetectorSettings(), spark=spark)
    judged = detector.judge_features(described).select("transaction.transaction_id", "score").toPandas()

    scores = judged.set_index("transaction_id").loc[frame["transaction_id"], "score"].to_numpy(np.float64)
    expected = combined_score(
        unusualness(trained.forest, trained.logged.matrix),
        model.decision_function(before),
        weight=combination.weight,
        offset=combination.offset,
        scale=combination.scale,
    )
    np.testing.assert_allclose(scores, expected, rtol=0, atol=CLOSE)
