"""Labels that come late: which of them teach, and what a report says of it."""

import re
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from vigie_backtest.late_labels import known_counterparties, truth_at
from vigie_backtest.options import Options
from vigie_backtest.progress import Progress
from vigie_backtest.run import run_backtest
from vigie_runtime import ConfigurationError, InputError

DAY_MS = 86_400_000
START_MS = 1_790_035_200_000


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.sampled_from([0.0, 1.0, np.nan])), min_size=1),
    st.integers(0, 10**9),
    st.integers(0, 10**9),
)
def test_no_label_teaches_that_had_not_come_by_the_cut(
    rows: list[tuple[int, float]], cut_ms: int, delay_ms: int
) -> None:
    frame = pd.DataFrame(rows, columns=pd.Index(["timestamp_ms", "label"]))

    truth = truth_at(frame, cut_ms, delay_ms)

    came = frame["timestamp_ms"].to_numpy() + delay_ms <= cut_ms
    assert np.isnan(truth[~came]).all()
    np.testing.assert_array_equal(truth[came], frame["label"].to_numpy()[came])


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from(["a", "b", None]), st.sampled_from([0, 1, None])), min_size=1
    ),
    st.integers(0, 20),
    st.integers(0, 40),
)
def test_no_row_knows_of_a_counterparty_what_had_not_come_by_then(
    rows: list[tuple[int, str | None, int | None]], delay: int, day: int
) -> None:
    """Labels that come from that day on say the opposite: what rows up to then know stays the same."""
    frame = pd.DataFrame(
        {
            "timestamp_ms": [START_MS + one * DAY_MS for one, _, _ in rows],
            "account_id": "acct-1",
            "merchant_id": pd.Series([name for _, name, _ in rows], dtype="category"),
            "payee_id": pd.Series([None] * len(rows), dtype="category"),
            "label": pd.array([label for _, _, label in rows], dtype="Int8"),
        }
    )
    until_ms = START_MS + day * DAY_MS
    comes_later = frame["timestamp_ms"] + delay * DAY_MS >= until_ms
    otherwise = frame.assign(label=frame["label"].where(~comes_later, 1 - frame["label"]))

    known, known_otherwise = (known_counterparties(each, delay * DAY_MS) for each in (frame, otherwise))

    before = (frame["timestamp_ms"] <= until_ms).to_numpy()
    assert known[before].tolist() == known_otherwise[before].tolist()


@pytest.mark.spark
def test_a_merchants_late_labels_find_its_next_frauds(
    spark: SparkSession, progress: Progress, sample_file: Path, tmp_path: Path
) -> None:
    """Nothing in the account shows it: from some day on each payment to one of these merchants is fraud."""
    rows = pd.read_parquet(sample_file).sort_values("ts", ignore_index=True)
    days = (rows["ts"] - rows["ts"].min()).dt.total_seconds() / 86_400
    begun = rows["merchant_id"].map(lambda name: zlib.crc32(str(name).encode()) % 40)
    is_fraud = (begun < 12) & (days > begun)
    rows.assign(label=is_fraud.astype(int), scenario=None).to_parquet(tmp_path / "rows.parquet")

    report = run_backtest(replace(options(tmp_path / "rows.parquet", tmp_path / "out"), labels="1d"), progress, spark)

    assert report["average_precision"] > 0.9  # pyright: ignore
    assert report["baselines"]["forest"]["average_precision"] < 0.5  # pyright: ignore
    assert report["supervised_ceiling"]["average_precision"] < 0.6  # pyright: ignore
    (note,) = [str(note) for note in report["notes"] if "had become known" in str(note)]  # pyright: ignore
    assert re.match(r"[\d,]+ of the [\d,]+ frauds evaluated went to a merchant or payee", note)


@pytest.mark.parametrize(("text", "delay_ms"), [("7d", 7 * DAY_MS), ("12h", DAY_MS // 2), ("0d", 0)])
def test_a_delay_is_days_or_hours(text: str, delay_ms: int) -> None:
    assert Options(data=Path("x"), out=Path("y"), labels=text).label_delay_ms == delay_ms
    assert Options(data=Path("x"), out=Path("y")).label_delay_ms is None


@pytest.mark.parametrize("text", ["7", "d", "-1d", "7 days", "1.5d", ""])
def test_what_is_no_delay_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"--labels .* such as 7d or 12h"):
        Options(data=Path("x"), out=Path("y"), labels=text)


def test_a_file_without_labels_cannot_teach(progress: Progress, sample_file: Path, tmp_path: Path) -> None:
    pd.read_parquet(sample_file).drop(columns=["label", "scenario"]).to_parquet(tmp_path / "rows.parquet")

    with pytest.raises(InputError, match="no labels that could teach"):
        run_backtest(options(tmp_path / "rows.parquet", tmp_path / "out"), progress)

    assert not (tmp_path / "out" / "report.json").exists()


@pytest.mark.spark
def test_labels_raise_what_the_forest_finds(
    spark: SparkSession, progress: Progress, sample_file: Path, tmp_path: Path
) -> None:
    rows = pd.read_parquet(sample_file)
    afternoon = rows["ts"].dt.hour.isin([13, 14]) & (rows["amount"] > rows["amount"].median())
    rows.assign(label=afternoon.astype(int), scenario=None).to_parquet(tmp_path / "rows.parquet")

    report = run_backtest(options(tmp_path / "rows.parquet", tmp_path / "out"), progress, spark)

    forest = report["baselines"]["forest"]  # pyright: ignore
    assert report["average_precision"] > 2 * forest["average_precision"]  # pyright: ignore
    assert report["by_scenario"] == {}, "fraud of no named kind is no kind of its own"
    (note,) = [str(note) for note in report["notes"] if "taught a second stage" in str(note)]  # pyright: ignore
    page = (tmp_path / "out" / "report.html").read_text()
    assert "forest without labels" in page
    assert note in page
    assert "Second stage of weight" in (tmp_path / "out" / "model-card.md").read_text()


@pytest.mark.spark
def test_labels_that_come_too_late_leave_the_forest_alone(
    spark: SparkSession, progress: Progress, sample_file: Path, tmp_path: Path
) -> None:
    late = replace(options(sample_file, tmp_path / "out"), labels="900d")

    report = run_backtest(late, progress, spark)

    assert report["average_precision"] == pytest.approx(report["baselines"]["forest"]["average_precision"])  # pyright: ignore
    assert any("the forest scores alone" in str(note) for note in report["notes"])  # pyright: ignore
    assert "No second stage: the forest scores alone" in (tmp_path / "out" / "model-card.md").read_text()


def options(data: Path, out: Path) -> Options:
    return Options(data=data, out=out, seeds=(7,), labels="12h", mlflow=f"sqlite:///{out / 'mlflow.db'}")
