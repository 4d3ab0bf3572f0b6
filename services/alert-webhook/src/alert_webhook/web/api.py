"""Alerts and the answers to them, by HTTP."""

from typing import Final

from flask import Response, make_response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from flask_openapi3.types import ResponseDict
from pydantic import BaseModel

from alert_webhook.core.alerts import AlertFilter, first_reason
from alert_webhook.core.answers import decide, snooze
from alert_webhook.core.outbox.alerts import get_alert, list_alerts
from alert_webhook.core.outbox.database import Connection
from alert_webhook.core.outbox.snoozes import end_snooze, running_snoozes
from alert_webhook.web.access import csrf_token, visitor
from alert_webhook.web.alert_views import views_of
from alert_webhook.web.parameters import AlertPath, AlertQuery, LabelBody, SnoozeBody, SnoozePath
from alert_webhook.web.parts import parts
from alert_webhook.web.views import (
    AlertListView,
    AlertView,
    EndedView,
    ErrorView,
    SessionView,
    SnoozedView,
    SnoozeListView,
    SnoozeView,
)

ALLOWED: Final = [{"token": []}, {"session": []}]
REFUSALS: Final[ResponseDict] = {
    400: ErrorView,
    401: ErrorView,
    403: ErrorView,
    404: ErrorView,
    413: ErrorView,
    503: ErrorView,
}

api = APIBlueprint(
    "api",
    __name__,
    url_prefix="/api",
    abp_tags=[Tag(name="alerts", description="Alerts, and the answers to them.")],
    abp_security=ALLOWED,
    abp_responses=REFUSALS,
)


def answer(view: BaseModel, status: int = 200) -> Response:
    """The view as JSON."""
    return make_response(view.model_dump_json(), status, {"Content-Type": "application/json"})


@api.get("/session", responses={200: SessionView})
def session() -> Response:
    """Who asks, and what a page has to send with its writes."""
    return answer(
        SessionView(
            person=visitor().name, access=visitor().access, csrf_token=csrf_token(), can_try=parts().gateway is not None
        )
    )


@api.get("/alerts", responses={200: AlertListView})
def alerts(query: AlertQuery) -> Response:
    """Alerts that fit, the latest received first."""
    wanted = AlertFilter(
        severity=query.severity,
        handling=query.handling,
        cause=query.cause,
        account_id=query.account_id,
        decided=None if query.decided is None else query.decided == "true",
        before=query.before,
    )
    with parts().database.reading() as connection:
        if query.before is not None:
            get_alert(connection, query.before)
        found = list_alerts(connection, wanted, query.limit + 1)  # one more shows whether this is the end
        views = views_of(connection, found[: query.limit], parts().settings)
    return answer(AlertListView(alerts=views, next=views[-1].alert_id if len(found) > query.limit else None))


@api.get("/alerts/<alert_id>", responses={200: AlertView})
def alert(path: AlertPath) -> Response:
    """One alert."""
    with parts().database.reading() as connection:
        return answer(_view(connection, path.alert_id))


@api.post("/alerts/<alert_id>/label", responses={200: AlertView})
def label(path: AlertPath, body: LabelBody) -> Response:
    """Say whether it was fraud. A person's same answer again changes nothing; the last one stands."""
    with parts().database.writing() as connection:
        decide(
            connection,
            path.alert_id,
            visitor().person,
            is_fraud=body.is_fraud,
            now_ms=parts().now_ms,
            recipients=parts().recipients,
        )
        return answer(_view(connection, path.alert_id))


@api.post("/alerts/<alert_id>/snooze", responses={200: SnoozedView})
def snooze_alert(path: AlertPath, body: SnoozeBody) -> Response:
    """Keep the account's alerts with this one's first reason from people for a while; they stay listed here."""
    hours = parts().settings.snooze_hours if body.hours is None else body.hours
    with parts().database.writing() as connection:
        until_ms = snooze(
            connection,
            path.alert_id,
            visitor().person,
            hours=hours,
            now_ms=parts().now_ms,
            recipients=parts().recipients,
        )
        stored = get_alert(connection, path.alert_id)
    return answer(
        SnoozedView(account_id=stored.alert.account_id, feature=first_reason(stored.alert), until_ms=until_ms)
    )


@api.get("/snoozes", responses={200: SnoozeListView})
def snoozes() -> Response:
    """Snoozes that have not run out."""
    with parts().database.reading() as connection:
        running = running_snoozes(connection, now_ms=parts().now_ms)
    views = [SnoozeView.model_validate(one, from_attributes=True) for one in running]
    return answer(SnoozeListView(snoozes=views))


@api.delete("/snoozes/<account_id>/<feature>", responses={200: EndedView})
def end(path: SnoozePath) -> Response:
    """Show people the account's alerts again."""
    with parts().database.writing() as connection:
        ended = end_snooze(connection, path.account_id, path.feature)
    return answer(EndedView(ended=int(ended)))


def _view(connection: Connection, alert_id: str) -> AlertView:
    return views_of(connection, [get_alert(connection, alert_id)], parts().settings)[0]
