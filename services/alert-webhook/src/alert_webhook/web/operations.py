"""How delivery goes, how much was held back, and Grafana's own alerts, by HTTP."""

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from alert_webhook.core.outbox.alerts import count_by_cause
from alert_webhook.core.outbox.deliveries import find_delivery, list_deliveries, retry_dead
from alert_webhook.errors import UnknownDeliveryError
from alert_webhook.web.api import ALLOWED, REFUSALS, answer
from alert_webhook.web.parameters import DeliveryPath, DeliveryQuery, ReceiverPath, VolumeQuery
from alert_webhook.web.parts import parts
from alert_webhook.web.views import (
    AliveView,
    DeliveryListView,
    ErrorView,
    LatestMetricsView,
    QueuedDeliveryView,
    ReadinessView,
    RetryView,
    ServiceView,
    VolumeView,
)

HOUR_MS = 3_600_000

health = APIBlueprint(
    "health",
    __name__,
    abp_tags=[Tag(name="health", description="For whoever runs it.")],
    abp_responses={400: ErrorView},
)
operations = APIBlueprint(
    "operations",
    __name__,
    url_prefix="/api",
    abp_tags=[Tag(name="operations", description="Delivery, volume and figures.")],
    abp_security=ALLOWED,
    abp_responses=REFUSALS,
)


@health.get("/healthz", responses={200: AliveView})
def healthz() -> Response:
    """Whether the process answers."""
    return answer(AliveView(alive=True))


@health.get("/readyz", responses={200: ReadinessView, 503: ReadinessView})
def readyz() -> Response:
    """Whether it can do its work, and what is missing."""
    state = parts().readiness()
    return answer(state, 200 if state.ready else 503)


@operations.get("/deliveries", responses={200: DeliveryListView})
def deliveries(query: DeliveryQuery) -> Response:
    """Messages to receivers, the newest first."""
    with parts().database.reading() as connection:
        found = list_deliveries(connection, state=query.state, receiver=query.receiver, limit=query.limit)
    views = [QueuedDeliveryView.model_validate(one, from_attributes=True) for one in found]
    return answer(DeliveryListView(deliveries=views))


@operations.post("/deliveries/<delivery_id>/retry", responses={200: RetryView})
def retry(path: DeliveryPath) -> Response:
    """Put a dead message back in its place; one that is not dead is left alone."""
    with parts().database.writing() as connection:
        if find_delivery(connection, path.delivery_id) is None:
            raise UnknownDeliveryError(path.delivery_id)
        retried = retry_dead(connection, delivery_id=path.delivery_id, now_ms=parts().now_ms)
    return answer(RetryView(retried=retried))


@operations.post("/receivers/<receiver>/retry", responses={200: RetryView})
def retry_all(path: ReceiverPath) -> Response:
    """Put all dead messages of a receiver back in their places."""
    with parts().database.writing() as connection:
        retried = retry_dead(connection, receiver=path.receiver, now_ms=parts().now_ms)
    return answer(RetryView(retried=retried))


@operations.get("/volume", responses={200: VolumeView})
def volume(query: VolumeQuery) -> Response:
    """How many alerts were less than a message of their own, by cause."""
    since_ms = parts().now_ms - round(query.hours * HOUR_MS)
    with parts().database.reading() as connection:
        return answer(VolumeView(since_ms=since_ms, by_cause=count_by_cause(connection, since_ms)))


@operations.get("/metrics", responses={200: LatestMetricsView})
def metrics() -> Response:
    """The newest second's figures; null before the first."""
    return answer(LatestMetricsView(parts().hub.latest_metrics()))


@operations.get("/state", responses={200: ServiceView})
def state() -> Response:
    """How the service itself is, about once a second."""
    return answer(parts().hub.service)
