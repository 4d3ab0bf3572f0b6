"""When the service trains, and what it does when it cannot: with a clock of the test's own."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest

from trainer import Trainer, TrainerSettings, TrainingError, TrainingResult
from trainer.errors import TooFewRowsError
from trainer.registry import RegistryWriter
from trainer.scored_topic import ScoredTopic
from trainer.service import MAX_PAUSE_SECONDS, MAX_WAIT_SECONDS, POLL_SECONDS, TrainingService
from vigie_registry import Champion
from vigie_runtime import UnavailableError
from vigie_runtime.offsets import OffsetRange

HOUR = 3_600.0


class World:
    """Topic, registry and trainer as the service sees them, by hand."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0
        self.rows = 0
        self.champion_now: Champion | None = None
        self.trainings = 0
        self.trained_ms: int | None = None
        self.watches_first = False
        self.trouble: Exception | None = None
        self.away: Exception | None = None

    def held(self) -> dict[int, OffsetRange]:
        if self.away:
            raise self.away
        return {0: OffsetRange(100, 100 + self.rows // 2), 1: OffsetRange(0, self.rows - self.rows // 2)}

    def champion(self) -> Champion | None:
        return self.champion_now

    def trained_last_ms(self) -> int | None:
        return self.trained_ms

    def train_from(self, topic: object, *, in_shadow: bool) -> TrainingResult:
        assert in_shadow
        if self.trouble:
            raise self.trouble
        self.trainings += 1
        self.trained_ms = int(self.now * 1_000)
        is_champion = self.champion_now is None or not self.watches_first
        if is_champion:
            self.champion_now = Champion(version=self.trainings, run_id="run", created_ms=self.trained_ms)
        found = TrainingResult(self.trainings, self.rows, 0, 0, {}, {}, "run", "models:/m/1", "http://x")
        return replace(found, is_champion=is_champion)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def service(world: World) -> TrainingService:
    settings = TrainerSettings(train_minimum_rows=5_000, train_interval_seconds=6 * HOUR)
    return TrainingService(
        settings,
        cast("Trainer", world),
        cast("RegistryWriter", world),
        cast("ScoredTopic", world),
        clock=lambda: world.now,
    )


def test_it_waits_for_enough_rows_and_then_trains_at_once(world: World, service: TrainingService) -> None:
    world.rows = 4_999
    assert service.step() == POLL_SECONDS
    assert (service.state.phase, service.state.rows, world.trainings) == ("waiting", 4_999, 0)

    world.rows = 5_000
    service.step()
    assert (service.state.phase, service.state.champion_version, world.trainings) == ("idle", 1, 1)


def test_afterwards_it_trains_once_per_interval(world: World, service: TrainingService) -> None:
    world.rows = 9_000
    service.step()
    world.now += 6 * HOUR - 1
    service.step()
    assert world.trainings == 1

    world.now += 1
    service.step()
    service.step()
    assert (world.trainings, service.state.champion_version) == (2, 2)


def test_a_challenger_was_a_training_too(world: World, service: TrainingService) -> None:
    """Whether it passes or not, and after a restart as well: the next one is an interval away."""
    world.rows, world.watches_first = 5_000, True
    service.step()
    world.now += 6 * HOUR
    service.step()

    assert (world.trainings, service.state.champion_version) == (2, 1)
    world.now += 6 * HOUR - 1
    service.step()
    again = TrainingService(
        TrainerSettings(train_minimum_rows=5_000, train_interval_seconds=6 * HOUR),
        cast("Trainer", world),
        cast("RegistryWriter", world),
        cast("ScoredTopic", world),
        clock=lambda: world.now,
    )
    again.step()
    assert world.trainings == 2
    world.now += 2
    again.step()
    assert world.trainings == 3


def test_a_champion_found_at_the_start_keeps_its_interval(world: World, service: TrainingService) -> None:
    world.rows = 9_000
    world.champion_now = Champion(version=7, run_id="run", created_ms=int((world.now - 5 * HOUR) * 1_000))

    service.step()
    assert (world.trainings, service.state.champion_version, service.state.phase) == (0, 7, "idle")

    world.now += HOUR
    service.step()
    assert world.trainings == 1


def test_a_champion_that_a_person_went_back_to_has_an_interval_of_its_own(
    world: World, service: TrainingService
) -> None:
    world.rows = 9_000
    service.step()
    world.now += 5 * HOUR
    long_ago, now = int((world.now - 500 * HOUR) * 1_000), int(world.now * 1_000)
    world.champion_now = Champion(version=1, run_id="run", created_ms=long_ago, promoted_ms=now)

    world.now += 5 * HOUR
    service.step()
    assert world.trainings == 1

    world.now += HOUR
    service.step()
    assert world.trainings == 2


def test_a_training_by_hand_in_between_is_noticed(world: World, service: TrainingService) -> None:
    world.rows = 9_000
    service.step()
    world.now += 5 * HOUR
    world.champion_now = Champion(version=9, run_id="run", created_ms=int(world.now * 1_000))
    world.now += 2 * HOUR

    service.step()

    assert (world.trainings, service.state.champion_version) == (1, 9)


@pytest.mark.parametrize(
    ("trouble", "longest"),
    [
        (UnavailableError("MLflow is away."), MAX_WAIT_SECONDS),
        (TooFewRowsError("Too few."), MAX_WAIT_SECONDS),
        (TrainingError("The gate said no."), MAX_PAUSE_SECONDS),
        (ZeroDivisionError("a fault"), MAX_PAUSE_SECONDS),
    ],
)
def test_trouble_is_told_and_tried_again_with_growing_pauses(
    world: World, service: TrainingService, trouble: Exception, longest: float
) -> None:
    world.rows = 9_000
    world.trouble = trouble

    pauses = [service.step() for _ in range(12)]

    assert pauses[:3] == [1.0, 2.0, 4.0]
    assert pauses[-1] == longest
    assert service.state.phase == "failed"
    assert str(trouble) in (service.state.last_error or "")
    assert service.state.as_status()["ready"] is False

    world.trouble = None
    assert service.step() == POLL_SECONDS
    assert (service.state.phase, service.state.failures, service.state.last_error) == ("idle", 0, None)


def test_a_broker_that_comes_back_ends_the_failure(world: World, service: TrainingService) -> None:
    world.away = UnavailableError("Kafka is away.")
    service.step()
    assert service.state.phase == "failed"

    world.away = None
    service.step()
    assert (service.state.phase, service.state.last_error) == ("waiting", None)


def test_it_stops_when_told(service: TrainingService, world: World) -> None:
    class StopAfterThree:
        waits: list[float]

        def __init__(self) -> None:
            self.waits = []

        def wait(self, seconds: float) -> bool:
            self.waits.append(seconds)
            return len(self.waits) > 3

    stop = StopAfterThree()
    run = cast("Callable[[object], None]", service.run)
    run(stop)

    assert stop.waits == [0.0, POLL_SECONDS, POLL_SECONDS, POLL_SECONDS]
