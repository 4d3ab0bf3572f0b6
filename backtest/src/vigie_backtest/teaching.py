"""What teaches the second stage of each seed: labels that come late, a few answers, or nothing."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from trainer.counterparties.known import inputs_at
from trainer.quality.ranking import EvaluatedRows
from trainer.second_stage import FromLabels, second_stage_inputs
from vigie_backtest.answers import asked_about
from vigie_backtest.detector_path import DetectorPath
from vigie_backtest.late_labels import known_counterparties, note_on_counterparties, teaching_rows, truth_at
from vigie_backtest.lies import note_on_lies, with_lies
from vigie_backtest.options import Options
from vigie_backtest.split import Split
from vigie_schemas.topics import DAY_MS

ANSWERED_AFTER_MS: Final = DAY_MS


@dataclass(frozen=True)
class Lesson:
    """What labels say of the rows learned from, and of whom all rows pay at their time."""

    labels: FromLabels
    counterparties: pd.Series
    """CounterpartyLabels or None by row."""


class Teaching:
    """Works out the lesson of each seed; that of late labels is the same for all."""

    def __init__(
        self, frame: pd.DataFrame, features: pd.DataFrame, split: Split, options: Options, detector: DetectorPath
    ) -> None:
        """`frame` has the columns of reading.Transactions, `features` those of DetectorPath.compute."""
        true = teaching_rows(frame.loc[features.index], options.without)
        self._accepted = with_lies(true, options.lies, are_answers=options.answers is not None)
        self._lies = [note_on_lies(true, self._accepted)] if options.lies else []
        self._features = features
        self._learned = self._accepted.loc[frame.index[split.train]]
        self._cut_ms = split.cut_ms
        self._options = options
        self._detector = detector
        self._of_seed: dict[int, Lesson] = {}

    def lesson(self, seed: int) -> Lesson | None:
        """What the seed's training learns beside the features; None where nothing teaches."""
        answers = self._options.answers
        if answers is None:
            return self._of_late_labels
        if seed not in self._of_seed:
            self._of_seed[seed] = self._of_answers(seed, answers)
        return self._of_seed[seed]

    def notes(self, seed: int, evaluated: EvaluatedRows, rows: pd.Index) -> list[str]:
        """What the report says of counterparties and lies; none where nothing teaches. `rows` are those evaluated."""
        lesson = self.lesson(seed)
        if lesson is None:
            return []
        return [note_on_counterparties(lesson.counterparties.loc[rows], evaluated), *self._lies]

    @cached_property
    def _of_late_labels(self) -> Lesson | None:
        delay_ms = self._options.label_delay_ms
        if delay_ms is None:
            return None
        known = known_counterparties(self._accepted, delay_ms)
        return self._lesson(truth_at(self._learned, self._cut_ms, delay_ms), known)

    def _of_answers(self, seed: int, answers: int) -> Lesson:
        """The forest alone judges first; a person answers what is asked, and no other label is known."""
        times, accounts = self._learned["timestamp_ms"].to_numpy(np.int64), tuple(self._learned["account_id"])
        alone = self._detector.train(self._features.loc[self._learned.index], times, accounts, seed)
        nothing_known = inputs_at([None] * len(times), times)
        inputs = second_stage_inputs(alone.logged.matrix, alone.logged.timestamps_ms, nothing_known)
        asked = asked_about(alone.forest_scores, inputs, self._learned, answers, seed)
        is_asked = self._accepted.index.isin(self._learned.index[asked])
        answered = self._accepted.assign(label=self._accepted["label"].where(is_asked))
        known = known_counterparties(answered, ANSWERED_AFTER_MS)
        truth = np.where(asked, self._learned["label"].to_numpy(np.float64, na_value=np.nan), 0.0)
        return self._lesson(truth, known, unanswered=~asked)

    def _lesson(self, truth: np.ndarray, known: pd.Series, unanswered: np.ndarray | None = None) -> Lesson:
        times = self._learned["timestamp_ms"].to_numpy(np.int64)
        return Lesson(FromLabels(truth, inputs_at(known.loc[self._learned.index], times), unanswered), known)
