"""When a canary last alerted, and how long that took."""

from dataclasses import asdict, dataclass

from metrics_sink.intake.records import AlertRecord


@dataclass(frozen=True)
class CanaryFigures:
    """The canary at the end of a second."""

    flagged_ms_ago: int
    detect_ms: float | None


class CanaryWatch:
    """Counts from the first canary transaction on: a system without canaries has no canary figures."""

    @dataclass
    class _Known:
        since_ms: int | None = None
        detect_ms: float | None = None

    def __init__(self) -> None:
        self._known = self._Known()

    def note_scored(self, written_at_ms: int) -> None:
        """Count a scored transaction of a canary."""
        if self._known.since_ms is None:
            self._known.since_ms = written_at_ms

    def note_alert(self, alert: AlertRecord, written_at_ms: int) -> None:
        """Count an alert of a canary."""
        self._known.since_ms = max(written_at_ms, self._known.since_ms or 0)
        if alert.sent_at_us is not None:
            self._known.detect_ms = max(written_at_ms - alert.sent_at_us / 1000, 0.0)

    def at(self, now_ms: int) -> CanaryFigures | None:
        """Figures at that moment; None before the first canary."""
        if self._known.since_ms is None:
            return None
        return CanaryFigures(max(now_ms - self._known.since_ms, 0), self._known.detect_ms)

    def state(self) -> dict[str, object]:
        """What `restore` takes."""
        return asdict(self._known)

    def restore(self, state: dict[str, float | None]) -> None:
        """Continue from a kept state."""
        since_ms = state["since_ms"]
        self._known = self._Known(None if since_ms is None else int(since_ms), state["detect_ms"])
