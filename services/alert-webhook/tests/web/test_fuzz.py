"""The API keeps its own description, whatever it is sent: no 5xx, and every answer as described."""

from collections.abc import Callable

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.schemas import OpenApiSchema

from alert_webhook.core.answers import Person, snooze
from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import enqueue, mark_dead, oldest_waiting
from alert_webhook.core.recipients import Recipients
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.live_page.hub import Hub
from vigie_schemas import Metrics

from .conftest import NOW_MS, TOKEN

EXAMPLES = 30
"""For each endpoint: enough for every kind of wrong value, few enough for a minute of all of them."""

KNOWN = {
    "alert_id": "alert:t2",
    "account_id": "acc-1",
    "feature": "amount_over_usual",
    "delivery_id": 1,
    "receiver": "slack",
    "transaction_id": "try-abcdefghijklmnop",
}
"""What is there: made-up names are hardly ever."""


@pytest.fixture
def api(
    app_of: Callable[[AlertWebhookSettings], Flask],
    guarded_settings: AlertWebhookSettings,
    database: Database,
    hub: Hub,
    keep: Callable[..., None],
    metrics_at: Callable[[int], Metrics],
) -> OpenApiSchema:
    """The description, of a service that has a little of everything."""
    keep("t1", "t2")
    keep("t3", handling="digest", cause="rate")
    keep("t4", handling="suppressed", cause="canary")
    with database.writing() as connection:
        enqueue(connection, "slack", "alert:t1", "alert", now_ms=NOW_MS, alert_id="alert:t1")
        turn = oldest_waiting(connection, "slack")
        assert turn is not None
        mark_dead(connection, turn, "it answers 400", now_ms=NOW_MS)
        anna, no_one = Person("anna", "page"), Recipients(slack=False)
        snooze(connection, "alert:t2", anna, hours=1, now_ms=NOW_MS, recipients=no_one)
    hub.add_metrics(metrics_at(NOW_MS))
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    return schemathesis.openapi.from_wsgi("/openapi.json", app_of(guarded_settings), headers=bearer)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_breaks_it(api: OpenApiSchema, mode: GenerationMode) -> None:
    operations = [found.ok() for found in api.get_all_operations()]
    if mode is GenerationMode.NEGATIVE:
        operations = [one for one in operations if one.body or any(one.iter_parameters())]  # others can't be wrong

    assert len(operations) > 10
    for operation in operations:

        @settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode), is_known=st.booleans())
        def send(case: schemathesis.Case, *, is_known: bool) -> None:
            # in an address a list of one is written as its value, which may well be right
            assume(not any(isinstance(value, list) for value in (case.query or {}).values()))
            if is_known and mode is GenerationMode.POSITIVE:
                case.path_parameters.update({name: KNOWN[name] for name in case.path_parameters})
            case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"})

        send()
