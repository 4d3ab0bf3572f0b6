"""Thresholds re-calibrated while a champion serves, as `thresholds/<version>.json` in its MLflow run."""

from typing import Annotated, Final, Literal

from pydantic import Field

from vigie_schemas.calibration import Threshold
from vigie_schemas.metrics import Count
from vigie_schemas.record import Part, Record, TimestampMs
from vigie_schemas.scored import Score, Version

THRESHOLD_ARTIFACTS: Final = "thresholds"
"""Folder among the champion's run's artifacts; holds one `<threshold_version>.json` for each version from 2 on."""
FIRST_THRESHOLD_VERSION: Final = 1
"""Version of the thresholds that a champion's calibration brings along."""
THRESHOLD_VERSION_TAG: Final = "threshold_version"
"""Tag of the model version that names the newest thresholds; set last of all, so what it names is there."""

ThresholdCause = Literal[
    "within_budget", "over_budget", "under_budget", "behaviour_shift", "alert_surge", "too_few_rows"
]


class ThresholdChange(Part):
    """Why a segment's threshold moved, and on which rows that was seen."""

    cause: Literal["over_budget", "under_budget", "behaviour_shift"]
    sentence: str = Field(description="The cause for a person, with its figures.")
    alert_share_before: Score = Field(description="Share of the window's rows that the former threshold alerts on.")
    alert_share_after: Score = Field(description="Share of the same rows that the new threshold alerts on.")
    rows: Count = Field(description="Rows of the window.")
    from_ms: TimestampMs = Field(description="Stream time of the window's oldest rows.")
    to_ms: TimestampMs = Field(description="Stream time of the window's newest rows.")


class Thresholds(Record):
    """All thresholds of one version, with what changed since the one before."""

    model_version: Version
    threshold_version: Version = Field(description="Counts within a model version; the champion brought 1.")
    alert_budget: Annotated[float, Field(gt=0, lt=1)] = Field(description="Share of transactions meant to alert.")
    thresholds: dict[str, Threshold] = Field(description="By segment, unchanged ones included.")
    changes: dict[str, ThresholdChange] = Field(description="By segment that changed.")
    decided_at_ms: TimestampMs
