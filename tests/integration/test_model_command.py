"""`vigie model` on a real registry: which versions there are, one promoted by hand, and the way back."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from mlflow import MlflowClient

from trainer import TrainerSettings
from trainer.registry import RegistryWriter
from vigie_cli.models.commands import list_versions, promote_version, roll_back, show_version
from vigie_registry import RegistryReader
from vigie_registry.versions import PROMOTED_BY_TAG, PROMOTED_WHY_TAG
from vigie_runtime import InputError
from vigie_schemas import CHAMPION_ARTIFACTS, MODEL_NAME, Calibration

pytestmark = pytest.mark.integration

EXAMPLES = Path(__file__).parents[2] / "shared" / "schemas" / "examples"
CALIBRATION = Calibration.model_validate_json((EXAMPLES / "calibration" / "valid" / "with-bins.json").read_text())
COMMAND_TIMEOUT_SECONDS = 120
BY, WHY = "m.keller", "precision fell on Monday"


@pytest.fixture
def versions(tracking_uri: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Address of a registry with versions 1 to 3, each promoted by the trainer, and a fourth of other features."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    client = MlflowClient(tracking_uri, tracking_uri)
    client.create_registered_model(MODEL_NAME)
    with closing(RegistryWriter(TrainerSettings(mlflow_tracking_uri=tracking_uri))) as writer:
        for number in (1, 2, 3, 4):
            calibration = CALIBRATION
            if number == 4:
                calibration = CALIBRATION.model_copy(update={"feature_names": ["moon_phase"]})
            run_id = client.create_run("0").info.run_id
            client.log_text(run_id, calibration.model_dump_json(), f"{CHAMPION_ARTIFACTS}/calibration.json")
            made = client.create_model_version(MODEL_NAME, f"runs:/{run_id}/{CHAMPION_ARTIFACTS}", run_id)
            writer.describe(int(made.version), f"# Card of version {number}\n", "card/model-card.md")
            if number < 4:
                writer.promote(int(made.version), by="trainer", why="trained", now_ms=1_796_000_000_000 + number)
    return tracking_uri


def listed(capsys: pytest.CaptureFixture[str]) -> dict[int, dict]:
    capsys.readouterr()
    list_versions(is_json=True)
    return {each["version"]: each for each in json.loads(capsys.readouterr().out)}


def champion(address: str) -> int:
    with RegistryReader(address) as registry:
        serving = registry.champion()
    assert serving is not None
    return serving.version


def test_a_roll_back_is_one_line(versions: str) -> None:
    typed = subprocess.run(
        [sys.executable, "-m", "vigie_cli", "model", "rollback", "--by", BY, "--why", WHY],
        capture_output=True,
        text=True,
        timeout=COMMAND_TIMEOUT_SECONDS,
        check=False,
    )

    assert typed.returncode == 0, typed.stderr
    assert "Version 2 is champion" in typed.stdout
    assert champion(versions) == 2


def test_a_roll_back_goes_to_the_champion_before_and_once_more_further_back(
    versions: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [each["is_champion"] for each in listed(capsys).values()] == [False, True, False, False]

    roll_back(by=BY, why=WHY)
    assert champion(versions) == 2
    roll_back(by=BY, why=WHY)
    assert champion(versions) == 1
    with pytest.raises(InputError, match="not written down which champion version 1 replaced"):
        roll_back(by=BY, why=WHY)

    tags = listed(capsys)[2]["tags"]
    assert (tags[PROMOTED_BY_TAG], tags[PROMOTED_WHY_TAG]) == (BY, WHY)
    list_versions()
    show_version()
    show_version(3)
    shown = capsys.readouterr().out
    assert "champion" in shown
    assert "Card of version 1" in shown
    assert "Card of version 3" in shown


def test_a_version_is_promoted_by_hand_unless_it_cannot_serve(
    versions: str, capsys: pytest.CaptureFixture[str]
) -> None:
    promote_version(1, by=BY, why=WHY)

    assert listed(capsys)[1]["replaced"] == 3
    for version, by, sentence in (
        (1, BY, "Version 1 is champion already"),
        (9, BY, "There is no version 9"),
        (4, BY, "Version 4 was trained on other features"),
        (2, "4111 1111 1111 1111", "--by holds a card number"),
        (2, "", "--by must be one line of text"),
    ):
        with pytest.raises(InputError, match=sentence):
            promote_version(version, by=by, why=WHY)
    assert champion(versions) == 1
