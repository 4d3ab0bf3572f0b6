"""When a new champion has to go back: beyond chance, beyond its predecessor, within a minute of the stream."""

from typing import cast

import numpy as np
import pytest

from trainer.shadow.guard import MIN_ROWS, WINDOW_MS, Guard
from trainer.shadow.rows import JudgedRows
from trainer.shadow.watching_model import Opinion, WatchingModel
from vigie_schemas import FEATURE_NAMES, Label

NOON_MS = 1_790_000_000_000
BUDGET = 0.01


class Predecessor:
    """Alerts on the rows that say so in their first feature."""

    version = 3

    class calibration:  # noqa: N801
        alert_budget = BUDGET

    def opinion(self, rows: JudgedRows) -> Opinion:
        return Opinion(rows.matrix[:, 0], np.full(len(rows), 0.5))


def rows(
    alerts: np.ndarray, predecessors: np.ndarray, *, version: int = 4, first_ms: int = NOON_MS, name: str = "tx"
) -> JudgedRows:
    count = len(alerts)
    matrix = np.zeros((count, len(FEATURE_NAMES)))
    matrix[:, 0] = predecessors
    return JudgedRows(
        [f"{name}-{number}" for number in range(count)],
        ["acct-1"] * count,
        ["established_account"] * count,
        first_ms + np.arange(count, dtype=np.int64),
        matrix,
        np.zeros((count, 3)),
        np.full(count, version),
        alerts * 1.0,
        alerts,
    )


def some(share: float, count: int = 1_000) -> np.ndarray:
    return np.arange(count) < share * count


@pytest.fixture
def guard() -> Guard:
    return Guard(4, cast("WatchingModel", Predecessor()), since_ms=NOON_MS)


def test_a_champion_within_its_band_stays(guard: Guard) -> None:
    guard.take(rows(some(0.02), some(0.01)))

    assert guard.reason_to_go_back() is None


def test_one_that_alerts_on_everything_goes_back(guard: Guard) -> None:
    guard.take(rows(some(0.3), some(0.01)))

    assert guard.reason_to_go_back() == (
        "too many alerts: 30.00% of 1,000 transactions of a minute alerted, by version 3 1.00% would have"
    )


def test_a_wave_that_both_see_is_no_fault(guard: Guard) -> None:
    guard.take(rows(some(0.3), some(0.25)))

    assert guard.reason_to_go_back() is None


def test_a_blind_one_goes_back(guard: Guard) -> None:
    guard.take(rows(some(0.0), some(0.05)))

    assert str(guard.reason_to_go_back()).startswith("too few alerts")


def test_chance_decides_nothing(guard: Guard) -> None:
    guard.take(rows(some(1.0, MIN_ROWS - 1), some(0.0, MIN_ROWS - 1)))

    assert guard.reason_to_go_back() is None


def test_only_a_minute_counts_and_only_what_this_champion_judged(guard: Guard) -> None:
    guard.take(rows(some(1.0), some(0.0), version=3))
    assert guard.reason_to_go_back() is None
    guard.take(rows(some(0.5), some(0.0)))
    assert guard.reason_to_go_back() is not None
    guard.take(rows(some(0.0), some(0.0), first_ms=NOON_MS + 1_000 + WINDOW_MS, name="later"))

    assert guard.reason_to_go_back() is None


def test_answers_decide_too(guard: Guard) -> None:
    """Both raise forty alerts in ten thousand; people answered that the predecessor's were right."""
    champion, predecessor = some(0.004, 10_000), some(0.004, 10_000)[::-1]
    guard.take(rows(champion, predecessor))
    for number in np.flatnonzero(champion | predecessor):
        guard.take_label(
            Label(
                schema_version=1,
                transaction_id=f"tx-{number}",
                account_id="acct-1",
                is_fraud=bool(predecessor[number]),
                scenario=None,
                source="analyst",
                labelled_at_ms=NOON_MS,
            )
        )

    assert guard.reason_to_go_back() == "false alerts: 0% of 40 answered alerts were fraud, of version 3's 100% of 40"
