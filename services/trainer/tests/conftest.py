"""Rows as the detector logs them, from a seed."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from trainer import TrainerSettings
from trainer.logged_features import LoggedFeatures
from vigie_schemas import FEATURE_NAMES

NOON_MS = 1_790_000_000_000


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith(("VIGIE_", "KAFKA_")) or name == "MLFLOW_TRACKING_URI"]:
        monkeypatch.delenv(name)


@pytest.fixture
def settings() -> TrainerSettings:
    return TrainerSettings(forest_trees=25, forest_jobs=1, train_minimum_rows=1_000)


@pytest.fixture
def logged() -> LoggedFeatures:
    """3,000 rows, one in three of a new account, one in a hundred odd."""
    random = np.random.default_rng(7)
    matrix = random.normal(size=(3_000, len(FEATURE_NAMES)))
    matrix[:, -4:] = random.random(size=(3_000, 4)) < 0.02
    matrix[::100, :6] += 6.0
    return LoggedFeatures(
        matrix=matrix,
        history_counts=np.where(np.arange(3_000) % 3 == 0, 1, 30),
        timestamps_ms=NOON_MS + np.arange(3_000, dtype=np.int64),
        repeats=0,
        left_out=0,
    )


@pytest.fixture
def payload() -> Callable[..., bytes]:
    """A scored record as it lies in the topic, with changes."""

    def build(transaction_id: str = "tx-1", feature: float = 0.5, **changes: object) -> bytes:
        record = {
            "schema_version": 1,
            "transaction_id": transaction_id,
            "account_id": "acc-1",
            "timestamp_ms": NOON_MS,
            "history_count": 9,
            "features": dict.fromkeys(FEATURE_NAMES, feature),
        }
        return json.dumps(record | changes).encode()

    return build
