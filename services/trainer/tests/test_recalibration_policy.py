"""When a threshold moves, when it freezes and when it follows: on scores from a seed, without clock and topic."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trainer.recalibration.policy import (
    BAND,
    CALM_STEP,
    FOLLOWING_STEP,
    SURGE_OVER_MS,
    SegmentState,
    SliceResult,
    observe,
)
from trainer.recalibration.slices import MIN_SLICE_ROWS, Slice
from trainer.recalibration.steps import alert_share
from trainer.recalibration.window import WINDOW_MS, Window

BUDGET = 0.007
WINDOW_ROWS = 5_000
BEGIN_MS = 1_790_000_000_000
SLICE_MS = 600_000
SEEDS = st.integers(0, 2**32 - 1)
FITTING = float(np.quantile(np.random.default_rng(0).beta(8, 12, 1_000_000), 1 - BUDGET))


class Stream:
    """A segment's slices, one after the other; `moved_by` shifts all scores, fraud takes the place of ordinary rows.

    Each row is of an account of its own; those of fraud come `group` of one account together.
    """

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._number = 0

    def slice(self, *, moved_by: float = 0.0, fraud: Iterable[float] = (), group: int = 1) -> Slice:
        scores = np.clip(self._random.beta(8, 12, MIN_SLICE_ROWS) + moved_by, 0, 1)
        stolen = np.fromiter(fraud, dtype=np.float64)
        scores[: len(stolen)] = stolen
        accounts = np.arange(MIN_SLICE_ROWS)
        accounts[: len(stolen)] //= group
        order = self._random.permutation(MIN_SLICE_ROWS)
        at_ms = BEGIN_MS + self._number * SLICE_MS
        self._number += 1
        return Slice(scores[order], accounts[order], at_ms, at_ms + SLICE_MS - 1)


def seen(state: SegmentState, newest: Slice) -> tuple[SegmentState, SliceResult]:
    """The slice observed at its own time, as where nothing is read late."""
    return observe(state, newest, newest.to_ms / 1_000)


def settled(stream: Stream, threshold: float = FITTING, min_mode_seconds: float = SLICE_MS / 1_000) -> SegmentState:
    """A segment whose ordinary transactions are known."""
    window = Window(min_rows=WINDOW_ROWS)
    state = SegmentState(threshold, BUDGET, min_mode_seconds=min_mode_seconds, window=window)
    for _ in range(20):
        state, _ = seen(state, stream.slice())
    assert state.mode == "calm"
    assert state.ordinary_median is not None
    return state


@given(seed=SEEDS, start=st.floats(0, 1))
@settings(deadline=None, max_examples=40)
def test_the_budget_is_reached_from_any_start(seed: int, start: float) -> None:
    stream = Stream(seed)
    state = SegmentState(start, BUDGET, window=Window(min_rows=WINDOW_ROWS))

    for _ in range(60):
        before = state
        state, result = seen(state, stream.slice())
        row = 1 / max(state.window.rows, 1)
        factor = FOLLOWING_STEP if result.cause == "behaviour_shift" else CALM_STEP
        assert result.share_after <= max(result.share_before * factor, result.share_before + row) + 1e-9
        assert result.share_after >= result.share_before / factor - 1e-9
        assert (state.threshold != before.threshold) <= (
            result.cause in {"over_budget", "under_budget", "behaviour_shift"}
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
@example(seed=15_758, caught=[1.0] * 40, missed=[0.0] * 160, slices=3)  # four slices in a row end no freeze
@settings(deadline=None, max_examples=40)
def test_a_wave_of_a_fifth_never_moves_the_threshold_whatever_its_scores(
    seed: int, caught: list[float], missed: list[float], slices: int
) -> None:
    stream = Stream(seed)
    state = settled(stream)
    before = state.threshold

    for _ in range(slices):
        state, result = seen(state, stream.slice(fraud=(caught + missed)[:200]))
        assert result.cause == "alert_surge"
        assert state.threshold == before

    modes = set()
    for _ in range(SURGE_OVER_MS // SLICE_MS + 1):  # the wave's rows have left no trace
        state, result = seen(state, stream.slice())
        modes.add(state.mode)
    # at the latest an hour after the last surge; not at the end of all, as chance may make one more
    assert "calm" in modes
    assert abs(state.threshold - before) < 0.05
    assert all(part.share_from(FITTING + 0.05) < 3 * BUDGET for part in (*state.window.slices, *state.waiting))


ANY_SLICES = st.lists(
    st.tuples(
        st.integers(0, 400),  # rows that alert
        st.sampled_from([1, 8, 40]),  # of one account together
        st.sampled_from([-0.15, 0.0, 0.0, 0.0, 0.15]),  # by which ordinary rows have moved
        st.sampled_from([0.0, 1.0, 60.0, 299.0, 300.0, 900.0, 4_000.0]),  # seconds since the slice before
    ),
    max_size=60,
)


@given(seed=SEEDS, slices=ANY_SLICES, min_mode_seconds=st.sampled_from([0.5, 60.0, 600.0, 7_200.0]))
@settings(deadline=None, max_examples=80)
def test_whatever_comes_the_mode_changes_at_most_once_in_its_least_time(
    seed: int, slices: list[tuple[int, int, float, float]], min_mode_seconds: float
) -> None:
    stream = Stream(seed)
    state = settled(stream, min_mode_seconds=min_mode_seconds)
    at = 10.0**9
    changed_at: list[float] = []

    for alerts, group, moved_by, seconds in slices:
        before, at = state, at + seconds
        newest = stream.slice(fraud=[0.95] * alerts, group=group, moved_by=moved_by)
        state, _ = observe(state, newest, at)
        changed_at += [at] * (state.mode != before.mode)

    assert all(later - earlier >= min_mode_seconds for earlier, later in pairwise(changed_at))


BETWEEN = st.integers(12, 20)
"""Alerts in 1,000 rows that are 1.7 to 2.9 times the budget: more than ends a freeze, fewer than a surge has."""


@given(seed=SEEDS, alerts=st.lists(BETWEEN, min_size=1, max_size=40))
@settings(deadline=None, max_examples=40)
def test_alerts_between_the_two_levels_freeze_nothing(seed: int, alerts: list[int]) -> None:
    stream = Stream(seed)
    state = settled(stream, min_mode_seconds=0)

    for count in alerts:
        state, _ = seen(state, exact(stream, state, count))
        assert state.mode == "calm"


@given(seed=SEEDS, alerts=st.lists(BETWEEN, min_size=1, max_size=5))
@settings(deadline=None, max_examples=40)
def test_alerts_between_the_two_levels_end_no_freeze_within_the_hour(seed: int, alerts: list[int]) -> None:
    stream = Stream(seed)
    state = settled(stream, min_mode_seconds=0)
    threshold = state.threshold
    state, _ = seen(state, exact(stream, state, 200))

    for count in alerts:
        state, _ = seen(state, exact(stream, state, count))
        assert (state.mode, state.threshold) == ("frozen", threshold)


@given(seed=SEEDS, alerts=st.lists(st.tuples(st.integers(15, 20), st.integers(22, 27)), min_size=1, max_size=20))
@settings(deadline=None, max_examples=40)
def test_noise_around_the_level_of_a_surge_freezes_once_and_not_in_turns(
    seed: int, alerts: list[tuple[int, int]]
) -> None:
    stream = Stream(seed)
    state = settled(stream, min_mode_seconds=0)
    modes = []

    for count in chain.from_iterable(alerts):
        state, _ = seen(state, exact(stream, state, count))
        modes.append(state.mode)

    assert modes == ["calm"] + ["frozen"] * (len(modes) - 1)


def exact(stream: Stream, state: SegmentState, alerts: int) -> Slice:
    """A slice of which exactly so many rows alert, each of another account."""
    made = stream.slice()
    scores = np.minimum(made.scores, state.threshold - 0.01)
    scores[:alerts] = 0.95
    return replace(made, scores=scores)


@given(seed=SEEDS, share=st.floats(0.08, 0.3), group=st.integers(1, 10))
@settings(deadline=None, max_examples=40)
def test_a_surge_freezes_at_its_first_slice_and_ordinary_slices_end_that_after_the_least_time(
    seed: int, share: float, group: int
) -> None:
    stream = Stream(seed)
    state = settled(stream, min_mode_seconds=600)
    threshold = state.threshold
    surge = [0.95] * round(share * MIN_SLICE_ROWS)

    state, result = seen(state, stream.slice(fraud=surge, group=group))
    assert (state.mode, result.cause) == ("frozen", "alert_surge")
    begun = state.mode_since

    for _ in range(12):
        state, _ = seen(state, stream.slice())
        assert state.threshold == threshold or state.mode == "calm"
        if state.mode == "calm":
            break
    assert state.mode == "calm"
    assert state.mode_since - begun >= 600


def test_a_surge_soon_after_a_freeze_moves_no_threshold_and_is_named_when_its_time_has_come() -> None:
    stream = Stream(11)
    state = settled(stream, min_mode_seconds=1_800)  # three slices
    surge = [0.95] * 200
    state, _ = seen(state, stream.slice(fraud=surge))
    while state.mode == "frozen":
        state, _ = seen(state, exact(stream, state, 6))
    threshold, held = state.threshold, []

    while state.mode == "calm":
        state, result = seen(state, stream.slice(fraud=surge))
        held.append(result.cause)
        assert state.threshold == threshold
        assert state.waiting == ()

    assert held == ["alert_surge"] * 3


def test_one_account_with_many_alerts_is_no_surge_and_as_many_of_several_are() -> None:
    stream = Stream(12)
    state = settled(stream)
    one, many = (stream.slice(fraud=[0.95] * 45, group=group) for group in (45, 5))

    assert seen(state, one)[0].mode == "calm"
    assert seen(state, many)[0].mode == "frozen"


def test_chance_of_few_groups_is_no_surge() -> None:
    """Less than one group of eleven alerts is expected in a slice, and four come by chance in one of 250."""
    stream, group = Stream(14), 11
    state = settled(stream)
    groups = np.random.default_rng(14).poisson(BUDGET * MIN_SLICE_ROWS / group, 1_000)
    assert np.sum(groups >= 4) > 2

    for count in groups:
        made = exact(stream, state, int(count) * group)
        _, result = seen(state, replace(made, accounts=np.arange(made.rows) // group))
        assert result.cause != "alert_surge"


def test_a_freeze_ends_an_hour_after_the_last_surge_where_a_few_more_alerts_remain() -> None:
    stream = Stream(13)
    state = settled(stream)
    state, _ = seen(state, stream.slice(fraud=[0.95] * 200))
    modes = []

    for _ in range(8):
        state, _ = seen(state, exact(stream, state, 15))
        modes.append(state.mode)

    assert modes == ["frozen"] * 5 + ["calm"] * 3


def test_a_wave_that_builds_up_does_not_raise_the_threshold_first() -> None:
    stream = Stream(3)
    state = settled(stream)
    before = state.threshold

    for stolen in (2, 5, 8, 11, 30, 60, 120, 200, 200):
        state, _ = seen(state, stream.slice(fraud=np.full(stolen, 0.9)))
        assert state.threshold <= before

    assert state.mode == "frozen"


@pytest.mark.parametrize("moved_by", [0.12, -0.12])
def test_a_shift_of_ordinary_life_is_followed_within_an_hour_of_rows(moved_by: float) -> None:
    stream = Stream(4)
    state = settled(stream)
    modes = []

    for _ in range(7):
        state, result = seen(state, stream.slice(moved_by=moved_by))
        modes.append(state.mode)
        assert result.cause == "behaviour_shift" or state.mode == "calm"

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
        state, _ = seen(state, newest)
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

    state, result = seen(kept, stream.slice())

    assert (result.cause, state.threshold) == ("within_budget", kept.threshold)


def test_too_few_rows_move_nothing() -> None:
    stream = Stream(7)
    state = SegmentState(0.99, BUDGET, window=Window(min_rows=WINDOW_ROWS))

    while state.recent.rows + MIN_SLICE_ROWS < WINDOW_ROWS:
        state, result = seen(state, stream.slice())
        assert (result.cause, state.threshold) == ("too_few_rows", 0.99)


def test_a_replay_fills_the_window_and_leaves_threshold_and_surges_alone() -> None:
    stream = Stream(8)
    state = SegmentState(FITTING, BUDGET, window=Window(min_rows=WINDOW_ROWS))
    for number in range(20):
        fraud = np.full(200, 0.9) if number in (9, 10) else ()
        state, _ = observe(state, stream.slice(fraud=fraud), at=None)

    assert state.threshold == FITTING
    assert state.recent.rows >= WINDOW_ROWS
    assert state.recent.to_ms - state.recent.from_ms < 3 * WINDOW_MS
    assert state.ordinary_median is not None
    assert all(part.share_from(0.9) < 0.1 for part in state.window.slices)


def test_a_restart_amid_a_wave_stays_frozen() -> None:
    stream = Stream(9)
    state = SegmentState(FITTING, BUDGET, window=Window(min_rows=WINDOW_ROWS))
    for _ in range(20):
        state, _ = observe(state, stream.slice(fraud=np.full(200, 0.9)), at=None)

    for _ in range(20):
        state, result = seen(state, stream.slice(fraud=np.full(200, 0.9)))

    assert (result.cause, state.threshold) == ("alert_surge", FITTING)


@given(SEEDS)
@settings(deadline=None, max_examples=10)
def test_the_same_rows_give_the_same_thresholds(seed: int) -> None:
    def thresholds() -> list[float]:
        stream, state, found = Stream(seed), SegmentState(0.7, BUDGET, window=Window(min_rows=WINDOW_ROWS)), []
        for number in range(30):
            state, _ = seen(state, stream.slice(moved_by=0.1 * (number > 15)))
            found.append(state.threshold)
        return found

    assert thresholds() == thresholds()
