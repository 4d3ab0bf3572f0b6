"""What travels beside a forest from the trainer to the detector, as `champion/calibration.json` in MLflow."""

from typing import Annotated, Final

from pydantic import Field

from vigie_schemas.record import Part, Record, TimestampMs
from vigie_schemas.scored import Score, Version

MODEL_NAME: Final = "vigie-isolation-forest"
CHAMPION_ALIAS: Final = "champion"
CHAMPION_ARTIFACTS: Final = "champion"
"""Folder among the run's artifacts; holds `calibration.json` and, in MLlib's layout, `forest/` and `second_stage/`
where labels have taught one."""

QUESTION_ARTIFACTS: Final = "questions"
QUESTION_FILE: Final = "questions.csv"
"""Transactions of which an answer would teach most, beside the champion among the run's artifacts (docs/adr/0031)."""

SEGMENT_NEW: Final = "new_account"
SEGMENT_ESTABLISHED: Final = "established_account"
ESTABLISHED_FROM: Final = 5
"""Earlier transactions from which an account's own history is worth comparing with (docs/adr/0004)."""


class Threshold(Part):
    """From which score on a segment alerts."""

    threshold: Score
    quantile: Score = Field(description="Quantile of the segment's scores the threshold stands at.")
    tied_share: Score | None = Field(
        default=None,
        description="Share of the rows that would alert with those of one score just below the threshold, which would "
        "exceed the budget; null where no equal scores are left out.",
    )


class FeatureRange(Part):
    """Where a feature usually lies and where its tail begins, over the training span; what reasons measure by."""

    usual: float = Field(description="Median.")
    tail: float = Field(description="99th percentile, above `usual` by at least a small amount.")


class FeatureBins(Part):
    """A feature's distribution over the training span: drift is measured against it (docs/adr/0014)."""

    edges: Annotated[list[float], Field(min_length=1)] = Field(
        description="Ascending; bin i holds values above edge i-1 and up to edge i, the last bin all beyond."
    )
    shares: Annotated[list[Score], Field(min_length=2)] = Field(
        description="Of the training rows; one more than edges."
    )


class SecondStage(Part):
    """How the log-odds that `second_stage/` gives join the forest's score (vigie_schemas.second_stage)."""

    inputs: list[str] = Field(description="In the order of its trees' inputs.")
    weight: Annotated[float, Field(gt=0, lt=1)] = Field(description="Of its log-odds; the rest is the forest's.")
    offset: float = Field(description="Puts its log-odds where the forest's logits lie.")
    scale: Annotated[float, Field(gt=0)] = Field(description="Spreads its log-odds as far as the forest's logits.")
    frauds: Annotated[int, Field(ge=1)] = Field(description="Transactions labelled as fraud that it learned from.")
    others: Annotated[int, Field(ge=1)] = Field(description="Transactions it took for sound.")


class Calibration(Record):
    """All the detector needs besides the trees."""

    feature_names: list[str] = Field(description="In the order of the forest's inputs.")
    history_length: Annotated[int, Field(ge=2)]
    samples_per_tree: Annotated[int, Field(ge=2)] = Field(description="max_samples_ of the fitted forest.")
    thresholds: dict[str, Threshold] = Field(description="By segment.")
    threshold_version: Version
    feature_ranges: dict[str, FeatureRange]
    feature_bins: dict[str, FeatureBins] = Field(
        default_factory=dict, description="By feature; empty on champions of before bins were logged."
    )
    alert_budget: Annotated[float, Field(gt=0, lt=1)] = Field(description="Share of transactions meant to alert.")
    second_stage: SecondStage | None = Field(
        default=None, description="Null where the forest scores alone, as it does before labels have taught anything."
    )
    trained_rows: Annotated[int, Field(ge=1)]
    trained_from_ms: TimestampMs
    trained_to_ms: TimestampMs
