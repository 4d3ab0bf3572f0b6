"""What the detector's alerts are where many scores are equal: never more than the budget."""

from pathlib import Path
from typing import cast

import numpy as np

from trainer.quality.ranking import EvaluatedRows
from vigie_backtest.figures import Scored, of_detector
from vigie_backtest.notes import notes_on_ties
from vigie_backtest.options import Options

ROWS = 1_000
BEGIN_MS = 1_740_787_200_000


def evaluated() -> EvaluatedRows:
    return EvaluatedRows(
        label=(np.arange(ROWS) % 50 == 0).astype(np.int8),
        amount_eur=np.ones(ROWS),
        scenario=np.array([None] * ROWS, dtype=object),
        account=np.array([f"a{row % 40}" for row in range(ROWS)], dtype=object),
        timestamp_ms=BEGIN_MS + 3_600_000 * np.arange(ROWS, dtype=np.int64),
    )


def figures_of(scores: np.ndarray) -> dict[str, object]:
    scored = Scored(scores, np.zeros(ROWS, dtype=bool), [None] * ROWS)
    options = Options(data=Path("file.csv"), out=Path("out"), budgets=(0.01,))
    return of_detector(evaluated(), scored, options, BEGIN_MS)


def test_equal_scores_at_the_cut_are_no_alerts_and_a_note_says_so() -> None:
    scores = np.linspace(0, 0.5, ROWS)
    scores[100:550] = 0.6  # 45 % of the rows
    scores[[5, 700, 900]] = 0.9

    figures = figures_of(scores)

    at = cast("dict[str, dict[str, float]]", figures["at_budget"])["0.01"]
    assert (at["alerts"], at["alerts_at_threshold"]) == (10, 3)
    assert [alert["score"] for alert in cast("list[dict[str, float]]", figures["highest_alerts"])] == [0.9]
    (note,) = notes_on_ties({7: figures}, 0.01)
    assert note.startswith("Seed 7: equal scores stand where 1.00% are flagged. Alerts shown one by one are the 3 rows")


def test_without_equal_scores_the_budget_is_used_up_and_there_is_no_note() -> None:
    figures = figures_of(np.random.default_rng(1).permutation(np.linspace(0, 0.9, ROWS)))

    at = cast("dict[str, dict[str, float]]", figures["at_budget"])["0.01"]
    assert at["alerts_at_threshold"] == at["alerts"] == 10
    assert notes_on_ties({7: figures}, 0.01) == []
