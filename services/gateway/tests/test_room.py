"""How many calls may wait follows from what is answered in time."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from gateway.calls.room import CATCH_UP_SECONDS, LEAST, OUTAGE_SECONDS, SHRINK_INTERVAL_SECONDS, Room


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


DEADLINE_SECONDS = 0.15


class UsedRoom(Room):
    """In which an outcome comes after a part of its call's deadline."""

    def __init__(self, most: int, clock: Clock) -> None:
        super().__init__(most, clock)
        self._now = clock

    def came(self, part_of_deadline: float) -> None:
        self.outcome_came(self._now() - part_of_deadline * DEADLINE_SECONDS, DEADLINE_SECONDS)


def test_it_shrinks_once_for_outcomes_that_were_slow_together() -> None:
    clock = Clock()
    room = UsedRoom(200, clock)
    for _ in range(50):
        room.came(0.9)
    assert room.size == 160
    clock.now += SHRINK_INTERVAL_SECONDS
    room.came(1.4)
    assert room.size == 128
    for _ in range(130):
        room.came(0.1)
    assert room.size == 132


def test_a_call_that_is_overdue_takes_room() -> None:
    clock = Clock()
    room = UsedRoom(200, clock)
    room.came(0.1)

    assert room.is_full(waiting=30, overdue=170, oldest_started=clock.now)
    assert not room.is_full(waiting=30, overdue=169, oldest_started=clock.now)


def test_an_outage_is_no_sign_of_too_many_calls() -> None:
    clock = Clock()
    room = UsedRoom(200, clock)
    room.came(0.1)
    begun = clock.now
    clock.now += OUTAGE_SECONDS + 0.1
    assert not room.is_full(waiting=30, overdue=5_000, oldest_started=begun), "callers get their fallback"
    assert room.is_full(waiting=200, overdue=0, oldest_started=begun)
    for _ in range(50):
        clock.now += CATCH_UP_SECONDS / 60
        room.came(20.0)  # what piled up comes late
        assert not room.is_full(waiting=30, overdue=5_000, oldest_started=begun)
    assert room.size == 200
    room.came(0.2)
    assert room.is_full(waiting=30, overdue=170, oldest_started=clock.now), "caught up"


def test_a_pile_that_grows_after_an_outage_is_no_catching_up() -> None:
    clock = Clock()
    room = UsedRoom(200, clock)
    clock.now += OUTAGE_SECONDS + 0.1
    for part in (4.0, 4.2, 4.4, 4.6, 4.8):
        room.came(part)
    assert room.size == 200
    room.came(5.0)

    assert room.size == 160


def test_nothing_to_do_is_no_outage() -> None:
    clock = Clock()
    room = UsedRoom(200, clock)
    room.came(0.1)
    clock.now += 3_600
    assert room.is_full(waiting=30, overdue=170, oldest_started=clock.now - 0.2)
    room.came(1.2)

    assert room.size == 160


def test_slow_outcomes_long_after_an_outage_shrink_it() -> None:
    clock = Clock()
    room = UsedRoom(200, clock)
    clock.now += OUTAGE_SECONDS + 0.1
    room.came(20.0)
    for _ in range(40):
        clock.now += CATCH_UP_SECONDS / 30
        room.came(20.0)

    assert room.size < 200


@given(st.lists(st.floats(0, 20)), st.integers(1, 500))
def test_it_stays_within_its_bounds(parts: list[float], most: int) -> None:
    clock = Clock()
    room = UsedRoom(most, clock)
    for part in parts:
        clock.now += 0.2
        room.came(part)
        assert min(LEAST, most) <= room.size <= most


def test_a_machine_that_carries_less_than_it_is_asked_keeps_its_deadline() -> None:
    """500 a second can be judged, 1,000 are asked for, the deadline is 150 ms."""
    clock, under_way, refused, late = Clock(), deque[float](), 0, 0
    room = Room(2_000, clock)
    for step in range(20_000):
        clock.now = step / 1_000
        overdue = sum(1 for begun in under_way if clock.now - begun > DEADLINE_SECONDS)
        oldest = under_way[0] if under_way else clock.now
        if not room.is_full(len(under_way) - overdue, overdue, oldest):
            under_way.append(clock.now)
        else:
            refused += 1
        if step % 2 and under_way:
            begun = under_way.popleft()
            late += clock.now - begun > DEADLINE_SECONDS and step > 5_000
            room.outcome_came(begun, DEADLINE_SECONDS)

    assert refused > 8_000
    assert late < 100
