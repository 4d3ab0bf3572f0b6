"""Grafana's own alerts become one message each to the people in Slack."""

import json
from collections.abc import Callable
from http import HTTPStatus

import pytest
from flask import Flask
from flask.testing import FlaskClient

from alert_webhook.core.deliveries import Delivery
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import list_deliveries
from alert_webhook.settings import AlertWebhookSettings

from .conftest import TOKEN

Body = dict[str, object]


@pytest.fixture
def client(app_of: Callable[[AlertWebhookSettings], Flask], guarded_settings: AlertWebhookSettings) -> FlaskClient:
    client = app_of(guarded_settings).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    return client


def an_alert(fingerprint: str = "f1", status: str = "firing", **fields: object) -> Body:
    """As Grafana's webhook contact point sends it."""
    return {
        "status": status,
        "labels": {"alertname": "Lag", "grafana_folder": "Vigie", "severity": "critical"},
        "annotations": {"summary": "12,000 transactions wait", "runbook_url": "https://docs.test/operations#lag"},
        "startsAt": "2026-05-28T20:26:40+02:00",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://grafana.test/alerting/grafana/lag/view",
        "fingerprint": fingerprint,
        "silenceURL": "https://grafana.test/alerting/silence/new",
        "panelURL": "https://grafana.test/d/vigie-operations?viewPanel=4",
        "values": {"B": 12000, "C": 1},
        "valueString": "[ var='B' value=12000 ]",
    } | fields


def a_notification(*alerts: Body, status: str = "firing", **fields: object) -> Body:
    return {
        "receiver": "vigie",
        "status": status,
        "alerts": list(alerts),
        "groupLabels": {"alertname": "Lag"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "https://grafana.test/",
        "version": "1",
        "groupKey": '{}/{severity="critical"}:{alertname="Lag"}',
        "truncatedAlerts": 0,
        "orgId": 1,
        "title": "[FIRING:1] Lag Vigie (critical)",
        "state": "alerting",
        "message": "**Firing**",
    } | fields


def kept(database: Database) -> list[Delivery]:
    with database.reading() as connection:
        return list_deliveries(connection)[::-1]


def test_is_queued_for_people_with_what_they_need(client: FlaskClient, database: Database) -> None:
    answer = client.post("/hooks/grafana", json=a_notification(an_alert()))

    assert (answer.status_code, answer.json) == (HTTPStatus.OK, {"queued": True})
    (delivery,) = kept(database)
    assert (delivery.receiver, delivery.kind, delivery.state, delivery.alert_id) == (
        "slack",
        "operations",
        "waiting",
        None,
    )
    assert delivery.message_id.startswith("operations:")
    assert delivery.body == {
        "status": "firing",
        "title": "[FIRING:1] Lag Vigie (critical)",
        "alerts": [
            {
                "name": "Lag",
                "severity": "critical",
                "summary": "12,000 transactions wait",
                "runbook_url": "https://docs.test/operations#lag",
                "url": "https://grafana.test/d/vigie-operations?viewPanel=4",
                "status": "firing",
                "started_at": "2026-05-28T20:26:40+02:00",
            }
        ],
        "not_shown": 0,
    }


def test_the_same_news_again_is_absorbed_and_other_news_is_not(client: FlaskClient, database: Database) -> None:
    def queued(*alerts: Body, **fields: object) -> bool:
        return client.post("/hooks/grafana", json=a_notification(*alerts, **fields)).json["queued"]

    one, two = an_alert("f1"), an_alert("f2")

    assert queued(one, two)
    assert not queued(two, one | {"valueString": "another figure"}, title="another text")
    assert not queued(one | {"startsAt": "2026-05-28T18:26:40Z"}, two), "the same moment in other words"
    assert queued(one | {"status": "resolved"}, two), "one of two is over"
    assert not queued(two), "said already with the one that ended"
    assert queued(one | {"status": "resolved"}, two | {"status": "resolved"}, status="resolved")
    assert queued(one | {"startsAt": "2026-05-29T08:00:00Z"}, two), "it began once more"
    assert queued(one, two, groupKey="another group")
    assert len({delivery.message_id for delivery in kept(database)}) == 5


def test_many_alerts_are_one_message_of_bounded_size(client: FlaskClient, database: Database) -> None:
    alerts = [an_alert(f"f{number}", annotations={"summary": "x" * 5000}) for number in range(60)]

    assert client.post("/hooks/grafana", json=a_notification(*alerts)).status_code == HTTPStatus.OK

    (delivery,) = kept(database)
    assert delivery.body["not_shown"] == 50
    assert len(json.dumps(delivery.body)) < 20_000


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"alerts": "x"},
        a_notification(),
        a_notification(an_alert(startsAt="yesterday")),
        a_notification(an_alert(startsAt="2026-05-28T20:26:40")),
        a_notification(an_alert(status="perhaps")),
        a_notification(an_alert(), status="pending"),
        a_notification(an_alert(), groupKey=""),
        a_notification(an_alert(labels={"alertname": "\ud800"})),
        {"model_version": {"name": "of", "another": "webhook"}},
    ],
)
def test_other_shapes_are_refused(client: FlaskClient, database: Database, body: object) -> None:
    answer = client.post("/hooks/grafana", data=json.dumps(body), content_type="application/json")

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.json["error"]
    assert kept(database) == []


def test_is_refused_without_slack(
    app_of: Callable[[AlertWebhookSettings], Flask], guarded_settings: AlertWebhookSettings, database: Database
) -> None:
    app = app_of(guarded_settings.model_copy(update={"slack_webhook_url": None}))
    bearer = {"Authorization": f"Bearer {TOKEN}"}

    answer = app.test_client().post("/hooks/grafana", json=a_notification(an_alert()), headers=bearer)

    assert answer.status_code == HTTPStatus.CONFLICT
    assert "SLACK_WEBHOOK_URL" in answer.json["error"]
    assert kept(database) == []


def test_needs_the_token(client: FlaskClient) -> None:
    del client.environ_base["HTTP_AUTHORIZATION"]

    assert client.post("/hooks/grafana", json=a_notification(an_alert())).status_code == HTTPStatus.UNAUTHORIZED
