"""Sends the transactions of a file, at their own pace or faster."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from generator.labels import LabelQueue
from generator.outlet import Outlet, finishing
from generator.pace import FilePace
from generator.progress import SendProgress, reported
from generator.settings import GeneratorSettings
from generator.streaming import TOPICS_WRITTEN
from generator.transaction_file import FileRow, TransactionFile
from vigie_runtime import ensure_topics, get_logger
from vigie_runtime.pseudonyms import load_pseudonyms

log = get_logger(__name__)


@dataclass(frozen=True)
class ReplaySummary:
    """What a replay sent, and the rows it could not send."""

    sent: int
    refused: int
    delivery_errors: int
    labels: int


def replay(
    file: TransactionFile,
    settings: GeneratorSettings,
    stop: threading.Event,
    *,
    speed: float | None,
    limit: int | None = None,
) -> ReplaySummary:
    """Send a file's transactions, `speed` times as fast as they happened or, without it, as fast as possible.

    Raise UnavailableError when there is no Kafka to send them to.
    """
    pseudonyms = load_pseudonyms(settings)
    ensure_topics(settings, TOPICS_WRITTEN)
    progress = SendProgress(target_rate=None)
    labels = LabelQueue("dataset", settings.label_delay_seconds)
    pace = FilePace(speed)
    with reported(progress, settings.status_port, status_host=settings.status_host) as reporter:
        outlet = Outlet(settings, labels, progress, stop, on_serve=reporter.tick)
        with finishing(outlet, stop):
            _send_rows(file.rows(pseudonyms), outlet, pace, stop, limit)
    if progress.refused:
        log.warning("rows refused", count=progress.refused)
    return ReplaySummary(progress.sent, progress.refused, progress.delivery_errors, progress.labels)


def _send_rows(
    rows: Iterator[FileRow], outlet: Outlet, pace: FilePace, stop: threading.Event, limit: int | None
) -> None:
    progress = outlet.progress
    for row in rows:
        if stop.is_set() or (limit is not None and progress.sent >= limit):
            return
        if row.transaction is None:
            progress.refused += 1
            continue
        timestamp_ms = int(row.transaction["timestamp_ms"] or 0)
        outlet.wait_until(pace.due(timestamp_ms))
        if stop.is_set():
            return
        progress.simulated_ms = timestamp_ms
        outlet.send(row.transaction, row.truth)
