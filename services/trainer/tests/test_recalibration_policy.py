"""When a threshold moves, when it freezes and when it follows: on scores from a seed, without clock and topic."""

from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.recalibration.policy import BAND, CALM_STEP, FOLLOWING_STEP, SegmentState, observe
from trainer.recalibration.slices import SLICE_ROWS, Slice
from trainer.recalibration.steps import alert_share
from trainer.recalibration.window import WINDOW_MS, Window

BUDGET = 0.007
WINDOW_ROWS = 5_000
BEGIN_MS = 1_790_000_000_000
SLICE_MS = 600_000
SEEDS = st.integers(0, 2**32 - 1)
FITTING = float(np.quantile(np.random.default_rng(0).beta(8, 12, 1_000_000), 1 - BUDGET))


class Stream:
    """A segment's slices, one after the other; `moved_by` shifts all scores, fraud takes the place of ordinary rows."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._number = 0

    def slice(self, *, moved_by: float = 0.0, fraud: Iterable[float] = ()) -> Slice:
        scores = np.clip(self._random.beta(8, 12, SLICE_ROWS) + moved_by, 0, 1)
        stolen = np.fromiter(fraud, dtype=np.float64)
        scores[: len(stolen)] = stolen
        at_ms = BEGIN_MS + self._number * SLICE_MS
        self._number += 1
        return Slice(self._random.permutation(scores), at_ms, at_ms + SLICE_MS - 1)


def settled(stream: Stream, threshold: float = FITTING) -> SegmentState:
    """A segment that has known its ordinary life for a while."""
    state = SegmentState(threshold, BUDGET, window=Window(fewest=WINDOW_ROWS))
    for _ in range(20):
        state, _ = observe(state, stream.slice())
    assert state.mode == "calm"
    assert state.ordinary_median is not None
    return state


@given(seed=SEEDS, start=st.floats(0, 1))
@settings(deadline=None, max_examples=40)
def test_the_budget_is_reached_from_any_start(seed: int, start: float) -> None:
    stream = Stream(seed)
    state = SegmentState(start, BUDGET, window=Window(fewest=WINDOW_ROWS))

    for _ in range(60):
        before = state
        state, verdict = observe(state, stream.slice())
        row = 1 / max(state.window.rows, 1)
        factor = FOLLOWING_STEP if verdict.cause == "behaviour_shift" else CALM_STEP
        assert verdict.share_after <= max(verdict.share_before * factor, verdict.share_before + row) + 1e-9
        assert verdict.share_after >= verdict.share_before / factor - 1e-9
        assert (state.threshold != before.threshold) <= (
            verdict.cause in {"over_budget", "under_budget", "behaviour_shift"}
        )

    assert state.alert_share is not None
    chance = 1.6  # a window of 5,000 rows holds 35 alerts, give or take six: so much may lie between it and the next
    assert BUDGET / BAND / chance <= state.alert_share <= BUDGET * BAND * chance
    assert abs(state.threshold - FITTING) < 0.06


@given(
    seed=SEEDS,
    caught=st.lists(st.floats(FITTING + 0.05, 1), min_size=40, max_size=200),
    missed=st.lists(st.floats(0, FITTING - 0.05), min_size=160, max_size=160),
    slices=st.integers(1, 30),
)
@settings(deadline=None, max_examples=40)
def test_a_wave_of_a_fifth_never_moves_the_threshold_whatever_its_scores(
    seed: int, caught: list[float], missed: list[float], slices: int
) -> None:
    stream = Stream(seed)
    state = settled(stream)
    before = state.threshold

    for _ in range(slices):
        state, verdict = observe(state, stream.slice(fraud=(caught + missed)[:200]))
        assert verdict.cause == "alert_surge"
        assert state.threshold == before

    modes = set()
    for _ in range(4):  # the wave's rows have left no trace
        state, verdict = observe(state, stream.slice())
        modes.add(state.mode)
    assert "calm" in modes  # not at the end of all: a threshold that settled low may meet a surge by chance
    assert abs(state.threshold - before) < 0.05
    assert all(part.share_from(FITTING + 0.05) < 3 * BUDGET for part in (*state.window.slices, *state.waiting))


def test_a_wave_that_builds_up_does_not_raise_the_threshold_first() -> None:
    stream = Stream(3)
    state = settled(stream)
    before = state.threshold

    for stolen in (2, 5, 8, 11, 30, 60, 120, 200, 200):
        state, _ = observe(state, stream.slice(fraud=np.full(stolen, 0.9)))
        assert state.threshold <= before

    assert state.mode == "frozen"


@pytest.mark.parametrize("moved_by", [0.12, -0.12])
def test_a_shift_of_ordinary_life_is_followed_within_an_hour_of_rows(moved_by: float) -> None:
    stream = Stream(4)
    state = settled(stream)
    modes = []

    for _ in range(7):
        state, verdict = observe(state, stream.slice(moved_by=moved_by))
        modes.append(state.mode)
        assert verdict.cause == "behaviour_shift" or state.mode == "calm"

    assert modes[0] == "following"
    assert modes[-1] == "calm"
    assert abs(state.threshold - (FITTING + moved_by)) < 0.03
    assert state.window.from_ms > BEGIN_MS + 19 * SLICE_MS, "rows from before the shift must not count any longer"


def test_slow_drift_is_followed_calmly() -> None:
    stream = Stream(5)
    state = settled(stream)
    modes, shares = set(), []

    for step in range(144):  # a day
        newest = stream.slice(moved_by=0.1 * step / 144)
        shares.append(newest.share_from(state.threshold))
        state, _ = observe(state, newest)
        modes.add(state.mode)

    assert modes == {"calm"}
    assert BUDGET / 1.5 < np.mean(shares) < 1.5 * BUDGET
    assert all(BUDGET / 2 < np.mean(part) < 2 * BUDGET for part in np.array_split(shares, 6))


def test_alerts_within_the_band_leave_the_threshold_alone() -> None:
    stream = Stream(6)
    state = settled(stream)
    scores = state.window.scores
    kept = SegmentState(float(np.quantile(scores, 1 - 1.1 * BUDGET)), BUDGET, window=state.window)
    assert BUDGET < alert_share(kept.window.scores, kept.threshold) < BAND * BUDGET

    state, verdict = observe(kept, stream.slice())

    assert (verdict.cause, state.threshold) == ("within_budget", kept.threshold)


def test_too_few_rows_move_nothing() -> None:
    stream = Stream(7)
    state = SegmentState(0.99, BUDGET, window=Window(fewest=WINDOW_ROWS))

    while state.recent.rows + SLICE_ROWS < WINDOW_ROWS:
        state, verdict = observe(state, stream.slice())
        assert (verdict.cause, state.threshold) == ("too_few_rows", 0.99)


def test_a_replay_fills_the_window_and_leaves_threshold_and_surges_alone() -> None:
    stream = Stream(8)
    state = SegmentState(FITTING, BUDGET, window=Window(fewest=WINDOW_ROWS))
    for number in range(20):
        fraud = np.full(200, 0.9) if number in (9, 10) else ()
        state, _ = observe(state, stream.slice(fraud=fraud), is_replay=True)

    assert state.threshold == FITTING
    assert state.recent.rows >= WINDOW_ROWS
    assert state.recent.to_ms - state.recent.from_ms < 3 * WINDOW_MS
    assert state.ordinary_median is not None
    assert all(part.share_from(0.9) < 0.1 for part in state.window.slices)


def test_a_restart_amid_a_wave_stays_frozen() -> None:
    stream = Stream(9)
    state = SegmentState(FITTING, BUDGET, window=Window(fewest=WINDOW_ROWS))
    for _ in range(20):
        state, _ = observe(state, stream.slice(fraud=np.full(200, 0.9)), is_replay=True)

    for _ in range(20):
        state, verdict = observe(state, stream.slice(fraud=np.full(200, 0.9)))

    assert (verdict.cause, state.threshold) == ("alert_surge", FITTING)


@given(SEEDS)
@settings(deadline=None, max_examples=10)
def test_the_same_rows_give_the_same_thresholds(seed: int) -> None:
    def thresholds() -> list[float]:
        stream, state, found = Stream(seed), SegmentState(0.7, BUDGET, window=Window(fewest=WINDOW_ROWS)), []
        for number in range(30):
            state, _ = observe(state, stream.slice(moved_by=0.1 * (number > 15)))
            found.append(state.threshold)
        return found

    assert thresholds() == thresholds()
