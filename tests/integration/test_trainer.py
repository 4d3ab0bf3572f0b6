"""Scored records in a real topic become a champion in a real registry."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from structlog.testing import capture_logs

from trainer import Trainer, TrainerSettings, TrainingError
from trainer.layout_walker import LayoutForest
from trainer.questions import QUESTIONS
from trainer.quiet_mlflow import MlflowClient, mlflow
from trainer.registry import RegistryWriter
from trainer.scored_topic import ScoredTopic
from trainer.second_stage import UNUSUAL_SHARE
from trainer.service import TrainingService
from vigie_cli.labels_import.label_file import read_label_file
from vigie_cli.labels_import.questions import ask
from vigie_runtime import InputError, KafkaSettings, UnavailableError, ensure_topics
from vigie_runtime.pseudonyms import Pseudonyms
from vigie_schemas import (
    CHAMPION_ALIAS,
    CHAMPION_ARTIFACTS,
    FEATURE_NAMES,
    LABELS,
    MODEL_NAME,
    SCORED,
    SEGMENT_ESTABLISHED,
    SEGMENT_NEW,
    Calibration,
    Label,
    ScoredTransaction,
)
from vigie_testing.ports import free_port
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

START_SECONDS = 120
ROWS = 6_000
NOON_MS = 1_790_000_000_000


@pytest.fixture
def settings(kafka: KafkaSettings, tracking_uri: str) -> TrainerSettings:
    return TrainerSettings(**kafka.model_dump(), mlflow_tracking_uri=tracking_uri, status_port=0)


def scored(number: int, random: np.random.Generator) -> ScoredTransaction:
    """A plausible payment; one account in four is new, one payment in two hundred is odd."""
    account = int(random.integers(0, 400))
    values = dict.fromkeys(FEATURE_NAMES, 0.0) | {
        "amount_log": float(random.normal(3.4, 0.8)),
        "amount_over_usual": float(random.normal(0.0, 0.5)),
        "amount_spread": float(random.normal(0.0, 1.0)),
        "tempo_1h": float(random.exponential(0.2)),
        "small_count_1h": float(random.poisson(0.1)),
        "speed": float(random.exponential(0.8)),
        "new_merchant": float(random.random() < 0.2),
        "hour_rarity": float(random.normal(0.0, 0.4)),
    }
    if random.random() < 0.005:
        values |= {"amount_over_usual": 4.0, "speed": 7.5, "new_country": 1.0, "tempo_10m": 6.0}
    return ScoredTransaction(
        schema_version=1,
        transaction_id=f"tx-{number}",
        account_id=f"acc-{account}",
        timestamp_ms=NOON_MS + number * 250,
        sent_at_us=None,
        amount_eur=float(np.expm1(abs(values["amount_log"])) + 0.01),
        partition=account % 2,
        offset=number,
        status="learning",
        segment=SEGMENT_NEW if account < 100 else SEGMENT_ESTABLISHED,
        history_count=2 if account < 100 else 40,
        features=values,
        score=None,
        threshold=None,
        is_anomaly=False,
        model_version=None,
        threshold_version=None,
    )


def send(kafka: KafkaSettings, records: list[ScoredTransaction], *others: bytes) -> None:
    producer = Producer(kafka.producer_config())
    topic = kafka.topic_name(SCORED)
    for record in records:
        while True:
            try:
                producer.produce(topic, record.model_dump_json().encode(), key=record.account_id)
                break
            except BufferError:
                producer.poll(0.1)
    for payload in others:
        producer.produce(topic, payload, key="x")
    assert producer.flush(60) == 0


def plausible(count: int, seed: int = 7, first: int = 0) -> list[ScoredTransaction]:
    random = np.random.default_rng(seed)
    return [scored(number, random) for number in range(first, first + count)]


def test_a_training_makes_a_champion_and_a_second_one_takes_its_place(
    settings: TrainerSettings, tracking_uri: str, tmp_path: Path
) -> None:
    records = plausible(ROWS)
    send(settings, records + records[:500], b"no json", b'{"transaction_id": "tx-bare", "features": {}}')

    result = Trainer(settings).train()

    assert (result.version, result.rows, result.repeats, result.left_out) == (1, ROWS, 500, 2)
    groups = AdminClient(settings.client_config()).list_consumer_groups().result(30)
    assert "vigie-trainer" not in {group.group_id for group in groups.valid}
    client = MlflowClient(tracking_uri=tracking_uri)
    champion = client.get_model_version_by_alias(MODEL_NAME, CHAMPION_ALIAS)
    assert champion.version == "1"
    assert champion.run_id == result.run_id
    assert champion.tags["trained_rows"] == str(ROWS)
    assert client.get_run(result.run_id).info.status == "FINISHED"
    assert {file.path for file in client.list_artifacts(result.run_id, "plots")} == {
        "plots/scores.png",
        "plots/features.png",
    }

    folder = Path(client.download_artifacts(result.run_id, CHAMPION_ARTIFACTS, str(tmp_path)))
    calibration = Calibration.model_validate_json((folder / "calibration.json").read_bytes())
    assert calibration.threshold_version == 1
    assert calibration.trained_rows == ROWS
    assert calibration.trained_from_ms == NOON_MS
    assert calibration.trained_to_ms == NOON_MS + (ROWS - 1) * 250
    assert set(calibration.thresholds) == {SEGMENT_NEW, SEGMENT_ESTABLISHED}

    matrix = np.array([[record.features[name] for name in FEATURE_NAMES] for record in records])
    registered = mlflow.sklearn.load_model(f"models:/{MODEL_NAME}@{CHAMPION_ALIAS}")
    walked = LayoutForest(folder / "forest").scores(matrix, calibration.samples_per_tree)
    named = matrix_with_names(matrix)
    np.testing.assert_allclose(walked, -registered.score_samples(named), rtol=0, atol=1e-12)
    assert set(np.unique(mlflow.pyfunc.load_model(result.address).predict(named))) <= {-1, 1}
    established = np.array([record.history_count >= 5 for record in records])
    share = np.mean(walked[established] >= calibration.thresholds[SEGMENT_ESTABLISHED].threshold)
    assert share == pytest.approx(settings.alert_budget, rel=0.2)

    send(settings, plausible(1_000, seed=8, first=ROWS))
    second = Trainer(settings).train(rows=4_000)

    assert second.version == 2
    assert 3_000 <= second.rows <= 4_000
    assert client.get_model_version_by_alias(MODEL_NAME, CHAMPION_ALIAS).version == "2"


def matrix_with_names(matrix: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(matrix, columns=list(FEATURE_NAMES))


def test_the_service_trains_once_there_is_enough_and_says_so(settings: TrainerSettings) -> None:
    topic = ScoredTopic(settings)
    service = TrainingService(settings, Trainer(settings), RegistryWriter(settings), topic)
    stop = threading.Event()
    thread = threading.Thread(target=service.run, args=(stop,))
    thread.start()
    try:
        send(settings, plausible(400))
        wait_until(lambda: service.state.rows == 400, what="400 rows", timeout_seconds=60, seen=lambda: service.state)
        assert service.state.phase == "waiting"

        send(settings, plausible(ROWS, first=400))

        wait_until(
            lambda: service.state.champion_version == 1,
            what="the first champion",
            timeout_seconds=60,
            seen=lambda: service.state,
        )
        assert service.state.phase == "idle"
        assert service.state.last_error is None
    finally:
        stop.set()
        thread.join(60)
        topic.close()


def send_labels(kafka: KafkaSettings, labels: list[Label], *others: bytes) -> None:
    producer = Producer(kafka.producer_config())
    for label in labels:
        producer.produce(kafka.topic_name(LABELS), label.model_dump_json().encode(), key=label.account_id)
        producer.poll(0)
    for payload in others:
        producer.produce(kafka.topic_name(LABELS), payload, key="x")
    assert producer.flush(60) == 0


def label(record: ScoredTransaction, scenario: str | None, source: Literal["generator", "analyst"]) -> Label:
    return Label(
        schema_version=1,
        transaction_id=record.transaction_id,
        account_id=record.account_id,
        is_fraud=scenario is not None,
        scenario=scenario,
        source=source,
        labelled_at_ms=NOON_MS,
    )


def test_labels_on_the_topic_become_a_card_in_the_registry_that_names_the_worst_scenario(
    settings: TrainerSettings, tracking_uri: str, tmp_path: Path
) -> None:
    records = plausible(ROWS)
    odd = [record for record in records if record.features["new_country"]]
    quiet = [record for record in records if record.features["amount_over_usual"] < 0 and record not in odd][:12]
    send(settings, records)
    truth = dict.fromkeys((record.transaction_id for record in odd), "copied_card")
    send_labels(
        settings,
        [label(record, "quiet_theft", "analyst") for record in quiet]
        + [label(record, truth.get(record.transaction_id), "generator") for record in records[: ROWS // 2]]
        + [label(record, "copied_card", "generator") for record in odd],
        b"no label",
    )

    result = Trainer(settings, clock=lambda: NOON_MS / 1_000).train()

    client = MlflowClient(tracking_uri=tracking_uri)
    version = client.get_model_version(MODEL_NAME, str(result.version))
    card = Path(client.download_artifacts(result.run_id, "card/model-card.md", str(tmp_path))).read_text()
    assert version.description == card
    known = len({record.transaction_id for record in [*odd, *quiet, *records[: ROWS // 2]]})
    assert f"the truth is known of {known:,} of {ROWS:,}, {len(odd) + 12} of them fraud" in card
    assert "**Worst scenario: quiet_theft**: flagging 1.0 % of the rows finds 0.0 % of its 12 frauds" in card
    assert f"| copied_card | {len(odd)} |" in card
    assert "trained 2026-09-21 14:13 UTC" in card
    metrics = client.get_run(result.run_id).data.metrics
    assert metrics["quality_recall_at_0_01/quiet_theft"] == 0.0
    assert 0 < metrics["quality_recall_at_0_01"] < metrics["quality_recall_at_0_01/copied_card"] <= 1
    assert 0.5 < metrics["quality_roc_auc"] < 1


def test_answers_on_the_topic_teach_a_second_stage_that_the_champion_brings(
    settings: TrainerSettings, tracking_uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = plausible(ROWS)
    shopping = [record for record in records if record.features["new_merchant"] and record.features["tempo_1h"] > 0.3]
    send(settings, records)
    send_labels(settings, [label(record, "testing_shops", "analyst") for record in shopping])

    with capture_logs() as logs:
        result = Trainer(settings).train()

    folder = Path(
        MlflowClient(tracking_uri=tracking_uri).download_artifacts(result.run_id, CHAMPION_ARTIFACTS, str(tmp_path))
    )
    second_stage = Calibration.model_validate_json((folder / "calibration.json").read_bytes()).second_stage
    assert second_stage is not None
    assert second_stage.frauds == len(shopping)
    sound = ROWS - len(shopping)
    assert (1 - UNUSUAL_SHARE) * sound - 1 <= second_stage.others < sound, "unusual ones without an answer are unknown"
    assert LayoutForest(folder / "second_stage").trees > 1
    (learned,) = [entry for entry in logs if entry["event"] == "second stage learned"]
    assert learned["average_precision"] > learned["forest_average_precision"]
    card = MlflowClient(tracking_uri=tracking_uri).get_model_version(MODEL_NAME, str(result.version)).description or ""
    assert f"Second stage of weight {second_stage.weight:.2f}, taught by {len(shopping):,} labelled frauds" in card

    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    ask(tmp_path / "questions.csv")
    asked = pd.read_csv(tmp_path / "questions.csv")
    assert len(asked) == QUESTIONS
    assert not set(asked["transaction_id"]) & {record.transaction_id for record in shopping}
    with pytest.raises(InputError, match="is there already and may hold answers"):
        ask(tmp_path / "questions.csv")
    asked.assign(label=["1", "0", *[""] * (QUESTIONS - 2)]).to_csv(tmp_path / "answers.csv", index=False)
    answers = read_label_file(tmp_path / "answers.csv", {}, lambda: Pseudonyms("0" * 32), all_fraud=False)
    assert [one.is_fraud for one in answers.labels.values()] == [True, False]

    alone = Trainer(settings.model_copy(update={"learn_from": ("dataset",)})).train()

    folder = Path(
        MlflowClient(tracking_uri=tracking_uri).download_artifacts(alone.run_id, CHAMPION_ARTIFACTS, str(tmp_path))
    )
    assert Calibration.model_validate_json((folder / "calibration.json").read_bytes()).second_stage is None


def test_a_labels_topic_that_is_missing_fails_no_training(kafka: KafkaSettings, tracking_uri: str) -> None:
    elsewhere = kafka.model_copy(update={"topic_prefix": f"{kafka.topic_prefix}nolabels."})
    ensure_topics(elsewhere, [SCORED])
    send(elsewhere, plausible(ROWS))

    with capture_logs() as logs:
        result = Trainer(TrainerSettings(**elsewhere.model_dump(), mlflow_tracking_uri=tracking_uri)).train()

    client = MlflowClient(tracking_uri=tracking_uri)
    card = client.get_model_version(MODEL_NAME, str(result.version)).description or ""
    assert "**No quality is known yet.** The labels could not be read" in card
    assert client.get_model_version_by_alias(MODEL_NAME, CHAMPION_ALIAS).version == str(result.version)
    (warning,) = [entry for entry in logs if entry["log_level"] == "warning"]
    assert f"{elsewhere.topic_name(LABELS)} does not exist" in warning["reason"]
    assert elsewhere.topic_name(LABELS) not in AdminClient(elsewhere.client_config()).list_topics(timeout=10).topics


@pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy")  # MLflow's own models, while they are set up
def test_a_database_with_narrow_columns_gets_the_beginning_of_a_card(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'mlflow.db'}"
    client = MlflowClient(tracking_uri=address, registry_uri=address)
    client.create_registered_model(MODEL_NAME)
    client.create_model_version(MODEL_NAME, source=tmp_path.as_uri())
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        database.execute(
            "create trigger narrow before update on model_versions when length(new.description) > 5000 "
            "begin select raise(abort, 'value too long'); end"
        )
    text = "# Card\n" + "a line of the card\n" * 400

    RegistryWriter(TrainerSettings().model_copy(update={"mlflow_tracking_uri": address})).describe(
        1, text, "card/model-card.md"
    )

    shown = client.get_model_version(MODEL_NAME, "1").description or ""
    assert 4_900 < len(shown) <= 5_000
    assert text.startswith(shown[:4_800])
    assert shown.endswith("of the card\n\nThe rest is in the run's artifact `card/model-card.md`.\n")


def test_too_few_rows_leave_the_registry_as_it_was(settings: TrainerSettings, tracking_uri: str) -> None:
    send(settings, plausible(1_200))

    with pytest.raises(TrainingError, match=r"1200 transactions .* 5000 are needed"):
        Trainer(settings).train()

    assert RegistryWriter(settings).champion() is None


def test_a_missing_registry_is_said_in_one_sentence(kafka: KafkaSettings) -> None:
    away = TrainerSettings(**kafka.model_dump(), mlflow_tracking_uri=f"http://127.0.0.1:{free_port()}")

    with pytest.raises(UnavailableError, match="MLFLOW_TRACKING_URI"):
        Trainer(away).train()


def test_the_command_trains_once_and_prints_what_came_of_it(settings: TrainerSettings) -> None:
    environment = {
        **os.environ,
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "VIGIE_TOPIC_PREFIX": settings.topic_prefix,
        "MLFLOW_TRACKING_URI": settings.mlflow_tracking_uri,
    }
    command = [sys.executable, "-W", "error::UserWarning", "-m", "trainer", "train", "--rows", "3000"]

    early = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert early.returncode == 1
    assert "1500 are needed" in early.stderr

    send(settings, plausible(3_000))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert f"models:/{MODEL_NAME}/1" in done.stdout
    assert f"{settings.mlflow_tracking_uri}/#/models/{MODEL_NAME}/versions/1" in done.stdout
