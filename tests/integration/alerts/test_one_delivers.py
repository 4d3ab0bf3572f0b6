"""However many processes share an outbox, one delivers, and another does when that one cannot."""

from collections.abc import Callable

import psycopg
import pytest

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import queues
from alert_webhook.core.recipients import webhook_name
from vigie_loadtests.delivery.service import AlertWebhookProcess
from vigie_testing.inbox import Inbox

pytestmark = pytest.mark.integration
each_outbox = pytest.mark.parametrize("outbox_environment", ["sqlite", "postgresql"], indirect=True)

ServiceOf = Callable[..., AlertWebhookProcess]
RaiseAlerts = Callable[..., None]
Eventually = Callable[[Callable[[], bool]], None]


@each_outbox
def test_of_two_processes_one_delivers_and_the_other_takes_over(
    service_of: ServiceOf, inbox: Inbox, raise_alerts: RaiseAlerts, eventually: Eventually, outbox: Database
) -> None:
    def waiting() -> int:
        with outbox.reading() as connection:
            queue = queues(connection).get(webhook_name(inbox.url))
        return queue.waiting if queue else 0

    services = [service_of(inbox) for _ in range(2)]
    for service in services:
        service.start()
    raise_alerts("t1", "t2")
    eventually(lambda: len(inbox.accepted) >= 2 and waiting() == 0)

    services[0].process.kill()
    raise_alerts("t3")
    eventually(lambda: len(inbox.accepted) >= 3)

    assert inbox.accepted == ["alert:t1", "alert:t2", "alert:t3"]


@pytest.mark.parametrize("outbox_environment", ["postgresql"], indirect=True)
def test_a_lock_that_is_lost_with_its_connection_is_taken_again_by_one(
    service_of: ServiceOf,
    inbox: Inbox,
    raise_alerts: RaiseAlerts,
    eventually: Eventually,
    outbox_environment: dict[str, str],
) -> None:
    def holders() -> set[int]:
        query = (
            "SELECT pid FROM pg_locks JOIN pg_database ON oid = database WHERE locktype = 'advisory' AND datname = %s"
        )
        with psycopg.connect(address) as connection:
            return {pid for (pid,) in connection.execute(query, (address.rpartition("/")[2],))}

    address = outbox_environment["DATABASE_URL"]
    for service in [service_of(inbox) for _ in range(2)]:
        service.start()
    raise_alerts("t1")
    eventually(lambda: inbox.accepted == ["alert:t1"])
    (before,) = holders()

    with psycopg.connect(address) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", (before,))

    eventually(lambda: len(holders() - {before}) == 1)
    raise_alerts("t2", "t3")
    eventually(lambda: len(inbox.accepted) >= 3)
    assert inbox.accepted == ["alert:t1", "alert:t2", "alert:t3"]
