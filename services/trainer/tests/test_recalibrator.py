"""All segments of a champion: which thresholds are due, why, and what freezes."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.recalibration.recalibrator import ModeChange, Recalibrator
from trainer.recalibration.rows import rows_by_segment
from trainer.recalibration.slices import ScoredRows
from vigie_schemas import SEGMENT_ESTABLISHED, SEGMENT_NEW, Threshold, Thresholds

BUDGET = 0.007
NOON_MS = 1_790_000_000_000
FIRST = {
    SEGMENT_NEW: Threshold(threshold=0.8, quantile=0.993),
    SEGMENT_ESTABLISHED: Threshold(threshold=0.7, quantile=0.993),
}


class Feed:
    """Rows of the established accounts, one a second, scores from a seed."""

    def __init__(self, recalibrator: Recalibrator, seed: int = 1) -> None:
        self._recalibrator = recalibrator
        self._random = np.random.default_rng(seed)
        self._at_ms = NOON_MS

    def send(self, rows: int, *, stolen: float = 0.0, is_replay: bool = False) -> list[ModeChange]:
        scores = self._random.beta(8, 12, rows)
        scores[self._random.random(rows) < stolen] = 0.9
        times = self._at_ms + np.arange(rows) * 1_000
        self._at_ms = int(times[-1]) + 1_000
        rows_read = ScoredRows(scores, times, np.arange(rows))
        return self._recalibrator.observe(SEGMENT_ESTABLISHED, rows_read, None if is_replay else self._at_ms / 1_000)


@pytest.fixture
def recalibrator() -> Recalibrator:
    return Recalibrator(4, 1, FIRST, BUDGET, window_rows=5_000)


def test_nothing_is_due_while_no_threshold_moved(recalibrator: Recalibrator) -> None:
    Feed(recalibrator).send(500)

    assert recalibrator.pending(NOON_MS) is None


def test_a_moved_threshold_is_due_with_its_cause_until_published(recalibrator: Recalibrator) -> None:
    feed = Feed(recalibrator)
    scores = np.random.default_rng(0).beta(8, 12, 100_000)
    assert np.mean(scores >= 0.7) < BUDGET / 1.5, "the threshold must begin too high"
    feed.send(60_000)

    due = recalibrator.pending(NOON_MS)

    assert due is not None
    assert Thresholds.model_validate_json(due.model_dump_json()) == due
    assert (due.model_version, due.threshold_version, due.decided_at_ms) == (4, 2, NOON_MS)
    assert set(due.changes) == {SEGMENT_ESTABLISHED}
    assert due.thresholds[SEGMENT_NEW] == FIRST[SEGMENT_NEW]
    change, level = due.changes[SEGMENT_ESTABLISHED], due.thresholds[SEGMENT_ESTABLISHED]
    assert change.cause == "under_budget"
    assert "0.70% are meant to; threshold lowered from 0.7000 to 0.6" in change.sentence
    assert change.alert_share_before < BUDGET / 1.4 < change.alert_share_after
    assert level.quantile == 1 - change.alert_share_after
    assert level.threshold == recalibrator.states[SEGMENT_ESTABLISHED].threshold < 0.7

    recalibrator.published(due)
    assert recalibrator.threshold_version == 2
    assert recalibrator.pending(NOON_MS) is None


def test_freezing_and_thawing_are_each_told_once(recalibrator: Recalibrator) -> None:
    feed = Feed(recalibrator)
    assert feed.send(30_000) == []

    frozen = feed.send(10_000, stolen=0.2)
    calm = feed.send(5_000)

    assert [change.mode for change in frozen] == ["frozen"]
    assert "alerts surge" in frozen[0].sentence
    assert "ordinary transactions have not moved" in frozen[0].sentence
    assert [change.mode for change in calm] == ["calm"]
    assert "the surge is over" in calm[0].sentence
    assert calm[0].at_ms > frozen[0].at_ms


def test_a_replay_fills_the_window_and_moves_nothing(recalibrator: Recalibrator) -> None:
    Feed(recalibrator).send(20_000, is_replay=True)

    assert recalibrator.pending(NOON_MS) is None
    assert recalibrator.states[SEGMENT_ESTABLISHED].alert_share is not None
    assert recalibrator.states[SEGMENT_NEW].alert_share is None


def record(**changes: object) -> bytes:
    return json.dumps(
        {
            "account_id": "acc-1",
            "model_version": 4,
            "segment": SEGMENT_NEW,
            "score": 0.5,
            "timestamp_ms": NOON_MS,
            **changes,
        }
    ).encode()


def test_only_what_the_champion_judged_is_read() -> None:
    payloads = [
        record(),
        record(score=0.75, timestamp_ms=NOON_MS + 1),
        record(segment=SEGMENT_ESTABLISHED, score=1),
        record(score=0.25, account_id="acc-2"),
        record(model_version=3),
        record(model_version=None, score=None),
        record(score=None),
        record(score=1.5),
        record(timestamp_ms="noon"),
        record(segment=None),
        record(account_id="canary-3"),
        record(account_id=None),
        b'{"model_version": 4, "segment": "new_account", "score": NaN, "timestamp_ms": 1}',
        b"no json",
        b"[]",
        None,
    ]

    found = rows_by_segment(payloads, 4)

    assert set(found) == {SEGMENT_NEW, SEGMENT_ESTABLISHED}
    assert found[SEGMENT_NEW].scores.tolist() == [0.5, 0.75, 0.25]
    assert found[SEGMENT_NEW].timestamps_ms.tolist() == [NOON_MS, NOON_MS + 1, NOON_MS]
    first, second, other = found[SEGMENT_NEW].accounts.tolist()
    assert first == second != other
    assert found[SEGMENT_ESTABLISHED].scores.tolist() == [1.0]


@given(st.lists(st.binary(max_size=60) | st.none(), max_size=20))
def test_whatever_lies_in_the_topic_is_survived(payloads: list[bytes | None]) -> None:
    assert rows_by_segment(payloads, 4) == {}
