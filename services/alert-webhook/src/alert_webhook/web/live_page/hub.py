"""What the page shows, in memory, and the open pages that receive its changes."""

import json
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pydantic import BaseModel

from alert_webhook.web.views import AlertView, RegistryView, ServiceView
from vigie_schemas import Metrics, ShadowReport

MAX_ALERTS: Final = 200
KEPT_SECONDS: Final = 120
MAX_BACKLOG: Final = 256
"""Events a page may lag behind; a slower one is cut off and starts again from a snapshot."""
HEARTBEAT_INTERVAL_SECONDS: Final = 5.0
MAX_STREAM_SECONDS: Final = 3600.0
"""A page then asks again by itself, and is let in again or not: its session may have ended."""

Json = dict[str, object]


class Subscription:
    """One open page: an iterator over its events as text, ended by `close` or by the hub."""

    def __init__(self, first: str, leave: Callable[["Subscription"], None]) -> None:
        self._events: queue.Queue[str | None] = queue.Queue(MAX_BACKLOG)
        self._events.put(first)
        self._leave = leave
        self._ended = threading.Event()

    def __iter__(self) -> Iterator[str]:
        ends_at = time.monotonic() + MAX_STREAM_SECONDS
        while not self._ended.is_set() and time.monotonic() < ends_at:
            try:
                event = self._events.get(timeout=HEARTBEAT_INTERVAL_SECONDS)
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
    """Thread-safe: a few threads write to it, each open page reads from it."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._alerts: dict[str, AlertView] = {}
        self._history: deque[Metrics] = deque(maxlen=KEPT_SECONDS)
        self._service = ServiceView()
        self._registry = RegistryView()
        self._challenger: ShadowReport | None = None
        self._audience: set[Subscription] = set()
        self._closed = False

    def add_metrics(self, metrics: Metrics) -> None:
        """Keep a second's figures and send them to the pages."""
        with self._lock:
            self._history.append(metrics)
            self._send("metrics", metrics)

    def put_alerts(self, views: Sequence[AlertView]) -> None:
        """Keep alerts that are new or changed and send them to the pages; what is known already changes nothing."""
        with self._lock:
            for view in views:
                if self._alerts.get(view.alert_id) == view:
                    continue
                self._alerts[view.alert_id] = view
                if len(self._alerts) > MAX_ALERTS:
                    oldest = min(self._alerts.values(), key=lambda kept: kept.received_at_ms)
                    del self._alerts[oldest.alert_id]
                self._send("alert", view)

    def set_service(self, service: ServiceView) -> None:
        """Note how the service is."""
        with self._lock:
            if service != self._service:
                self._service = service
                self._send("service", service)

    def set_registry(self, registry: RegistryView) -> None:
        """Note what the registry says."""
        with self._lock:
            if registry != self._registry:
                self._registry = registry
                self._send("registry", registry)

    def set_challenger(self, report: ShadowReport) -> None:
        """Note how a challenger compares; the newest report of all stands."""
        with self._lock:
            if self._challenger is None or report.at_ms >= self._challenger.at_ms:
                self._challenger = report
                self._send("challenger", report)

    @property
    def challenger(self) -> ShadowReport | None:
        """The newest report on a challenger; None before the first."""
        return self._challenger

    @property
    def service(self) -> ServiceView:
        """How the service is."""
        return self._service

    def latest_metrics(self) -> Metrics | None:
        """The newest second's figures."""
        with self._lock:
            return self._history[-1] if self._history else None

    def subscribe(self, largest_audience: int) -> Subscription | None:
        """Open a page's stream, beginning with all there is; None when there is no room."""
        with self._lock:
            if self._closed or len(self._audience) >= largest_audience:
                return None
            subscription = Subscription(_event("snapshot", json.dumps(self._snapshot())), self._leave)
            self._audience.add(subscription)
            return subscription

    def close(self) -> None:
        """End all streams and take no new ones."""
        with self._lock:
            self._closed = True
            for subscription in self._audience:
                subscription.end()

    def _snapshot(self) -> Json:
        age_ms = max(0, int(self._clock() * 1000) - self._history[-1].at_ms) if self._history else None
        in_order = sorted(self._alerts.values(), key=lambda view: view.received_at_ms)
        return {
            "history": [metrics.model_dump(mode="json") for metrics in self._history],
            "history_age_ms": age_ms,
            "alerts": [view.model_dump(mode="json") for view in in_order],
            "service": self._service.model_dump(mode="json"),
            "registry": self._registry.model_dump(mode="json"),
            "challenger": self._challenger and self._challenger.model_dump(mode="json"),
        }

    def _send(self, name: str, view: BaseModel) -> None:
        if not self._audience:
            return
        event = _event(name, view.model_dump_json())
        slow = [subscription for subscription in self._audience if not subscription.offer(event)]
        for subscription in slow:
            subscription.end()
            self._audience.discard(subscription)

    def _leave(self, subscription: Subscription) -> None:
        with self._lock:
            self._audience.discard(subscription)


def _event(name: str, data: str) -> str:
    """An event of the stream; JSON keeps its data on one line."""
    return f"event: {name}\ndata: {data}\n\n"
