"""The parts of the service: page feed and delivery in threads, beside the web application."""

import contextvars
import threading
from collections.abc import Callable

from flask import Flask

from alert_webhook.delivery.courier_office import CourierOffice
from alert_webhook.outbox.database import Database, open_database
from alert_webhook.page.feed import Feed
from alert_webhook.page.hub import Hub, Json
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.app import create_app
from vigie_runtime import get_logger

STOP_SECONDS = 10.0

log = get_logger(__name__)


class AlertWebhook:
    """Start it in the process that serves: Kafka clients do not survive a fork."""

    def __init__(self, settings: AlertWebhookSettings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._hub = Hub()
        self._hub.set_webhook(is_set=bool(settings.webhook_urls))
        self._threads: list[threading.Thread] = []

    def app(self) -> Flask:
        """The web application over this service."""
        return create_app(self._hub, readiness=self.readiness, largest_audience=self._settings.largest_audience)

    def start(self) -> None:
        """Start the threads."""
        self._start_thread("feed", self._feed)
        self._start_thread("delivery", CourierOffice(self._settings, self._open_outbox()).run)

    def request_stop(self) -> None:
        """Ask all threads to end; safe to call from a signal handler. The feed closes the open streams."""
        self._stop.set()

    def join(self) -> None:
        """Wait for the threads, which a request under way may keep for a while."""
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def readiness(self) -> Json:
        """Whether Kafka answers and all threads run, and how delivery goes."""
        state = self._hub.service
        ended = [thread.name for thread in self._threads if not thread.is_alive()]
        return {
            "ready": state.kafka_reachable and bool(self._threads) and not ended,
            "kafka_reachable": state.kafka_reachable,
            "ended_threads": ended,
            "webhook_set": state.webhook_set,
            "webhook_problem": state.webhook_problem,
        }

    def _feed(self, stop: threading.Event) -> None:
        try:
            Feed(self._settings, self._hub).run(stop)
        finally:
            self._hub.close()

    def _open_outbox(self) -> Database:
        url = self._settings.database_url
        return open_database(url.get_secret_value() if url else None, self._settings.data_dir)

    def _start_thread(self, name: str, work: Callable[[threading.Event], None]) -> None:
        def run() -> None:
            try:
                work(self._stop)
            except Exception:
                log.exception("thread ended by an error; /readyz says so", thread=name)

        # a thread starts without the fields that all our log lines carry
        thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
