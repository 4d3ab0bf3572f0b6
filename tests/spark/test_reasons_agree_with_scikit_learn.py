"""The reasons Spark gives are those scikit-learn's own forest gives when asked the same question, row by row."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from spark_detector import AnomalyDetector
from spark_detector.champion import load_champion
from spark_detector.settings import DetectorSettings
from trainer.forest import unusualness
from trainer.forest_layout import write_forest
from trainer.logged_features import LoggedFeatures
from trainer.settings import TrainerSettings
from trainer.trained import Trained, learn
from vigie_schemas import FEATURE_NAMES

pytestmark = pytest.mark.spark

SAMPLE = Path(__file__).parents[2] / "services" / "generator" / "sample" / "transactions.parquet"
SAME_TOP_REASON = 0.9
CLOSE = 1e-9
# Above every default, so that a few thousand rows give a hundred alerts to compare.
ALERT_BUDGET = 0.03


def left_out(trained: Trained, matrix: NDArray[np.float64]) -> pd.DataFrame:
    """What the score loses without each feature: that feature at its usual value, asked one by one."""
    whole = unusualness(trained.forest, matrix)
    lost = {}
    for place, name in enumerate(FEATURE_NAMES):
        without = matrix.copy()
        without[:, place] = trained.ranges[name].usual
        lost[name] = whole - unusualness(trained.forest, without)
    return pd.DataFrame(lost)


def test_the_top_reasons_are_the_same(spark: SparkSession, tmp_path: Path) -> None:
    frame = pd.read_parquet(SAMPLE).drop(columns=["label", "scenario"])
    detector = AnomalyDetector(settings=DetectorSettings(), spark=spark)
    frame.assign(vigie_row=range(len(frame))).to_parquet(tmp_path / "sample.parquet")
    features = (
        detector.compute_features(spark.read.parquet(str(tmp_path / "sample.parquet")))
        .toPandas()
        .sort_values("vigie_row", ignore_index=True)
    )
    matrix = features[list(FEATURE_NAMES)].to_numpy(np.float64)
    trained = learn(
        LoggedFeatures(
            matrix=matrix,
            history_counts=features["history_count"].to_numpy(np.int64),
            timestamps_ms=np.arange(1_700_000_000_000, 1_700_000_000_000 + len(matrix)),
            repeats=0,
            left_out=0,
        ),
        TrainerSettings(alert_budget=ALERT_BUDGET),
    )
    write_forest(trained.forest, tmp_path / "forest", written_at_ms=0)
    (tmp_path / "calibration.json").write_text(trained.calibration().model_dump_json(), encoding="utf-8")
    champion = load_champion(1, tmp_path)

    judged = AnomalyDetector(champion, settings=DetectorSettings(), spark=spark).detect_anomalies(frame)

    alerts = judged.reset_index(drop=True).query("is_anomaly")
    lost = left_out(trained, matrix[alerts.index]).set_index(alerts.index)
    assert len(alerts) >= 50
    same = [reasons[0]["feature"] == lost.loc[row].idxmax() for row, reasons in alerts["reasons"].items()]
    assert np.mean(same) >= SAME_TOP_REASON
    for row, reasons in alerts["reasons"].items():
        raising = lost.loc[row].clip(lower=0)
        for reason in reasons:
            assert reason["share"] == pytest.approx(raising[reason["feature"]] / raising.sum(), abs=CLOSE)
