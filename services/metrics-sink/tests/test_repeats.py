"""A record is counted once, whatever the order and however often it comes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics_sink.intake.repeats import SeenIds, SeenOffsets

WINDOW = 8


def test_records_out_of_order_are_all_first() -> None:
    seen = SeenOffsets(WINDOW)
    assert [seen.is_first(offset) for offset in (3, 1, 2, 0)] == [True] * 4
    assert seen.next_offset == 4


def test_repeats_are_known() -> None:
    seen = SeenOffsets(WINDOW)
    assert [seen.is_first(offset) for offset in (0, 1, 2, 0, 1, 2, 3)] == [True, True, True, False, False, False, True]


def test_what_is_older_than_the_window_is_a_repeat() -> None:
    seen = SeenOffsets(WINDOW)
    seen.is_first(100)
    assert not seen.is_first(100 - WINDOW)
    assert seen.is_first(100 - WINDOW + 1)


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), max_size=200))
def test_agrees_with_remembering_everything_inside_the_window(offsets: list[int]) -> None:
    seen = SeenOffsets(WINDOW)
    all_seen: set[int] = set()
    for offset in offsets:
        highest = max(all_seen, default=-1)
        expected = offset not in all_seen and offset > highest - WINDOW
        assert seen.is_first(offset) == expected
        all_seen.add(offset)
        assert seen.next_offset == max(all_seen) + 1


@settings(deadline=None)
@given(st.permutations(range(WINDOW)), st.integers(0, 10**12))
def test_a_disorder_smaller_than_the_window_loses_nothing(order: list[int], start: int) -> None:
    seen = SeenOffsets(WINDOW)
    assert all(seen.is_first(start + offset) for offset in order)
    assert not any(seen.is_first(start + offset) for offset in order)


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), max_size=60), st.lists(st.integers(0, 60), max_size=20))
def test_restored_offsets_recognise_the_same_repeats(before: list[int], after: list[int]) -> None:
    seen, restored = SeenOffsets(WINDOW), SeenOffsets(WINDOW)
    for offset in before:
        seen.is_first(offset)

    restored.restore(seen.ranges())

    assert restored.next_offset == seen.next_offset
    assert [restored.is_first(offset) for offset in after] == [seen.is_first(offset) for offset in after]


def test_ranges_are_few() -> None:
    seen = SeenOffsets()
    for offset in range(1000, 5000):
        seen.is_first(offset)
    seen.is_first(5010)

    assert seen.ranges() == [(1000, 4999), (5010, 5010)]


def test_restored_ids_are_known_and_not_new() -> None:
    seen = SeenIds(limit=10)
    seen.restore(["a"])

    assert [seen.is_first(name) for name in ("a", "b")] == [False, True]
    assert seen.take_new() == ["b"]
    assert seen.take_new() == []


def test_ids_are_known_up_to_the_limit() -> None:
    seen = SeenIds(limit=2)
    assert [seen.is_first(name) for name in ("a", "b", "a", "c", "a")] == [True, True, False, True, True]
