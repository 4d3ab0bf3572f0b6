"""All segments of one champion: rows in, changed thresholds out. No clock, no Kafka, no registry."""

from collections.abc import Mapping
from dataclasses import dataclass

from trainer.recalibration.policy import MIN_MODE_SECONDS, Mode, SegmentState, SliceResult, observe
from trainer.recalibration.sentences import change_sentence, mode_sentence
from trainer.recalibration.slices import ScoredRows, SliceCutter
from trainer.recalibration.steps import alert_share
from trainer.recalibration.window import WINDOW_ROWS, Window
from trainer.thresholds import tie_below, tie_sentence
from vigie_schemas import SCHEMA_VERSION, Threshold, ThresholdChange, Thresholds


@dataclass(frozen=True)
class ModeChange:
    """A segment whose threshold froze, began to follow a shift, or is calm again."""

    segment: str
    mode: Mode
    sentence: str
    at_ms: int
    """Stream time."""


class Recalibrator:
    """Watches the scores of one champion and knows which thresholds it should have."""

    def __init__(
        self,
        model_version: int,
        threshold_version: int,
        thresholds: Mapping[str, Threshold],
        alert_budget: float,
        *,
        window_rows: int = WINDOW_ROWS,
        min_mode_seconds: float = MIN_MODE_SECONDS,
    ) -> None:
        self.model_version = model_version
        self.threshold_version = threshold_version
        self._alert_budget = alert_budget
        self._served = dict(thresholds)
        self._cutters = {segment: SliceCutter() for segment in thresholds}
        self._states = {
            segment: SegmentState(
                level.threshold, alert_budget, window=Window(min_rows=window_rows), min_mode_seconds=min_mode_seconds
            )
            for segment, level in thresholds.items()
        }
        self._moved_by: dict[str, SliceResult] = {}

    @property
    def states(self) -> Mapping[str, SegmentState]:
        """State of each segment."""
        return self._states

    def observe(self, segment: str, rows: ScoredRows, at: float | None) -> list[ModeChange]:
        """Take a segment's next rows, seen `at` these seconds of a clock that never goes back.

        None is a replay: it fills the windows and leaves the thresholds where they are.
        """
        changes: list[ModeChange] = []
        for newest in self._cutters[segment].add(rows):
            before = self._states[segment]
            after, result = observe(before, newest, at)
            self._states[segment] = after
            if after.threshold != before.threshold:
                self._moved_by[segment] = result
            if after.mode != before.mode:
                sentence = mode_sentence(after.mode, result, before)
                changes.append(ModeChange(segment, after.mode, sentence, newest.to_ms))
        return changes

    def pending(self, decided_at_ms: int) -> Thresholds | None:
        """The next version of the thresholds; None while none has moved since the last."""
        changes = {
            segment: self._change(segment, result)
            for segment, result in self._moved_by.items()
            if self._states[segment].threshold != self._served[segment].threshold
        }
        if not changes:
            return None
        moved = {segment: self._level(segment) for segment in changes}
        return Thresholds(
            schema_version=SCHEMA_VERSION,
            model_version=self.model_version,
            threshold_version=self.threshold_version + 1,
            alert_budget=self._alert_budget,
            thresholds=self._served | moved,
            changes=changes,
            decided_at_ms=decided_at_ms,
        )

    def published(self, thresholds: Thresholds) -> None:
        """These are in effect now, or as soon as the detector looks."""
        self.threshold_version = thresholds.threshold_version
        self._served = dict(thresholds.thresholds)
        self._moved_by.clear()

    def _level(self, segment: str) -> Threshold:
        state = self._states[segment]
        scores = state.recent.scores
        tie = tie_below(scores, state.threshold, state.alert_budget)
        return Threshold(
            threshold=state.threshold,
            quantile=1.0 - alert_share(scores, state.threshold),
            tied_share=None if tie is None else tie.alert_share,
        )

    def _change(self, segment: str, result: SliceResult) -> ThresholdChange:
        """From the threshold in effect to the one that should be, measured on the newest rows."""
        state, served = self._states[segment], self._served[segment].threshold
        recent = state.recent
        scores = recent.scores
        before, after = alert_share(scores, served), alert_share(scores, state.threshold)
        sentence = change_sentence(result.cause, state, served, before)
        return ThresholdChange.model_validate(
            {
                "cause": result.cause,
                "sentence": " ".join(filter(None, (sentence, tie_sentence(self._level(segment), self._alert_budget)))),
                "alert_share_before": before,
                "alert_share_after": after,
                "rows": recent.rows,
                "from_ms": recent.from_ms,
                "to_ms": recent.to_ms,
            }
        )
