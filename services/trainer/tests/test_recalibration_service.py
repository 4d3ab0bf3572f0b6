"""When thresholds are published, and what re-calibration does when it cannot: with a clock of the test's own."""

import json
import threading
from dataclasses import replace
from itertools import pairwise
from typing import cast

import numpy as np
import pytest

from trainer import TrainerSettings
from trainer.recalibration.recalibrator import ModeChange, Recalibrator
from trainer.recalibration.registry import ThresholdPublisher
from trainer.recalibration.service import CHAMPION_INTERVAL_SECONDS, MAX_PAUSE_SECONDS, RecalibrationService
from trainer.scored_topic import ScoredTopic
from vigie_registry import Champion
from vigie_runtime import UnavailableError
from vigie_schemas import SEGMENT_ESTABLISHED, Threshold, Thresholds

NOON_MS = 1_790_000_000_000
BUDGET = 0.007


class Message:
    """A record as the consumer gives it."""

    def __init__(self, offset: int, value: bytes) -> None:
        self._offset, self._value = offset, value

    def offset(self) -> int:
        return self._offset

    def partition(self) -> int:
        return 0

    def value(self) -> bytes:
        return self._value


class World:
    """Topic and registry as the service sees them, by hand."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0
        self.champion_now: Champion | None = None
        self.first = 0.7
        self.sent: list[Message] = []
        self.unread = 0
        self.published: list[Thresholds] = []
        self.modes: list[ModeChange] = []
        self.away: Exception | None = None
        self._random = np.random.default_rng(1)

    def send(self, rows: int, *, version: int = 1, stolen: float = 0.0) -> None:
        for score in self._random.beta(8, 12, rows):
            number = len(self.sent)
            is_stolen = self._random.random() < stolen
            record = {
                "account_id": f"acc-{number}",
                "model_version": version,
                "segment": SEGMENT_ESTABLISHED,
                "score": 0.9 if is_stolen else float(score),
                "timestamp_ms": NOON_MS + number * 1_000,
            }
            self.sent.append(Message(number, json.dumps(record).encode()))

    def champion(self) -> Champion | None:
        if self.away:
            raise self.away
        return self.champion_now

    def recalibrator(self, champion: Champion, settings: TrainerSettings) -> Recalibrator:
        levels = self.published[-1].thresholds if self.published and champion.threshold_version > 1 else None
        first = {SEGMENT_ESTABLISHED: Threshold(threshold=self.first, quantile=0.993)}
        return Recalibrator(
            champion.version,
            champion.threshold_version,
            levels or first,
            BUDGET,
            window_rows=settings.recalibrate_rows,
            min_mode_seconds=settings.recalibrate_state_seconds,
        )

    def publish(self, champion: Champion, thresholds: Thresholds) -> None:
        if self.away:
            raise self.away
        self.published.append(thresholds)
        self.champion_now = replace(champion, threshold_version=thresholds.threshold_version)

    def record_mode(self, champion: Champion, change: ModeChange) -> None:
        if self.away:
            raise self.away
        self.modes.append(change)

    def follow(self, rows: int) -> dict[int, int]:
        self.unread = max(0, len(self.sent) - rows)
        return {0: len(self.sent)}

    def read_on(self, seconds: float) -> list[Message]:
        found = self.sent[self.unread :]
        self.unread = len(self.sent)
        return found


@pytest.fixture
def world() -> World:
    return World()


def start(world: World, **changes: object) -> RecalibrationService:
    settings = TrainerSettings.model_validate({"recalibrate_seconds": 300, "recalibrate_rows": 5_000, **changes})
    registry, topic = cast("ThresholdPublisher", world), cast("ScoredTopic", world)
    return RecalibrationService(settings, registry, topic, clock=lambda: world.now, timer=lambda: world.now)


def look(service: RecalibrationService, world: World) -> float:
    world.now += CHAMPION_INTERVAL_SECONDS
    return service.step()


def test_without_a_champion_it_waits(world: World) -> None:
    service = start(world)

    assert look(service, world) == CHAMPION_INTERVAL_SECONDS
    assert service.as_status()["model_version"] is None


def test_it_publishes_what_moved_and_then_waits_its_time(world: World) -> None:
    world.champion_now = Champion(version=1, run_id="run", created_ms=0)
    service = start(world)
    look(service, world)
    world.send(20_000)

    look(service, world)
    assert [thresholds.threshold_version for thresholds in world.published] == [2]
    assert world.published[0].thresholds[SEGMENT_ESTABLISHED].threshold < 0.7

    world.champion_now = Champion(version=1, run_id="run", created_ms=0, threshold_version=2)
    world.send(20_000)
    look(service, world)
    assert len(world.published) == 1
    world.now += 300
    for _ in range(8):
        world.send(4_000, stolen=0.004)
        look(service, world)
    assert [thresholds.threshold_version for thresholds in world.published][:2] == [2, 3]


def test_a_start_goes_on_from_what_was_published(world: World) -> None:
    world.champion_now = Champion(version=1, run_id="run", created_ms=0)
    service = start(world)
    look(service, world)
    world.send(20_000)
    look(service, world)
    threshold = world.published[0].thresholds[SEGMENT_ESTABLISHED].threshold

    again = start(world)
    look(again, world)
    look(again, world)

    status = again.as_status()
    segments = cast("dict[str, dict[str, object]]", status["segments"])
    assert (status["model_version"], status["threshold_version"]) == (1, 2)
    assert segments[SEGMENT_ESTABLISHED]["threshold"] == threshold
    assert segments[SEGMENT_ESTABLISHED]["state"] == "calm"
    assert segments[SEGMENT_ESTABLISHED]["alert_share"] == pytest.approx(BUDGET, rel=0.5)
    assert len(world.published) == 1, "rows read again must move nothing"


def test_a_new_champion_begins_anew(world: World) -> None:
    world.champion_now = Champion(version=1, run_id="run", created_ms=0)
    service = start(world)
    look(service, world)
    world.send(20_000)
    look(service, world)

    world.champion_now, world.first = Champion(version=2, run_id="other"), 0.55
    look(service, world)
    look(service, world)

    status = service.as_status()
    assert (status["model_version"], status["threshold_version"]) == (2, 1)
    segments = cast("dict[str, dict[str, object]]", status["segments"])
    assert segments[SEGMENT_ESTABLISHED] == {"threshold": 0.55, "alert_share": None, "rows": 0, "state": "calm"}


def test_a_freeze_is_recorded_and_so_is_its_end(world: World) -> None:
    world.champion_now, world.first = Champion(version=1, run_id="run", created_ms=0), 0.66
    service = start(world)
    look(service, world)

    for rows, stolen in ((20_000, 0.0), (5_000, 0.2), (5_000, 0.0)):
        world.send(rows, stolen=stolen)
        look(service, world)
        world.now += 600

    assert [change.mode for change in world.modes] == ["frozen", "calm"]


def test_scores_that_surge_in_turns_are_recorded_at_most_once_in_the_least_time(world: World) -> None:
    """Where stream time runs many times as fast as the clock, as under load, a slice comes every few seconds."""
    world.champion_now, world.first = Champion(version=1, run_id="run", created_ms=0), 0.66
    service = start(world, recalibrate_state_seconds=60)
    look(service, world)
    world.send(20_000)
    look(service, world)
    begun = world.now

    recorded_at: list[float] = []
    for turn in range(60):
        before = len(world.modes)
        world.send(1_000, stolen=0.1 * (turn % 2))
        look(service, world)  # five seconds later
        recorded_at += [world.now] * (len(world.modes) - before)

    assert len(recorded_at) >= 2, "it froze and recovered"
    assert all(later - earlier >= 60 for earlier, later in pairwise(recorded_at))
    assert len(recorded_at) <= (world.now - begun) / 60 + 1


def test_nothing_is_lost_while_the_registry_is_away(world: World) -> None:
    world.champion_now = Champion(version=1, run_id="run", created_ms=0)
    service = start(world)
    look(service, world)
    world.away = UnavailableError("MLflow is away.")
    world.send(20_000)

    pauses = [look(service, world) for _ in range(8)]

    assert pauses[:3] == [1.0, 2.0, 4.0]
    assert pauses[-1] == MAX_PAUSE_SECONDS
    assert service.as_status()["last_error"] == "MLflow is away."
    world.away = None
    assert look(service, world) == 0.0
    assert [thresholds.threshold_version for thresholds in world.published] == [2]
    assert service.as_status()["last_error"] is None


def test_a_fault_is_told_and_everything_begun_anew(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.champion_now = Champion(version=1, run_id="run", created_ms=0)
    service = start(world)
    look(service, world)
    with monkeypatch.context() as broken:
        broken.setattr(World, "read_on", lambda *_: [][0])
        look(service, world)
    assert "IndexError" in str(service.as_status()["last_error"])

    look(service, world)

    assert service.as_status()["model_version"] == 1


def test_switched_off_it_returns_at_once(world: World) -> None:
    service = start(world, recalibrate=False)

    service.run(threading.Event())

    assert service.as_status() == {
        "on": False,
        "model_version": None,
        "threshold_version": None,
        "last_error": None,
        "segments": {},
    }
