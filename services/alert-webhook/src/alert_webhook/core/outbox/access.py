"""SQL of what guards the doors, shared by all workers: the session key, failed log-ins, clicks that were answered."""

import secrets
from typing import Final, Literal

from sqlalchemy import delete, func, insert, select

from alert_webhook.core.outbox.database import Connection, insert_into
from alert_webhook.core.outbox.tables import login_failures, slack_requests
from alert_webhook.core.outbox.tables import secrets as secrets_table

SESSION_KEY: Final = "session_key"
REMEMBERED_MS: Final = 15 * 60_000
"""Longer than a signature of Slack's is believed, which is from five minutes before its time to five after."""


def shared_session_key(connection: Connection) -> str:
    """The key all workers sign sessions with; the first one to ask makes it."""
    query = select(secrets_table.c.value).where(secrets_table.c.name == SESSION_KEY)
    made = insert_into(connection, secrets_table).values(name=SESSION_KEY, value=secrets.token_urlsafe(48))
    connection.execute(made.on_conflict_do_nothing())
    return connection.execute(query).scalar_one()


def remember_click(connection: Connection, signature: str, *, now_ms: int) -> bool:
    """Remember Slack's request by its signature; False when it came before."""
    connection.execute(delete(slack_requests).where(slack_requests.c.received_at_ms < now_ms - REMEMBERED_MS))
    statement = insert_into(connection, slack_requests).values(signature=signature, received_at_ms=now_ms)
    added = connection.execute(statement.on_conflict_do_nothing().returning(slack_requests.c.signature))
    return added.first() is not None


def add_login_failure(connection: Connection, address: str, person: str, *, now_ms: int, since_ms: int) -> int:
    """Count a failed log-in and remove those up to `since_ms`; its number."""
    connection.execute(delete(login_failures).where(login_failures.c.failed_at_ms <= since_ms))
    row = {"address": address, "person": person, "failed_at_ms": now_ms}
    return connection.execute(insert(login_failures).values(row).returning(login_failures.c.failure_id)).scalar_one()


def remove_login_failure(connection: Connection, failure_id: int) -> None:
    """Count it no more."""
    connection.execute(delete(login_failures).where(login_failures.c.failure_id == failure_id))


def blocking_failure_ms(
    connection: Connection, column: Literal["address", "person"], value: str, allowed: int, *, besides: int
) -> int | None:
    """When the failure happened whose end makes room for another try; None where fewer than `allowed` are counted.

    `besides`: the number of the try that is under way.
    """
    others = (login_failures.c[column] == value, login_failures.c.failure_id != besides)
    count = connection.execute(select(func.count()).select_from(login_failures).where(*others)).scalar_one()
    if count < allowed:
        return None
    times = select(login_failures.c.failed_at_ms).where(*others).order_by(login_failures.c.failed_at_ms)
    return connection.execute(times.offset(count - allowed).limit(1)).scalar_one()
