"""What is asked about next, and the table in which a person answers."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from trainer import TrainerSettings
from trainer.counterparties.known import inputs_at
from trainer.logged_features import LoggedFeatures
from trainer.question_table import COLUMNS, question_table
from trainer.questions import FIRST_BY_SCORE, QUESTIONS, RANDOM_QUESTIONS, most_instructive, questions_of
from trainer.second_stage import UNUSUAL_SHARE, FromLabels
from trainer.trained import Trained, learn
from vigie_schemas import FEATURE_NAMES, Label

ROWS = 5_000
NOON_MS = 1_790_000_000_000
SCORES = np.linspace(0.2, 0.8, ROWS)
UNUSUAL = int(UNUSUAL_SHARE * ROWS)


def answered(*rows: int) -> np.ndarray:
    found = np.zeros(ROWS, dtype=bool)
    found[list(rows)] = True
    return found


def label(name: str, *, fraud: bool) -> Label:
    return Label(
        schema_version=1,
        transaction_id=name,
        account_id="acc-1",
        is_fraud=fraud,
        scenario=None,
        source="analyst",
        labelled_at_ms=NOON_MS + 1,
    )


@pytest.fixture(scope="module")
def trained() -> Trained:
    """Rows of which those with a raised tempo are fraud; the truth is known of all."""
    random = np.random.default_rng(4)
    matrix = random.gamma(0.3, 1.0, size=(ROWS, len(FEATURE_NAMES)))
    logged = LoggedFeatures(
        matrix=matrix,
        history_counts=np.full(ROWS, 30),
        timestamps_ms=NOON_MS + np.arange(ROWS),
        repeats=0,
        left_out=0,
        transaction_ids=tuple(f"t-{row}" for row in range(ROWS)),
        account_ids=("acc-1",) * ROWS,
        counterparty_ids=("shop, or so", None) * (ROWS // 2),
    )
    truth = (matrix[:, FEATURE_NAMES.index("tempo_1h")] > 2.0).astype(np.float64)
    nothing = inputs_at([None] * ROWS, logged.timestamps_ms)
    return learn(logged, TrainerSettings(forest_trees=20), FromLabels(truth, nothing))


def test_at_first_the_most_unusual_are_asked_about() -> None:
    asked = most_instructive(SCORES, None, answered(ROWS - 1, ROWS - 3), 4)

    assert asked.tolist() == [ROWS - 2, ROWS - 4, ROWS - 5, ROWS - 6]
    few = answered(*range(FIRST_BY_SCORE - 1))
    assert most_instructive(SCORES, np.zeros(ROWS), few, 1).tolist() == [ROWS - 1]


def test_then_those_of_the_unusual_that_the_trees_doubt_most() -> None:
    log_odds = np.full(ROWS, 3.0)
    log_odds[[0, ROWS - 9, ROWS - 20, ROWS - 30]] = [0.0, -0.2, 0.1, -0.1]  # row 0 is not unusual
    before = answered(*range(FIRST_BY_SCORE), ROWS - 30)

    assert most_instructive(SCORES, log_odds, before, 2).tolist() == [ROWS - 20, ROWS - 9]


def test_no_more_is_asked_than_there_is() -> None:
    all_answered = answered(*range(ROWS - UNUSUAL, ROWS))

    assert most_instructive(SCORES, None, all_answered, 10).tolist() == []
    assert len(most_instructive(SCORES, None, answered(), 10_000)) == UNUSUAL


def test_a_few_quiet_rows_are_asked_about_by_chance(trained: Trained) -> None:
    labels = {f"t-{row}": label(f"t-{row}", fraud=False) for row in range(60)}

    def asked(seed: int) -> dict[str, str]:
        return questions_of(trained, labels, seed)

    first, other = asked(1), asked(2)

    assert trained.second_stage is not None
    assert list(first.values()) == ["doubtful"] * (QUESTIONS - RANDOM_QUESTIONS) + ["random sample"] * RANDOM_QUESTIONS
    assert not first.keys() & labels.keys()
    alerted = {f"t-{row}" for row in np.flatnonzero(trained.alerts)}
    sampled = {name for name, why in first.items() if why == "random sample"}
    assert not sampled & alerted
    assert sampled != {name for name, why in other.items() if why == "random sample"}
    assert first == asked(1)


def test_without_a_second_stage_it_is_said_that_they_are_unusual(trained: Trained) -> None:
    asked = questions_of(replace(trained, second_stage=None), {}, 1)

    assert set(asked.values()) == {"unusual", "random sample"}


def test_the_table_has_a_column_for_the_answer(trained: Trained) -> None:
    rows = list(csv.DictReader(io.StringIO(question_table(trained, {"t-2": "doubtful", "t-1": "random sample"}))))

    assert [tuple(row) for row in rows] == [COLUMNS] * 2
    assert [(row["transaction_id"], row["label"], row["why"]) for row in rows] == [
        ("t-2", "", "doubtful"),
        ("t-1", "", "random sample"),
    ]
    assert [row["counterparty_id"] for row in rows] == ["shop, or so", ""]
    assert rows[0]["time"] == "2026-09-21T14:13:20+00:00"
    assert float(rows[0]["amount_eur"]) == pytest.approx(np.expm1(trained.logged.matrix[2, 0]), abs=0.01)
    unnamed = replace(trained, logged=replace(trained.logged, counterparty_ids=()))
    assert question_table(unnamed, {"t-2": "unusual"}).splitlines()[1].startswith("t-2,,unusual,acc-1,,2026")
