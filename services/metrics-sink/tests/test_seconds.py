"""Records find their second, whenever they are read, and a restart reads on at the cut."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics_sink.intake.seconds import (
    GRACE_MS,
    MAX_HELD_RECORDS,
    SILENT_PARTITION_TIMEOUT_MS,
    Place,
    ReceivedRecord,
    Seconds,
)

A: Place = ("scored", 0)
B: Place = ("scored", 1)
FIRST = 1_000


def at(written_at_ms: int) -> ReceivedRecord:
    return ReceivedRecord(None, 0, written_at_ms)


def opened(*places: Place) -> Seconds:
    seconds = Seconds(FIRST)
    for place in places:
        seconds.begin(place, 0, FIRST * 1000)
    return seconds


def test_a_second_is_over_when_every_partition_has_passed_it() -> None:
    seconds = opened(A, B)
    now_ms = FIRST * 1000 + 3_000
    seconds.is_due_now(A, 0, at(FIRST * 1000 + 1_500), now_ms)
    assert not seconds.is_over(now_ms)

    seconds.is_due_now(B, 0, at(FIRST * 1000 + 2_500), now_ms)

    assert seconds.is_over(now_ms)


def test_a_partition_at_its_end_holds_nothing_open_once_the_grace_is_over() -> None:
    seconds = opened(A)
    seconds.is_due_now(A, 0, at(FIRST * 1000), FIRST * 1000)
    seconds.reach_end(A, FIRST * 1000 + 5)

    assert not seconds.is_over((FIRST + 1) * 1000 + GRACE_MS - 1)
    assert seconds.is_over((FIRST + 1) * 1000 + GRACE_MS)


def test_a_silent_partition_does_not_stop_the_clock() -> None:
    seconds = opened(A)
    seconds.is_due_now(A, 0, at(FIRST * 1000), FIRST * 1000)

    assert not seconds.is_over(FIRST * 1000 + SILENT_PARTITION_TIMEOUT_MS)
    assert seconds.is_over(FIRST * 1000 + SILENT_PARTITION_TIMEOUT_MS + 1)


def test_later_records_wait_for_their_second() -> None:
    seconds = opened(A)
    now_ms = FIRST * 1000 + 1_100
    assert seconds.is_due_now(A, 0, at(FIRST * 1000 + 900), now_ms)
    assert not seconds.is_due_now(A, 1, at(FIRST * 1000 + 1_050), now_ms)

    offsets, held = seconds.close_first()

    assert offsets == {A: 1}
    assert [arrival.written_at_ms for arrival in held] == [FIRST * 1000 + 1_050]


def test_a_record_that_comes_late_counts_in_the_open_second() -> None:
    seconds = opened(A)
    seconds.close_first()

    assert seconds.is_due_now(A, 0, at(FIRST * 1000 + 10), FIRST * 1000 + 1_200)


def test_a_clock_that_is_ahead_fills_no_second_of_the_future() -> None:
    seconds = opened(A)

    assert seconds.is_due_now(A, 0, at(FIRST * 1000 + 86_400_000), FIRST * 1000 + 500)


def test_partitions_far_ahead_are_paused_and_resumed() -> None:
    seconds = opened(A, B)
    now_ms = (FIRST + 100) * 1000
    for offset in range(MAX_HELD_RECORDS + 1):
        seconds.is_due_now(A, offset, at((FIRST + 50) * 1000), now_ms)
    assert seconds.to_pause() == [A]
    assert seconds.to_pause() == []
    seconds.is_due_now(B, 0, at((FIRST + 60) * 1000), now_ms)

    while seconds.first_open < FIRST + 50:
        assert seconds.is_over(now_ms)
        seconds.close_first()

    assert seconds.to_resume(now_ms) == [A]
    assert not seconds.is_over(now_ms), "a partition that was paused is heard before the second closes"


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([A, B]), st.integers(-500, 6_000)), max_size=80), st.integers(0, 2**32))
def test_wherever_it_is_killed_each_record_is_counted_once(stream: list[tuple[Place, int]], seed: int) -> None:
    """A sink that is killed at any moment and reads on at the last cut counts what one that never stopped counts."""
    chance = random.Random(seed)
    records = {place: [at(FIRST * 1000 + ms) for where, ms in stream if where == place] for place in (A, B)}
    now_ms = (FIRST + 10) * 1000
    counted: list[tuple[Place, int]] = []
    kept, first_open = {A: 0, B: 0}, FIRST

    while first_open < FIRST + 8:
        seconds, fresh = Seconds(first_open), []
        position = dict(kept)
        for place in kept:
            seconds.begin(place, kept[place], now_ms)
        held: dict[int, list[tuple[Place, int]]] = {}
        while chance.random() > 0.1 and seconds.first_open < FIRST + 8:
            unread = [place for place in position if position[place] < len(records[place])]
            if unread:
                place = chance.choice(unread)
                offset = position[place]
                arrival = records[place][offset]._replace(read_at_us=offset)
                is_due = seconds.is_due_now(place, offset, arrival, now_ms)
                second = first_open_of(seconds, place)
                (fresh if is_due else held.setdefault(second, [])).append((place, offset))
                position[place] += 1
            for place in position:
                if position[place] == len(records[place]):
                    seconds.reach_end(place, now_ms)
            if seconds.is_over(now_ms):
                kept, _ = seconds.close_first()
                counted += fresh
                fresh = held.pop(seconds.first_open, [])
                first_open = seconds.first_open

    assert sorted(counted) == sorted((place, offset) for place in (A, B) for offset in range(len(records[place])))


def first_open_of(seconds: Seconds, place: Place) -> int:
    return seconds._clocks[place].second
