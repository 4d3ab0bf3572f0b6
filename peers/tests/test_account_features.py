"""The peers' features are the detector's: row by row over the generator's transactions."""

import json
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from spark_detector import AnomalyDetector
from vigie_loadtests.latency.pool import make_pool, read_pool
from vigie_peers.programs.account_features import DAY_MS, features_of, new_account
from vigie_schemas import FEATURE_NAMES

ROWS = 8_000

pytestmark = pytest.mark.spark


def as_often(number: int, record: dict[str, object]) -> dict[str, object]:
    """Of every seventh payment only the day is known; every fifth goes to a payee that is no merchant."""
    moment = int(str(record["timestamp_ms"]))
    changed = {"timestamp_ms": moment - moment % DAY_MS if number % 7 == 0 else moment, "payee_id": None}
    if number % 5 == 0:
        changed |= {"payee_id": record["merchant_id"], "merchant_id": None}
    return record | changed


def test_each_feature_of_each_row_is_the_detectors(spark: SparkSession, tmp_path: Path) -> None:
    make_pool(tmp_path / "history.jsonl", tmp_path / "pool.jsonl", pool_size=1)
    records = [as_often(number, record) for number, record in enumerate(read_pool(tmp_path / "history.jsonl")[:ROWS])]
    frame = spark.createDataFrame(pd.DataFrame(records).drop(columns=["sent_at_us"], errors="ignore"))
    expected = AnomalyDetector(spark=spark).compute_features(frame).toPandas().sort_values("vigie_row")
    accounts: dict[object, dict[str, object]] = {}

    in_time = sorted(range(ROWS), key=lambda number: (records[number]["timestamp_ms"], number))
    found: dict[int, list[float]] = {}
    for number in in_time:
        account = accounts.setdefault(records[number]["account_id"], new_account())
        found[number] = features_of(json.loads(json.dumps(records[number])), account)

    ours = pd.DataFrame([found[number] for number in range(ROWS)], columns=pd.Index(FEATURE_NAMES))
    difference = (ours - expected[list(FEATURE_NAMES)].reset_index(drop=True)).abs().max()
    assert expected["reject_reason"].isna().all()
    assert difference.max() < 1e-6, difference.sort_values().tail(3).to_dict()
    assert list(ours.columns[ours.max() <= 0]) == [], "each feature occurs"
