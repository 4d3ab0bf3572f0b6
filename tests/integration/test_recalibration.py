"""Scores that move in a real topic become new thresholds in a real registry, with their cause."""

import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from confluent_kafka import Producer
from mlflow import MlflowClient

from trainer import TrainerSettings
from trainer.recalibration.registry import ThresholdPublisher
from trainer.recalibration.service import RecalibrationService
from trainer.scored_topic import ScoredTopic
from vigie_runtime import KafkaSettings
from vigie_schemas import (
    CHAMPION_ALIAS,
    CHAMPION_ARTIFACTS,
    FEATURE_NAMES,
    HISTORY_LENGTH,
    MODEL_NAME,
    SCORED,
    SEGMENT_ESTABLISHED,
    SEGMENT_NEW,
    THRESHOLD_VERSION_TAG,
    Calibration,
    FeatureRange,
    Threshold,
    Thresholds,
)
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

NOON_MS = 1_790_000_000_000
TIMEOUT_SECONDS = 60.0


@pytest.fixture
def settings(kafka: KafkaSettings, tracking_uri: str) -> TrainerSettings:
    return TrainerSettings(
        **kafka.model_dump(),
        mlflow_tracking_uri=tracking_uri,
        recalibrate_seconds=0,
        recalibrate_rows=5_000,
        recalibrate_state_seconds=0,
    )


@pytest.fixture
def client(tracking_uri: str) -> MlflowClient:
    return MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)


def register_champion(client: MlflowClient) -> str:
    """A champion whose thresholds nothing reaches; returns its run."""
    calibration = Calibration(
        schema_version=1,
        feature_names=list(FEATURE_NAMES),
        history_length=HISTORY_LENGTH,
        samples_per_tree=256,
        thresholds={name: Threshold(threshold=0.9, quantile=0.993) for name in (SEGMENT_NEW, SEGMENT_ESTABLISHED)},
        threshold_version=1,
        feature_ranges={name: FeatureRange(usual=0.0, tail=1.0) for name in FEATURE_NAMES},
        alert_budget=0.007,
        trained_rows=1,
        trained_from_ms=NOON_MS,
        trained_to_ms=NOON_MS,
    )
    run_id = client.create_run(client.create_experiment(f"test-{time.time_ns()}")).info.run_id
    client.log_text(run_id, calibration.model_dump_json(), f"{CHAMPION_ARTIFACTS}/calibration.json")
    client.create_registered_model(MODEL_NAME)
    client.create_model_version(MODEL_NAME, f"runs:/{run_id}/none", run_id)
    client.set_registered_model_alias(MODEL_NAME, CHAMPION_ALIAS, "1")
    return run_id


class Scorer:
    """Writes what the detector would: one record a second of stream time, scores from a seed."""

    def __init__(self, kafka: KafkaSettings) -> None:
        self._producer = Producer(kafka.producer_config() | {"queue.buffering.max.messages": 200_000})
        self._topic = kafka.topic_name(SCORED)
        self._random = np.random.default_rng(1)
        self._sent = 0

    def send(self, rows: int, *, stolen: float = 0.0) -> None:
        scores = self._random.beta(8, 12, rows)
        scores[self._random.random(rows) < stolen] = 0.95
        for score in scores:
            record = {
                "transaction_id": f"tx-{self._sent}",
                "segment": SEGMENT_ESTABLISHED,
                "score": float(score),
                "timestamp_ms": NOON_MS + self._sent * 1_000,
                "account_id": f"acc-{self._sent}",
                "model_version": 1,
            }
            # one partition: the order of stream time is then that of arrival
            self._producer.produce(self._topic, json.dumps(record).encode(), partition=0)
            self._sent += 1
        assert self._producer.flush(60) == 0


class Running:
    """The service in a thread of its own, as the trainer runs it."""

    def __init__(self, settings: TrainerSettings) -> None:
        self._topic = ScoredTopic(settings)
        self.service = RecalibrationService(settings, ThresholdPublisher(settings), self._topic)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.service.run, args=(self._stop,))

    def __enter__(self) -> RecalibrationService:
        self._thread.start()
        return self.service

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)
        self._topic.close()


def segment_of(service: RecalibrationService) -> dict[str, object]:
    segments = service.as_status()["segments"]
    assert isinstance(segments, dict)
    return segments[SEGMENT_ESTABLISHED]


def test_thresholds_are_published_with_their_cause_and_outlast_a_restart(
    settings: TrainerSettings, kafka: KafkaSettings, client: MlflowClient, tmp_path: Path
) -> None:
    run_id, scorer = register_champion(client), Scorer(kafka)

    with Running(settings) as service:
        wait_until(
            lambda: service.as_status()["model_version"] == 1, what="the champion", timeout_seconds=TIMEOUT_SECONDS
        )
        scorer.send(20_000)
        wait_until(
            lambda: segment_of(service)["rows"] == 5_000 and float(str(segment_of(service)["threshold"])) < 0.7,
            what="a full window and a lower threshold",
            timeout_seconds=TIMEOUT_SECONDS,
            seen=lambda: segment_of(service),
        )
        scorer.send(4_000, stolen=0.2)
        wait_until(
            lambda: segment_of(service)["state"] == "frozen",
            what="the threshold to freeze",
            timeout_seconds=TIMEOUT_SECONDS,
            seen=lambda: segment_of(service),
        )
        wait_until(
            lambda: "alerts surge" in tags(client).get(f"threshold_state_{SEGMENT_ESTABLISHED}", ""),
            what="the state in the registry",
            timeout_seconds=TIMEOUT_SECONDS,
            seen=lambda: tags(client),
        )

    number = int(tags(client)[THRESHOLD_VERSION_TAG])
    assert number > 1
    assert tags(client)[f"threshold_cause_{SEGMENT_ESTABLISHED}"].startswith("under_budget: Fewer transactions alert")
    path = client.download_artifacts(run_id, f"thresholds/{number}.json", str(tmp_path))
    published = Thresholds.model_validate_json(Path(path).read_bytes())
    assert (published.model_version, published.threshold_version) == (1, number)
    assert published.thresholds[SEGMENT_NEW] == Threshold(threshold=0.9, quantile=0.993)
    level, change = published.thresholds[SEGMENT_ESTABLISHED], published.changes[SEGMENT_ESTABLISHED]
    assert level.quantile == 1 - change.alert_share_after
    history = client.get_metric_history(run_id, f"threshold_{SEGMENT_ESTABLISHED}")
    assert [point.step for point in history] == list(range(2, number + 1))
    assert history[-1].value == level.threshold
    shares = client.get_metric_history(run_id, f"alert_share_{SEGMENT_ESTABLISHED}")
    assert shares[-1].value == change.alert_share_after
    assert [point.value for point in client.get_metric_history(run_id, f"frozen_{SEGMENT_ESTABLISHED}")] == [1.0]

    with Running(settings) as again:
        wait_until(
            lambda: again.as_status()["model_version"] == 1 and segment_of(again)["rows"] == 5_000,
            what="the window of before the restart",
            timeout_seconds=TIMEOUT_SECONDS,
            seen=again.as_status,
        )
        assert again.as_status()["threshold_version"] == number
        assert segment_of(again)["threshold"] == level.threshold
        wait_until(
            lambda: segment_of(again)["state"] == "frozen",
            what="the threshold to be frozen still",
            timeout_seconds=TIMEOUT_SECONDS,
            seen=lambda: segment_of(again),
        )
        scorer.send(6_000)
        wait_until(
            lambda: tags(client)[f"threshold_state_{SEGMENT_ESTABLISHED}"].startswith("Calm"),
            what="calm in the registry",
            timeout_seconds=TIMEOUT_SECONDS,
            seen=lambda: tags(client),
        )

    assert [point.value for point in client.get_metric_history(run_id, f"frozen_{SEGMENT_ESTABLISHED}")] == [1.0, 0.0]


def tags(client: MlflowClient) -> dict[str, str]:
    return dict(client.get_model_version_by_alias(MODEL_NAME, CHAMPION_ALIAS).tags)
