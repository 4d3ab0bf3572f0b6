"""What the detector says about itself over HTTP."""

import threading
import time

from spark_detector.champion import LoadedChampion
from spark_detector.recovery import Recovery
from vigie_runtime.status import Status


class DetectorStatus:
    """Written by the supervisor, read by the status server; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fields: dict[str, object] = {
            "ready": False,
            "phase": "starting",
            "model_version": None,
            "threshold_version": None,
            "second_stage_weight": None,
            "known_counterparties": 0,
            "checkpoints": 0,
            "last_checkpoint_ms": None,
            "last_checkpoint_seconds": None,
            "checkpoint_error": None,
            "handovers": 0,
            "last_handover_ms": None,
            "missing_transactions": 0,
            "forgotten_transactions": 0,
            "recreated_topics": 0,
            "query_failures": 0,
            "last_error": None,
            "advice": None,
            "registry_error": None,
        }

    def __call__(self) -> Status:
        """A copy of all fields."""
        with self._lock:
            return dict(self._fields)

    def warming_up(self) -> None:
        """Transactions are scored aside so that the JVM has compiled the query."""
        self._update(phase="warming_up")

    def serves(self, champion: LoadedChampion | None) -> None:
        """A query writes output; without a champion the detector is learning."""
        self._update(
            ready=True,
            advice=None,
            phase="scoring" if champion else "learning",
            model_version=champion.version if champion else None,
            threshold_version=champion.calibration.threshold_version if champion else None,
            second_stage_weight=champion.second_stage_weight if champion else None,
        )

    def knows_counterparties(self, count: int) -> None:
        """Merchants and payees with known fraud can be looked up."""
        self._update(known_counterparties=count)

    def query_stopped(self) -> None:
        """No query runs."""
        self._update(ready=False, phase="stopped")

    def query_failed(self, error: str, advice: str | None = None) -> None:
        """The query ended by itself and will be started again; advice where it did so twice for the same reason."""
        self._count("query_failures")
        self._update(ready=False, phase="restarting", last_error=error, advice=advice)

    def checkpoint_made(self, seconds: float) -> None:
        """Histories and offsets are on disk up to what was written when it began."""
        self._count("checkpoints")
        self._update(last_checkpoint_ms=int(time.time() * 1000), last_checkpoint_seconds=seconds, checkpoint_error=None)

    def checkpoint_failed(self, error: str) -> None:
        """The checkpoint stays as it was."""
        self._update(checkpoint_error=error)

    def handed_over(self) -> None:
        """One query took over from another."""
        self._count("handovers")
        self._update(last_handover_ms=int(time.time() * 1000))

    def recovered(self, recovery: Recovery) -> None:
        """It is known where to go on, and what is missing."""
        self._count("missing_transactions", recovery.missing)
        self._count("forgotten_transactions", recovery.forgotten)
        self._count("recreated_topics", int(recovery.is_recreated))

    def registry_answered(self) -> None:
        """The registry is there."""
        self._update(registry_error=None)

    def registry_failed(self, error: str) -> None:
        """The registry, or what it holds, cannot be used; the champion in charge stays."""
        self._update(registry_error=error)

    def _count(self, name: str, by: int = 1) -> None:
        with self._lock:
            before = self._fields[name]
            self._fields[name] = (before if isinstance(before, int) else 0) + by

    def _update(self, **fields: object) -> None:
        with self._lock:
            self._fields.update(fields)
