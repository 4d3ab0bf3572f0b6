"""Time to the first alert, and drift."""

import numpy as np
import pytest

from trainer.quality.ranking import EvaluatedRows
from vigie_backtest.card_precision import DAY_MS
from vigie_backtest.over_time import HOUR_MS, score_drift, time_to_first_alert


def evaluated(hours: list[float], accounts: list[str], labels: list[int] | None) -> EvaluatedRows:
    return EvaluatedRows(
        label=None if labels is None else np.array(labels, dtype=np.int8),
        amount_eur=np.ones(len(hours)),
        scenario=np.array([None] * len(hours), dtype=object),
        account=np.array(accounts, dtype=object),
        timestamp_ms=np.array([int(hour * HOUR_MS) for hour in hours], dtype=np.int64),
    )


def test_waits_from_the_first_fraud_to_the_first_alerted_fraud() -> None:
    # a's false alert at hour 0 does not count; its first fraud is at 1, alerted at 4; b is never alerted
    rows = evaluated([0, 1, 4, 5, 2], ["a", "a", "a", "a", "b"], [0, 1, 1, 1, 1])

    figures = time_to_first_alert(rows, np.array([0.9, 0.1, 0.8, 0.9, 0.2]), threshold=0.8)

    assert figures is not None
    assert figures["median_hours"] == 3.0
    assert figures["never_alerted_share"] == 0.5
    assert figures["within_a_day_share"] == 0.5
    assert figures["at_first_fraud_share"] == 0.0


def test_nobody_alerted_leaves_no_hours() -> None:
    figures = time_to_first_alert(evaluated([1], ["a"], [1]), np.array([0.1]), threshold=0.8)

    assert figures is not None
    assert figures["median_hours"] is None
    assert figures["never_alerted_share"] == 1.0


@pytest.mark.parametrize("labels", [None, [0]])
def test_without_fraud_nobody_waits(labels: list[int] | None) -> None:
    assert time_to_first_alert(evaluated([1], ["a"], labels), np.array([0.9]), threshold=0.8) is None


@pytest.mark.parametrize(("days", "step"), [(10, 1), (60, 7)])
def test_drift_is_by_day_and_by_week_where_the_span_is_long(days: int, step: int) -> None:
    rows = evaluated([24.0 * day for day in range(days)], ["a"] * days, None)

    drift = score_drift(rows, np.linspace(0, 1, days), np.arange(days) >= days - 1, from_ms=0)

    assert [period["days"] for period in drift] == [step] * -(-days // step)
    assert sum(int(str(period["rows"])) for period in drift) == days
    assert drift[0]["alert_share"] == 0.0
    assert float(str(drift[-1]["alert_share"])) > 0
    assert DAY_MS == 24 * HOUR_MS
