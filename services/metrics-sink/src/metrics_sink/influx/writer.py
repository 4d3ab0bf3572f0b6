"""Sends the points on disk to InfluxDB, in order, in a thread of its own, so that a slow InfluxDB delays no count.

A block is sent until InfluxDB has accepted it; the sink's thread removes it from disk with the next commit. After a
crash in between it is sent again, which changes nothing: a point with the same tags and time replaces itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from metrics_sink.influx.downsampling import span_flux
from metrics_sink.influx.partial_writes import reason_of, write_lines
from metrics_sink.influx.setup import set_up
from metrics_sink.settings import MetricsSinkSettings
from metrics_sink.storage.outbox import Block, OutboxReader
from vigie_runtime import ConfigurationError, get_logger

if TYPE_CHECKING:
    from influxdb_client import InfluxDBClient

MAX_REQUEST_BYTES: Final = 1_000_000
REQUEST_TIMEOUT_MILLISECONDS: Final = 10_000
MIN_RETRY_INTERVAL_SECONDS: Final = 0.5
MAX_RETRY_INTERVAL_SECONDS: Final = 10.0
POLL_INTERVAL_SECONDS: Final = 0.2
LATE_AFTER_SECONDS: Final = 180
"""Later points may have missed the downsampling task, which looks back twice as far."""

log = get_logger(__name__)


@dataclass
class WriterCounts:
    """What the writer did since its start; written by its own thread, read by the sink's."""

    written: int = 0
    failures: int = 0
    refused: int = 0
    sent_up_to: int = 0
    is_up: bool = False


class InfluxWriter:
    """The thread that writes."""

    def __init__(self, settings: MetricsSinkSettings, outbox: OutboxReader, *, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._outbox = outbox
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="influx", daemon=True)
        self._client: InfluxDBClient | None = None
        self._pause = MIN_RETRY_INTERVAL_SECONDS
        self._late_from: int | None = None
        self.counts = WriterCounts()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self, timeout_seconds: float) -> None:
        """Stop after the current request; what was not sent stays on disk."""
        self._stop.set()
        self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while not self._stop.is_set():
            pause = self._step()
            if pause:
                self._stop.wait(pause)
        if self._client:
            self._client.close()
        self._outbox.close()

    def _step(self) -> float:
        """Send once; return the seconds until the next attempt."""
        from influxdb_client.rest import ApiException
        from urllib3.exceptions import HTTPError

        try:
            client = self._client or self._connect()
            blocks = self._outbox.after(self.counts.sent_up_to, MAX_REQUEST_BYTES)
            if not blocks:
                self._write_late_minutes(client)
                return POLL_INTERVAL_SECONDS
            self._send(client, blocks)
        except ConfigurationError as error:
            return self._failed(str(error))
        except ApiException as error:
            return self._failed(f"answer {error.status}: {reason_of(error)}")
        except (HTTPError, OSError) as error:
            return self._failed(f"no answer from {self._settings.influxdb_url} ({type(error).__name__})")
        if not self.counts.is_up:
            log.info("influxdb available", url=self._settings.influxdb_url, bucket=self._settings.influxdb_bucket)
        self.counts.is_up = True
        self._pause = MIN_RETRY_INTERVAL_SECONDS
        return 0.0

    def _connect(self) -> InfluxDBClient:
        from influxdb_client import InfluxDBClient

        settings = self._settings
        token = settings.influxdb_token.get_secret_value() if settings.influxdb_token else ""
        client = InfluxDBClient(
            url=settings.influxdb_url or "",
            token=token,
            org=settings.influxdb_org,
            timeout=REQUEST_TIMEOUT_MILLISECONDS,
        )
        try:
            set_up(
                client,
                settings.influxdb_org,
                settings.influxdb_bucket,
                seconds_kept_days=settings.seconds_kept_days,
                minutes_kept_days=settings.minutes_kept_days,
            )
        except BaseException:
            client.close()
            raise
        self._client = client
        return client

    def _send(self, client: InfluxDBClient, blocks: list[Block]) -> None:
        from influxdb_client.client.write_api import SYNCHRONOUS

        lines = [line for block in blocks for line in block.lines.split(b"\n")]
        with client.write_api(write_options=SYNCHRONOUS) as api:
            outcome = write_lines(lambda body: api.write(bucket=self._settings.influxdb_bucket, record=body), lines)
        if outcome.dropped:
            log.error("influxdb refused points", points=outcome.dropped, reason=outcome.reason)
        self.counts.written += outcome.written
        self.counts.refused += outcome.dropped
        self._note_late(blocks[0])
        self.counts.sent_up_to = blocks[-1].id

    def _note_late(self, first: Block) -> None:
        """Note from which time on minutes have to be computed again."""
        at_s = int(first.lines.split(b"\n", 1)[0].rsplit(b" ", 1)[1]) // 1_000_000_000
        if self._clock() - at_s > LATE_AFTER_SECONDS:
            self._late_from = min(at_s, self._late_from or at_s)

    def _write_late_minutes(self, client: InfluxDBClient) -> None:
        if self._late_from is None:
            return
        flux = span_flux(self._settings.influxdb_bucket, self._late_from, int(self._clock()) - 60)
        client.query_api().query_raw(flux).read()
        log.info("late minutes written", from_s=self._late_from)
        self._late_from = None

    def _failed(self, reason: str) -> float:
        self.counts.failures += 1
        if self.counts.is_up or self.counts.failures == 1:
            log.warning("influxdb unavailable", reason=reason)
        self.counts.is_up = False
        pause, self._pause = self._pause, min(self._pause * 2, MAX_RETRY_INTERVAL_SECONDS)
        return pause
