"""A challenger in shadow, on a real broker and a real registry: watched, promoted, approved, rejected, rolled back."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from confluent_kafka import Consumer, TopicPartition

from alert_webhook.core.answers import Person
from alert_webhook.core.challengers import queue_approval
from alert_webhook.core.deliveries import LABELS as LABELS_RECEIVER
from alert_webhook.core.outbox.database import Database, open_database
from alert_webhook.core.outbox.deliveries import oldest_waiting
from alert_webhook.delivery.labels import LabelsReceiver
from alert_webhook.delivery.receiver import Accepted
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.live_page.challenger_feed import ChallengerFeed
from alert_webhook.web.live_page.hub import Hub
from trainer import Trainer, TrainerSettings
from trainer.labels_topic import LabelsTopic
from trainer.quiet_mlflow import MlflowClient
from trainer.scored_topic import ScoredTopic
from trainer.shadow.decisions import Decisions
from trainer.shadow.models import WatchedModels
from trainer.shadow.registry import ShadowRegistry
from trainer.shadow.rows import judged_rows
from trainer.shadow.service import ShadowService
from trainer.shadow.topics import ApprovalsTopic, ShadowTopics
from trainer.shadow.watching_model import WatchingModel
from vigie_registry import RegistryReader
from vigie_registry.versions import PROMOTED_BY_TAG, PROMOTED_WHY_TAG, SHADOW_TAG
from vigie_runtime import AcknowledgedProducer, KafkaSettings, KafkaState, Outgoing, ensure_topics
from vigie_schemas import (
    APPROVALS,
    CHALLENGER_ALIAS,
    CHALLENGER_SCORES,
    CHAMPION_ARTIFACTS,
    FEATURE_NAMES,
    LABELS,
    MODEL_NAME,
    SCORED,
    SEGMENT_ESTABLISHED,
    SEGMENT_NEW,
    SHADOW_REPORTS,
    Approval,
    Calibration,
    ChallengerScore,
    Record,
    ScoredTransaction,
    ShadowReport,
    Topic,
)
from vigie_testing.waiting import wait_until

pytestmark = pytest.mark.integration

NOON_MS = 1_790_000_000_000
ROWS = 3_000
DEADLINE_SECONDS = 90


@pytest.fixture
def settings(kafka: KafkaSettings, tracking_uri: str, tmp_path: Path) -> TrainerSettings:
    ensure_topics(kafka, [SCORED, LABELS, CHALLENGER_SCORES, SHADOW_REPORTS, APPROVALS])
    return TrainerSettings(
        **kafka.model_dump() | {"data_dir": tmp_path},
        mlflow_tracking_uri=tracking_uri,
        forest_trees=25,
        train_minimum_rows=1_000,
        train_rows=2_000,
        shadow_rows=2_000,
        shadow_seconds=0,
        status_port=0,
    )


def records(first: int, count: int) -> list[ScoredTransaction]:
    """Plausible payments, not judged yet; one in two hundred is odd."""
    random = np.random.default_rng(first + 1)
    found = []
    for number in range(first, first + count):
        values = dict.fromkeys(FEATURE_NAMES, 0.0) | {
            "amount_log": float(random.normal(3.4, 0.8)),
            "amount_over_usual": float(random.normal(0.0, 0.5)),
            "tempo_1h": float(random.exponential(0.2)),
            "speed": float(random.exponential(0.8)),
        }
        if number % 200 == 0:
            values |= {"amount_over_usual": 4.0, "speed": 7.5, "new_country": 1.0, "tempo_10m": 6.0}
        account = int(random.integers(0, 400))
        is_new = account < 100
        found.append(
            ScoredTransaction(
                schema_version=1,
                transaction_id=f"tx-{number}",
                account_id=f"acct-{account}",
                timestamp_ms=NOON_MS + number * 20,
                sent_at_us=None,
                amount_eur=30.0,
                partition=0,
                offset=number,
                status="learning",
                segment=SEGMENT_NEW if is_new else SEGMENT_ESTABLISHED,
                history_count=2 if is_new else 40,
                features=values,
                score=None,
                threshold=None,
                is_anomaly=False,
                model_version=None,
                threshold_version=None,
            )
        )
    return found


def judged(unjudged: list[ScoredTransaction], model: WatchingModel) -> list[ScoredTransaction]:
    """The same as the detector would write them with that model."""
    asked = [one.model_copy(update={"status": "scored", "score": 0.5, "model_version": 1}) for one in unjudged]
    opinion = model.opinion(judged_rows(one.model_dump_json().encode() for one in asked))
    return [
        one.model_copy(
            update={
                "score": score,
                "threshold": threshold,
                "is_anomaly": score >= threshold,
                "model_version": model.version,
                "threshold_version": 1,
            }
        )
        for one, score, threshold in zip(asked, opinion.scores.tolist(), opinion.thresholds.tolist(), strict=True)
    ]


class Bank:
    """Kafka and the registry, and the service that watches."""

    def __init__(self, settings: TrainerSettings, folder: Path, stack: ExitStack) -> None:
        self.settings = settings
        self.folder = folder
        self._producer = AcknowledgedProducer(settings)
        self.registry = stack.enter_context(closing(ShadowRegistry(settings)))
        self.client = MlflowClient(tracking_uri=settings.mlflow_tracking_uri)
        self.reader = stack.enter_context(RegistryReader.of(settings))
        self.service = ShadowService(
            settings,
            WatchedModels(self.registry, guard_seconds=settings.guard_seconds),
            Decisions(settings, self.registry),
            stack.enter_context(closing(ScoredTopic(settings))),
            stack.enter_context(closing(LabelsTopic(settings))),
            stack.enter_context(closing(ShadowTopics(settings))),
            stack.enter_context(closing(ApprovalsTopic(settings))),
        )
        self.written = 0

    def write(self, topic: Topic, found: list[Record] | list[ScoredTransaction], key: str = "k") -> None:
        outgoing = [Outgoing(getattr(one, "account_id", key), one.model_dump_json()) for one in found]
        self._producer.send(self.settings.topic_name(topic), outgoing)

    def train(self, *, in_shadow: bool = False) -> int:
        """On what was scored so far."""
        with closing(ScoredTopic(self.settings)) as topic:
            return Trainer(self.settings).train_from(topic, in_shadow=in_shadow).version

    def first_champion(self) -> None:
        self.write(SCORED, self._next())
        assert self.train() == 1

    def goes_on(self, version: int) -> None:
        """The detector judges the next payments by that version."""
        self.write(SCORED, judged(self._next(), self.model(version)))

    def model(self, version: int) -> WatchingModel:
        return self.registry.model(version)

    def read(self, topic: Topic, kind: type[Record]) -> list[Record]:
        """All of a topic."""
        consumer = Consumer(self.settings.consumer_config("test"))
        name = self.settings.topic_name(topic)
        consumer.assign([TopicPartition(name, number, 0) for number in range(topic.partitions)])
        try:
            return [kind.model_validate_json(one.value() or b"") for one in consumer.consume(100_000, timeout=3)]
        finally:
            consumer.close()

    def says(self, by: str, version: int, *, approves: bool, why: str = "looked at it") -> None:
        approval = Approval(
            schema_version=1,
            challenger_version=version,
            is_approved=approves,
            by=by,
            why=why,
            at_ms=int(time.time() * 1_000),
        )
        self.write(APPROVALS, [approval])

    def step_until(self, done: Callable[[], bool], what: str) -> None:
        def look() -> bool:
            self.service.step()
            return done()

        wait_until(look, what=what, timeout_seconds=DEADLINE_SECONDS, seen=self.service.as_status)

    def tags(self, version: int) -> dict[str, str]:
        return dict(self.client.get_model_version(MODEL_NAME, str(version)).tags)

    def champion(self) -> int:
        found = self.reader.champion()
        return found.version if found else 0

    def _next(self) -> list[ScoredTransaction]:
        found = records(self.written, ROWS)
        self.written += ROWS
        return found


@pytest.fixture
def bank(settings: TrainerSettings, tmp_path: Path) -> Iterator[Bank]:
    with ExitStack() as stack:
        yield Bank(settings, tmp_path / "shadow", stack)


def test_a_challenger_watches_and_serves_once_it_has_passed(bank: Bank) -> None:
    bank.first_champion()
    bank.goes_on(1)
    assert bank.train(in_shadow=True) == 2
    assert bank.champion() == 1
    bank.step_until(lambda: bank.service.as_status()["challenger_version"] == 2, "the challenger")
    bank.goes_on(1)

    bank.step_until(lambda: bank.champion() == 2, "the promotion")

    scores = [one for one in bank.read(CHALLENGER_SCORES, ChallengerScore) if isinstance(one, ChallengerScore)]
    assert len({one.transaction_id for one in scores}) == ROWS
    assert {(one.model_version, one.challenger_version) for one in scores} == {(1, 2)}
    expected = bank.model(2).opinion(judged_rows(_payloads(bank, {one.transaction_id for one in scores})))
    by_name = {one.transaction_id: one.challenger_score for one in scores}
    assert sorted(by_name.values()) == pytest.approx(sorted(expected.scores.tolist()), abs=1e-12)
    (*_, report) = (one for one in bank.read(SHADOW_REPORTS, ShadowReport) if isinstance(one, ShadowReport))
    assert (report.state, report.decided_by, report.rows) == ("promoted", "trainer", ROWS)
    assert all(gate.is_passed for gate in report.gates)
    assert bank.reader.challenger() is None
    assert bank.tags(2)[PROMOTED_WHY_TAG].startswith("passed its gates in shadow over 3,000 transactions")
    run_id = bank.client.get_model_version(MODEL_NAME, "2").run_id
    text = Path(bank.client.download_artifacts(str(run_id), "shadow/report.md", str(bank.folder))).read_text()
    assert "| alert rate | passed |" in text


def _payloads(bank: Bank, wanted: set[str]) -> Iterator[bytes]:
    for one in bank.read(SCORED, ScoredTransaction):
        if isinstance(one, ScoredTransaction) and one.transaction_id in wanted:
            yield one.model_dump_json().encode()


def test_whoever_made_it_challenger_cannot_approve_it(bank: Bank) -> None:
    bank.settings = bank.service._settings = bank.service._decisions._settings = bank.settings.model_copy(
        update={"promotion": "approve"}
    )
    bank.first_champion()
    bank.goes_on(1)
    assert bank.train() == 2  # a person's training watches too where four eyes decide
    assert bank.champion() == 1
    bank.registry.challenge(2, by="ana", why="trained on the spring's labels", now_ms=int(time.time() * 1_000))
    bank.step_until(lambda: bank.service.as_status()["challenger_version"] == 2, "the challenger")
    bank.goes_on(1)
    bank.step_until(lambda: bank.service.as_status()["state"] == "awaiting_approval", "the question")

    bank.says("Ana ", 2, approves=True)
    bank.says("berta", 1, approves=True)
    bank.step_until(lambda: "another person" in _sentence(bank, "approval"), "the refusal")
    assert bank.champion() == 1
    with page_of(bank) as (hub, database):
        wait_until(lambda: hub.challenger and hub.challenger.state == "awaiting_approval", what="the page's report")
        with database.writing() as connection:
            berta, now_ms = Person("berta", "page"), int(time.time() * 1_000)
            queue_approval(connection, 2, berta, is_approved=True, why="same alerts, more fraud", now_ms=now_ms)
            delivery = oldest_waiting(connection, LABELS_RECEIVER)
        assert delivery is not None
        assert LabelsReceiver(bank.settings).send(delivery) == Accepted()
        bank.step_until(lambda: bank.champion() == 2, "the approval")
        wait_until(lambda: hub.challenger and hub.challenger.state == "promoted", what="the page's word of it")

    assert (bank.tags(2)[PROMOTED_BY_TAG], bank.tags(2)[PROMOTED_WHY_TAG]) == ("berta", "same alerts, more fraud")


@contextmanager
def page_of(bank: Bank) -> Iterator[tuple[Hub, Database]]:
    """What the live page hears of challengers, and the outbox behind it."""
    hub, stop, kafka = Hub(), threading.Event(), KafkaState()
    kafka.waiting_for = None
    settings = AlertWebhookSettings(**bank.settings.model_dump(include=set(KafkaSettings.model_fields)))
    with closing(open_database(None, bank.folder.parent)) as database:
        feed = ChallengerFeed(settings, database, hub, kafka)
        thread = threading.Thread(target=feed.run, args=(stop,))
        thread.start()
        try:
            yield hub, database
        finally:
            stop.set()
            thread.join()


def _sentence(bank: Bank, gate: str) -> str:
    report = bank.service._report
    return next((one.sentence for one in report.gates if one.name == gate), "") if report else ""


def test_a_person_can_reject_before_the_gates_do(bank: Bank) -> None:
    bank.first_champion()
    bank.registry.challenge(1, by="ana", why="by mistake", now_ms=int(time.time() * 1_000))
    bank.step_until(lambda: bank.reader.challenger() is None, "that the champion challenges no version")
    bank.goes_on(1)
    assert bank.train(in_shadow=True) == 2
    bank.step_until(lambda: bank.service.as_status()["challenger_version"] == 2, "the challenger")
    bank.says("berta", 2, approves=False, why="trained on a week of tests")
    bank.goes_on(1)

    bank.step_until(lambda: bank.reader.challenger() is None, "the end of it")

    assert bank.tags(2)[SHADOW_TAG] == "rejected by berta: trained on a week of tests"
    assert bank.champion() == 1


def registered(bank: Bank, level: float) -> int:
    """The first version's trees under another threshold, as a version of its own."""
    run_id = str(bank.client.get_model_version(MODEL_NAME, "1").run_id)
    place = Path(bank.client.download_artifacts(run_id, CHAMPION_ARTIFACTS, str(bank.folder)))
    calibration = Calibration.model_validate_json((place / "calibration.json").read_bytes())
    levels = {name: one.model_copy(update={"threshold": level}) for name, one in calibration.thresholds.items()}
    (place / "calibration.json").write_text(calibration.model_copy(update={"thresholds": levels}).model_dump_json())
    run = bank.client.create_run(bank.client.get_run(run_id).info.experiment_id)
    bank.client.log_artifacts(run.info.run_id, str(place), CHAMPION_ARTIFACTS)
    shutil.rmtree(place)
    version = bank.client.create_model_version(MODEL_NAME, f"runs:/{run.info.run_id}/model", run.info.run_id)
    return int(version.version)


def test_one_that_would_alert_far_more_is_rejected(bank: Bank) -> None:
    bank.first_champion()
    assert registered(bank, 0.3) == 2
    bank.registry.challenge(2, by="trainer", why="trained", now_ms=int(time.time() * 1_000))
    bank.step_until(lambda: bank.service.as_status()["challenger_version"] == 2, "the challenger")
    bank.goes_on(1)

    bank.step_until(lambda: bank.reader.challenger() is None, "the rejection")

    assert bank.tags(2)[SHADOW_TAG].startswith("rejected by trainer: did not pass: alert rate")
    assert bank.champion() == 1


def test_a_champion_that_floods_people_goes_back_within_a_minute_of_the_stream(bank: Bank) -> None:
    bank.first_champion()
    assert registered(bank, 0.3) == 2
    bank.registry.promote(2, by="ana", why="in a hurry", now_ms=int(time.time() * 1_000))
    bank.step_until(lambda: bank.service.as_status()["guarded_version"] == 2, "the guard")
    bank.goes_on(2)  # a minute of payments

    bank.step_until(lambda: bank.champion() == 1, "the roll-back")

    assert bank.tags(1)[PROMOTED_WHY_TAG].startswith("too many alerts")
    assert bank.service.as_status()["rollbacks"] == 1


def test_a_challenger_that_cannot_be_loaded_holds_up_no_other(bank: Bank) -> None:
    bank.first_champion()
    assert registered(bank, 0.3) == 2
    run_id = str(bank.client.get_model_version(MODEL_NAME, "2").run_id)
    bank.client.log_text(run_id, "{}", f"{CHAMPION_ARTIFACTS}/calibration.json")
    bank.registry.challenge(2, by="trainer", why="trained", now_ms=int(time.time() * 1_000))

    bank.step_until(lambda: bank.reader.challenger() is None, "the rejection")

    assert "no valid calibration.json" in bank.tags(2)[SHADOW_TAG]
    with pytest.raises(Exception, match="not found"):
        bank.client.get_model_version_by_alias(MODEL_NAME, CHALLENGER_ALIAS)
