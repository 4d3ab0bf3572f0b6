"""Learning, the gate and the pictures, without Kafka and MLflow."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from trainer import Trainer, TrainerSettings, TrainingError
from trainer.errors import TooFewRowsError
from trainer.forest import learning_rows
from trainer.forest_layout import write_forest
from trainer.gate import require_budget, require_different_scores, require_same_scores
from trainer.logged_features import LoggedFeatures
from trainer.model_card import ModelCard
from trainer.plots import draw_features, draw_scores
from trainer.quality.measured import ModelQuality
from trainer.report import table
from trainer.trained import Trained, TrainingResult, learn
from vigie_schemas import FEATURE_NAMES, HISTORY_LENGTH, SEGMENT_ESTABLISHED, SEGMENT_NEW, Calibration


def test_what_is_learned_becomes_a_valid_calibration(logged: LoggedFeatures, settings: TrainerSettings) -> None:
    trained = learn(logged, settings)

    calibration = Calibration.model_validate_json(trained.calibration().model_dump_json())
    assert calibration.feature_names == list(FEATURE_NAMES)
    assert (calibration.threshold_version, calibration.history_length) == (1, HISTORY_LENGTH)
    assert calibration.samples_per_tree == settings.forest_samples
    assert calibration.trained_to_ms - calibration.trained_from_ms == 2_999
    assert trained.learned_rows == 2_000
    metrics = trained.metrics()
    assert metrics["alert_share"] == pytest.approx(settings.alert_budget, rel=0.2)
    assert metrics[f"rows_{SEGMENT_NEW}"] + metrics[f"rows_{SEGMENT_ESTABLISHED}"] == metrics["rows"] == 3_000
    assert metrics["score_p50"] < metrics["score_p99"] < metrics["score_p999"] <= 1


def test_odd_rows_score_above_the_rest(logged: LoggedFeatures, settings: TrainerSettings) -> None:
    trained = learn(logged, settings)

    odd = np.arange(3_000) % 100 == 0
    assert trained.scores[odd].min() > np.quantile(trained.scores[~odd], 0.99)


def test_the_same_rows_and_seed_give_the_same_forest(logged: LoggedFeatures, settings: TrainerSettings) -> None:
    np.testing.assert_array_equal(learn(logged, settings).scores, learn(logged, settings).scores)


def test_all_rows_are_learned_from_while_few_accounts_are_established(logged: LoggedFeatures) -> None:
    assert len(learning_rows(logged, 2_000)) == 2_000
    assert len(learning_rows(logged, 2_001)) == 3_000


def test_the_gate_lets_a_faithful_forest_pass(
    logged: LoggedFeatures, settings: TrainerSettings, tmp_path: Path
) -> None:
    trained = learn(logged, settings)
    write_forest(trained.forest, tmp_path / "forest", written_at_ms=12)

    assert require_same_scores(trained.forest, tmp_path / "forest", logged.matrix) <= 1e-12
    require_different_scores(trained.scores)
    require_budget(trained.alert_share, settings.alert_budget, are_ties_left_out=False)


def half_the_nodes(nodes: pa.Table) -> pa.Table:
    return nodes.slice(0, len(nodes) // 2)


def one_tree_twice(nodes: pa.Table) -> pa.Table:
    first = nodes.filter(pc.equal(nodes["treeID"], 0))
    second = first.set_column(0, nodes.schema.field(0), pa.array([1] * len(first), pa.int32()))
    return pa.concat_tables([first, second, nodes.filter(pc.greater(nodes["treeID"], 1))])


@pytest.mark.parametrize("spoil", [half_the_nodes, one_tree_twice])
def test_the_gate_stops_a_forest_that_was_written_wrong(
    logged: LoggedFeatures, settings: TrainerSettings, tmp_path: Path, spoil: Callable[[pa.Table], pa.Table]
) -> None:
    trained = learn(logged, settings)
    write_forest(trained.forest, tmp_path / "forest", written_at_ms=12)
    data = next((tmp_path / "forest" / "data").glob("*.parquet"))
    pq.write_table(spoil(pq.read_table(data)), data)

    with pytest.raises(TrainingError, match="the champion stays"):
        require_same_scores(trained.forest, tmp_path / "forest", logged.matrix)


@pytest.mark.parametrize("share", [0.0, 0.0034, 0.0141, 1.0])
def test_the_gate_stops_thresholds_far_from_the_budget(share: float) -> None:
    with pytest.raises(TrainingError, match="the champion stays"):
        require_budget(share, 0.007, are_ties_left_out=False)


def test_the_gate_lets_few_alerts_pass_where_equal_scores_are_left_out_and_never_too_many() -> None:
    require_budget(0.0, 0.007, are_ties_left_out=True)

    with pytest.raises(TrainingError, match="the champion stays"):
        require_budget(0.45, 0.007, are_ties_left_out=True)


def test_rows_that_are_all_alike_do_not_pass(logged: LoggedFeatures, settings: TrainerSettings) -> None:
    trained = learn(replace(logged, matrix=np.zeros_like(logged.matrix)), settings)

    with pytest.raises(TrainingError, match="share one score"):
        require_different_scores(trained.scores)


@pytest.fixture
def tied(logged: LoggedFeatures, settings: TrainerSettings) -> Trained:
    """Two in five rows of established accounts are unusual in the same way, and few are more unusual."""
    matrix = np.zeros_like(logged.matrix)
    kinds = np.arange(len(matrix)) % 5
    matrix[(kinds == 1) | (kinds == 2), :4] = 1.0
    matrix[::400, :] = 9.0
    return learn(replace(logged, matrix=matrix), settings)


def test_many_equal_scores_leave_a_training_that_succeeds_within_the_budget(tied: Trained) -> None:
    level = tied.thresholds[SEGMENT_ESTABLISHED]

    assert level.tied_share is not None
    assert level.tied_share > 0.3
    assert 0 < tied.alert_shares[SEGMENT_ESTABLISHED] <= tied.alert_budget
    require_different_scores(tied.scores)
    require_budget(tied.alert_share, tied.alert_budget, are_ties_left_out=bool(tied.ties))


def test_equal_scores_that_are_left_out_are_said(tied: Trained, settings: TrainerSettings) -> None:
    sentence = tied.ties[SEGMENT_ESTABLISHED]
    card = ModelCard("version 4", 1_790_000_000_000, tied, settings, ModelQuality("the training rows")).markdown()

    assert "share the score just below the threshold, where 0.63% are meant to" in sentence
    assert f"- Established accounts: {sentence}" in card
    assert tied.metrics()[f"tied_share_{SEGMENT_ESTABLISHED}"] == tied.thresholds[SEGMENT_ESTABLISHED].tied_share
    assert tied.calibration().thresholds == tied.thresholds


def test_too_few_rows_are_said_with_their_number(logged: LoggedFeatures, settings: TrainerSettings) -> None:
    with pytest.raises(TooFewRowsError, match="3000 transactions with all features are logged, 3001 are needed"):
        Trainer(settings).require_rows(logged, 3_001)


def test_pictures_are_drawn_also_where_a_segment_is_empty(
    logged: LoggedFeatures, settings: TrainerSettings, tmp_path: Path
) -> None:
    trained = learn(replace(logged, history_counts=np.full(3_000, 20)), settings)

    pictures = [
        draw_scores(tmp_path, trained.scores, trained.logged.established, trained.thresholds, 0.007),
        draw_features(tmp_path, trained.ranges),
    ]

    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)


def test_the_report_tells_version_thresholds_and_address(logged: LoggedFeatures, settings: TrainerSettings) -> None:
    trained = learn(replace(logged, history_counts=np.full(3_000, 20)), settings)
    result = TrainingResult(
        4, 3_000, 2, 1, trained.thresholds, trained.alert_shares, "run", "models:/m/4", "http://x/4"
    )

    shown = table(result)

    assert "3000 (2 repeats, 1 left out)" in shown
    assert "no rows yet" in shown
    assert "0.60% of its rows would" in shown
    assert all(part in shown for part in ("models:/m/4", "http://x/4", SEGMENT_NEW, SEGMENT_ESTABLISHED))
