"""A registered version scores as the libraries do, and says in a sentence why it cannot be used."""

import json
from pathlib import Path

import numpy as np
import pytest

from trainer import TrainerSettings
from trainer.champion_files import write_champion
from trainer.counterparties.known import inputs_at
from trainer.logged_features import LoggedFeatures
from trainer.second_stage import LEAVES, TREES, FromLabels, second_stage_inputs
from trainer.shadow.rows import JudgedRows, judged_rows
from trainer.shadow.side_by_side import SideBySide
from trainer.shadow.watching_model import Opinion, WatchingModel
from trainer.thresholds import alerting
from trainer.trained import Trained, learn
from vigie_registry import UnusableVersionError
from vigie_schemas import (
    CANARY_ACCOUNT_PREFIX,
    FEATURE_NAMES,
    SEGMENT_ESTABLISHED,
    SEGMENT_NEW,
    Label,
    combined_score,
    counterparty_inputs,
)

NOON_MS = 1_790_000_000_000
CLOSE = 1e-12


@pytest.fixture
def trained(logged: LoggedFeatures, settings: TrainerSettings) -> Trained:
    """With a second stage: fraud shows in one feature more than the forest finds unusual."""
    truth = (logged.matrix[:, 1] > 1.7).astype(np.float64)
    labels = FromLabels(truth, inputs_at([None] * logged.rows, logged.timestamps_ms))
    found = learn(logged, settings, labels)
    assert found.second_stage is not None
    return found


@pytest.fixture
def model(trained: Trained, tmp_path: Path) -> WatchingModel:
    write_champion(trained, tmp_path, written_at_ms=NOON_MS)
    return WatchingModel.load(7, tmp_path)


def rows_of(logged: LoggedFeatures) -> JudgedRows:
    return JudgedRows(
        [f"tx-{row}" for row in range(logged.rows)],
        ["acct-1"] * logged.rows,
        [SEGMENT_ESTABLISHED if old else SEGMENT_NEW for old in logged.established],
        logged.timestamps_ms,
        logged.matrix,
        inputs_at([None] * logged.rows, logged.timestamps_ms),
        np.full(logged.rows, 1),
        np.full(logged.rows, 0.5),
        np.zeros(logged.rows, dtype=np.bool_),
    )


def test_it_scores_as_the_libraries_do(model: WatchingModel, trained: Trained, logged: LoggedFeatures) -> None:
    rows = rows_of(logged)
    stage = trained.second_stage
    assert stage is not None
    log_odds = stage.model.decision_function(second_stage_inputs(rows.matrix, rows.timestamps_ms, rows.counterparties))
    numbers = stage.combination
    expected = combined_score(
        trained.forest_scores, log_odds, weight=numbers.weight, offset=numbers.offset, scale=numbers.scale
    )

    opinion = model.opinion(rows)

    np.testing.assert_allclose(opinion.scores, expected, rtol=0, atol=CLOSE)
    assert opinion.alerts.tolist() == alerting(expected, logged.established, trained.thresholds).tolist()


def test_a_segment_that_it_does_not_know_never_alerts(model: WatchingModel, logged: LoggedFeatures) -> None:
    rows = rows_of(logged)
    rows.segments[:] = ["another"] * len(rows)

    assert not model.opinion(rows).alerts.any()


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda folder: (folder / "calibration.json").write_text("{}"), "no valid calibration.json"),
        (lambda folder: (folder / "calibration.json").unlink(), "cannot be read"),
        (lambda folder: (folder / "forest/metadata/part-00000").write_text("{}"), "cannot be read"),
        (lambda folder: (folder / "second_stage/data/part-00000.parquet").write_bytes(b"x"), "cannot be read"),
        (lambda folder: _rename_a_feature(folder / "calibration.json"), "other features"),
    ],
)
def test_broken_files_are_said(trained: Trained, tmp_path: Path, break_it, said: str) -> None:
    write_champion(trained, tmp_path, written_at_ms=NOON_MS)
    break_it(tmp_path)

    with pytest.raises(UnusableVersionError, match=said):
        WatchingModel.load(7, tmp_path)


def _rename_a_feature(calibration: Path) -> None:
    calibration.write_text(calibration.read_text().replace('"speed"', '"moon_phase"'))


def judged(**changes: object) -> bytes:
    record = {
        "transaction_id": "tx-1",
        "account_id": "acct-1",
        "timestamp_ms": NOON_MS,
        "status": "scored",
        "segment": SEGMENT_NEW,
        "features": dict.fromkeys(FEATURE_NAMES, 0.25),
        "model_version": 3,
        "score": 0.7,
        "is_anomaly": True,
    }
    return json.dumps(record | changes).encode()


def test_records_become_rows() -> None:
    known = {"fraud_run": 2, "last_fraud_ms": NOON_MS - 86_400_000, "last_sound_ms": None}

    rows = judged_rows([judged(), judged(transaction_id="tx-2", counterparty_labels=known)])

    assert rows.transaction_ids == ["tx-1", "tx-2"]
    assert rows.matrix.tolist() == [[0.25] * len(FEATURE_NAMES)] * 2
    assert rows.counterparties[0].tolist() == list(counterparty_inputs(None, NOON_MS))
    assert rows.counterparties[1, :2].tolist() == [2, 1]
    assert (rows.scores.tolist(), rows.alerts.tolist(), rows.model_versions.tolist()) == ([0.7] * 2, [True] * 2, [3, 3])


@pytest.mark.parametrize(
    "payload",
    [
        None,
        b"",
        b"[]",
        b"[" * 20_000,
        judged(status="learning"),
        judged(model_version=None),
        judged(features={}),
        judged(features=dict.fromkeys(FEATURE_NAMES, 1e300)),
        judged(features=dict.fromkeys(FEATURE_NAMES, "x")),
        judged(account_id=f"{CANARY_ACCOUNT_PREFIX}1"),
        judged(counterparty_labels={"fraud_run": -1}),
        judged(timestamp_ms=None),
    ],
)
def test_what_no_champion_judged_is_left_out(payload: bytes | None) -> None:
    assert judged_rows([payload, judged()]).transaction_ids == ["tx-1"]


def label(name: str, *, fraud: bool, source: str = "analyst") -> Label:
    return Label(
        schema_version=1,
        transaction_id=name,
        account_id="acct-1",
        is_fraud=fraud,
        scenario="burst" if fraud else None,
        source=source,  # pyright: ignore[reportArgumentType]
        labelled_at_ms=NOON_MS,
    )


def opinion(alerts: list[bool]) -> Opinion:
    return Opinion(np.array(alerts) * 1.0, np.full(len(alerts), 0.5))


def test_a_repeat_counts_once_and_the_oldest_rows_go(logged: LoggedFeatures) -> None:
    side_by_side = SideBySide(max_rows=3)
    for names in (["a", "b"], ["b", "c"], ["d"]):
        rows = judged_rows([judged(transaction_id=name) for name in names])
        side_by_side.add(rows, opinion([False] * len(names)))

    compared = side_by_side.compared()

    assert compared is not None
    assert (compared.transaction_ids, side_by_side.rows) == (["c", "d"], 2)


def test_the_last_word_of_the_most_trusted_stands_whenever_it_comes() -> None:
    side_by_side = SideBySide()
    side_by_side.take_label(label("a", fraud=True, source="dataset"))
    side_by_side.add(judged_rows([judged(transaction_id=name) for name in "abc"]), opinion([True, False, False]))
    side_by_side.take_label(label("a", fraud=False))
    side_by_side.take_label(label("a", fraud=True, source="generator"))
    side_by_side.take_label(label("b", fraud=True))

    compared = side_by_side.compared()

    assert compared is not None
    assert compared.is_fraud.tolist() == [False, True, False]
    assert compared.is_answered.tolist() == [True, True, False]
    assert compared.scenarios.tolist() == [None, "burst", None]
    assert [(one.transaction_id, one.raised_by, one.is_fraud) for one in compared.one_sided()] == [
        ("c", "champion", None),
        ("b", "champion", True),
    ]


def test_what_a_score_costs_is_counted(model: WatchingModel, trained: Trained, logged: LoggedFeatures) -> None:
    rows = rows_of(logged)
    paths = sum(tree.decision_path(rows.matrix.astype(np.float32)).sum() for tree in trained.forest.estimators_)
    of_forest = float(paths) - len(rows) * len(trained.forest.estimators_)  # a path names the leaf as well

    assert model.forest.visits(rows.matrix).sum() == of_forest
    assert of_forest < model.visits(rows) < of_forest + len(rows) * TREES * (LEAVES - 1)
