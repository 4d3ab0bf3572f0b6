"""Recall by answers on transactions chosen by chance: right on average, and within what it says."""

from dataclasses import replace

import numpy as np
import pytest

from trainer.logged_features import LoggedFeatures
from trainer.quality.measured import ModelQuality, metrics_of
from trainer.quality.sampled_recall import MIN_ANSWERS, SampledRecall, asked_by_chance, sampled_recall
from trainer.quality.section import quality_section
from vigie_schemas import Label

NOON_MS = 1_790_000_000_000
ROWS = 20_000


class Bank:
    """Twenty thousand rows, one in fifty of them fraud; one in a hundred alerts, most of the fraud among them."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.names = tuple(f"tx-{row}" for row in range(ROWS))
        self.is_fraud = random.random(ROWS) < 0.02
        chance = np.where(self.is_fraud, 0.4, 0.002)
        self.alerts = random.random(ROWS) < chance
        self.by_chance = [self.names[row] for row in random.choice(np.flatnonzero(~self.alerts), 400, replace=False)]
        self.logged = LoggedFeatures(
            matrix=np.zeros((ROWS, 1)),
            history_counts=np.zeros(ROWS, dtype=np.int64),
            timestamps_ms=np.full(ROWS, NOON_MS),
            repeats=0,
            left_out=0,
            transaction_ids=self.names,
        )

    @property
    def recall(self) -> float:
        return float((self.alerts & self.is_fraud).sum() / self.is_fraud.sum())

    def answers(self, *names: str, source: str = "analyst") -> dict[str, Label]:
        return {
            name: Label(
                schema_version=1,
                transaction_id=name,
                account_id="acct-1",
                is_fraud=bool(self.is_fraud[int(name.removeprefix("tx-"))]),
                scenario=None,
                source=source,  # pyright: ignore[reportArgumentType]
                labelled_at_ms=NOON_MS,
            )
            for name in names
        }

    def alerted(self) -> list[str]:
        return [self.names[row] for row in np.flatnonzero(self.alerts)]


def test_the_true_recall_lies_between_the_ends() -> None:
    found: list[SampledRecall] = []
    inside = 0
    for seed in range(40):
        bank = Bank(seed)
        labels = bank.answers(*bank.by_chance, *bank.alerted()[:150])
        one = sampled_recall(bank.logged, bank.alerts, labels, bank.by_chance)
        assert one is not None
        found.append(one)
        inside += one.recall.low <= bank.recall <= one.recall.high

    assert inside >= 38
    assert np.mean([one.recall.value for one in found]) == pytest.approx(0.4, abs=0.05)
    assert np.mean([one.recall.high - one.recall.low for one in found]) < 0.6


def test_labels_of_a_file_and_unasked_rows_do_not_count() -> None:
    bank = Bank(1)
    labels = bank.answers(*bank.by_chance, source="dataset") | bank.answers(*bank.alerted())

    assert sampled_recall(bank.logged, bank.alerts, labels, bank.by_chance) is None
    assert (
        sampled_recall(bank.logged, bank.alerts, bank.answers(*bank.names), bank.by_chance[: MIN_ANSWERS - 1]) is None
    )


def test_without_a_confirmed_alert_nothing_is_estimated() -> None:
    bank = Bank(1)
    bank.is_fraud[:] = False

    assert sampled_recall(bank.logged, bank.alerts, bank.answers(*bank.names), bank.by_chance) is None


def test_the_card_says_it_whether_or_not_more_is_known() -> None:
    bank = Bank(1)
    found = sampled_recall(bank.logged, bank.alerts, bank.answers(*bank.names), bank.by_chance)
    quality = replace(ModelQuality("the training rows"), sampled=found)

    text = "\n".join(quality_section(quality))

    assert found is not None
    assert "**Alerts find " in text
    assert f"on {found.answered_others:,} other transactions that were chosen by chance" in text
    assert metrics_of(quality)["quality_sampled_recall_low"] == found.recall.low
    assert "Alerts find" not in "\n".join(quality_section(ModelQuality("the training rows")))


def test_only_what_was_chosen_by_chance_is_read_of_a_table() -> None:
    table = "transaction_id,label,why\ntx-1,,doubtful\ntx-2,,random sample\ntx-3,,unusual\ntx-4,,random sample\n"

    assert asked_by_chance(table) == ["tx-2", "tx-4"]
    assert asked_by_chance("") == []
