"""How often a person may try to log in: counted in the outbox, so that more workers give no more tries.

A try is counted before its password is looked at: many at once get no more than one after the other.
"""

import hashlib
import hmac
import ipaddress
from typing import Final

from alert_webhook.core.outbox.access import add_login_failure, blocking_failure_ms, remove_login_failure
from alert_webhook.core.outbox.database import Database

WINDOW_MS: Final = 15 * 60_000
MAX_PER_NAME: Final = 10  # 960 guesses a day: hopeless against any password worth the name, enough for a typist
MAX_PER_ADDRESS: Final = 30  # an office may share one address
IPV6_NETWORK_BITS: Final = 64  # what one customer is given; each of its addresses would be a new one else


class LoginLimit:
    """Wrong tries of the last quarter of an hour."""

    def __init__(self, database: Database, key: str) -> None:
        self._database = database
        self._key = key.encode()

    def begin(self, person: str, address: str, *, now_ms: int) -> tuple[int, float]:
        """Count a try as failed until it succeeds: its number, and seconds to wait where there were too many."""
        network, hidden = _network(address), self._hidden(person)
        with self._database.writing() as connection:
            attempt = add_login_failure(connection, network, hidden, now_ms=now_ms, since_ms=now_ms - WINDOW_MS)
        with self._database.writing() as connection:
            blocking = (
                blocking_failure_ms(connection, "person", hidden, MAX_PER_NAME, besides=attempt),
                blocking_failure_ms(connection, "address", network, MAX_PER_ADDRESS, besides=attempt),
            )
            wait_ms = max((max(at_ms + WINDOW_MS - now_ms, 1) for at_ms in blocking if at_ms is not None), default=0)
            if wait_ms > 0:
                # not counted: else someone who never stops would lock a person out for ever
                remove_login_failure(connection, attempt)
        return attempt, wait_ms / 1000

    def succeed(self, attempt: int) -> None:
        """It was the right password after all."""
        with self._database.writing() as connection:
            remove_login_failure(connection, attempt)

    def _hidden(self, person: str) -> str:
        """The name, unreadable: people type passwords into the wrong field."""
        return hmac.new(self._key, person.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _network(address: str) -> str:
    """An IPv4 address, or the network an IPv6 address belongs to."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, IPV6_NETWORK_BITS), strict=False))
    return str(parsed.ipv4_mapped if parsed.version == 6 else parsed)
