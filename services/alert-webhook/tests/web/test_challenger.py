"""How a challenger compares, and what people may say of it."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from alert_webhook.core.deliveries import LABELS
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import list_deliveries
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.live_page.hub import Hub
from vigie_schemas import Approval, Gate, ShadowReport

from .conftest import NOW_MS, TOKEN

BY_ROBOT = {"Authorization": f"Bearer {TOKEN}"}
YES = {"challenger_version": 5, "is_approved": True, "why": "same alerts, more fraud"}


def report(state: str = "awaiting_approval", asked_by: str = "trainer", at_ms: int = NOW_MS) -> ShadowReport:
    return ShadowReport(
        schema_version=1,
        challenger_version=5,
        champion_version=4,
        state=state,  # pyright: ignore[reportArgumentType]
        asked_by=asked_by,
        since_ms=NOW_MS - 600_000,
        at_ms=at_ms,
        rows=20_000,
        champion_alerts=130,
        challenger_alerts=124,
        common_alerts=110,
        frauds=90,
        gates=[Gate(name="alert rate", is_passed=True, sentence="0.62% would alert")],
        one_sided=[],
    )


def approvals(database: Database) -> list[Approval]:
    """What waits for Kafka."""
    with database.reading() as connection:
        found = list_deliveries(connection, receiver=LABELS)
    assert {one.kind for one in found} <= {"approval"}
    return [Approval.model_validate(one.body) for one in found]


@pytest.fixture
def client(app_of: Callable[[AlertWebhookSettings], Flask], guarded_settings: AlertWebhookSettings) -> FlaskClient:
    client = app_of(guarded_settings).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = BY_ROBOT["Authorization"]
    return client


def test_before_the_first_there_is_none(client: FlaskClient, database: Database) -> None:
    assert client.get("/api/challenger").json is None
    assert client.post("/api/challenger/approval", json=YES).status_code == 409
    assert not approvals(database)


def test_the_newest_report_stands(client: FlaskClient, hub: Hub) -> None:
    hub.set_challenger(report())
    hub.set_challenger(report("watching", at_ms=NOW_MS - 1))

    answer = client.get("/api/challenger").json

    assert answer is not None
    assert (answer["state"], answer["gates"][0]["name"]) == ("awaiting_approval", "alert rate")


def test_a_word_is_kept_with_who_said_it(client: FlaskClient, hub: Hub, database: Database) -> None:
    hub.set_challenger(report())

    assert client.post("/api/challenger/approval", json=YES).json == {"queued": True}

    (sent,) = approvals(database)
    assert (sent.by, sent.challenger_version, sent.is_approved, sent.why) == ("robot", 5, True, YES["why"])
    assert sent.at_ms == NOW_MS


def test_whoever_made_it_challenger_may_only_reject_it(client: FlaskClient, hub: Hub, database: Database) -> None:
    hub.set_challenger(report(asked_by="Robot"))

    refused = client.post("/api/challenger/approval", json=YES)
    assert refused.status_code == 403
    assert "another person" in (refused.json or {})["error"]
    assert client.post("/api/challenger/approval", json=YES | {"is_approved": False}).status_code == 200

    assert [one.is_approved for one in approvals(database)] == [False]


@pytest.mark.parametrize(
    ("state", "said", "because"),
    [
        ("watching", YES, "has not passed"),
        ("promoted", YES, "no challenger"),
        ("rejected", YES | {"is_approved": False}, "no challenger"),
        ("awaiting_approval", YES | {"challenger_version": 4}, "no challenger"),
        ("awaiting_approval", YES | {"why": "4111 1111 1111 1111"}, "card number"),
    ],
)
def test_what_cannot_be_is_refused(
    client: FlaskClient, hub: Hub, database: Database, state: str, said: dict[str, object], because: str
) -> None:
    hub.set_challenger(report(state))

    refused = client.post("/api/challenger/approval", json=said)

    assert refused.status_code == 409
    assert because in (refused.json or {})["error"]
    assert not approvals(database)


@pytest.mark.parametrize("change", [{"why": ""}, {"why": "x" * 201}, {"is_approved": "yes"}, {"challenger_version": 0}])
def test_malformed_words_are_refused(client: FlaskClient, hub: Hub, change: dict[str, object]) -> None:
    hub.set_challenger(report())

    assert client.post("/api/challenger/approval", json=YES | change).status_code == 400


def test_strangers_see_and_say_nothing(
    app_of: Callable[[AlertWebhookSettings], Flask], guarded_settings: AlertWebhookSettings
) -> None:
    stranger = app_of(guarded_settings).test_client()

    assert stranger.get("/api/challenger").status_code == 401
    assert stranger.post("/api/challenger/approval", json=YES).status_code == 401
