"""When a segment's threshold moves and when it must not: one pure step for each slice of scores (docs/adr/0009)."""

from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Literal

import numpy as np

from trainer.recalibration.slices import Slice
from trainer.recalibration.steps import alert_share, bounded_step
from trainer.recalibration.window import Window
from vigie_schemas import ThresholdCause

Mode = Literal["calm", "frozen", "following"]

BAND = 1.4
"""Alerts within this factor of the budget leave the threshold alone: so much is chance, or the mix of a week."""
SURGE = 3.0
"""Times the budget from which a slice's alerts are a surge: chance gives that once in a hundred thousand slices."""
CALM_STEP = 1.5
FOLLOWING_STEP = 3.0
"""Largest factor by which one slice changes the alert share: drift is slow, a shift has an hour."""
MOVED = 0.3
"""Part of the ordinary rows that must have left their half of the scores: fraud of a fifth moves a fifth at most."""
FOLLOWING_MS = 60 * 60_000
"""So long a shift is followed: what is new at its beginning is less so later, so the threshold has to come back too."""
FOLLOWED_ROWS = 3_000
"""Newest rows that a shift is followed by; patience would be no recovery."""
WAIT_MS = 30 * 60_000
WAIT_SLICES = 2
"""So long a slice waits before it may raise: a wave that builds up is known as one before its first rows count."""


@dataclass(frozen=True, eq=False)
class SegmentState:
    """A segment's threshold, what it was read from, and whether it may move."""

    threshold: float
    alert_budget: float
    mode: Mode = "calm"
    window: Window = field(default_factory=Window)
    waiting: tuple[Slice, ...] = ()
    followed_from_ms: int = 0
    """Stream time at which the shift that is followed began."""
    ordinary_median: float | None = None
    """Median of the scores below the threshold when alerts were last within the budget."""

    @property
    def recent(self) -> Window:
        """The window moved on by what still waits."""
        return reduce(Window.with_slice, self.waiting, self.window)

    @property
    def alert_share(self) -> float | None:
        """Share of the recent rows that alert; None while there are none."""
        recent = self.recent
        return alert_share(recent.scores, self.threshold) if recent.rows else None


@dataclass(frozen=True)
class Verdict:
    """What one slice led to."""

    cause: ThresholdCause
    share_before: float
    share_after: float
    slice_share: float
    rows: int
    from_ms: int
    to_ms: int


def observe(state: SegmentState, newest: Slice, *, is_replay: bool = False) -> tuple[SegmentState, Verdict]:
    """State after a slice, and why; in a replay windows fill and surges are left out, but the threshold stays."""
    slice_share = newest.share_from(state.threshold)
    if state.mode == "following":
        return _follow(state, newest, slice_share, is_replay)
    if _has_moved(state, newest) and not _is_within(slice_share, state.alert_budget, BAND):
        begun = replace(state, window=replace(state.window, slices=()), followed_from_ms=newest.from_ms)
        return _follow(begun, newest, slice_share, is_replay)
    if slice_share > SURGE * state.alert_budget and _may_be_a_wave(state, is_replay):
        frozen = replace(state, mode="frozen", waiting=())
        window = state.window if state.window.rows else replace(state.window, slices=(newest,))
        return frozen, _verdict("alert_surge", state, frozen, window, slice_share)
    return _keep_or_step(state, newest, slice_share, is_replay)


def _may_be_a_wave(state: SegmentState, is_replay: bool) -> bool:
    """Whether a surge is held against known ordinary life: a threshold that never fitted must find its way."""
    return state.ordinary_median is not None or state.mode == "frozen" or is_replay


def _follow(state: SegmentState, newest: Slice, slice_share: float, is_replay: bool) -> tuple[SegmentState, Verdict]:
    window = state.window.with_slice(newest).latest(FOLLOWED_ROWS)
    moved = replace(state, mode="following", window=window, waiting=())
    stepped = moved if is_replay else _stepped(moved, window, FOLLOWING_STEP)
    if newest.to_ms - state.followed_from_ms >= FOLLOWING_MS:
        stepped = replace(stepped, mode="calm", ordinary_median=_ordinary_median(stepped, window))
    return stepped, _verdict("behaviour_shift", moved, stepped, window, slice_share)


def _keep_or_step(
    state: SegmentState, newest: Slice, slice_share: float, is_replay: bool
) -> tuple[SegmentState, Verdict]:
    calm = _with_ripe_slices(replace(state, mode="calm", waiting=(*state.waiting, newest)))
    recent = calm.recent
    if not recent.is_full:
        return calm, _verdict("too_few_rows", calm, calm, recent, slice_share)
    cause, window = _calm_move(calm, recent)
    moves = cause != "within_budget" and not is_replay
    after = _stepped(calm, window, CALM_STEP) if moves else calm
    if _is_within(_share(after, recent), calm.alert_budget, BAND):
        after = replace(after, ordinary_median=_ordinary_median(after, recent))
    return after, _verdict(cause, calm, after, window, slice_share)


def _calm_move(state: SegmentState, recent: Window) -> tuple[ThresholdCause, Window]:
    """Which way the threshold has to go, and by which rows.

    Only rows that waited may move it, and only while the newest ones agree.
    """
    budget, ripe = state.alert_budget, state.window
    if ripe.is_full:
        ripe_share, recent_share = _share(state, ripe), _share(state, recent)
        if ripe_share > budget * BAND and recent_share > budget:
            return "over_budget", ripe
        if ripe_share < budget / BAND and recent_share < budget:
            return "under_budget", ripe
    return "within_budget", recent


def _with_ripe_slices(state: SegmentState) -> SegmentState:
    """Slices that waited long enough go into the window."""
    window, waiting = state.window, state.waiting
    newest_ms = waiting[-1].to_ms
    while len(waiting) > WAIT_SLICES and waiting[0].to_ms <= newest_ms - WAIT_MS:
        window, waiting = window.with_slice(waiting[0]), waiting[1:]
    return replace(state, window=window, waiting=waiting)


def _has_moved(state: SegmentState, newest: Slice) -> bool:
    """Whether more of the ordinary rows crossed their median than a wave of fraud could have added on one side."""
    ordinary = newest.scores[newest.scores < state.threshold]
    if state.ordinary_median is None or not len(ordinary):
        return False
    below = float(np.mean(ordinary < state.ordinary_median))
    return min(below, 1.0 - below) < 0.5 * (1.0 - MOVED)


def _ordinary_median(state: SegmentState, window: Window) -> float:
    scores = window.scores
    ordinary = scores[scores < state.threshold]
    return float(np.median(ordinary if len(ordinary) else scores))


def _stepped(state: SegmentState, window: Window, max_factor: float) -> SegmentState:
    threshold = bounded_step(window.scores, state.threshold, state.alert_budget, max_factor)
    return replace(state, threshold=threshold)


def _share(state: SegmentState, window: Window) -> float:
    return alert_share(window.scores, state.threshold)


def _is_within(share: float, alert_budget: float, factor: float) -> bool:
    return alert_budget / factor <= share <= alert_budget * factor


def _verdict(
    cause: ThresholdCause, before: SegmentState, after: SegmentState, window: Window, slice_share: float
) -> Verdict:
    scores = window.scores
    return Verdict(
        cause=cause,
        share_before=alert_share(scores, before.threshold),
        share_after=alert_share(scores, after.threshold),
        slice_share=slice_share,
        rows=window.rows,
        from_ms=window.from_ms,
        to_ms=window.to_ms,
    )
