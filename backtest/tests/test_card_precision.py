"""Card precision by the Fraud Detection Handbook's definition."""

import numpy as np

from trainer.quality.ranking import EvaluatedRows
from vigie_backtest.card_precision import DAY_MS, card_precision


def evaluated(rows: list[tuple[int, str, int]]) -> EvaluatedRows:
    """Rows of (day, account, label)."""
    return EvaluatedRows(
        label=np.array([label for *_, label in rows], dtype=np.int8),
        amount_eur=np.ones(len(rows)),
        scenario=np.array([None] * len(rows), dtype=object),
        account=np.array([account for _, account, _ in rows], dtype=object),
        timestamp_ms=np.array([day * DAY_MS + 1 for day, *_ in rows], dtype=np.int64),
    )


def test_an_account_counts_once_a_day_with_its_highest_score() -> None:
    rows = evaluated([(0, "a", 0), (0, "a", 1), (0, "b", 0)])

    figures = card_precision(rows, np.array([0.1, 0.9, 0.5]), 1)

    assert figures is not None
    assert figures["by_k"]["1"]["precision"] == 1.0  # pyright: ignore


def test_a_found_account_is_not_counted_again() -> None:
    rows = evaluated([(0, "a", 1), (0, "b", 0), (1, "a", 1), (1, "b", 0)])

    figures = card_precision(rows, np.array([0.9, 0.1, 0.9, 0.1]), 1)

    # day 0 finds a; on day 1 only b is left to look at
    assert figures is not None
    at = figures["by_k"]["1"]  # pyright: ignore
    assert at["precision"] == 0.5
    assert at["best_possible"] == 0.5
    assert at["found_accounts"] == at["compromised_accounts"] == 1.0


def test_k_is_capped_by_the_accounts_there_are() -> None:
    rows = evaluated([(0, "a", 1), (0, "b", 0)])

    figures = card_precision(rows, np.array([0.9, 0.1]), 100)

    assert figures is not None
    assert figures["one_percent_k"] == 1.0
    at = figures["by_k"]["100"]  # pyright: ignore
    assert at["precision"] == 0.5
    assert at["accounts_looked_at_a_day"] == 2.0


def test_without_labels_there_is_none() -> None:
    rows = evaluated([(0, "a", 1)])

    unlabelled = EvaluatedRows(None, rows.amount_eur, rows.scenario, rows.account, rows.timestamp_ms)

    assert card_precision(unlabelled, np.array([0.9]), 1) is None
