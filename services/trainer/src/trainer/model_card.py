"""The model card of one version, in Markdown: what it learned from, how it decides, how good it is known to be."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from trainer.quality.measured import ModelQuality
from trainer.quality.section import percent, quality_section
from trainer.settings import TrainerSettings
from trainer.thresholds import MIN_TAIL, alert_shares, segment_rows
from trainer.trained import Trained
from vigie_schemas import FEATURES, MODEL_NAME, SEGMENT_ESTABLISHED, SEGMENT_NEW, Feature, FeatureRange

CARD_ARTIFACTS: Final = "card"
CARD_FILE: Final = "model-card.md"

SEGMENT_WORDS: Final = {SEGMENT_NEW: "new accounts", SEGMENT_ESTABLISHED: "established accounts"}
USE_AND_LIMITS: Final = (
    "- For: putting transactions that do not fit their account before a person, with reasons. Not for: refusing "
    "payments or judging people without one.",
    "- Unusual is not fraud: fraud that stays within an account's habits is not seen, and honest surprises alert. Only "
    "high values count as risk (docs/adr/0005); how high is alarming by itself is an estimate (docs/adr/0007).",
    "- New accounts are compared with all others, having little history of their own. The forest takes fraud among the "
    "training rows for ordinary; only a second stage learns from labels.",
    "- Thresholds follow the scores after training (docs/adr/0009): those in charge stand on the version's page.",
)


@dataclass(frozen=True)
class ModelCard:
    """What a card is written from."""

    version: str
    trained_at_ms: int
    trained: Trained
    settings: TrainerSettings
    quality: ModelQuality

    def markdown(self) -> str:
        """The card; quality first, which is what most readers look for, and the long table of features last."""
        lines = [
            f"# {MODEL_NAME}, {self.version}",
            "",
            f"Isolation Forest that scores bank transactions, trained {utc_text(self.trained_at_ms)}.",
            "",
            *quality_section(self.quality),
            "",
            *self._data(),
            "",
            *self._model(),
            "",
            "## Intended use and limits",
            "",
            *USE_AND_LIMITS,
            "",
            *self._features(),
        ]
        return "\n".join(lines) + "\n"

    def _data(self) -> list[str]:
        logged = self.trained.logged
        first, last = int(logged.timestamps_ms.min()), int(logged.timestamps_ms.max())
        parts = ", ".join(
            f"{int(rows.sum()):,} of {SEGMENT_WORDS[segment]}"
            for segment, rows in segment_rows(logged.established).items()
        )
        return [
            "## Data",
            "",
            f"- Span: {utc_text(first)} to {utc_text(last)}",
            f"- Transactions: {logged.rows:,} ({parts}); {logged.repeats:,} repeats, {logged.left_out:,} left out",
            *([f"- Accounts: {_accounts(self.trained)}"] if logged.account_ids else []),
            f"- Amounts in EUR: {self.settings.rates().in_words()}",
        ]

    def _model(self) -> list[str]:
        settings, trained = self.settings, self.trained
        shares = alert_shares(trained.scores, trained.logged.established, trained.thresholds)
        levels = [
            f"- {SEGMENT_WORDS[segment].capitalize()} alert from score {level.threshold:.4f}"
            + (f", {percent(shares[segment])} of them here" if segment in shares else "; none were here")
            for segment, level in trained.thresholds.items()
        ]
        return [
            "## Model and thresholds",
            "",
            f"- Trees {settings.forest_trees:,} on {int(trained.forest.max_samples_):,} rows each, seed "
            f"{settings.forest_seed}; learned from {trained.learned_rows:,} rows and "
            f"{round(trained.learned_rows * settings.forest_anchor_share):,} anchors "
            f"({settings.forest_anchor_share:g} a row, docs/adr/0007)",
            *_second_stage(trained),
            f"- Alert budget {percent(trained.alert_budget)}; of all rows {percent(trained.alert_share)} alert",
            *levels,
            *(f"- {SEGMENT_WORDS[segment].capitalize()}: {sentence}" for segment, sentence in trained.ties.items()),
        ]

    def _features(self) -> list[str]:
        rows = [_feature_row(feature, self.trained.ranges[feature.name]) for feature in FEATURES]
        return [
            "## Features",
            "",
            "Higher is riskier. Allowance is taken off before anything counts; alarming is reason to look by itself. "
            f"Usual is the training rows' median, tail their 99th percentile, at least {MIN_TAIL:g} above it.",
            "",
            "| feature | unit | meaning | why | allowance | alarming | usual | tail |",
            "|---|---|---|---|---:|---:|---:|---:|",
            *rows,
        ]


def utc_text(timestamp_ms: int) -> str:
    """`2026-09-21 13:33 UTC`."""
    return datetime.fromtimestamp(timestamp_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _second_stage(trained: Trained) -> list[str]:
    found = trained.second_stage
    if found is None:
        return ["- No second stage: the forest scores alone (docs/adr/0029)"]
    numbers = found.combination
    return [
        f"- Second stage of weight {numbers.weight:.2f}, taught by {numbers.frauds:,} labelled frauds beside "
        f"{numbers.others:,} other rows; on held-out parts of them average precision rose from "
        f"{found.forest_precision:.3f} to {found.combined_precision:.3f} (docs/adr/0029)"
    ]


def _accounts(trained: Trained) -> str:
    logged = trained.logged
    accounts = set(logged.account_ids)
    established = {name for name, old in zip(logged.account_ids, logged.established.tolist(), strict=True) if old}
    return f"{len(accounts):,} ({len(accounts - established):,} new, {len(established):,} established by the end)"


def _feature_row(feature: Feature, usual: FeatureRange) -> str:
    texts = (feature.name, feature.unit, feature.meaning, feature.reason)
    numbers = (feature.allowance, feature.alarming, usual.usual, usual.tail)
    return f"| {' | '.join(texts)} | {' | '.join(f'{number:.3g}' for number in numbers)} |"
