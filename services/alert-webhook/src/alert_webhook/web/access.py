"""Who may do what: only health is open to everyone who can reach us from another machine.

Without users and tokens only this machine is served, and everyone on it is `local`.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from flask import Response, g, redirect, render_template, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import Forbidden, Unauthorized
from werkzeug.wrappers import Response as AnyResponse

from alert_webhook.core.answers import Person
from alert_webhook.settings import AlertWebhookSettings, credentials
from alert_webhook.web.parts import parts
from alert_webhook.web.sessions import person_of_session
from alert_webhook.web.views import Access
from vigie_runtime.settings import LOOPBACK

LOCAL: Final = "local"
HEALTH: Final = frozenset({"health.healthz", "health.readyz"})
OPEN: Final = HEALTH | {"login.form", "login.static", "hooks.slack_actions"}  # Slack's requests prove themselves
OPEN_FILES: Final = frozenset({"icon.svg"})  # what the log-in form shows besides its own files
PAGES: Final = frozenset({"pages.page", "pages.try_page"})  # opened by people, who are led to the log-in
WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
BEARER: Final = "bearer "

csrf = CSRFProtect()


@dataclass(frozen=True)
class Visitor:
    """Who asks, and how they were let in."""

    name: str
    access: Access

    @property
    def person(self) -> Person:
        """As the answers to alerts name them."""
        return Person(self.name, "api" if self.access == "token" else "page")


def visitor() -> Visitor:
    """Who asks; everywhere but at the endpoints that are open to all."""
    return g.visitor


def csrf_token() -> str:
    """What a page has to send back with its writes; empty where nothing is needed."""
    return generate_csrf() if visitor().access == "session" else ""


def is_guarded(settings: AlertWebhookSettings) -> bool:
    """Whether one has to say who one is."""
    return settings.is_open_to_others or bool(settings.users or settings.api_tokens)


def let_in() -> AnyResponse | None:
    """Before each request: note who asks, or refuse. Raise Unauthorized or Forbidden."""
    settings = parts().settings
    is_open_file = request.endpoint == "static" and (request.view_args or {}).get("filename") in OPEN_FILES
    if request.endpoint in OPEN or is_open_file:
        return None
    if not is_guarded(settings):
        _refuse_other_sites()
        g.visitor = Visitor(LOCAL, "open")
        return None
    found = _by_token(settings) or _by_session(settings)
    if found is not None:
        g.visitor = found
        if found.access == "session" and request.method in WRITES:
            csrf.protect()
        return None
    if request.endpoint in PAGES:
        return _to_login()
    raise Unauthorized("Log in at /login, or send a token: Authorization: Bearer ... (VIGIE_API_TOKENS).")


def is_right(known: Mapping[str, str], name: str, secret: str) -> bool:
    """Whether the secret is that name's. Takes the same time for a wrong name, a wrong secret and the right one."""
    found = False
    for known_name, known_secret in known.items():
        found |= _is_same(known_name, name) & _is_same(known_secret, secret)
    return found


def safe_target(target: str) -> str:
    """A path of this site to go to after the log-in; the page's own where the given one leads elsewhere."""
    is_path = target.startswith("/") and target.isascii() and target.isprintable()
    if not is_path or "\\" in target or target.startswith("//") or urlsplit(target).netloc:
        return "/"
    return target


def _by_token(settings: AlertWebhookSettings) -> Visitor | None:
    header = request.headers.get("Authorization", "")
    if not header.lower().startswith(BEARER):
        return None
    given, found = header[len(BEARER) :].strip(), None
    for name, token in credentials(settings.api_tokens).items():
        if _is_same(token, given):
            found = name
    if found is None:
        # not tried as a session as well: who sends a token means to be known by it
        raise Unauthorized("This token is not known here. VIGIE_API_TOKENS lists those that are.")
    return Visitor(found, "token")


def _by_session(settings: AlertWebhookSettings) -> Visitor | None:
    if not settings.users:
        return None
    name = person_of_session(settings, parts().session_key, now_ms=parts().now_ms)
    return None if name is None else Visitor(name, "session")


def _refuse_other_sites() -> None:
    """A page of another site, open in a browser on this machine, must not reach what needs no log-in.

    It could point a name of its own at 127.0.0.1, which the Host header shows, or just send, which Origin shows.
    """
    origin = request.headers.get("Origin")
    is_foreign = request.method in WRITES and origin is not None and urlsplit(origin).netloc != request.host
    if is_foreign or _host_name(request.host) not in LOOPBACK:
        raise Forbidden(
            "Without VIGIE_USERS or VIGIE_API_TOKENS only this machine is served: open it as http://127.0.0.1."
        )


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _to_login() -> AnyResponse:
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        # the session's cookie stays away when a link elsewhere, such as in Slack, leads here; asked again it comes
        return Response(render_template("once_more.html"))
    target = request.full_path.rstrip("?")
    return redirect(f"/login?next={quote(target, safe='')}" if target != "/" else "/login", 303)


def _is_same(known: str, given: str) -> bool:
    """Compare digests: their length is the same, whatever was given."""
    return hmac.compare_digest(_digest(known), _digest(given))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()
