"""The forest from its file, and the record that goes to the output topic."""

import json
import os
from functools import cache
from typing import Any, Final

import joblib
import numpy as np

from vigie_peers.programs.account_features import ESTABLISHED_FROM, Record
from vigie_schemas.features import FEATURE_NAMES

FOREST: Final = "VIGIE_PEER_FOREST"
"""Variable with the path of what export_forest wrote."""


class Judge:
    """scikit-learn's Isolation Forest, as it was trained, and the thresholds beside it."""

    def __init__(self) -> None:
        kept: dict[str, Any] = joblib.load(os.environ[FOREST])
        self._forest = kept["forest"]
        self._thresholds: dict[bool, float] = kept["thresholds"]

    def scores(self, features: list[list[float]]) -> list[float]:
        """One for each row, from 0 to 1, near 1 the most unusual."""
        return (-self._forest.score_samples(np.array(features, dtype=np.float32))).tolist()

    def scored(self, record: Record, history_count: int, features: list[float], score: float) -> bytes:
        """The record for the output topic."""
        threshold = self._thresholds[history_count >= ESTABLISHED_FROM]
        return json.dumps(
            {
                "transaction_id": record["transaction_id"],
                "account_id": record["account_id"],
                "timestamp_ms": record["timestamp_ms"],
                "sent_at_us": record["sent_at_us"],
                "history_count": history_count,
                "features": dict(zip(FEATURE_NAMES, features, strict=True)),
                "score": score,
                "threshold": threshold,
                "is_anomaly": score >= threshold,
            }
        ).encode()


@cache
def the_judge() -> Judge:
    """Read once in each process."""
    return Judge()
