"""Progress of the generator: on the terminal, in the log and for health checks."""

import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from rich.console import Console

from generator.call_tally import CallTally
from vigie_runtime import KafkaState, StatusServer, get_logger
from vigie_runtime.status import Status

LOG_EVERY_SECONDS = 10.0
SHOW_EVERY_SECONDS = 0.5
RATE_WINDOW = 20

log = get_logger(__name__)


@dataclass
class SendProgress:
    """Counts of a run under way."""

    target_rate: float | None
    phase: Literal["waiting", "history", "live", "stopped"] = "live"
    sent: int = 0
    history_sent: int = 0
    labels: int = 0
    canaries: int = 0
    delivery_errors: int = 0
    refused: int = 0
    simulated_ms: int = 0
    gateway: CallTally | None = None
    """Where live transactions go to the gateway."""
    _samples: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=RATE_WINDOW))

    def measured_rate(self) -> float:
        """Transactions per second over the last moments this was asked."""
        self._samples.append((time.monotonic(), self.sent))
        (begin, before), (end, now) = self._samples[0], self._samples[-1]
        return round((now - before) / (end - begin), 1) if end > begin else 0.0

    def simulated_time(self) -> str | None:
        """Event time of the last transaction, ISO 8601."""
        if not self.simulated_ms:
            return None
        return datetime.fromtimestamp(self.simulated_ms / 1000, UTC).isoformat(timespec="seconds")

    def status(self) -> dict[str, object]:
        """Body of /status."""
        return {
            "ready": self.phase in ("history", "live"),
            "phase": self.phase,
            "sent": self.sent,
            "history_sent": self.history_sent,
            "labels": self.labels,
            "canaries": self.canaries,
            "delivery_errors": self.delivery_errors,
            "refused": self.refused,
            "rate": self.target_rate,
            "simulated_time": self.simulated_time(),
            **({"gateway": self.gateway.status()} if self.gateway else {}),
        }


class Reporter:
    """Shows progress: one line that changes on a terminal, a log line now and then elsewhere."""

    def __init__(self, progress: SendProgress, console: Console | None) -> None:
        self._progress = progress
        self._line = console.status("starting") if console else None
        self._every = SHOW_EVERY_SECONDS if console else LOG_EVERY_SECONDS
        self._next = time.monotonic() + self._every

    def tick(self) -> None:
        """Report if it is time to."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every
            self._report()

    def _report(self) -> None:
        now = self._progress
        if self._line is None:
            log.info("transactions sent", rate_measured=now.measured_rate(), **now.status())
            return
        late = f"{now.gateway.late} late, " if now.gateway else ""
        self._line.update(
            f"{now.phase}: {now.sent:,} transactions, {now.measured_rate():,.0f} a second, {now.labels:,} labels, "
            f"{now.delivery_errors} not delivered, {late}simulated time {now.simulated_time() or 'not begun'}"
        )

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Keep the terminal's line while the block runs."""
        if self._line is None:
            yield
        else:
            with self._line:
                yield


@contextmanager
def reported(
    progress: SendProgress,
    status_port: int | None,
    *,
    status_host: str = "127.0.0.1",
    kafka: KafkaState | None = None,
) -> Iterator[Reporter]:
    """Report a run's progress on the terminal or in the log, and with `kafka` over HTTP if a port is given."""

    def status() -> Status:
        return kafka.added_to(progress.status()) if kafka else progress.status()

    reporter = Reporter(progress, Console(stderr=True) if sys.stderr.isatty() else None)
    server = StatusServer(status_port, status, host=status_host) if status_port else None
    if server:
        server.start()
    try:
        with reporter.shown():
            yield reporter
    finally:
        progress.phase = "stopped"
        if server:
            server.close()
        log.info("generator stopped", sent=progress.sent, labels=progress.labels, errors=progress.delivery_errors)
