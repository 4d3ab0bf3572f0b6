"""Which challengers pass: each gate with a challenger that just passes and one that does not."""

from dataclasses import replace

import numpy as np
import pytest

from trainer.shadow.gates import Watched, gates_of, verdict_of
from trainer.shadow.side_by_side import Compared
from vigie_schemas import FEATURE_NAMES, Calibration, FeatureBins, Gate

ROWS = 4_000
BUDGET = 0.01
CALIBRATION = Calibration(
    schema_version=1,
    feature_names=list(FEATURE_NAMES),
    history_length=16,
    samples_per_tree=256,
    thresholds={},
    threshold_version=1,
    feature_ranges={},
    feature_bins={FEATURE_NAMES[0]: FeatureBins(edges=[-1.0, 0.0, 1.0], shares=[0.16, 0.34, 0.34, 0.16])},
    alert_budget=BUDGET,
    trained_rows=1_000,
    trained_from_ms=1_790_000_000_000,
    trained_to_ms=1_790_000_000_000,
)


def compared(*, noise: float = 0.2, frauds: int = 60, challenger_noise: float | None = None) -> Compared:
    """Two versions that find fraud, each with noise of its own; both alert on the highest hundredth."""
    random = np.random.default_rng(3)
    is_fraud = np.arange(ROWS) < frauds
    scores = is_fraud + random.normal(0, noise, ROWS)
    others = is_fraud + random.normal(0, challenger_noise or noise, ROWS)
    return Compared(
        transaction_ids=[f"tx-{number}" for number in range(ROWS)],
        timestamps_ms=np.arange(ROWS, dtype=np.int64) + 1_790_000_000_000,
        matrix=random.normal(size=(ROWS, len(FEATURE_NAMES))),
        scores=scores,
        alerts=scores >= np.quantile(scores, 1 - BUDGET),
        challenger_scores=others,
        challenger_alerts=others >= np.quantile(others, 1 - BUDGET),
        is_fraud=is_fraud,
        is_answered=is_fraud,
        scenarios=np.where(is_fraud, "burst", None),
    )


def watched(found: Compared, **changes: object) -> Watched:
    values = {"seconds": 1_000.0, "cost_ratio": 1.0, "champion": CALIBRATION, "challenger": CALIBRATION}
    return Watched(found, **(values | changes))  # pyright: ignore[reportArgumentType]


def gates(one: Watched, rows: int = 1_000, seconds: float = 600) -> dict[str, Gate]:
    return {gate.name: gate for gate in gates_of(one, rows=rows, seconds=seconds)}


def failed(found: dict[str, Gate]) -> set[str]:
    return {name for name, gate in found.items() if gate.is_passed is False}


def test_one_as_good_as_the_champion_passes() -> None:
    found = gates(watched(compared()))

    assert failed(found) == set()
    assert verdict_of(found.values()) is True


@pytest.mark.parametrize(("rows", "seconds"), [(ROWS + 1, 600), (1_000, 1_001)])
def test_nothing_is_decided_before_enough_was_watched(rows: int, seconds: float) -> None:
    found = gates(watched(compared(challenger_noise=5.0)), rows, seconds)

    assert found["watched"].is_passed is None
    assert verdict_of(found.values()) is None


def test_one_that_ranks_fraud_lower_does_not_pass() -> None:
    found = gates(watched(compared(challenger_noise=1.5)))

    assert failed(found) >= {"average precision", "precision at the alert budget"}
    assert verdict_of(found.values()) is False
    assert "95 % confidence" in found["average precision"].sentence


def test_without_enough_frauds_the_ranking_is_not_judged() -> None:
    found = gates(watched(compared(frauds=19, challenger_noise=1.5)))

    assert "19 frauds are known" in found["average precision"].sentence
    assert found["average precision"].is_passed is True


@pytest.mark.parametrize("share", [0.05, 0.0])
def test_one_that_alerts_far_more_or_never_does_not_pass(share: float) -> None:
    found = compared()
    flagged = np.arange(ROWS) < share * ROWS

    assert failed(gates(watched(replace(found, challenger_alerts=flagged)))) >= {"alert rate"}


def test_a_kind_of_fraud_that_only_the_champion_finds_is_missed() -> None:
    found = compared(frauds=0)
    is_fraud = np.arange(ROWS) < 40
    names = np.array(["burst"] * 20 + ["takeover"] * 20 + [None] * (ROWS - 40), dtype=object)
    champion, challenger = np.arange(ROWS) < 40, (np.arange(ROWS) < 20) | (np.arange(ROWS) >= ROWS - 20)

    one = replace(found, is_fraud=is_fraud, scenarios=names, alerts=champion, challenger_alerts=challenger)

    assert gates(watched(one))["scenarios"].sentence == "takeover: 20 of 20 frauds fewer"
    assert not gates(watched(one))["scenarios"].is_passed


def test_one_that_costs_much_more_does_not_pass() -> None:
    assert failed(gates(watched(compared(), cost_ratio=2.51))) == {"cost"}


def test_one_that_learned_from_another_population_does_not_pass_where_the_champion_did_not() -> None:
    elsewhere = CALIBRATION.model_copy(
        update={"feature_bins": {FEATURE_NAMES[0]: FeatureBins(edges=[-1.0, 0.0, 1.0], shares=[0.7, 0.2, 0.05, 0.05])}}
    )

    assert failed(gates(watched(compared(), challenger=elsewhere))) == {"drift"}
    assert failed(gates(watched(compared(), challenger=elsewhere, champion=elsewhere))) == set()
    assert failed(gates(watched(compared(), challenger=CALIBRATION.model_copy(update={"feature_bins": {}})))) == set()
