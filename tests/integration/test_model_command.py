"""`vigie model` on a real registry: which versions there are, one promoted by hand, and the way back."""

import csv
import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from mlflow import MlflowClient

from trainer import TrainerSettings
from trainer.registry import RegistryWriter
from vigie_cli.models.challenging import approve, challenge, reject
from vigie_cli.models.commands import list_versions, promote_version, roll_back, show_version
from vigie_cli.models.differences import COLUMNS, differences
from vigie_cli.topic_reading import records_of
from vigie_registry import RegistryReader
from vigie_registry.versions import CHALLENGED_BY_TAG, PROMOTED_BY_TAG, PROMOTED_WHY_TAG, SHADOW_TAG
from vigie_runtime import AcknowledgedProducer, InputError, KafkaSettings, Outgoing, ensure_topics
from vigie_schemas import (
    APPROVALS,
    CHALLENGER_SCORES,
    CHAMPION_ARTIFACTS,
    MODEL_NAME,
    Approval,
    Calibration,
    ChallengerScore,
)

pytestmark = pytest.mark.integration

EXAMPLES = Path(__file__).parents[2] / "shared" / "schemas" / "examples"
CALIBRATION = Calibration.model_validate_json((EXAMPLES / "calibration" / "valid" / "with-bins.json").read_text())
COMMAND_TIMEOUT_SECONDS = 120
OTHER = "a.roth"
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


@pytest.fixture
def with_kafka(kafka: KafkaSettings, monkeypatch: pytest.MonkeyPatch) -> KafkaSettings:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka.kafka_bootstrap_servers)
    monkeypatch.setenv("VIGIE_TOPIC_PREFIX", kafka.topic_prefix)
    ensure_topics(kafka, [APPROVALS, CHALLENGER_SCORES])
    return kafka


def words(kafka: KafkaSettings) -> list[tuple[int, bool, str]]:
    topic = kafka.topic_name(APPROVALS)
    found = [Approval.model_validate_json(one.value() or b"") for one in records_of(kafka, topic, client="test")]
    return [(one.challenger_version, one.is_approved, one.by) for one in found]


def test_a_version_is_made_challenger_and_another_person_has_the_word(
    versions: str, with_kafka: KafkaSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    challenge(1, by=BY, why=WHY)
    challenge(2, by=BY, why=WHY)

    found = listed(capsys)
    assert [found[number]["is_challenger"] for number in (1, 2, 3)] == [False, True, False]
    assert (found[2]["tags"][CHALLENGED_BY_TAG], found[1]["tags"][SHADOW_TAG]) == (BY, "replaced by version 2")
    for version, by, sentence in (
        (2, f" {BY.upper()} ", "another person has to approve it"),
        (1, OTHER, "Version 1 is not the challenger: version 2 is"),
        (2, "", "--by must be one line of text"),
    ):
        with pytest.raises(InputError, match=sentence):
            approve(version, by=by, why=WHY)
    for version, sentence in ((3, "champion already"), (9, "no version 9")):
        with pytest.raises(InputError, match=sentence):
            challenge(version, by=BY, why=WHY)
    assert words(with_kafka) == []
    approve(2, by=OTHER, why="same alerts, more fraud")
    reject(2, by=BY, why=WHY)

    assert words(with_kafka) == [(2, True, OTHER), (2, False, BY)]
    assert champion(versions) == 3  # the trainer carries it out, and none runs here


def test_differences_stand_in_a_file_that_people_can_answer(with_kafka: KafkaSettings, tmp_path: Path) -> None:
    def score(name: str, *, champions: bool, challengers: bool, version: int = 2) -> Outgoing:
        record = ChallengerScore(
            schema_version=1,
            transaction_id=name,
            account_id="acct-1",
            timestamp_ms=1_796_000_000_000,
            segment="new_account",
            model_version=1,
            score=0.5,
            is_anomaly=champions,
            challenger_version=version,
            challenger_score=0.6,
            challenger_threshold=0.55,
            challenger_is_anomaly=challengers,
        )
        return Outgoing("acct-1", record.model_dump_json())

    written = [
        score("both", champions=True, challengers=True),
        score("neither", champions=False, challengers=False),
        score("one", champions=True, challengers=False),
        score("other", champions=False, challengers=True),
        score("other", champions=False, challengers=True),
        score("before", champions=False, challengers=True, version=1),
        Outgoing("acct-1", b"{"),
    ]
    AcknowledgedProducer(with_kafka).send(with_kafka.topic_name(CHALLENGER_SCORES), written)

    differences(out=tmp_path / "apart.csv", version=2)

    with (tmp_path / "apart.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert {(row["transaction_id"], row["raised_by"]) for row in rows} == {("one", "champion"), ("other", "challenger")}
    with pytest.raises(InputError, match="exists already"):
        differences(out=tmp_path / "apart.csv")
