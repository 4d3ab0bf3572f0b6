"""Wrong alerts and missed fraud."""

import numpy as np
import pytest

from trainer.quality.ranking import EvaluatedRows
from vigie_backtest.alerts import first_reasons, highest_alerts, missed_fraud

REASONS = [
    [{"feature": "speed", "text": "900 km from the last payment"}, {"feature": "tempo_1h", "text": "4 payments"}],
    [{"feature": "speed", "text": "800 km from the last payment"}],
    None,
    None,
]
SCORES = np.array([0.7, 0.9, 0.8, 0.1])
ALERTED = np.array([True, True, True, False])


def evaluated(labels: list[int] | None) -> EvaluatedRows:
    return EvaluatedRows(
        label=None if labels is None else np.array(labels, dtype=np.int8),
        amount_eur=np.array([10.0, 20.0, 30.0, 40.0]),
        scenario=np.array([None, None, "burst", "burst"], dtype=object),
        account=np.array(list("abcd"), dtype=object),
        timestamp_ms=np.full(4, 1_740_787_200_000, dtype=np.int64),
    )


def test_counts_first_reasons_of_wrong_and_right_alerts() -> None:
    figures = first_reasons(evaluated([0, 0, 1, 1]), ALERTED, REASONS)

    assert figures["wrong"]["speed"] == {"alerts": 2.0, "share": 1.0}  # pyright: ignore
    assert figures["wrong"]["tempo_1h"] == {"alerts": 0.0, "share": 0.0}  # pyright: ignore
    assert figures["right"]["none"] == {"alerts": 1.0, "share": 1.0}  # pyright: ignore


def test_without_labels_all_alerts_count() -> None:
    figures = first_reasons(evaluated(None), ALERTED, REASONS)

    assert list(figures) == ["all"]
    assert figures["all"]["speed"]["share"] == pytest.approx(2 / 3)  # pyright: ignore


def test_shows_the_highest_wrong_alerts_first() -> None:
    shown = highest_alerts(evaluated([0, 0, 1, 1]), SCORES, ALERTED, REASONS)

    assert [alert["account_id"] for alert in shown] == ["b", "a"]
    assert shown[0]["time"] == "2025-03-01T00:00:00Z"
    assert shown[1]["reasons"] == [dict(reason) for reason in REASONS[0] or []]


def test_missed_fraud_says_where_its_scores_lie() -> None:
    missed = missed_fraud(evaluated([0, 0, 1, 1]), SCORES, ALERTED)

    assert missed == {"burst": {"fraud": 2.0, "missed": 1.0, "missed_money_eur": 40.0, "mean_score_quantile": 0.25}}
