"""The whole command on real rows: the generator's sample, and labelled foreign data where it is there."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from trainer.quality.ranking import BUDGETS, budget_name
from trainer.quiet_mlflow import MlflowClient
from vigie_backtest.options import Options
from vigie_backtest.progress import Progress
from vigie_backtest.run import run_backtest
from vigie_schemas import FEATURE_NAMES
from vigie_testing.labelled import labelled_file

pytestmark = [
    pytest.mark.spark,
    # said by MLflow's own database models while they are set up
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
]

HANDBOOK_DAYS = 30


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, sample_file: Path) -> Path:
    """What the command leaves in its folder, run once over the sample as a person would."""
    folder = tmp_path_factory.mktemp("out")
    environment = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    command = [
        sys.executable,
        "-m",
        "vigie_backtest",
        str(sample_file),
        "--out",
        str(folder),
        "--seed",
        "7",
        "--seed",
        "8",
    ]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "amount alone" in ran.stdout
    return folder


@pytest.fixture(scope="module")
def report(out: Path) -> dict:
    return json.loads((out / "report.json").read_text())


def test_figures_stand_where_a_reader_looks_for_them(report: dict) -> None:
    budgets = [budget_name(budget) for budget in BUDGETS]

    for figures in (report, report["mean"], *report["by_seed"].values(), *report["baselines"].values()):
        assert 0 < figures["roc_auc"] < 1
        assert 0 < figures["average_precision"] < 1
        assert list(figures["at_budget"]) == budgets
        assert set(figures["by_scenario"]) == set(report["data"]["fraud_by_scenario"])
    assert list(report["by_seed"]) == ["7", "8"]
    assert report["seeds"] == [7, 8]
    assert set(report["baselines"]) == {"amount", "z_score"}
    assert report["data"]["file"] == "transactions.parquet"
    assert report["data"]["train_rows"] + report["data"]["evaluated_rows"] == report["data"]["rows"] == 9000


def test_the_mean_is_the_mean_of_the_seeds(report: dict) -> None:
    recalls = [report["by_seed"][seed]["at_budget"]["0.01"]["recall"] for seed in ("7", "8")]

    assert report["mean"]["at_budget"]["0.01"]["recall"] == pytest.approx(np.mean(recalls))
    assert report["spread"]["at_budget"]["0.01"]["recall"] == pytest.approx(np.std(recalls, ddof=1))


def test_finds_more_of_the_sample_s_fraud_than_the_amount_alone(report: dict) -> None:
    assert report["roc_auc"] > 0.85
    assert report["at_budget"]["0.02"]["recall"] > report["baselines"]["amount"]["at_budget"]["0.02"]["recall"]


def test_each_alert_shown_has_its_reasons(report: dict) -> None:
    shown = report["by_seed"]["7"]["highest_alerts"]

    assert shown
    assert all(alert["reasons"] for alert in shown)
    assert {reason["feature"] for alert in shown for reason in alert["reasons"]} <= set(FEATURE_NAMES)
    assert report["mean"]["first_reasons"]["wrong"].get("none", {"alerts": 0})["alerts"] == 0


def test_the_page_needs_nothing_from_outside(out: Path, report: dict) -> None:
    page = (out / "report.html").read_text()

    recall = report["mean"]["at_budget"]["0.01"]["recall"]
    assert f"Vigie finds {recall * 100:.0f}\u00a0% of the fraud" in page
    assert not re.search(r"""(?:src|href)=|url\(|@import|https?:|style=["']|\son[a-z]+=""", page)
    table = json.loads(page.split('id="what-if-table">')[1].split("</script>")[0])
    assert len(table["alerts"]) <= 1000
    assert table["fraud"] == report["data"]["evaluated_fraud"]


def test_every_figure_is_in_mlflow(out: Path, report: dict) -> None:
    client = MlflowClient(tracking_uri=f"sqlite:///{out / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("vigie-backtest")
    assert experiment is not None

    runs = client.search_runs([experiment.experiment_id])

    (parent,) = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    nested = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert parent.data.metrics["at_budget/0.01/recall"] == report["at_budget"]["0.01"]["recall"]
    assert parent.data.metrics["baselines/amount/roc_auc"] == report["baselines"]["amount"]["roc_auc"]
    assert {run.data.params["seed"]: run.data.metrics["roc_auc"] for run in nested} == {
        seed: figures["roc_auc"] for seed, figures in report["by_seed"].items()
    }
    assert {file.path for file in client.list_artifacts(parent.info.run_id)} == {
        "report.html",
        "report.json",
        "model-card.md",
    }


def test_the_card_has_the_first_seed_s_figures_and_names_its_worst_scenario(out: Path, report: dict) -> None:
    card = (out / "model-card.md").read_text()

    first = report["by_seed"]["7"]
    recall = {name: shares["0.01"] for name, shares in first["recall_by_scenario"].items() if shares["fraud"] >= 5}
    (named,) = re.findall(r"\*\*Worst scenario: (\w+)\*\*", card)
    assert recall[named] == min(recall.values())
    assert f"ROC AUC {first['roc_auc']:.3f}" in card
    assert f"the truth is known of all {report['data']['evaluated_rows']:,}" in card
    assert "which it had not seen" in card


def options(data: Path, out: Path) -> Options:
    return Options(data=data, out=out, seeds=(7,), mlflow=f"sqlite:///{out / 'mlflow.db'}")


def test_an_unlabelled_csv_with_refused_rows(
    spark: SparkSession, progress: Progress, sample_file: Path, tmp_path: Path
) -> None:
    rows = pd.read_parquet(sample_file).drop(columns=["label", "scenario"])
    rows.loc[:4, "amount"] = -1.0
    rows.loc[8900:, "country"] = "Atlantis"
    rows.to_csv(tmp_path / "rows.csv", index=False)

    report = run_backtest(options(tmp_path / "rows.csv", tmp_path / "out"), progress, spark)

    mean, by_seed = report["mean"], report["by_seed"]
    assert report["data"]["refused_rows"] == {"invalid_country": 100}  # pyright: ignore
    left_out = {group["reason"]: group["rows"] for group in report["data"]["left_out"]}  # pyright: ignore
    assert left_out == {"invalid_country": 100, "money_in": 5}
    assert any("5 rows are money that came in" in str(note) for note in report["notes"])  # pyright: ignore
    assert report["roc_auc"] is None
    assert report["supervised_ceiling"] is None
    assert mean["at_budget"]["0.01"]["recall"] is None  # pyright: ignore
    assert 0 < mean["own_thresholds"]["alert_share"] < 0.2  # pyright: ignore
    assert by_seed["7"]["score_drift"]  # pyright: ignore
    assert by_seed["7"]["highest_alerts"][0]["reasons"]  # pyright: ignore
    assert "Vigie alerts on" in (tmp_path / "out" / "report.html").read_text()
    assert "No quality is known yet.** The file has no labels." in (tmp_path / "out" / "model-card.md").read_text()


def test_no_fraud_in_the_judged_part_leaves_its_figures_empty(
    spark: SparkSession, progress: Progress, sample_file: Path, tmp_path: Path
) -> None:
    pd.read_parquet(sample_file).assign(label=0).to_parquet(tmp_path / "rows.parquet")

    report = run_backtest(options(tmp_path / "rows.parquet", tmp_path / "out"), progress, spark)

    assert report["roc_auc"] is None
    assert report["mean"]["at_budget"]["0.01"]["recall"] is None  # pyright: ignore
    assert report["mean"]["at_budget"]["0.01"]["false_positive_rate"] == pytest.approx(0.01, rel=0.05)  # pyright: ignore
    assert any("no fraud" in str(note) for note in report["notes"])  # pyright: ignore


def test_a_scenario_set_aside_is_not_judged_and_stays_in_the_histories(
    spark: SparkSession, progress: Progress, sample_file: Path, tmp_path: Path
) -> None:
    chosen = replace(options(sample_file, tmp_path / "out"), without=("card_testing",))

    report = run_backtest(chosen, progress, spark)

    rows = pd.read_parquet(sample_file)
    data = report["data"]
    aside = ((rows["scenario"] == "card_testing") & (rows["ts"] >= pd.Timestamp(data["cut"]))).sum()  # pyright: ignore
    assert "card_testing" not in report["by_scenario"]  # pyright: ignore
    assert data["evaluated_rows"] == 9000 - data["train_rows"] - aside  # pyright: ignore


@pytest.mark.nightly
def test_a_slice_of_the_fraud_detection_handbook(spark: SparkSession, progress: Progress, tmp_path: Path) -> None:
    rows = pd.read_parquet(labelled_file("handbook.parquet"))
    rows = rows[rows["ts"] < rows["ts"].min() + timedelta(days=HANDBOOK_DAYS)]
    rows.to_parquet(tmp_path / "slice.parquet")
    chosen = replace(options(tmp_path / "slice.parquet", tmp_path / "out"), without=("terminal_compromised_28d",))

    report = run_backtest(chosen, progress, spark)

    # few weeks of history; the whole file is held to the targets by tests/spark/test_quality_on_foreign_data.py
    assert report["roc_auc"] > 0.95  # pyright: ignore
    assert report["by_scenario"]["customer_leaked_14d_amount_x5"]["roc_auc"] > 0.95  # pyright: ignore
    for baseline in report["baselines"].values():  # pyright: ignore
        assert report["roc_auc"] > baseline["roc_auc"]  # pyright: ignore
    assert report["supervised_ceiling"] is not None
    assert "terminal_compromised_28d" not in report["data"]["fraud_by_scenario"]  # pyright: ignore
