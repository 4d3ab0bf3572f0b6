"""State of the service, about once a second: what waits for which receiver, what was held back, the intake's lag."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from alert_webhook.core.deliveries import LABELS, Queue
from alert_webhook.core.outbox.alerts import count_by_cause, latest_revision
from alert_webhook.core.outbox.database import Connection, Database
from alert_webhook.core.outbox.deliveries import oldest_waiting, queues
from alert_webhook.core.outbox.positions import kept_offsets
from alert_webhook.core.recipients import recipients_of
from alert_webhook.errors import OutboxUnavailableError
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.live_page.hub import Hub
from alert_webhook.web.live_page.metrics_feed import TopicState
from alert_webhook.web.views import ReceiverView, ServiceView
from vigie_schemas import ALERTS

REFRESH_INTERVAL_SECONDS: Final = 1.0
EMPTY: Final = Queue(waiting=0, dead=0, oldest_queued_at_ms=None)


class ServiceWatch:
    """Looks at the outbox until asked to stop."""

    def __init__(
        self,
        settings: AlertWebhookSettings,
        database: Database,
        hub: Hub,
        topics: Callable[[], TopicState],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._database = database
        self._hub = hub
        self._topics = topics
        self._clock = clock
        self._names = (*recipients_of(settings).names, LABELS)
        self._counted: tuple[tuple[int, int], dict[str, int]] | None = None

    def run(self, stop: threading.Event) -> None:
        """Look again and again."""
        while not stop.is_set():
            self.look()
            stop.wait(REFRESH_INTERVAL_SECONDS)

    def look(self) -> None:
        """Give the hub the state of the service."""
        topics = self._topics()
        before = self._hub.service
        try:
            with self._database.reading() as connection:
                service = self._service(connection, topics)
        except OutboxUnavailableError:
            known = {"kafka_reachable": topics.reachable, "outbox_reachable": False, "intake_lag": None}
            service = before.model_copy(update=known)
        self._hub.set_service(service)

    def _service(self, connection: Connection, topics: TopicState) -> ServiceView:
        now_ms = round(self._clock() * 1000)
        found = queues(connection)
        names = (*self._names, *sorted(found.keys() - set(self._names)))
        return ServiceView(
            kafka_reachable=topics.reachable,
            outbox_reachable=True,
            intake_lag=self._lag(connection, topics),
            receivers=[_receiver(connection, name, found.get(name, EMPTY), now_ms) for name in names],
            suppressed_today=self._suppressed(connection),
        )

    def _lag(self, connection: Connection, topics: TopicState) -> int | None:
        """Alerts on the topic that are not in the outbox; None before Kafka has answered."""
        if topics.alerts is None:
            return None
        kept = kept_offsets(connection, self._settings.topic_name(ALERTS))
        taken = {partition: at.offset for partition, at in kept.items()}
        return sum(max(0, end - taken.get(partition, low)) for partition, (low, end) in topics.alerts.items())

    def _suppressed(self, connection: Connection) -> dict[str, int]:
        """Counted again only when an alert changed, or the day did."""
        now = datetime.fromtimestamp(self._clock(), ZoneInfo(self._settings.time_zone))
        midnight_ms = round(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
        key = (latest_revision(connection), midnight_ms)
        if self._counted is None or self._counted[0] != key:
            self._counted = key, count_by_cause(connection, midnight_ms)
        return self._counted[1]


def _receiver(connection: Connection, name: str, queue: Queue, now_ms: int) -> ReceiverView:
    turn = oldest_waiting(connection, name) if queue.waiting else None
    queued_at_ms = queue.oldest_queued_at_ms
    return ReceiverView(
        name=name,
        waiting=queue.waiting,
        dead=queue.dead,
        oldest_waiting_ms=None if queued_at_ms is None else max(0, now_ms - queued_at_ms),
        problem=turn.problem if turn else None,
    )
