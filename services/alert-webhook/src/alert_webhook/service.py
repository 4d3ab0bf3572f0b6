"""The parts of the service: page feeds and the courier in threads, beside the web application."""

import contextvars
import threading
import time
from collections.abc import Callable
from typing import Final

from flask import Flask

from alert_webhook.delivery.courier_office import GRACE_SECONDS, CourierOffice
from alert_webhook.delivery.recipients import recipients_of
from alert_webhook.outbox.database import Database, open_database
from alert_webhook.page.alert_feed import AlertFeed
from alert_webhook.page.hub import Hub
from alert_webhook.page.metrics_feed import MetricsFeed
from alert_webhook.page.registry_watch import RegistryWatch
from alert_webhook.page.service_watch import ServiceWatch
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.app import create_app
from alert_webhook.web.parts import WebParts
from alert_webhook.web.sessions import session_key
from alert_webhook.web.views import ReadinessView
from vigie_runtime import get_logger

AGAIN_SECONDS: Final = 5.0
STOP_SECONDS: Final = GRACE_SECONDS + 1.0
"""An attempt in flight has its time: a receiver that has the message need not get it twice."""

log = get_logger(__name__)


class AlertWebhook:
    """Start it in the process that serves: neither Kafka's clients nor database connections survive a fork."""

    def __init__(self, settings: AlertWebhookSettings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._hub = Hub()
        self._threads: list[threading.Thread] = []
        self._down: set[str] = set()
        self._database: Database | None = None

    def start(self) -> Flask:
        """Open the outbox, start the threads, and return the web application. Raise UnavailableError."""
        settings, hub = self._settings, self._hub
        database = self._database = open_outbox(settings)
        metrics = MetricsFeed(settings, hub)
        self._start_thread("metrics", metrics.run)
        self._start_thread("alerts", AlertFeed(settings, database, hub).run)
        self._start_thread("service", ServiceWatch(settings, database, hub, lambda: metrics.state).run)
        if settings.mlflow_tracking_uri:
            address = settings.mlflow_tracking_uri
            self._start_thread("registry", lambda stop: RegistryWatch(settings, address, hub).run(stop))
        self._start_thread("courier", lambda stop: CourierOffice(settings, database).run(stop))
        self._start_thread("streams", self._close_streams)
        return create_app(
            WebParts(settings, database, hub, recipients_of(settings), self.readiness, session_key(database))
        )

    def request_stop(self) -> None:
        """Ask all threads to end, which closes the open streams; safe to call from a signal handler."""
        self._stop.set()

    def join(self) -> None:
        """Wait for the threads: the courier's attempt in flight may take a while."""
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self._database is not None:
            self._database.close()

    def readiness(self) -> ReadinessView:
        """Whether Kafka and the outbox answer, intake keeps up and all threads run. Any worker can tell."""
        service = self._hub.service
        lag = service.intake_lag
        ended = sorted(self._down | {thread.name for thread in self._threads if not thread.is_alive()})
        is_caught_up = lag is not None and lag < self._settings.largest_lag
        is_ready = service.kafka_reachable and service.outbox_reachable and is_caught_up and not ended
        return ReadinessView(
            ready=is_ready and bool(self._threads),
            kafka_reachable=service.kafka_reachable,
            outbox_reachable=service.outbox_reachable,
            intake_lag=lag,
            ended_threads=ended,
        )

    def _close_streams(self, stop: threading.Event) -> None:
        stop.wait()
        self._hub.close()

    def _start_thread(self, name: str, work: Callable[[threading.Event], None]) -> None:
        def run() -> None:
            while not self._stop.is_set():
                self._down.discard(name)
                try:
                    work(self._stop)
                except Exception:
                    log.exception("thread ended by an error; it starts again, /readyz says so", thread=name)
                if not self._stop.is_set():
                    self._down.add(name)
                    self._stop.wait(AGAIN_SECONDS)

        # a thread starts without the fields that all our log lines carry
        thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()


def open_outbox(settings: AlertWebhookSettings) -> Database:
    """The database the settings name; raise ConfigurationError or UnavailableError."""
    url = settings.database_url
    return open_database(url.get_secret_value() if url else None, settings.data_dir)
