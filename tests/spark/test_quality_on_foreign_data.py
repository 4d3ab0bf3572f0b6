"""On labelled data made by others, one set of features finds what it should, and no plain rule does better."""

from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from vigie_backtest.options import Options
from vigie_backtest.progress import Progress
from vigie_backtest.run import run_backtest
from vigie_testing.labelled import labelled_file

pytestmark = [pytest.mark.spark, pytest.mark.nightly]


def backtest(name: str, spark: SparkSession, folder: Path, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Mean of three seeds, learned from the first 60 % of the time without labels."""
    data = labelled_file(name)
    with Progress(Console(quiet=True)) as progress:
        return run_backtest(Options(data=data, out=folder, without=without), progress, spark)


def assert_beats_the_baselines(report: dict[str, Any]) -> None:
    """At every budget; where all that can be flagged is fraud, nothing can be better than all of it."""
    for name, baseline in report["baselines"].items():
        for budget, figures in report["at_budget"].items():
            plain = baseline["at_budget"][budget]["recall"]
            assert figures["recall"] > plain or figures["precision"] == pytest.approx(1), (name, budget, plain)
        assert report["average_precision"] > baseline["average_precision"], name


@pytest.mark.timeout(600)
def test_the_fraud_detection_handbook_without_its_terminals(spark: SparkSession, tmp_path: Path) -> None:
    report = backtest("handbook.parquet", spark, tmp_path, without=("terminal_compromised_28d",))

    assert report["average_precision"] >= 0.75
    assert report["at_budget"]["0.01"]["recall"] >= 0.88
    assert_beats_the_baselines(report)


@pytest.mark.timeout(600)
def test_sparkov(spark: SparkSession, tmp_path: Path) -> None:
    report = backtest("sparkov.parquet", spark, tmp_path)

    assert report["average_precision"] >= 0.42
    assert report["at_budget"]["0.01"]["recall"] >= 0.57
    assert_beats_the_baselines(report)
