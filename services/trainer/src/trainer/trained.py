"""What one training made, from the numbers to the result a caller sees."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from trainer.forest import fit_forest, learning_rows, unusualness
from trainer.logged_features import Floats, LoggedFeatures
from trainer.second_stage import FromLabels, LearnedSecondStage, learn_second_stage
from trainer.settings import TrainerSettings
from trainer.thresholds import (
    alert_shares,
    alerting,
    feature_bins,
    feature_ranges,
    segment_rows,
    segment_thresholds,
    share_of_all,
    tie_sentence,
)
from vigie_runtime.percentiles import value_at_percentile
from vigie_schemas import (
    FEATURE_NAMES,
    FIRST_THRESHOLD_VERSION,
    HISTORY_LENGTH,
    SCHEMA_VERSION,
    Calibration,
    FeatureRange,
    Threshold,
)

SHOWN_PERCENTILES = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p999": 99.9}


@dataclass(frozen=True)
class Trained:
    """A fitted forest with its thresholds, before anybody else knows of it."""

    forest: IsolationForest
    logged: LoggedFeatures
    learned_rows: int
    scores: Floats
    """Those that will serve: the forest's, or combined with the second stage's."""
    forest_scores: Floats
    thresholds: dict[str, Threshold]
    ranges: dict[str, FeatureRange]
    alert_budget: float
    second_stage: LearnedSecondStage | None = None

    @property
    def alerts(self) -> NDArray[np.bool_]:
        """Which rows would alert."""
        return alerting(self.scores, self.logged.established, self.thresholds)

    @property
    def alert_shares(self) -> dict[str, float]:
        """Share of each segment's rows that would alert."""
        return alert_shares(self.scores, self.logged.established, self.thresholds)

    @property
    def alert_share(self) -> float:
        """Share of all rows that would alert."""
        return share_of_all(self.scores, self.logged.established, self.thresholds)

    @property
    def ties(self) -> dict[str, str]:
        """A sentence for each segment in which equal scores are left out of the alerts, by segment."""
        sentences = {segment: tie_sentence(level, self.alert_budget) for segment, level in self.thresholds.items()}
        return {segment: sentence for segment, sentence in sentences.items() if sentence is not None}

    def metrics(self) -> dict[str, float]:
        """Numbers by which trainings are compared."""
        segments = segment_rows(self.logged.established)
        ascending = np.sort(self.scores)
        return {
            "rows": self.logged.rows,
            "rows_learned": self.learned_rows,
            "rows_repeated": self.logged.repeats,
            "rows_left_out": self.logged.left_out,
            "alert_share": self.alert_share,
            **{f"rows_{segment}": float(rows.sum()) for segment, rows in segments.items()},
            **{
                f"score_{name}": float(value_at_percentile(ascending, share))
                for name, share in SHOWN_PERCENTILES.items()
            },
            **{f"threshold_{segment}": level.threshold for segment, level in self.thresholds.items()},
            **{f"alert_share_{segment}": share for segment, share in self.alert_shares.items()},
            **{
                f"tied_share_{segment}": level.tied_share
                for segment, level in self.thresholds.items()
                if level.tied_share
            },
            **(self.second_stage.metrics() if self.second_stage else {}),
        }

    def calibration(self) -> Calibration:
        """What the detector needs besides the trees."""
        return Calibration(
            schema_version=SCHEMA_VERSION,
            feature_names=list(FEATURE_NAMES),
            history_length=HISTORY_LENGTH,
            samples_per_tree=int(self.forest.max_samples_),
            thresholds=self.thresholds,
            threshold_version=FIRST_THRESHOLD_VERSION,
            feature_ranges=self.ranges,
            feature_bins=feature_bins(self.logged.matrix),
            alert_budget=self.alert_budget,
            second_stage=self.second_stage.combination if self.second_stage else None,
            trained_rows=self.logged.rows,
            trained_from_ms=int(self.logged.timestamps_ms.min()),
            trained_to_ms=int(self.logged.timestamps_ms.max()),
        )


@dataclass(frozen=True)
class TrainingResult:
    """A champion: what it was trained on and where it is."""

    version: int
    rows: int
    repeats: int
    left_out: int
    thresholds: Mapping[str, Threshold]
    alert_shares: Mapping[str, float]
    run_id: str
    address: str
    """URI of the registered version, as MLflow's clients take it."""
    page: str
    """The version's page in MLflow; the URI again where no server shows pages."""
    is_champion: bool = True
    """False for one that watches first."""


def learn(logged: LoggedFeatures, settings: TrainerSettings, labels: FromLabels | None = None) -> Trained:
    """Fit the forest, and a second stage where the truth of enough rows is known; score every row, set thresholds.

    The forest never sees what labels say.
    """
    rows = learning_rows(logged, settings.train_minimum_rows)
    forest = fit_forest(rows, settings)
    scores = unusualness(forest, logged.matrix)
    second_stage = None if labels is None else learn_second_stage(logged, scores, labels, settings.forest_seed)
    served = scores if second_stage is None else second_stage.scores
    return Trained(
        forest=forest,
        logged=logged,
        learned_rows=len(rows),
        scores=served,
        forest_scores=scores,
        thresholds=segment_thresholds(served, logged.established, settings.alert_budget),
        ranges=feature_ranges(logged.matrix),
        alert_budget=settings.alert_budget,
        second_stage=second_stage,
    )
