"""Figures for predictions at hand, whatever holds them."""

import re
import subprocess
import sys

import pytest

from metrics_sink import MetricsCollector
from metrics_sink.settings import MetricsSinkSettings
from vigie_runtime import ConfigurationError, InputError

FLAGS = [1, 1, 0, 0, 1, 0]
TRUTHS = [True, False, True, False, True, False]


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "INFLUXDB_URL"):
        monkeypatch.delenv(name, raising=False)


def test_plain_lists() -> None:
    figures = MetricsCollector().log_metrics(FLAGS, TRUTHS)

    assert (figures.caught, figures.missed, figures.false_alerts, figures.let_pass) == (2, 1, 1, 2)
    assert figures.precision is not None
    assert figures.precision.value == pytest.approx(2 / 3)
    assert figures.f1 == pytest.approx(2 / 3)


def test_nothing_to_compare_is_no_division_by_zero() -> None:
    figures = MetricsCollector().log_metrics([], [])

    assert (figures.precision, figures.recall, figures.false_positive_rate, figures.f1) == (None, None, None, None)


@pytest.mark.parametrize("wrong", [0.7, -1, 2, "yes", "1", ""])
def test_scores_are_not_taken_for_predictions(wrong: object) -> None:
    with pytest.raises(InputError, match=rf"{re.escape(repr(wrong))} is neither true nor false .* threshold"):
        MetricsCollector().log_metrics([wrong], [1])
    with pytest.raises(InputError, match="neither true nor false"):
        MetricsCollector().log_metrics([1], [wrong])


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_row_without_a_prediction_or_a_truth_is_refused(missing: object) -> None:
    with pytest.raises(InputError, match="2 rows have no prediction or no truth"):
        MetricsCollector().log_metrics([missing, 1, 1], [1, missing, 1])


def test_predictions_and_labels_must_be_equally_many() -> None:
    with pytest.raises(InputError, match="2 predictions and 1 truths"):
        MetricsCollector().log_metrics([1, 0], [1])


def test_an_unavailable_influxdb_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = MetricsSinkSettings(influxdb_url="http://127.0.0.1:9")

    with pytest.raises(ConfigurationError, match="INFLUXDB_URL"):
        MetricsCollector(settings).log_metrics(FLAGS, TRUTHS)


def test_a_missing_mlflow_is_a_configuration_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    settings = MetricsSinkSettings(mlflow_tracking_uri="http://127.0.0.1:9")

    with pytest.raises(ConfigurationError, match=r"metrics-sink\[mlflow\]"):
        MetricsCollector(settings).log_metrics(FLAGS, TRUTHS)


def test_importing_it_brings_nothing_heavy() -> None:
    heavy = "{'mlflow', 'pandas', 'pyspark', 'influxdb_client', 'numpy'}"
    check = f"import sys, metrics_sink; print(sorted({heavy} & set(sys.modules)))"

    said = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"
