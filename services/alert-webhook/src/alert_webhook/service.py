"""The parts of the service: page feed and delivery in threads, beside the web application."""

import contextvars
import random
import threading
from collections.abc import Callable

from flask import Flask

from alert_webhook.app import create_app
from alert_webhook.delivery import Delivery
from alert_webhook.feed import Feed
from alert_webhook.hub import Hub, Json
from alert_webhook.receiver import Receiver
from alert_webhook.retry import Backoff
from alert_webhook.settings import AlertWebhookSettings
from vigie_runtime import get_logger

STOP_SECONDS = 10.0

log = get_logger(__name__)


class AlertWebhook:
    """Start it in the process that serves: Kafka clients do not survive a fork."""

    def __init__(self, settings: AlertWebhookSettings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._hub = Hub()
        self._hub.set_webhook(is_set=settings.webhook_url is not None)
        self._threads: list[threading.Thread] = []

    def app(self) -> Flask:
        """The web application over this service."""
        return create_app(self._hub, readiness=self.readiness, largest_audience=self._settings.largest_audience)

    def start(self) -> None:
        """Start the threads."""
        self._start_thread("feed", self._feed)
        delivery = self._delivery()
        if delivery is not None:
            self._start_thread("delivery", delivery.run)

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

    def _delivery(self) -> Delivery | None:
        settings = self._settings
        if settings.webhook_url is None:
            return None
        return Delivery(
            settings,
            self._hub,
            receiver=Receiver(
                settings.webhook_url.get_secret_value(), timeout_seconds=settings.webhook_timeout_seconds
            ),
            backoff=Backoff(
                first_seconds=settings.first_retry_seconds,
                longest_seconds=settings.longest_retry_seconds,
                chance=random.Random(),
            ),
        )

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
