"""How often somebody may try to log in: counted in the outbox, so that more workers give no more tries.

A try is counted before its password is looked at: many at once get no more than one after the other.
"""

import hashlib
import hmac
import ipaddress
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.tables import login_failures

WINDOW_MS: Final = 15 * 60_000
MOST_PER_NAME: Final = 10  # 960 guesses a day: hopeless against any password worth the name, enough for a typist
MOST_PER_ADDRESS: Final = 30  # an office may share one address
IPV6_NETWORK: Final = 64  # what one customer is given; each of its addresses would be a new one else


class LoginLimit:
    """Wrong tries of the last quarter of an hour."""

    def __init__(self, database: Database, key: str) -> None:
        self._database = database
        self._key = key.encode()

    def begin(self, person: str, address: str, *, now_ms: int) -> tuple[int, float]:
        """Count a try as failed until it succeeds: its number, and seconds to wait where there were too many."""
        row = {"address": _network(address), "person": self._hidden(person), "failed_at_ms": now_ms}
        with self._database.writing() as connection:
            connection.execute(delete(login_failures).where(login_failures.c.failed_at_ms <= now_ms - WINDOW_MS))
            made = insert(login_failures).values(row).returning(login_failures.c.failure_id)
            attempt = connection.execute(made).scalar_one()
        with self._database.writing() as connection:
            wait_ms = max(
                _wait_ms(connection, "person", row["person"], MOST_PER_NAME, attempt, now_ms),
                _wait_ms(connection, "address", row["address"], MOST_PER_ADDRESS, attempt, now_ms),
            )
            if wait_ms > 0:
                # not counted: else someone who never stops would lock a person out forever
                connection.execute(delete(login_failures).where(login_failures.c.failure_id == attempt))
        return attempt, wait_ms / 1000

    def succeed(self, attempt: int) -> None:
        """It was the right password after all."""
        with self._database.writing() as connection:
            connection.execute(delete(login_failures).where(login_failures.c.failure_id == attempt))

    def _hidden(self, person: str) -> str:
        """The name, unreadable: people type passwords into the wrong field."""
        return hmac.new(self._key, person.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _wait_ms(connection: Connection, column: str, value: object, most: int, attempt: int, now_ms: int) -> int:
    """Until enough of the other tries are forgotten; 0 when there is room."""
    others = (login_failures.c[column] == value, login_failures.c.failure_id != attempt)
    count = connection.execute(select(func.count()).select_from(login_failures).where(*others)).scalar_one()
    if count < most:
        return 0
    times = select(login_failures.c.failed_at_ms).where(*others).order_by(login_failures.c.failed_at_ms)
    frees_at_ms = connection.execute(times.offset(count - most).limit(1)).scalar_one() + WINDOW_MS
    return max(frees_at_ms - now_ms, 1)


def _network(address: str) -> str:
    """An IPv4 address, or the network an IPv6 address belongs to."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, IPV6_NETWORK), strict=False))
    return str(parsed.ipv4_mapped if parsed.version == 6 else parsed)
