"""Sessions as signed cookies: nothing about them is kept here but the key that signs them."""

import hashlib
import hmac
from typing import Final

from flask import Flask, request, session
from flask.sessions import SecureCookieSessionInterface

from alert_webhook.core.outbox.access import shared_session_key
from alert_webhook.core.outbox.database import Database
from alert_webhook.settings import AlertWebhookSettings, credentials

SESSION_MS: Final = 12 * 3_600_000  # a working day, so that one log-in lasts for it
PERSON: Final = "person"
SINCE: Final = "since_ms"
MARK: Final = "mark"


class GuardedSessions(SecureCookieSessionInterface):
    """Cookies that a browser sends by https only, once it reached us by https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        """Whether this request came by https, as far as trusted proxies say."""
        return request.is_secure

    def get_cookie_name(self, app: Flask) -> str:
        """With the prefix that keeps other hosts of the domain from setting it, where browsers allow that."""
        return "__Host-vigie" if request.is_secure else "vigie"


def session_key(database: Database) -> str:
    """The key all workers share; the first one to ask makes it."""
    with database.writing() as connection:
        return shared_session_key(connection)


def begin_session(person: str, settings: AlertWebhookSettings, key: str, *, now_ms: int) -> None:
    """Log the person in; whatever the browser's session held before is gone."""
    session.clear()
    session[PERSON] = person
    session[SINCE] = now_ms
    session[MARK] = _mark(person, settings, key)


def end_session() -> None:
    """Log out."""
    session.clear()


def person_of_session(settings: AlertWebhookSettings, key: str, *, now_ms: int) -> str | None:
    """Who is logged in; None once the session is too old, or the name or password is no longer the same."""
    person, since_ms, mark = session.get(PERSON), session.get(SINCE), session.get(MARK)
    if not (isinstance(person, str) and isinstance(since_ms, int) and isinstance(mark, str)):
        return None
    if not 0 <= now_ms - since_ms < SESSION_MS:
        return None
    expected = _mark(person, settings, key)
    return person if expected is not None and hmac.compare_digest(mark, expected) else None


def _mark(person: str, settings: AlertWebhookSettings, key: str) -> str | None:
    """Changes with the password, and reveals nothing about it without the key."""
    password = credentials(settings.users).get(person)
    if password is None:
        return None
    return hmac.new(key.encode(), f"{person}:{password}".encode(), hashlib.sha256).hexdigest()
