"""All segments of one champion: rows in, changed thresholds out. No clock, no Kafka, no registry."""

from collections.abc import Mapping
from dataclasses import dataclass

from trainer.logged_features import Floats
from trainer.recalibration.policy import Mode, SegmentState, Verdict, observe
from trainer.recalibration.sentences import change_sentence, mode_sentence
from trainer.recalibration.slices import SliceCutter, Timestamps
from trainer.recalibration.steps import alert_share
from trainer.recalibration.window import WINDOW_ROWS, Window
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
    """Watches the scores of one champion and knows by which thresholds it should judge."""

    def __init__(
        self,
        model_version: int,
        threshold_version: int,
        thresholds: Mapping[str, Threshold],
        alert_budget: float,
        *,
        window_rows: int = WINDOW_ROWS,
    ) -> None:
        self.model_version = model_version
        self.threshold_version = threshold_version
        self._alert_budget = alert_budget
        self._served = dict(thresholds)
        self._cutters = {segment: SliceCutter() for segment in thresholds}
        window = Window(fewest=window_rows)
        self._states = {
            segment: SegmentState(level.threshold, alert_budget, window=window) for segment, level in thresholds.items()
        }
        self._moved_by: dict[str, Verdict] = {}

    @property
    def states(self) -> Mapping[str, SegmentState]:
        """State of each segment."""
        return self._states

    def observe(
        self, segment: str, scores: Floats, timestamps_ms: Timestamps, *, is_replay: bool = False
    ) -> list[ModeChange]:
        """Take a segment's next rows; a replay fills the windows and leaves the thresholds where they are."""
        changes: list[ModeChange] = []
        for newest in self._cutters[segment].add(scores, timestamps_ms):
            before = self._states[segment]
            after, verdict = observe(before, newest, is_replay=is_replay)
            self._states[segment] = after
            if after.threshold != before.threshold:
                self._moved_by[segment] = verdict
            if after.mode != before.mode:
                sentence = mode_sentence(after.mode, verdict, before)
                changes.append(ModeChange(segment, after.mode, sentence, newest.to_ms))
        return changes

    def pending(self, decided_at_ms: int) -> Thresholds | None:
        """The next version of the thresholds; None while none has moved since the last."""
        changes = {
            segment: self._change(segment, verdict)
            for segment, verdict in self._moved_by.items()
            if self._states[segment].threshold != self._served[segment].threshold
        }
        if not changes:
            return None
        moved = {
            segment: Threshold(threshold=self._states[segment].threshold, quantile=1.0 - change.alert_share_after)
            for segment, change in changes.items()
        }
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
        """The detector has been told of these."""
        self.threshold_version = thresholds.threshold_version
        self._served = dict(thresholds.thresholds)
        self._moved_by.clear()

    def _change(self, segment: str, verdict: Verdict) -> ThresholdChange:
        """From what was served last to what should be served now, measured on the newest rows."""
        state, served = self._states[segment], self._served[segment].threshold
        recent = state.recent
        scores = recent.scores
        before, after = alert_share(scores, served), alert_share(scores, state.threshold)
        return ThresholdChange.model_validate(
            {
                "cause": verdict.cause,
                "sentence": change_sentence(verdict.cause, state, served, before),
                "alert_share_before": before,
                "alert_share_after": after,
                "rows": recent.rows,
                "from_ms": recent.from_ms,
                "to_ms": recent.to_ms,
            }
        )
