"""The API over an outbox."""

from collections.abc import Callable
from http import HTTPStatus

import pytest
from flask import Flask
from flask.testing import FlaskClient

from alert_webhook.core.deliveries import LABELS
from alert_webhook.core.outbox.alerts import next_revision
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import enqueue, list_deliveries, mark_dead, oldest_waiting
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.live_page.hub import Hub
from vigie_schemas import Alert, Metrics

from .conftest import NOW_MS, TOKEN, Clock

BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def client(app_of: Callable[[AlertWebhookSettings], Flask], guarded_settings: AlertWebhookSettings) -> FlaskClient:
    client = app_of(guarded_settings).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = BEARER["Authorization"]
    return client


def ids(client: FlaskClient, **query: object) -> list[str]:
    answer = client.get("/api/alerts", query_string=query)
    assert answer.status_code == HTTPStatus.OK, answer.text
    return [view["alert"]["alert_id"] for view in answer.json["alerts"]]


def test_an_alert_shows_all_there_is_to_know(
    client: FlaskClient, database: Database, keep: Callable[..., None], alert_of: Callable[[str], Alert]
) -> None:
    keep("t1")
    with database.writing() as connection:
        secret = {"response_url": "https://hooks.slack.test/secret"}
        enqueue(connection, "slack", "alert:t1", "alert", now_ms=NOW_MS, alert_id="alert:t1", body=secret)

    view = client.get("/api/alerts/alert:t1").json

    assert view == {
        "alert": alert_of("t1").model_dump(mode="json"),
        "revision": 1,
        "received_at_ms": NOW_MS,
        "handling": "message",
        "cause": None,
        "episode_id": None,
        "episode_alerts": 0,
        "digest_id": None,
        "decision": None,
        "deliveries": [
            {
                "delivery_id": 1,
                "receiver": "slack",
                "kind": "alert",
                "state": "waiting",
                "attempts": 0,
                "problem": None,
                "queued_at_ms": NOW_MS,
                "settled_at_ms": None,
            }
        ],
        "links": {
            "grafana": "https://grafana.test/d/vigie-account?var-account=acc-1"
            f"&from={NOW_MS - 86_400_000}&to={NOW_MS + 3_600_000}"
        },
    }


def test_lists_what_is_asked_for_and_where_to_go_on(client: FlaskClient, keep: Callable[..., None]) -> None:
    keep("t1", "t2")
    keep("t3", handling="suppressed", cause="canary")

    assert ids(client) == ["alert:t3", "alert:t2", "alert:t1"]
    assert ids(client, cause="canary") == ["alert:t3"]
    assert ids(client, handling="message", account_id="acc-1", severity="high", decided="false") == [
        "alert:t2",
        "alert:t1",
    ]
    assert ids(client, account_id="acc-2") == []
    first = client.get("/api/alerts?limit=2").json
    assert first["next"] == "alert:t2"
    rest = client.get("/api/alerts", query_string={"limit": 2, "before": first["next"]}).json
    assert ([view["alert"]["alert_id"] for view in rest["alerts"]], rest["next"]) == (["alert:t1"], None)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"severity": "dreadful"}, "severity"),
        ({"severty": "high"}, "severty"),
        ({"account_id": "a\x00b"}, "account_id"),
        ({"before": "x"}, "before"),
        ({"decided": "perhaps"}, "decided"),
    ],
)
def test_refuses_what_it_does_not_understand_and_names_it(
    client: FlaskClient, query: dict[str, str], named: str
) -> None:
    answer = client.get("/api/alerts", query_string=query)

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.json["error"].startswith(f"{named}: ")


def test_a_label_is_kept_once_and_passed_on(client: FlaskClient, database: Database, keep: Callable[..., None]) -> None:
    keep("t1")

    views = [client.post("/api/alerts/alert:t1/label", json={"is_fraud": True}).json for _ in range(2)]

    assert views[0]["decision"] == {"is_fraud": True, "by": "robot", "at_ms": NOW_MS}
    assert views[1] == views[0], "the same answer again changes nothing"
    with database.reading() as connection:
        labels = [delivery.body["labelled_by"] for delivery in list_deliveries(connection, receiver=LABELS)]
    assert labels == ["robot"]
    assert ids(client, decided="true") == ["alert:t1"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"is_fraud": "true"}',
        b'{"is_fraud": 1}',
        b"{}",
        b"[" * 9000,
        b'{"is_fraud": true, "x": 1}',
    ],
)
def test_a_label_that_is_none_is_refused(client: FlaskClient, keep: Callable[..., None], body: bytes) -> None:
    keep("t1")

    answer = client.post("/api/alerts/alert:t1/label", data=body, content_type="application/json")

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.json["error"]


def test_a_label_in_another_type_of_content_is_refused(client: FlaskClient, keep: Callable[..., None]) -> None:
    """Another site's form could send it without asking the browser's permission first."""
    keep("t1")

    answer = client.post("/api/alerts/alert:t1/label", data=b'{"is_fraud": true}', content_type="text/plain")

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert ids(client, decided="true") == []


def test_too_large_a_body_is_refused(client: FlaskClient, keep: Callable[..., None]) -> None:
    keep("t1")

    answer = client.post("/api/alerts/alert:t1/label", data=b" " * 20_000, content_type="application/json")

    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert "too large" in answer.json["error"]


def test_snoozes_run_out_and_can_be_ended(client: FlaskClient, clock: Clock, keep: Callable[..., None]) -> None:
    keep("t1")
    day_ms, hour_ms = 86_400_000, 3_600_000

    snoozed = client.post("/api/alerts/alert:t1/snooze", json={}).json
    assert snoozed == {"account_id": "acc-1", "feature": "amount_over_usual", "until_ms": NOW_MS + day_ms}
    assert client.post("/api/alerts/alert:t1/snooze", json={"hours": 1}).json["until_ms"] == NOW_MS + hour_ms
    assert client.get("/api/snoozes").json["snoozes"] == [
        snoozed | {"until_ms": NOW_MS + hour_ms, "person": "robot", "alert_id": "alert:t1"}
    ]

    clock.now += 3600
    assert client.get("/api/snoozes").json["snoozes"] == []
    client.post("/api/alerts/alert:t1/snooze", json={"hours": 1})
    assert client.delete("/api/snoozes/acc-1/amount_over_usual").json == {"ended": 1}
    assert client.delete("/api/snoozes/acc-1/amount_over_usual").json == {"ended": 0}
    assert client.get("/api/snoozes").json["snoozes"] == []


@pytest.mark.parametrize("hours", [0, -1, 721, "24", 1e308])
def test_a_snooze_has_bounds(client: FlaskClient, keep: Callable[..., None], hours: object) -> None:
    keep("t1")

    answer = client.post("/api/alerts/alert:t1/snooze", json={"hours": hours})

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.json["error"].startswith("hours: ")


def test_dead_messages_can_be_retried(client: FlaskClient, database: Database) -> None:
    with database.writing() as connection:
        for name in ("m1", "m2"):
            enqueue(connection, "hook.test-1a2b3c", name, "alert", now_ms=NOW_MS)
            turn = oldest_waiting(connection, "hook.test-1a2b3c")
            assert turn is not None
            mark_dead(connection, turn, "it answers 400", now_ms=NOW_MS)
        enqueue(connection, "slack", "m1", "alert", now_ms=NOW_MS)

    dead = client.get("/api/deliveries?state=dead").json["deliveries"]
    assert [(one["message_id"], one["problem"]) for one in dead] == [("m2", "it answers 400"), ("m1", "it answers 400")]
    assert "body" not in dead[0]
    assert client.post("/api/deliveries/1/retry").json == {"retried": 1}
    assert client.post("/api/deliveries/1/retry").json == {"retried": 0}
    assert client.post("/api/deliveries/99/retry").status_code == HTTPStatus.NOT_FOUND
    assert client.post("/api/receivers/hook.test-1a2b3c/retry").json == {"retried": 1}
    waiting = client.get("/api/deliveries?state=waiting&receiver=slack").json["deliveries"]
    assert [one["delivery_id"] for one in waiting] == [3]


@pytest.mark.parametrize("number", ["0", "-1", "one", str(2**63), "9" * 5000])
def test_a_number_that_no_delivery_can_have_is_refused(client: FlaskClient, number: str) -> None:
    answer = client.post(f"/api/deliveries/{number}/retry")

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.json["error"].startswith("delivery_id: ")


def test_what_was_held_back_is_counted_by_cause(client: FlaskClient, clock: Clock, keep: Callable[..., None]) -> None:
    keep("t1", "t2", handling="digest", cause="rate")
    keep("t3", handling="suppressed", cause="snoozed")
    keep("t4")

    assert client.get("/api/volume").json == {
        "since_ms": NOW_MS - 86_400_000,
        "by_cause": {"rate": 2, "snoozed": 1},
    }
    clock.now += 2 * 3600
    assert client.get("/api/volume?hours=1").json["by_cause"] == {}


def test_gives_the_latest_metrics_and_the_service_state(
    client: FlaskClient, hub: Hub, metrics_at: Callable[[int], Metrics]
) -> None:
    assert client.get("/api/metrics").json is None
    hub.add_metrics(metrics_at(NOW_MS))
    hub.add_metrics(metrics_at(NOW_MS + 1000))

    assert client.get("/api/metrics").json == metrics_at(NOW_MS + 1000).model_dump(mode="json")
    assert client.get("/api/state").json == hub.service.model_dump(mode="json")


@pytest.mark.parametrize("path", ["/api/alerts/alert:t9", "/nothing", "/api/nothing", "/api/alerts?before=alert:t9"])
def test_what_is_not_there_is_said_in_json(client: FlaskClient, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert answer.json["error"].startswith("There is no")


def test_a_wrong_method_is_said_in_json(client: FlaskClient) -> None:
    answer = client.put("/api/snoozes")

    assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert "openapi.json" in answer.json["error"]
    assert "GET" in answer.headers["Allow"]


def test_a_database_that_does_not_answer_is_said_in_json(client: FlaskClient, database: Database) -> None:
    with database.writing() as connection:
        next_revision(connection)
        connection.exec_driver_sql("DROP TABLE alerts")

    answer = client.get("/api/alerts")

    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "DATABASE_URL" in answer.json["error"]
    assert "SELECT" not in answer.text


def test_describes_itself(client: FlaskClient) -> None:
    description = client.get("/openapi.json").json

    assert description["openapi"].startswith("3.1")
    assert {path for path in description["paths"] if path.startswith("/api/alerts")} == {
        "/api/alerts",
        "/api/alerts/{alert_id}",
        "/api/alerts/{alert_id}/label",
        "/api/alerts/{alert_id}/snooze",
    }
    refusals = {
        answer["content"]["application/json"]["schema"]["$ref"]
        for path in description["paths"].values()
        for operation in path.values()
        for status, answer in operation["responses"].items()
        if status.startswith("4")
    }
    assert refusals == {"#/components/schemas/ErrorView"}
