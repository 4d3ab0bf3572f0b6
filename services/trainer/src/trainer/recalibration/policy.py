"""When a segment's threshold moves and when it must not: one pure step for each slice of scores (docs/adr/0009)."""

import math
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Final, Literal

import numpy as np

from trainer.recalibration.slices import Slice
from trainer.recalibration.steps import alert_share, bounded_step
from trainer.recalibration.window import Window
from vigie_schemas import ThresholdCause

Mode = Literal["calm", "frozen", "following"]

BAND: Final = 1.4
"""Alerts within this factor of the budget leave the threshold alone: so much is chance, or the mix of a week."""
SURGE: Final = 3.0
SURGE_DEVIATIONS: Final = 4.0
"""A slice's alerts are a surge from so many times the budget and so many standard deviations above it. The first alone
is what chance gives one slice in ten, because the alerts of an account come together (docs/adr/0009)."""
RECOVERED: Final = 1.5
"""Times the budget up to which a slice ends a freeze: well below SURGE, so that alerts around it change nothing."""
SURGE_OVER_MS: Final = 60 * 60_000
"""Stream time after the last surge in which a freeze ends whatever the share: a lasting one is to be followed."""
MIN_MODE_SECONDS: Final = 600.0
"""Two slices: the second confirms what the first one showed."""
CALM_STEP: Final = 1.5
FOLLOWING_STEP: Final = 3.0
"""Largest factor by which one slice changes the alert share: drift is slow, a shift has an hour."""
MOVED: Final = 0.3
"""Part of the ordinary rows that must have left their half of the scores: fraud of a fifth moves a fifth at most."""
FOLLOWING_MS: Final = 60 * 60_000
"""So long a shift is followed: what is new at its beginning is less so later, so the threshold has to come back too."""
FOLLOWED_ROWS: Final = 3_000
"""Newest rows that a shift is followed by; more would be no recovery within the hour."""
WAIT_MS: Final = 30 * 60_000
WAIT_SLICES: Final = 2
"""So long a slice waits before it may raise: a wave that builds up is known as one before its first rows count."""


@dataclass(frozen=True, eq=False)
class SegmentState:
    """A segment's threshold, what it was read from, and whether it may move."""

    threshold: float
    alert_budget: float
    mode: Mode = "calm"
    mode_since: float = -math.inf
    """Seconds on the caller's clock; a replay has none."""
    min_mode_seconds: float = MIN_MODE_SECONDS
    window: Window = field(default_factory=Window)
    waiting: tuple[Slice, ...] = ()
    followed_from_ms: int = 0
    """Stream time at which the shift that is followed began."""
    surged_ms: int = 0
    """Stream time of the last slice that was a surge."""
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

    def may_change_mode(self, at: float | None) -> bool:
        """Whether the mode has lasted long enough; a replay (None) only finds out which one it is."""
        return at is None or at - self.mode_since >= self.min_mode_seconds

    def in_mode(self, mode: Mode, at: float | None) -> "SegmentState":
        """The state in this mode, since now if that is another one."""
        if mode == self.mode:
            return self
        return replace(self, mode=mode, mode_since=-math.inf if at is None else at)


@dataclass(frozen=True)
class SliceResult:
    """What one slice led to."""

    cause: ThresholdCause
    share_before: float
    share_after: float
    slice_share: float
    rows: int
    from_ms: int
    to_ms: int


def observe(state: SegmentState, newest: Slice, at: float | None) -> tuple[SegmentState, SliceResult]:
    """State after a slice that was seen `at` these seconds, and why; None is a replay.

    In a replay windows fill and surges are left out, but the threshold stays. The mode changes at most once in
    `min_mode_seconds`; what a surge does to the threshold (nothing) does not wait for that.
    """
    slice_share = newest.share_from(state.threshold)
    may_change = state.may_change_mode(at)
    if state.mode == "following":
        return _follow(state, newest, slice_share, at)
    has_moved = _has_moved(state, newest) and not _is_within(slice_share, state.alert_budget, BAND)
    if has_moved and may_change:
        begun = replace(state, window=replace(state.window, slices=()), followed_from_ms=newest.from_ms)
        return _follow(begun, newest, slice_share, at)
    if _is_surge(state, newest) and _may_freeze(state, at):
        surged = replace(state.in_mode("frozen", at) if may_change else state, waiting=(), surged_ms=newest.to_ms)
        return _left_out(surged, newest, slice_share)
    if state.mode == "frozen" and (has_moved or not may_change or not _is_over(state, newest, slice_share)):
        return _left_out(state, newest, slice_share)
    return _keep_or_step(state.in_mode("calm", at), newest, slice_share, is_replay=at is None)


def _may_freeze(state: SegmentState, at: float | None) -> bool:
    """Whether a surge is compared with known ordinary transactions: a threshold that never fitted must find its way."""
    return state.ordinary_median is not None or state.mode == "frozen" or at is None


def _is_over(state: SegmentState, newest: Slice, slice_share: float) -> bool:
    return slice_share <= RECOVERED * state.alert_budget or newest.to_ms - state.surged_ms >= SURGE_OVER_MS


def _is_surge(state: SegmentState, newest: Slice) -> bool:
    """Whether more rows alert than chance makes of the budget.

    Alerts of an account come together, so their number varies as that of groups does: its variance is that of as many
    single alerts times the size of the group that an alert is in on average.
    """
    expected = state.alert_budget * newest.rows
    groups = newest.alerts_by_account(state.threshold)
    alerts = int(groups.sum())
    if alerts <= SURGE * expected:
        return False
    group_size = float((groups**2).sum()) / alerts
    return alerts > expected + SURGE_DEVIATIONS * math.sqrt(expected * group_size)


def _left_out(state: SegmentState, newest: Slice, slice_share: float) -> tuple[SegmentState, SliceResult]:
    """A slice of a surge counts nowhere, and neither does one seen before it is known to be over."""
    window = state.window if state.window.rows else replace(state.window, slices=(newest,))
    return state, _result("alert_surge", state, state, window, slice_share)


def _follow(
    state: SegmentState, newest: Slice, slice_share: float, at: float | None
) -> tuple[SegmentState, SliceResult]:
    window = state.window.with_slice(newest).latest(FOLLOWED_ROWS)
    moved = replace(state.in_mode("following", at), window=window, waiting=())
    stepped = moved if at is None else _stepped(moved, window, FOLLOWING_STEP)
    if newest.to_ms - state.followed_from_ms >= FOLLOWING_MS and moved.may_change_mode(at):
        stepped = replace(stepped.in_mode("calm", at), ordinary_median=_ordinary_median(stepped, window))
    return stepped, _result("behaviour_shift", moved, stepped, window, slice_share)


def _keep_or_step(
    state: SegmentState, newest: Slice, slice_share: float, *, is_replay: bool
) -> tuple[SegmentState, SliceResult]:
    calm = _with_ripe_slices(replace(state, waiting=(*state.waiting, newest)))
    recent = calm.recent
    if not recent.is_full:
        return calm, _result("too_few_rows", calm, calm, recent, slice_share)
    cause, window = _calm_move(calm, recent)
    moves = cause != "within_budget" and not is_replay
    after = _stepped(calm, window, CALM_STEP) if moves else calm
    if _is_within(_share(after, recent), calm.alert_budget, BAND):
        after = replace(after, ordinary_median=_ordinary_median(after, recent))
    return after, _result(cause, calm, after, window, slice_share)


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


def _result(
    cause: ThresholdCause, before: SegmentState, after: SegmentState, window: Window, slice_share: float
) -> SliceResult:
    scores = window.scores
    return SliceResult(
        cause=cause,
        share_before=alert_share(scores, before.threshold),
        share_after=alert_share(scores, after.threshold),
        slice_share=slice_share,
        rows=window.rows,
        from_ms=window.from_ms,
        to_ms=window.to_ms,
    )
