"""Rows cut into slices of stream time, and the window they make."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.recalibration.slices import (
    BLOCK_ROWS,
    MAX_SLICE_ROWS,
    MIN_SLICE_MS,
    MIN_SLICE_ROWS,
    ScoredRows,
    Slice,
    SliceCutter,
)
from trainer.recalibration.window import WINDOW_MS, Window

BEGIN_MS = 1_790_000_000_000


def cut(scores: np.ndarray, times: np.ndarray, sizes: list[int]) -> list[Slice]:
    cutter, found, at = SliceCutter(), [], 0
    for size in [*sizes, len(scores)]:
        rows = ScoredRows(scores[at : at + size], times[at : at + size], times[at : at + size] // 2)
        found += cutter.add(rows)
        at += size
    return found


@given(st.lists(st.integers(0, 900), max_size=12), st.integers(10, 5_000))
@settings(deadline=None, max_examples=50)
def test_slices_do_not_depend_on_how_rows_are_batched(sizes: list[int], apart_ms: int) -> None:
    scores = np.random.default_rng(1).random(6_000)
    times = BEGIN_MS + np.arange(6_000) * apart_ms

    whole, parts = cut(scores, times, []), cut(scores, times, sizes)

    assert [(part.from_ms, part.to_ms) for part in parts] == [(part.from_ms, part.to_ms) for part in whole]
    for part, same in zip(parts, whole, strict=True):
        assert np.array_equal(part.scores, same.scores)
        assert np.array_equal(part.accounts, same.accounts)
    assert all(part.rows >= MIN_SLICE_ROWS and part.to_ms - part.from_ms >= MIN_SLICE_MS for part in whole)


def test_a_slice_needs_both_rows_and_time() -> None:
    scores = np.random.default_rng(2).random(MIN_SLICE_ROWS)

    assert cut(scores, BEGIN_MS + np.arange(MIN_SLICE_ROWS), []) == []
    assert cut(scores[:-BLOCK_ROWS], BEGIN_MS + np.arange(MIN_SLICE_ROWS - BLOCK_ROWS) * 60_000, []) == []
    assert len(cut(scores, BEGIN_MS + np.arange(MIN_SLICE_ROWS) * 1_000, [])) == 1


def test_odd_timestamps_do_not_turn_the_clock() -> None:
    times = BEGIN_MS + np.arange(MIN_SLICE_ROWS)
    times[::7] += 40 * 365 * 86_400_000

    assert cut(np.random.default_rng(3).random(MIN_SLICE_ROWS), times, []) == []


def test_a_large_slice_is_thinned_evenly() -> None:
    rows = 100_000
    scores = np.linspace(0, 1, rows)

    (made,) = cut(scores, BEGIN_MS + np.arange(rows) * (MIN_SLICE_MS + 1_000) // rows, [])

    assert made.rows == len(made.accounts) == MAX_SLICE_ROWS
    assert np.abs(np.quantile(made.scores, [0.1, 0.5, 0.993]) - np.array([0.1, 0.5, 0.993])).max() < 0.02


def piece(number: int, rows: int) -> Slice:
    return Slice(
        np.full(rows, 0.5),
        np.arange(rows),
        BEGIN_MS + number * MIN_SLICE_MS,
        BEGIN_MS + (number + 1) * MIN_SLICE_MS - 1,
    )


def test_the_window_is_the_last_half_hour_where_that_holds_enough_rows() -> None:
    window = Window(min_rows=5_000)
    for number in range(40):
        window = window.with_slice(piece(number, 1_000))

    assert window.to_ms == BEGIN_MS + 40 * MIN_SLICE_MS - 1
    assert WINDOW_MS - MIN_SLICE_MS <= window.to_ms - window.from_ms <= WINDOW_MS
    assert window.rows == len(window.scores) == 6_000


def test_older_rows_fill_up_where_that_holds_few() -> None:
    window = Window(min_rows=5_000)
    for number in range(40):
        window = window.with_slice(piece(number * 10, 1_000))

    assert window.rows == 5_000


def test_alerts_are_counted_by_account() -> None:
    made = Slice(np.array([0.9, 0.2, 0.8, 0.9, 0.9]), np.array([5, 5, 5, 7, 9]), BEGIN_MS, BEGIN_MS)

    assert sorted(made.alerts_by_account(0.8).tolist()) == [1, 1, 2]
    assert made.alerts_by_account(0.95).tolist() == []
