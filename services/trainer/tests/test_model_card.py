"""What a model card says, with figures, with too few and without any."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer import TrainerSettings
from trainer.logged_features import LoggedFeatures
from trainer.model_card import ModelCard
from trainer.quality.measured import (
    MIN_FRAUD,
    ModelQuality,
    ScenarioRecall,
    measured_quality,
    metrics_of,
    worst_scenario,
)
from trainer.quality.ranking import BUDGETS, EvaluatedRows
from trainer.quality.section import plain, quality_section
from trainer.trained import learn
from vigie_schemas import EUR_PER_UNIT, FEATURES

NOON_MS = 1_790_000_000_000
ROWS = 2_000


def known(scenarios: dict[str | None, int], rows: int = ROWS) -> EvaluatedRows:
    """Fraud first, in the order given, then ordinary rows."""
    names = [name for name, count in scenarios.items() for _ in range(count)]
    fraud = len(names)
    return EvaluatedRows(
        label=(np.arange(rows) < fraud).astype(np.int8),
        amount_eur=np.ones(rows),
        scenario=np.array([*names, *[None] * (rows - fraud)], dtype=object),
        account=np.array(["a"] * rows, dtype=object),
        timestamp_ms=np.arange(rows, dtype=np.int64),
    )


def found(scenarios: dict[str | None, int], easy: str | None) -> ModelQuality:
    """Quality where one scenario scores above all and the rest of fraud below all."""
    evaluated = known(scenarios)
    scores = np.where(evaluated.label == 1, 0.1, 0.5)
    scores[evaluated.scenario == easy] = 0.9
    return measured_quality(evaluated, scores, "the training rows", 3_000)


def text_of(quality: ModelQuality) -> str:
    return "\n".join(quality_section(quality))


def test_the_worst_scenario_is_named_in_a_sentence() -> None:
    quality = found({"drain": 15, "card_testing": 10}, easy="drain")

    text = text_of(quality)

    assert "the truth is known of 2,000 of 3,000, 25 of them fraud" in text
    assert (
        "**Worst scenario: card_testing**: flagging 1.0 % of the rows finds 0.0 % of its 10 frauds, "
        "against 60.0 % of all fraud." in text
    )
    assert "| drain | 15 | 13.3 % | 66.7 % | 100.0 % | 100.0 % |" in text


def test_tied_scores_count_by_expectation_and_not_by_order() -> None:
    evaluated = known({"drain": 20})

    measured = measured_quality(evaluated, np.full(ROWS, 0.5), "the training rows", ROWS).measured

    assert measured is not None
    assert measured.roc_auc == 0.5
    for at in measured.at_budget:
        assert (at.recall, at.false_positive_rate) == pytest.approx((at.budget, at.budget))
        assert at.precision == pytest.approx(20 / ROWS)


@pytest.mark.parametrize("fraud", [0, MIN_FRAUD - 1, ROWS])
def test_without_enough_of_both_kinds_no_quality_is_claimed(fraud: int) -> None:
    quality = found({"drain": fraud}, easy="drain")

    text = text_of(quality)

    assert text.startswith("## Quality\n\n**No quality is known yet.**")
    assert f"{fraud:,} of them fraud" in text
    assert "make backtest DATA=FILE" in text
    assert "ROC AUC" not in text
    assert metrics_of(quality) == {"quality_known_rows": ROWS, "quality_known_fraud": fraud}


def test_labels_that_could_not_be_read_are_not_taken_for_none() -> None:
    text = text_of(ModelQuality("the training rows", 3_000, trouble="The labels could not be read."))

    assert "No quality is known yet.** The labels could not be read. To know" in text


def test_fraud_of_no_named_kind_has_figures_and_no_worst_scenario() -> None:
    text = text_of(found({None: 25}, easy=None))

    assert "ROC AUC" in text
    assert "No label names a scenario" in text


def test_one_miss_does_not_make_a_scenario_the_worst() -> None:
    often, seldom = ScenarioRecall("often", 40, (0.1, 0.2)), ScenarioRecall("seldom", 1, (0.0, 0.0))

    assert worst_scenario([often, seldom], 1) == often
    assert worst_scenario([seldom], 1) == seldom
    assert worst_scenario([], 1) is None


@given(
    st.lists(
        st.builds(ScenarioRecall, st.text(max_size=5), st.integers(5, 50), st.tuples(*[st.floats(0, 1)] * 4)),
        min_size=1,
        max_size=8,
    )
)
def test_no_scenario_is_found_less_than_the_worst(scenarios: list[ScenarioRecall]) -> None:
    worst = worst_scenario(scenarios, 2)

    assert worst is not None
    assert worst.recall[2] == min(scenario.recall[2] for scenario in scenarios)


def test_a_scenario_is_worst_at_the_shown_budget_first_and_then_at_all() -> None:
    late = ScenarioRecall("late", 10, (0.0, 0.0, 0.2, 0.9))
    never = ScenarioRecall("never", 10, (0.0, 0.0, 0.2, 0.2))

    assert worst_scenario([late, never, ScenarioRecall("found", 10, (0.0, 0.0, 0.3, 0.3))], 2) == never


def test_many_scenarios_leave_the_card_short_and_the_worst_one_in() -> None:
    evaluated = known({**{f"kind{number:02}": 60 - number for number in range(25)}, "hidden": 5})
    scores = np.where((evaluated.label == 1) & (evaluated.scenario != "hidden"), 0.9, 0.1)
    quality = measured_quality(evaluated, scores, "the training rows", ROWS)

    text = text_of(quality)

    assert text.count("\n| ") == 1 + len(BUDGETS) + 1 + 20
    assert "| hidden | 5 |" in text
    assert "6 scenarios with fewer frauds are not listed." in text
    assert "quality_recall_at_0_01/hidden" in metrics_of(quality)


@given(st.text(max_size=100))
def test_a_name_from_outside_stays_one_cell_of_a_table(name: str) -> None:
    written = plain(name)

    assert written == "".join(written.splitlines())
    assert "|" not in written.replace("\\\\", "").replace("\\|", "")
    assert "<" not in written.replace("\\\\", "").replace("\\<", "")


def test_figures_are_metrics_by_names_mlflow_takes() -> None:
    metrics = metrics_of(found({"drain": 15, "a:b|c é": 10}, easy="drain"))

    assert metrics["quality_recall_at_0_01"] == pytest.approx(0.6)
    assert metrics["quality_recall_at_0_01/drain"] == 1.0
    assert metrics["quality_recall_at_0_01/a_b_c__"] == 0.0
    assert {f"quality_{name}" for name in ("roc_auc", "average_precision", "precision_at_0_001")} <= set(metrics)
    assert "quality_false_positive_rate_at_0_02" in metrics


def test_the_card_tells_data_model_features_and_limits(logged: LoggedFeatures, settings: TrainerSettings) -> None:
    named = replace(logged, account_ids=tuple(f"acc-{row % 300}" for row in range(3_000)), repeats=4)
    trained = learn(named, settings)
    quality = found({"drain": 15, "card_testing": 10}, easy="drain")

    card = ModelCard("version 4", NOON_MS, trained, settings, quality).markdown()

    assert card.startswith("# vigie-isolation-forest, version 4\n")
    assert "trained 2026-09-21 14:13 UTC" in card
    assert "- Span: 2026-09-21 14:13 UTC to 2026-09-21 14:13 UTC" in card
    assert "3,000 (1,000 of new accounts, 2,000 of established accounts); 4 repeats" in card
    assert "- Accounts: 300 (100 new, 200 established by the end)" in card
    assert f"- Amounts in EUR: {len(EUR_PER_UNIT)} currencies at rates of 31 December 2024 (reference-rates.csv" in card
    assert "Trees 25 on 256 rows each, seed 7; learned from 2,000 rows and 400 anchors" in card
    assert "Alert budget 0.6 %" in card
    for level in trained.thresholds.values():
        assert f"alert from score {level.threshold:.4f}" in card
    for feature in FEATURES:
        start = f"| {feature.name} | {feature.unit} | {feature.meaning} | {feature.reason} | {feature.allowance:g} |"
        assert f"{start} {feature.alarming:g} | {trained.ranges[feature.name].usual:.3g} |" in card
    assert "docs/adr/0005" in card
    assert "docs/adr/0007" in card


def test_rows_without_accounts_leave_accounts_out(logged: LoggedFeatures, settings: TrainerSettings) -> None:
    card = ModelCard(
        "version 1", NOON_MS, learn(logged, settings), settings, ModelQuality("the training rows")
    ).markdown()

    assert "- Accounts" not in card


def test_the_card_says_which_rates_are_in_use(
    logged: LoggedFeatures, settings: TrainerSettings, tmp_path: Path
) -> None:
    path = tmp_path / "eurofxref.csv"
    path.write_text("Date, USD, \n03 June 2026, 1.25, \n")
    with_rates = settings.model_copy(update={"rates_file": path, "extra_rates": "XYZ=4"})

    card = ModelCard(
        "version 1", NOON_MS, learn(logged, settings), with_rates, ModelQuality("the training rows")
    ).markdown()

    assert "currencies at rates of 3 June 2026 (eurofxref.csv), and XYZ by setting" in card
