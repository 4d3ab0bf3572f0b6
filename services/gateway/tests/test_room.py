"""How many calls may wait follows from what is answered in time."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.calls.room import LEAST, OUTAGE, SHRINK_INTERVAL_SECONDS, Room


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_shrinks_once_for_answers_that_were_slow_together() -> None:
    clock = Clock()
    room = Room(200, clock)
    for _ in range(50):
        room.answered(0.9)
    assert room.size == 160
    clock.now += SHRINK_INTERVAL_SECONDS
    room.answered(1.4)
    assert room.size == 128
    for _ in range(130):
        room.answered(0.1)
    assert room.size == 132


def test_an_outage_is_no_sign_of_too_many_calls() -> None:
    room = Room(200, Clock())
    room.answered(OUTAGE)

    assert room.size == 200


@given(st.lists(st.floats(0, 20)), st.integers(1, 500))
def test_it_stays_within_its_bounds(parts: list[float], most: int) -> None:
    clock = Clock()
    room = Room(most, clock)
    for part in parts:
        clock.now += 1
        room.answered(part)
        assert min(LEAST, most) <= room.size <= most


def test_a_machine_that_carries_less_than_it_is_asked_keeps_its_deadline() -> None:
    """500 a second can be judged, 1,000 are asked for, the deadline is 150 ms."""
    clock, waiting, refused, late = Clock(), list[float](), 0, 0
    room = Room(2_000, clock)
    for step in range(20_000):
        clock.now = step / 1_000
        if len(waiting) < room.size:
            waiting.append(clock.now)
        else:
            refused += 1
        if step % 2 and waiting:
            part = (clock.now - waiting.pop(0)) / 0.15
            late += part > 1 and step > 5_000
            room.answered(part)

    assert refused > 8_000
    assert late < 100
