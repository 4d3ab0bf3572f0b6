"""What the page shows, in memory, and the open pages that are told of changes."""

import json
import queue
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Final

from vigie_schemas import Alert, Metrics

KEPT_ALERTS: Final = 200
KEPT_SECONDS: Final = 120
LARGEST_BACKLOG: Final = 256
"""Events a page may lag behind; a slower one is cut off and starts again from a snapshot."""
HEARTBEAT_SECONDS: Final = 5.0

Json = dict[str, object]


@dataclass(frozen=True)
class ServiceState:
    """What the service itself has to tell the page."""

    kafka_reachable: bool = False
    webhook_set: bool = False
    webhook_problem: str | None = None
    """Why the oldest undelivered alert is not accepted yet, in words."""
    webhook_attempts: int = 0


class Subscription:
    """One open page: an iterator over its events as text, ended by `close` or by the hub."""

    def __init__(self, first: str, leave: Callable[["Subscription"], None]) -> None:
        self._events: queue.Queue[str | None] = queue.Queue(LARGEST_BACKLOG)
        self._events.put(first)
        self._leave = leave
        self._ended = threading.Event()

    def __iter__(self) -> Iterator[str]:
        while not self._ended.is_set():
            try:
                event = self._events.get(timeout=HEARTBEAT_SECONDS)
            except queue.Empty:
                event = ": still here\n\n"  # lets the server notice a page that went away
            if event is None:
                return
            yield event

    def offer(self, event: str | None) -> bool:
        """Queue an event, None to end; False when the page is too slow."""
        try:
            self._events.put_nowait(event)
        except queue.Full:
            return False
        return True

    def end(self) -> None:
        """End the iteration, whatever is queued."""
        self._ended.set()
        self.offer(None)

    def close(self) -> None:
        """Leave the hub."""
        self.end()
        self._leave(self)


class Hub:
    """Thread-safe: one thread feeds it, each open page reads from it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._alerts: OrderedDict[str, Json] = OrderedDict()
        self._history: deque[Json] = deque(maxlen=KEPT_SECONDS)
        self._service = ServiceState()
        self._audience: set[Subscription] = set()
        self._closed = False

    def add_metrics(self, metrics: Metrics) -> None:
        """Keep a second's figures and tell the pages."""
        figures = metrics.model_dump(mode="json")
        with self._lock:
            self._history.append(figures)
            self._tell("metrics", figures)

    def add_alert(self, alert: Alert) -> None:
        """Keep an alert and tell the pages; a repeat changes nothing."""
        fields = alert.model_dump(mode="json")
        with self._lock:
            if alert.alert_id in self._alerts:
                return
            self._alerts[alert.alert_id] = fields
            if len(self._alerts) > KEPT_ALERTS:
                self._alerts.popitem(last=False)
            self._tell("alert", fields)

    def set_kafka_reachable(self, is_reachable: bool) -> None:
        """Note whether Kafka answers."""
        with self._lock:
            self._change_service(replace(self._service, kafka_reachable=is_reachable))

    def set_webhook(self, *, is_set: bool, problem: str | None = None, attempts: int = 0) -> None:
        """Note how delivery goes."""
        with self._lock:
            self._change_service(
                replace(self._service, webhook_set=is_set, webhook_problem=problem, webhook_attempts=attempts)
            )

    @property
    def service(self) -> ServiceState:
        """What the service tells of itself."""
        return self._service

    def latest_alerts(self, limit: int = KEPT_ALERTS) -> list[Json]:
        """Alerts, the newest first."""
        with self._lock:
            return list(reversed(self._alerts.values()))[:limit]

    def latest_metrics(self) -> Json | None:
        """The newest second's figures."""
        with self._lock:
            return self._history[-1] if self._history else None

    def subscribe(self, largest_audience: int) -> Subscription | None:
        """Open a page's stream, beginning with all there is; None when there is no room."""
        with self._lock:
            if self._closed or len(self._audience) >= largest_audience:
                return None
            subscription = Subscription(_event("snapshot", self._snapshot()), self._leave)
            self._audience.add(subscription)
            return subscription

    def close(self) -> None:
        """End all streams and take no new ones."""
        with self._lock:
            self._closed = True
            for subscription in self._audience:
                subscription.end()

    def _snapshot(self) -> Json:
        newest_ms = self._history[-1]["at_ms"] if self._history else None
        age_ms = max(0, int(self._clock() * 1000) - newest_ms) if isinstance(newest_ms, int) else None
        return {
            "history": list(self._history),
            "history_age_ms": age_ms,
            "alerts": list(self._alerts.values()),
            "service": asdict(self._service),
        }

    def _change_service(self, state: ServiceState) -> None:
        if state != self._service:
            self._service = state
            self._tell("service", asdict(state))

    def _tell(self, name: str, fields: Json) -> None:
        if not self._audience:
            return
        event = _event(name, fields)
        slow = [subscription for subscription in self._audience if not subscription.offer(event)]
        for subscription in slow:
            subscription.end()
            self._audience.discard(subscription)

    def _leave(self, subscription: Subscription) -> None:
        with self._lock:
            self._audience.discard(subscription)


def _event(name: str, fields: Json) -> str:
    """An event of the stream; JSON keeps its data on one line."""
    return f"event: {name}\ndata: {json.dumps(fields, separators=(',', ':'))}\n\n"
