"""The alert webhook as a process, alerts to send, and receivers that verify what they get."""

import itertools
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from confluent_kafka import Producer

from alert_webhook.core.outbox.database import Database, open_database
from vigie_loadtests.delivery.service import AlertWebhookProcess
from vigie_runtime import KafkaSettings
from vigie_schemas import ALERTS, VERDICTS, Alert
from vigie_testing.golden import golden_alert, golden_record
from vigie_testing.inbox import Inbox
from vigie_testing.waiting import wait_until

_numbers = itertools.count(1)

AlertOf = Callable[[str], Alert]
RaiseAlerts = Callable[..., None]
AnswerCalls = Callable[..., None]
ServiceOf = Callable[..., AlertWebhookProcess]
Eventually = Callable[[Callable[[], bool]], None]


@pytest.fixture
def eventually() -> Eventually:
    def eventually(holds: Callable[[], bool]) -> None:
        wait_until(holds, what="what the test expects")

    return eventually


@pytest.fixture
def alert_of() -> AlertOf:
    return golden_alert


@pytest.fixture
def raise_alerts(kafka: KafkaSettings, alert_of: AlertOf) -> RaiseAlerts:
    """Write alerts of these names to the topic, or bytes as they are."""
    producer = Producer(kafka.producer_config())

    def raise_alerts(*names: str | bytes) -> None:
        for name in names:
            payload = name if isinstance(name, bytes) else alert_of(name).model_dump_json().encode()
            producer.produce(kafka.topic_name(ALERTS), payload)
        assert producer.flush(10) == 0

    return raise_alerts


@pytest.fixture
def answer_calls(kafka: KafkaSettings) -> AnswerCalls:
    """Write verdicts as the gateway does: the example of that name, of this transaction."""
    producer = Producer(kafka.producer_config())

    def answer_calls(example: str, *names: str, **changes: object) -> None:
        for name in names:
            verdict = golden_record("verdict", example, transaction_id=name, **changes)
            producer.produce(kafka.topic_name(VERDICTS), json.dumps(verdict).encode(), key=name)
        assert producer.flush(10) == 0

    return answer_calls


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    with Inbox() as inbox:
        yield inbox


@pytest.fixture
def service_of(kafka: KafkaSettings, tmp_path: Path, outbox_environment: dict[str, str]) -> Iterator[ServiceOf]:
    """Make services that deliver to these receivers with short waits; those that still run are stopped at the end."""
    made: list[AlertWebhookProcess] = []

    def make(*inboxes: Inbox, **environment: str) -> AlertWebhookProcess:
        urls = tuple(inbox.url for inbox in inboxes)
        waits = {"VIGIE_FIRST_RETRY_SECONDS": "0.05", "VIGIE_LONGEST_RETRY_SECONDS": "0.2"}
        made.append(
            AlertWebhookProcess(kafka, tmp_path, urls=urls, environment=waits | outbox_environment | environment)
        )
        return made[-1]

    yield make
    for service in made:
        service.process.stop()


@pytest.fixture
def outbox(tmp_path: Path, outbox_environment: dict[str, str]) -> Iterator[Database]:
    """What the service writes into, to look and to answer as its pages would."""
    with closing(open_database(outbox_environment.get("DATABASE_URL"), tmp_path)) as database:
        yield database


@pytest.fixture
def outbox_environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """Variables that choose a new outbox: SQLite's, or another for tests that are run on `each_outbox`."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return {}
    address, name = request.getfixturevalue("postgres"), f"vigie_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return {"DATABASE_URL": f"{address}/{name}"}
