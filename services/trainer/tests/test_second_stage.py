"""What labels teach, when they may speak, and that what was learned is what is written for Spark."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score

from trainer import TrainerSettings, TrainingError
from trainer.boosted_layout import write_second_stage
from trainer.champion_files import CALIBRATION_FILE, FOREST_FOLDER, SECOND_STAGE_FOLDER, write_champion
from trainer.counterparties.known import inputs_at
from trainer.gate import require_same_log_odds
from trainer.layout_walker import LayoutForest
from trainer.logged_features import LoggedFeatures
from trainer.second_stage import (
    HALF_WEIGHT_FRAUDS,
    MIN_FRAUDS,
    UNUSUAL_SHARE,
    WEIGHTS,
    FromLabels,
    LearnedSecondStage,
    learn_second_stage,
    second_stage_inputs,
)
from trainer.trained import learn
from vigie_schemas import FEATURE_NAMES, FREE_INPUTS, HOUR_OF_DAY, SECOND_STAGE_INPUTS, Calibration
from vigie_schemas.topics import DAY_MS, HOUR_MS

CLOSE = 1e-9
NIGHT = 3
MIDNIGHT_MS = 1_790_035_200_000  # of a day in UTC


def saying(truth: np.ndarray) -> FromLabels:
    """Labels that say this, of payments whose counterparties have no known fraud."""
    return FromLabels(truth, inputs_at([None] * len(truth), np.zeros(len(truth))))


@pytest.fixture(scope="module")
def rows() -> LoggedFeatures:
    """4,000 rows over 40 days; the forest finds none of them odd."""
    random = np.random.default_rng(11)
    times = np.sort(random.integers(0, 40 * DAY_MS, 4_000)) + MIDNIGHT_MS
    return LoggedFeatures(
        matrix=np.abs(random.normal(size=(4_000, len(FEATURE_NAMES)))),
        history_counts=np.full(4_000, 30),
        timestamps_ms=times,
        repeats=0,
        left_out=0,
    )


@pytest.fixture(scope="module")
def truth(rows: LoggedFeatures) -> np.ndarray:
    """Fraud comes at night and with a raised tempo, neither of which is rare."""
    hour = rows.timestamps_ms % DAY_MS // HOUR_MS
    tempo = rows.matrix[:, FEATURE_NAMES.index("tempo_1h")]
    return ((hour < NIGHT) & (tempo > 0.9)).astype(np.float64)


@pytest.fixture(scope="module")
def forest_scores(rows: LoggedFeatures) -> np.ndarray:
    return np.random.default_rng(3).uniform(0.35, 0.6, rows.rows)


@pytest.fixture(scope="module")
def learned(rows: LoggedFeatures, truth: np.ndarray, forest_scores: np.ndarray) -> LearnedSecondStage:
    found = learn_second_stage(rows, forest_scores, saying(truth), seed=7)
    assert found is not None
    return found


def test_labels_teach_what_the_forest_cannot_know(learned: LearnedSecondStage, truth: np.ndarray) -> None:
    assert learned.forest_precision < 0.1
    assert learned.combined_precision > 0.7
    assert learned.combined_precision == pytest.approx(average_precision_score(truth, learned.scores))
    assert (learned.combination.frauds, learned.combination.others) == (truth.sum(), (1 - truth).sum())
    assert learned.combination.inputs == list(SECOND_STAGE_INPUTS)


def test_more_labelled_frauds_give_it_more_weight(
    rows: LoggedFeatures, truth: np.ndarray, forest_scores: np.ndarray, learned: LearnedSecondStage
) -> None:
    frauds = np.flatnonzero(truth)
    few = np.zeros(rows.rows)
    few[frauds[:: len(frauds) // 40]] = 1.0

    fewer = learn_second_stage(rows, forest_scores, saying(few), seed=7)

    assert fewer is not None
    assert fewer.combination.frauds < learned.combination.frauds
    for found in (fewer, learned):
        share = found.combination.frauds / (found.combination.frauds + HALF_WEIGHT_FRAUDS)
        assert any(found.combination.weight == pytest.approx(weight * share) for weight in WEIGHTS)


def test_the_forest_keeps_what_costs_little(learned: LearnedSecondStage, truth: np.ndarray) -> None:
    """Of the weights that gain nearly as much as the best one the smallest is taken."""
    share = learned.combination.frauds / (learned.combination.frauds + HALF_WEIGHT_FRAUDS)
    assert learned.combination.weight / share < 0.9
    assert learned.combined_precision - learned.forest_precision > 0.5


def test_where_only_people_answer_an_unusual_row_without_an_answer_is_not_known(
    rows: LoggedFeatures, truth: np.ndarray
) -> None:
    """Half of the most unusual rows are fraud here, and half of these were not answered."""
    random = np.random.default_rng(2)
    forest_scores = random.uniform(0.35, 0.5, rows.rows)
    unusual = (truth == 1) | (random.random(rows.rows) < truth.mean())
    forest_scores[unusual] += random.uniform(0.2, 0.3, unusual.sum())
    answers = unusual & (random.random(rows.rows) < 0.5)
    said = saying(np.where(answers, truth, 0.0))

    doubted = learn_second_stage(rows, forest_scores, replace(said, unanswered=~answers), seed=7)

    assert doubted is not None
    left_out = rows.rows - doubted.combination.frauds - doubted.combination.others
    assert 0.3 * UNUSUAL_SHARE * rows.rows < left_out <= UNUSUAL_SHARE * rows.rows
    assert average_precision_score(truth, doubted.scores) > 1.3 * average_precision_score(truth, forest_scores)


@pytest.mark.parametrize("known", [0, MIN_FRAUDS - 1])
def test_few_labels_leave_the_forest_alone(
    rows: LoggedFeatures, truth: np.ndarray, forest_scores: np.ndarray, known: int
) -> None:
    frauds = np.flatnonzero(truth)
    few = np.zeros(rows.rows)
    few[frauds[:known]] = 1.0

    assert learn_second_stage(rows, forest_scores, saying(few), seed=7) is None
    assert learn_second_stage(rows, forest_scores, saying(np.where(few == 1, 1.0, np.nan)), seed=7) is None


def test_labels_that_hold_nothing_leave_the_forest_alone(rows: LoggedFeatures) -> None:
    """Held-out rows decide: trees always explain the rows they have seen."""
    random = np.random.default_rng(5)
    lies = np.zeros(rows.rows)
    lies[random.choice(rows.rows, 60, replace=False)] = 1.0
    knowing = np.where(lies == 1, 0.6, 0.4) + random.uniform(-0.05, 0.05, rows.rows)

    assert learn_second_stage(rows, knowing, saying(lies), seed=7) is None


def test_a_tenth_of_lies_costs_little_of_what_labels_give(
    rows: LoggedFeatures, truth: np.ndarray, forest_scores: np.ndarray, learned: LearnedSecondStage
) -> None:
    random = np.random.default_rng(9)
    frauds, sound = np.flatnonzero(truth == 1), np.flatnonzero(truth == 0)
    lies = truth.copy()
    lies[random.choice(frauds, len(frauds) // 10, replace=False)] = 0.0
    lies[random.choice(sound, len(frauds) // 10, replace=False)] = 1.0

    found = learn_second_stage(rows, forest_scores, saying(lies), seed=7)

    assert found is not None
    assert average_precision_score(truth, found.scores) > 0.9 * learned.combined_precision


def test_rows_whose_truth_is_not_known_are_scored_and_not_learned_from(
    rows: LoggedFeatures, truth: np.ndarray, forest_scores: np.ndarray
) -> None:
    known = truth.copy()
    known[3_000:] = np.nan

    found = learn_second_stage(rows, forest_scores, saying(known), seed=7)

    assert found is not None
    assert found.combination.frauds == truth[:3_000].sum()
    assert average_precision_score(truth[3_000:], found.scores[3_000:]) > 0.7


def test_the_order_of_rows_changes_nothing(
    rows: LoggedFeatures, truth: np.ndarray, forest_scores: np.ndarray, learned: LearnedSecondStage
) -> None:
    order = np.random.default_rng(1).permutation(rows.rows)
    mixed = replace(rows, matrix=rows.matrix[order], timestamps_ms=rows.timestamps_ms[order])

    found = learn_second_stage(mixed, forest_scores[order], saying(truth[order]), seed=7)

    assert found is not None
    np.testing.assert_allclose(found.scores, learned.scores[order], rtol=0, atol=CLOSE)


@settings(max_examples=50, deadline=None)
@given(
    row=st.integers(0, 3_999), name=st.sampled_from(sorted(set(FEATURE_NAMES) - set(FREE_INPUTS))), more=st.floats(0, 9)
)
def test_a_higher_feature_never_lowers_the_odds(learned: LearnedSecondStage, row: int, name: str, more: float) -> None:
    inputs = learned.inputs[[row, row]]
    inputs[1, SECOND_STAGE_INPUTS.index(name)] += more

    below, above = learned.model.decision_function(inputs)

    assert above >= below - CLOSE


def test_midnight_has_no_hour(rows: LoggedFeatures) -> None:
    times = np.array([MIDNIGHT_MS, MIDNIGHT_MS + 1, MIDNIGHT_MS + 23 * HOUR_MS + 5])
    asked = second_stage_inputs(rows.matrix[:3], times, inputs_at([None] * 3, times))
    hours = asked[:, SECOND_STAGE_INPUTS.index(HOUR_OF_DAY)]

    assert hours.tolist() == [-1, 0, 23]


def test_what_is_written_for_spark_gives_the_same_log_odds(learned: LearnedSecondStage, tmp_path: Path) -> None:
    write_second_stage(learned.model, tmp_path / "second_stage", written_at_ms=12)
    inputs = learned.inputs
    splits = np.concatenate([nodes.nodes["num_threshold"] for (nodes,) in learned.model._predictors])
    on_splits = np.repeat(splits[:500, None], inputs.shape[1], axis=1)
    asked = np.concatenate([inputs, on_splits, np.nextafter(on_splits, np.inf)])

    walked = LayoutForest(tmp_path / "second_stage").means(asked)

    np.testing.assert_allclose(walked, learned.model.decision_function(asked), rtol=0, atol=CLOSE)
    assert require_same_log_odds(learned, tmp_path / "second_stage") <= CLOSE


def test_the_gate_stops_trees_that_were_written_wrong(
    learned: LearnedSecondStage, truth: np.ndarray, tmp_path: Path
) -> None:
    write_second_stage(learned.model, tmp_path / "second_stage", written_at_ms=12)
    other = HistGradientBoostingClassifier(max_iter=5, random_state=7).fit(learned.inputs, truth)

    with pytest.raises(TrainingError, match=r"second stage written for Spark scores up to .* the champion stays"):
        require_same_log_odds(replace(learned, model=other), tmp_path / "second_stage")


def test_a_scikit_learn_that_stores_something_else_is_named(
    learned: LearnedSecondStage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(learned.model, "_baseline_prediction")

    with pytest.raises(TrainingError, match=r"does not store _baseline_prediction of boosted trees.* install"):
        write_second_stage(learned.model, tmp_path / "second_stage", written_at_ms=12)

    assert not (tmp_path / "second_stage").exists()


def test_a_training_with_labels_serves_both_and_one_without_the_forest(
    rows: LoggedFeatures, truth: np.ndarray, settings: TrainerSettings, tmp_path: Path
) -> None:
    alone, taught = learn(rows, settings), learn(rows, settings, saying(truth))
    for name, trained in (("alone", alone), ("taught", taught)):
        (tmp_path / name).mkdir()
        write_champion(trained, tmp_path / name, written_at_ms=12)

    assert {path.name for path in (tmp_path / "alone").iterdir()} == {FOREST_FOLDER, CALIBRATION_FILE}
    assert {path.name for path in (tmp_path / "taught").iterdir()} == {
        FOREST_FOLDER,
        CALIBRATION_FILE,
        SECOND_STAGE_FOLDER,
    }
    calibration = Calibration.model_validate_json((tmp_path / "taught" / CALIBRATION_FILE).read_bytes())
    assert taught.second_stage is not None
    assert calibration.second_stage == taught.second_stage.combination
    assert alone.calibration().second_stage is None
    assert taught.alert_share == pytest.approx(settings.alert_budget, rel=0.2)
    assert "second_stage_weight" in taught.metrics()
    assert "second_stage_weight" not in alone.metrics()
    assert average_precision_score(truth, taught.scores) > average_precision_score(truth, alone.scores)
