"""The registry's champion as one file for the peers: scikit-learn's forest, and the thresholds beside it."""

from pathlib import Path
from typing import Any

import joblib

from trainer.quiet_mlflow import mlflow
from vigie_registry import RegistryReader
from vigie_runtime import UnavailableError
from vigie_schemas import CHAMPION_ALIAS, MODEL_NAME, SEGMENT_ESTABLISHED, SEGMENT_NEW


def export_forest(registry: str, path: Path) -> int:
    """Write the champion of an MLflow server; return its version. Raise UnavailableError where there is none."""
    with RegistryReader(registry) as reader:
        champion = reader.champion()
        if champion is None:
            raise UnavailableError(f"The registry at {registry} has no champion.")
        thresholds = reader.calibration(champion.version).thresholds
    mlflow.set_tracking_uri(registry)
    forest: Any = mlflow.sklearn.load_model(f"models:/{MODEL_NAME}@{CHAMPION_ALIAS}")  # pyright: ignore[reportPrivateImportUsage]
    del forest.feature_names_in_  # rows come as arrays: a pandas frame for each message would cost more than the forest
    by_segment = {False: thresholds[SEGMENT_NEW].threshold, True: thresholds[SEGMENT_ESTABLISHED].threshold}
    joblib.dump({"forest": forest, "thresholds": by_segment}, path)
    return champion.version
