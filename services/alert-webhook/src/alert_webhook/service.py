"""The parts of the service: page feeds and the courier in threads, beside the web application."""

import threading
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from flask import Flask

from alert_webhook.core.outbox.database import Database, open_database
from alert_webhook.core.recipients import recipients_of
from alert_webhook.delivery.runner import SHUTDOWN_TIMEOUT_SECONDS, DeliveryRunner
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.threads import RestartingThreads
from alert_webhook.web.app import create_app
from alert_webhook.web.gateway_client import GatewayClient, gateway_of
from alert_webhook.web.live_page.alert_feed import AlertFeed
from alert_webhook.web.live_page.challenger_feed import ChallengerFeed
from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.live_page.metrics_feed import MetricsFeed
from alert_webhook.web.live_page.registry_watch import RegistryWatch
from alert_webhook.web.live_page.service_watch import ServiceWatch
from alert_webhook.web.parts import WebParts
from alert_webhook.web.sessions import session_key
from alert_webhook.web.views import ReadinessView, ServiceView
from vigie_registry import RegistryReader
from vigie_runtime import KafkaState, wait_for_topics, watch_topics
from vigie_schemas import ALERTS, APPROVALS, DELIVERY, LABELS, METRICS, SHADOW_REPORTS, VERDICTS

TOPICS_USED: Final = (ALERTS, VERDICTS, LABELS, DELIVERY, METRICS, SHADOW_REPORTS, APPROVALS)

STOP_TIMEOUT_SECONDS: Final = SHUTDOWN_TIMEOUT_SECONDS + 1.0
"""An attempt under way has its time: a receiver that has the message need not get it twice."""


class AlertWebhook:
    """Start it in the process that serves: neither Kafka's clients nor database connections survive a fork."""

    def __init__(self, settings: AlertWebhookSettings) -> None:
        self._settings = settings
        self._hub = Hub()
        self._kafka = KafkaState()
        self._threads = RestartingThreads()
        self._database: Database | None = None
        self._gateway: GatewayClient | None = None

    def start(self) -> Flask:
        """Open the outbox, start the threads, and return the web application. Raise UnavailableError."""
        settings, hub, kafka = self._settings, self._hub, self._kafka
        database = self._database = open_outbox(settings)
        self._threads.start("kafka", self._watch_kafka)
        metrics = MetricsFeed(settings, hub, kafka)
        self._threads.start("metrics", metrics.run)
        self._threads.start("challenger", ChallengerFeed(settings, database, hub, kafka).run)
        self._threads.start("alerts", AlertFeed(settings, database, hub).run)
        self._threads.start("service", ServiceWatch(settings, database, hub, lambda: metrics.state).run)
        if settings.mlflow_tracking_uri:
            address = settings.mlflow_tracking_uri
            self._threads.start("registry", lambda stop: RegistryWatch(self._registry(address), hub).run(stop))
        self._threads.start("courier", lambda stop: DeliveryRunner(settings, database, kafka).run(stop))
        self._threads.start("streams", self._end_waits)
        self._gateway = gateway_of(settings)
        recipients, key = recipients_of(settings), session_key(database)
        return create_app(WebParts(settings, database, hub, recipients, self.readiness, key, gateway=self._gateway))

    def _registry(self, address: str) -> RegistryReader:
        """A reader for one life of its thread, which closes it at its end."""
        settings = self._settings
        return RegistryReader(
            address, username=settings.mlflow_tracking_username, password=settings.mlflow_tracking_password
        )

    def request_stop(self) -> None:
        """Ask all threads to end, which closes the open streams; safe to call from a signal handler."""
        self._threads.request_stop()

    def join(self) -> None:
        """Wait for the threads: the courier's attempt in flight may take a while."""
        self._threads.join(STOP_TIMEOUT_SECONDS)
        if self._database is not None:
            self._database.close()
        if self._gateway is not None:
            self._gateway.close()

    def readiness(self) -> ReadinessView:
        """Whether it can do its work."""
        return readiness_of(self._hub.service, self._kafka, self._threads.ended, self._settings.largest_lag)

    def _watch_kafka(self, stop: threading.Event) -> None:
        """Wait for Kafka, then keep its state true; the page shows what the outbox has meanwhile."""
        if wait_for_topics(self._settings, TOPICS_USED, stop, self._kafka, ends_when_refused=False):
            with watch_topics(self._settings, TOPICS_USED, self._kafka):
                stop.wait()

    def _end_waits(self, stop: threading.Event) -> None:
        stop.wait()
        self._hub.close()
        if self._database is not None:
            self._database.changes.notify()


def readiness_of(
    service: ServiceView, kafka: KafkaState, ended_threads: Sequence[str], largest_lag: int
) -> ReadinessView:
    """Whether Kafka and the outbox answer, intake keeps up and all threads run. Any worker can tell."""
    lag = service.intake_lag
    is_caught_up = lag is not None and lag < largest_lag
    has_kafka = service.kafka_reachable and kafka.waiting_for is None
    return ReadinessView(
        ready=has_kafka and service.outbox_reachable and is_caught_up and not ended_threads,
        kafka_reachable=service.kafka_reachable,
        waiting_for=kafka.waiting_for,
        topic_differences=[asdict(difference) for difference in kafka.topic_differences],
        outbox_reachable=service.outbox_reachable,
        intake_lag=lag,
        ended_threads=list(ended_threads),
    )


def open_outbox(settings: AlertWebhookSettings) -> Database:
    """The database the settings name; raise ConfigurationError or UnavailableError."""
    url = settings.database_url
    is_shared = settings.page_workers > 1 or url is not None
    return open_database(url.get_secret_value() if url else None, settings.data_dir, is_shared=is_shared)
