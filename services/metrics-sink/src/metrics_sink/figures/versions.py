"""Versions and thresholds of the scored record that was written last: partitions are not read in that order."""

from dataclasses import asdict, dataclass, field

from metrics_sink.intake.records import ScoredRecord


@dataclass
class ServingVersions:
    """The versions and thresholds that score now."""

    model_version: int | None = None
    threshold_version: int | None = None
    _at_ms: int = 0
    _thresholds: dict[str, tuple[int, float]] = field(default_factory=dict)

    def note(self, record: ScoredRecord, written_at_ms: int) -> None:
        """Take a record's versions and threshold if it is the newest."""
        if record.threshold is None:
            return
        if written_at_ms >= self._at_ms:
            self._at_ms = written_at_ms
            self.model_version = record.model_version
            self.threshold_version = record.threshold_version
        known = self._thresholds.get(record.segment)
        if known is None or written_at_ms >= known[0]:
            self._thresholds[record.segment] = (written_at_ms, record.threshold)

    def thresholds(self) -> dict[str, float]:
        """The threshold of each segment."""
        return {segment: threshold for segment, (_, threshold) in self._thresholds.items()}

    def state(self) -> dict[str, object]:
        """What `restore` takes."""
        return asdict(self)

    def restore(self, state: dict) -> None:
        """Continue from a kept state."""
        self.model_version, self.threshold_version = state["model_version"], state["threshold_version"]
        self._at_ms = state["_at_ms"]
        self._thresholds = {segment: (at_ms, value) for segment, (at_ms, value) in state["_thresholds"].items()}
