"""Sends the transactions of a file, at their own pace or faster."""

import threading
from dataclasses import dataclass

from generator.call_tally import CallTally
from generator.gateway_sender import gateway_sender
from generator.labels import LabelQueue
from generator.outlet import Outlet, finishing
from generator.pace import FilePace
from generator.progress import SendProgress, reported
from generator.settings import GeneratorSettings
from generator.streaming import TOPICS_WRITTEN
from generator.transaction_file import FileRow, TransactionFile
from vigie_intake.fields.tally import IntakeTally
from vigie_runtime import ensure_topics, get_logger
from vigie_runtime.pseudonyms import load_pseudonyms

log = get_logger(__name__)


@dataclass(frozen=True)
class ReplaySummary:
    """What a replay sent; `tally` has the rows that were no transactions, with the reasons."""

    sent: int
    delivery_errors: int
    labels: int
    tally: IntakeTally
    gateway: CallTally | None = None


def replay(
    file: TransactionFile,
    settings: GeneratorSettings,
    stop: threading.Event,
    *,
    speed: float | None,
    limit: int | None = None,
) -> ReplaySummary:
    """Send a file's transactions, `speed` times as fast as they happened or, without it, as fast as possible.

    Raise UnavailableError when there is no Kafka to send them to, InputError where the file cannot be read on.
    """
    pseudonyms, tally = load_pseudonyms(settings), IntakeTally()
    ensure_topics(settings, TOPICS_WRITTEN)
    progress = SendProgress(target_rate=None)
    labels = LabelQueue("dataset", settings.label_delay_seconds)
    pace = FilePace(speed)
    with (
        reported(progress, settings.status_port, status_host=settings.status_host) as reporter,
        gateway_sender(settings, stop) as gateway,
    ):
        outlet = Outlet(settings, labels, progress, stop, on_serve=reporter.tick, gateway=gateway)
        with finishing(outlet, stop):
            for row in file.rows(pseudonyms, tally):
                if stop.is_set() or (limit is not None and progress.sent >= limit):
                    break
                progress.refused = tally.refused
                _send(row, outlet, pace, stop)
            progress.refused = tally.refused
    if tally.refused:
        log.warning("rows refused", count=tally.refused)
    return ReplaySummary(progress.sent, progress.delivery_errors, progress.labels, tally, progress.gateway)


def _send(row: FileRow, outlet: Outlet, pace: FilePace, stop: threading.Event) -> None:
    timestamp_ms = int(row.transaction["timestamp_ms"] or 0)
    if pace.has_no_pauses:
        outlet.wait_for_room()
    outlet.wait_until(pace.due(timestamp_ms))
    if stop.is_set():
        return
    outlet.progress.simulated_ms = timestamp_ms
    outlet.send(row.transaction, row.truth)
