"""What the detector says about itself over HTTP."""

import threading
import time

from spark_detector.champion import LoadedChampion
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
            "checkpoints": 0,
            "last_checkpoint_ms": None,
            "query_failures": 0,
            "last_error": None,
            "registry_error": None,
        }

    def __call__(self) -> Status:
        """A copy of all fields."""
        with self._lock:
            return dict(self._fields)

    def warming_up(self) -> None:
        """Transactions are scored aside so that the JVM has compiled the query."""
        self._update(phase="warming_up")

    def query_started(self, champion: LoadedChampion | None) -> None:
        """The query runs; without a champion the detector is learning."""
        self._update(
            ready=True,
            phase="scoring" if champion else "learning",
            model_version=champion.version if champion else None,
            threshold_version=champion.calibration.threshold_version if champion else None,
        )

    def query_stopped(self) -> None:
        """Between two lives of the query."""
        self._update(ready=False, phase="stopped")

    def query_failed(self, error: str) -> None:
        """The query ended by itself and will be started again."""
        with self._lock:
            failures = self._fields["query_failures"]
            self._fields["query_failures"] = (failures if isinstance(failures, int) else 0) + 1
            self._fields.update(ready=False, phase="restarting", last_error=error)

    def checkpoint_made(self) -> None:
        """State and offsets are safe up to now."""
        with self._lock:
            made = self._fields["checkpoints"]
            self._fields["checkpoints"] = (made if isinstance(made, int) else 0) + 1
            self._fields["last_checkpoint_ms"] = int(time.time() * 1000)

    def registry_answered(self) -> None:
        """The registry is there."""
        self._update(registry_error=None)

    def registry_failed(self, error: str) -> None:
        """The registry, or what it holds, cannot be used; the champion in charge stays."""
        self._update(registry_error=error)

    def _update(self, **fields: object) -> None:
        with self._lock:
            self._fields.update(fields)
