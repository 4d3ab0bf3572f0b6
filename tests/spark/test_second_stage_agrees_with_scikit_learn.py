"""Spark's score of forest and second stage is scikit-learn's, row by row, and its reasons speak of that score."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from spark_detector import AnomalyDetector
from spark_detector.champion import ChampionError, load_champion
from spark_detector.settings import DetectorSettings
from trainer.champion_files import CALIBRATION_FILE, write_champion
from trainer.forest import unusualness
from trainer.logged_features import LoggedFeatures
from trainer.second_stage import second_stage_inputs
from trainer.settings import TrainerSettings
from trainer.trained import Trained, learn
from vigie_schemas import FEATURE_NAMES, combined_score

pytestmark = pytest.mark.spark

SAMPLE = Path(__file__).parents[2] / "services" / "generator" / "sample" / "transactions.parquet"
CLOSE = 1e-9
ALERT_BUDGET = 0.02


def by_scikit_learn(trained: Trained, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The score of rows that stand where the training's stood, each as the libraries give it."""
    assert trained.second_stage is not None
    numbers = trained.second_stage.combination
    rows = LoggedFeatures(matrix, trained.logged.history_counts, trained.logged.timestamps_ms, 0, 0)
    log_odds = trained.second_stage.model.decision_function(second_stage_inputs(rows))
    forest = unusualness(trained.forest, matrix)
    return combined_score(forest, log_odds, weight=numbers.weight, offset=numbers.offset, scale=numbers.scale)


def learned(spark: SparkSession, frame: pd.DataFrame, folder: Path) -> Trained:
    frame.assign(vigie_row=range(len(frame))).to_parquet(folder / "sample.parquet")
    detector = AnomalyDetector(settings=DetectorSettings(), spark=spark)
    features = (
        detector.compute_features(spark.read.parquet(str(folder / "sample.parquet")))
        .toPandas()
        .sort_values("vigie_row", ignore_index=True)
    )
    logged = LoggedFeatures(
        matrix=features[list(FEATURE_NAMES)].to_numpy(np.float64),
        history_counts=features["history_count"].to_numpy(np.int64),
        timestamps_ms=frame["ts"].to_numpy("datetime64[ms]").astype(np.int64),
        repeats=0,
        left_out=0,
    )
    return learn(logged, TrainerSettings(alert_budget=ALERT_BUDGET), frame["label"].to_numpy(np.float64))


def test_scores_and_reasons_are_those_of_the_libraries(spark: SparkSession, tmp_path: Path) -> None:
    frame = pd.read_parquet(SAMPLE)
    trained = learned(spark, frame, tmp_path)
    assert trained.second_stage is not None
    write_champion(trained, tmp_path / "champion", written_at_ms=0)
    champion = load_champion(1, tmp_path / "champion")

    detector = AnomalyDetector(champion, settings=DetectorSettings(), spark=spark)
    judged = detector.detect_anomalies(frame.drop(columns=["label", "scenario"])).reset_index(drop=True)

    matrix = trained.logged.matrix
    scores = by_scikit_learn(trained, matrix)
    np.testing.assert_allclose(judged["score"].to_numpy(np.float64), scores, rtol=0, atol=CLOSE)
    lost = {}
    for place, name in enumerate(FEATURE_NAMES):
        usual = matrix.copy()
        usual[:, place] = trained.ranges[name].usual
        lost[name] = (scores - by_scikit_learn(trained, usual)).clip(min=0)
    raising = pd.DataFrame(lost)
    alerts = judged.query("is_anomaly")
    assert len(alerts) >= 50
    for row, reasons in alerts["reasons"].items():
        of_row = raising.loc[row]  # pyright: ignore[reportArgumentType, reportCallIssue]
        for reason in reasons:
            assert reason["share"] == pytest.approx(of_row[reason["feature"]] / of_row.sum(), abs=1e-6)

    calibration = (tmp_path / "champion" / CALIBRATION_FILE).read_text()
    (tmp_path / "champion" / CALIBRATION_FILE).write_text(calibration.replace("hour_of_day", "moon_phase"))
    with pytest.raises(ChampionError, match="second stage of version 2 has other inputs"):
        load_champion(2, tmp_path / "champion")
