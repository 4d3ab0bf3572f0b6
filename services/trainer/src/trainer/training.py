"""One training, from the scored topic to a champion."""

import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from trainer.champion_files import FOREST_FOLDER, SECOND_STAGE_FOLDER, write_champion
from trainer.counterparties.known import counterparties_at, inputs_at
from trainer.errors import TooFewRowsError
from trainer.gate import (
    SAMPLE_ROWS,
    require_budget,
    require_different_scores,
    require_same_log_odds,
    require_same_scores,
)
from trainer.labels_topic import LabelsTopic
from trainer.logged_features import LoggedFeatures
from trainer.model_card import CARD_ARTIFACTS, CARD_FILE, ModelCard
from trainer.plots import draw_features, draw_scores
from trainer.quality.known_labels import labelled_rows, truth_of, unanswered_by
from trainer.quality.measured import ModelQuality, measured_quality, metrics_of
from trainer.quality.sampled_recall import SampledRecall, asked_by_chance, sampled_recall
from trainer.question_table import question_table
from trainer.questions import questions_of
from trainer.registry import RegistryWriter, address
from trainer.scored_topic import ScoredTopic
from trainer.second_stage import FromLabels
from trainer.settings import TrainerSettings
from trainer.trained import Trained, TrainingResult, learn
from vigie_runtime import UnavailableError, ensure_topics, get_logger, load_settings
from vigie_schemas import CHAMPION_ARTIFACTS, FEATURE_NAMES, QUESTION_ARTIFACTS, QUESTION_FILE, SCORED, Label

log = get_logger(__name__)

BASIS = "the training rows"
UNREAD = "The labels could not be read while it was trained; the trainer's log says why."
ASKED_VERSIONS = 40
"""Newest versions whose questions count for recall: ten days at one training every six hours."""
LABELS_A_ROW = 2
"""Newest labels read for each row: the source's own word and an analyst's."""


class Trainer:
    """Trains on what the scored topic holds and registers the champion."""

    def __init__(self, settings: TrainerSettings | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings or load_settings(TrainerSettings)
        self._clock = clock

    def train(self, rows: int | None = None) -> TrainingResult:
        """Train once on the newest `rows` records; raise TrainingError when no champion may come of it.

        A person asked for it, so the result serves at once, unless another person has to approve it.
        """
        ensure_topics(self._settings, [SCORED])
        topic = ScoredTopic(self._settings)
        try:
            return self.train_from(topic, rows)
        finally:
            topic.close()

    def train_from(self, topic: ScoredTopic, rows: int | None = None, *, in_shadow: bool = False) -> TrainingResult:
        """Train with a reader that is there already; `in_shadow`: the result watches first, beside a champion."""
        with closing(RegistryWriter(self._settings)) as registry:
            registry.require_answer()
            return self._train(registry, topic, rows or self._settings.train_rows, in_shadow=in_shadow)

    def _train(self, registry: RegistryWriter, topic: ScoredTopic, wanted: int, *, in_shadow: bool) -> TrainingResult:
        logged = topic.read_newest(wanted)
        self.require_rows(logged, min(wanted // 2, self._settings.train_minimum_rows))
        labels = self._labels(logged)
        started = time.monotonic()
        trained = learn(logged, self._settings, self._from_labels(logged, labels or {}))
        fit_seconds = time.monotonic() - started
        for segment, sentence in trained.ties.items():
            log.warning("tied scores excluded", segment=segment, reason=sentence)
        if (second_stage := trained.second_stage) is not None:
            log.info(
                "second stage learned",
                frauds=second_stage.combination.frauds,
                weight=second_stage.combination.weight,
                forest_average_precision=second_stage.forest_precision,
                average_precision=second_stage.combined_precision,
            )
        quality = replace(_quality(trained, labels), sampled=_sampled_recall(registry, trained, labels or {}))
        figures = {**trained.metrics(), **metrics_of(quality), "fit_seconds": fit_seconds}
        with registry.run(f"{logged.rows} rows") as run_id, tempfile.TemporaryDirectory(prefix="vigie-") as folder:
            result = self._publish(registry, run_id, trained, Path(folder), figures)
            self._write_card(registry, result.version, trained, quality, Path(folder))
            self._write_questions(registry, trained, labels or {}, Path(folder))
        # the last step of all: whatever failed before, the champion stayed
        is_champion = self._hand_in(registry, result.version, in_shadow=in_shadow)
        log.info("model trained", version=result.version, rows=result.rows, run_id=run_id, is_champion=is_champion)
        return replace(result, is_champion=is_champion)

    def _hand_in(self, registry: RegistryWriter, version: int, *, in_shadow: bool) -> bool:
        """Let the version serve, or watch first where that is asked for and there is a champion to compare it with."""
        watches = self._settings.promotion == "approve" or (in_shadow and self._settings.shadow_rows > 0)
        note = registry.challenge if watches and registry.champion() is not None else registry.promote
        note(version, by="trainer", why="trained", now_ms=int(self._clock() * 1_000))
        return note == registry.promote

    def _from_labels(self, logged: LoggedFeatures, labels: Mapping[str, Label]) -> FromLabels:
        sources = self._settings.learn_from
        truth = truth_of(logged, labels, sources, int(self._clock() * 1_000))
        teaching = (label for label in labels.values() if label.source in sources)
        known = counterparties_at(logged.counterparty_ids, logged.timestamps_ms, teaching)
        inputs = inputs_at(known, logged.timestamps_ms)
        return FromLabels(truth, inputs, unanswered_by(logged, labels, sources))

    def require_rows(self, logged: LoggedFeatures, needed: int) -> None:
        """Raise TooFewRowsError when fewer transactions came than are needed."""
        if logged.rows < needed:
            raise TooFewRowsError(
                f"{logged.rows} transactions with all features are logged, {needed} are needed "
                f"({logged.left_out} records were left out, {logged.repeats} were repeats): "
                "let the detector score more or lower VIGIE_TRAIN_MINIMUM_ROWS."
            )

    def _publish(
        self, registry: RegistryWriter, run_id: str, trained: Trained, folder: Path, figures: Mapping[str, float]
    ) -> TrainingResult:
        """Log everything, pass the gate, register, all without being seen by the detector."""
        registry.log(self._params(), figures)
        plots, champion = folder / "plots", folder / CHAMPION_ARTIFACTS
        plots.mkdir()
        champion.mkdir()
        established = trained.logged.established
        draw_scores(plots, trained.scores, established, trained.thresholds, trained.alert_budget)
        draw_features(plots, trained.ranges)
        registry.log_folder(plots, "plots")
        write_champion(trained, champion, written_at_ms=int(self._clock() * 1_000))
        difference = require_same_scores(trained.forest, champion / FOREST_FOLDER, trained.logged.matrix)
        if trained.second_stage is not None:
            require_same_log_odds(trained.second_stage, champion / SECOND_STAGE_FOLDER)
        require_different_scores(trained.scores)
        require_budget(trained.alert_share, trained.alert_budget, are_ties_left_out=bool(trained.ties))
        version = registry.register(trained.forest, trained.logged.matrix[:SAMPLE_ROWS])
        registry.log_folder(champion, CHAMPION_ARTIFACTS)
        times = trained.logged.timestamps_ms
        span = {"trained_from_ms": int(times.min()), "trained_to_ms": int(times.max())}
        causes = {
            f"threshold_cause_{segment}": f"tied_scores: {sentence}" for segment, sentence in trained.ties.items()
        }
        weight = trained.second_stage.combination.weight if trained.second_stage else 0.0
        about = {"trained_rows": trained.logged.rows, "second_stage_weight": round(weight, 4), **span, **causes}
        about["layout_difference"] = difference
        registry.tag_version(version, about)
        return TrainingResult(
            version=version,
            rows=trained.logged.rows,
            repeats=trained.logged.repeats,
            left_out=trained.logged.left_out,
            thresholds=trained.thresholds,
            alert_shares=trained.alert_shares,
            run_id=run_id,
            address=address(version),
            page=registry.page(version),
        )

    def _labels(self, logged: LoggedFeatures) -> dict[str, Label] | None:
        """What is known so far; None where it could not be read, and the training goes on without."""
        try:
            with closing(LabelsTopic(self._settings)) as topic:
                return topic.read_newest(LABELS_A_ROW * logged.rows)
        except UnavailableError as error:
            log.warning("labels unavailable", reason=str(error))
            return None

    def _write_card(
        self, registry: RegistryWriter, version: int, trained: Trained, quality: ModelQuality, folder: Path
    ) -> None:
        """The version's card, as an artifact of the run and on the version's page."""
        card = ModelCard(f"version {version}", int(self._clock() * 1_000), trained, self._settings, quality)
        place = folder / CARD_ARTIFACTS
        place.mkdir()
        (place / CARD_FILE).write_text(card.markdown(), encoding="utf-8")
        registry.log_folder(place, CARD_ARTIFACTS)
        registry.describe(version, card.markdown(), f"{CARD_ARTIFACTS}/{CARD_FILE}")

    def _write_questions(
        self, registry: RegistryWriter, trained: Trained, labels: Mapping[str, Label], folder: Path
    ) -> None:
        """What is best answered next, as a table that becomes labels once its column is filled."""
        asked = questions_of(trained, labels, self._settings.forest_seed)
        place = folder / QUESTION_ARTIFACTS
        place.mkdir()
        (place / QUESTION_FILE).write_text(question_table(trained, asked), encoding="utf-8")
        registry.log_folder(place, QUESTION_ARTIFACTS)

    def _params(self) -> dict[str, object]:
        settings = self._settings
        return {
            "trees": settings.forest_trees,
            "samples_per_tree": settings.forest_samples,
            "seed": settings.forest_seed,
            "alert_budget": settings.alert_budget,
            "rows_wanted": settings.train_rows,
            "features": ",".join(FEATURE_NAMES),
            "learn_from": ",".join(settings.learn_from),
        }


def _sampled_recall(registry: RegistryWriter, trained: Trained, labels: Mapping[str, Label]) -> SampledRecall | None:
    """By the answers to what the trainings before asked about by chance."""
    by_chance = {name for table in registry.questions(ASKED_VERSIONS) for name in asked_by_chance(table)}
    return sampled_recall(trained.logged, trained.alerts, labels, by_chance)


def _quality(trained: Trained, labels: Mapping[str, Label] | None) -> ModelQuality:
    """Quality by the labels known so far; the card says where they could not be read."""
    if labels is None:
        return ModelQuality(BASIS, trained.logged.rows, trouble=UNREAD)
    evaluated, rows = labelled_rows(trained.logged, labels)
    return measured_quality(evaluated, trained.scores[rows], BASIS, trained.logged.rows)
