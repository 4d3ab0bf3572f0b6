"""Drift against a champion in a real registry: the sink looks its training span up by itself."""

import json
from pathlib import Path

import pytest
from mlflow import MlflowClient

from metrics_sink.training_span import TrainingSpanWatch
from vigie_registry import RegistryReader
from vigie_schemas import CHAMPION_ALIAS, CHAMPION_ARTIFACTS, MODEL_NAME

pytestmark = pytest.mark.integration

CALIBRATIONS = Path(__file__).parents[2] / "shared" / "schemas" / "examples" / "calibration" / "valid"


def register(tracking_uri: str, calibration: Path, folder: Path) -> int:
    """A champion as the trainer leaves it, as far as the sink reads it."""
    client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)
    run_id = client.create_run("0").info.run_id
    place = folder / calibration.stem
    place.mkdir()
    (place / "calibration.json").write_text(calibration.read_text())
    client.log_artifacts(run_id, str(place), CHAMPION_ARTIFACTS)
    if not client.search_registered_models(f"name = '{MODEL_NAME}'"):
        client.create_registered_model(MODEL_NAME)
    version = client.create_model_version(MODEL_NAME, f"runs:/{run_id}/{CHAMPION_ARTIFACTS}", run_id)
    client.set_registered_model_alias(MODEL_NAME, CHAMPION_ALIAS, version.version)
    return int(version.version)


def test_the_serving_models_span_is_found(tracking_uri: str, tmp_path: Path) -> None:
    serving: list[int | None] = [None]
    watch = TrainingSpanWatch(RegistryReader(tracking_uri), lambda: serving[0])
    watch.look()
    assert (watch.champion_version, watch.span) == (None, None)
    first = register(tracking_uri, CALIBRATIONS / "with-bins.json", tmp_path)
    second = register(tracking_uri, CALIBRATIONS / "first.json", tmp_path)
    serving[0] = first

    watch.look()

    expected = json.loads((CALIBRATIONS / "with-bins.json").read_text())["feature_bins"]
    assert watch.champion_version == second
    assert watch.span is not None
    assert watch.span.version == first, "what is compared with is what scores, whatever the registry wants"
    assert {name: bins.model_dump() for name, bins in watch.span.bins.items()} == expected
    serving[0] = second
    watch.look()
    assert (watch.span.version, dict(watch.span.bins)) == (second, {})


def test_a_registry_that_is_away_leaves_what_was_known() -> None:
    watch = TrainingSpanWatch(RegistryReader("http://127.0.0.1:9"), lambda: 1)

    watch.look()

    assert (watch.champion_version, watch.span) == (None, None)
