"""The web application: the page, its stream of events, the API and who may use them."""

from typing import Final

from flask import Flask, Response, request
from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from alert_webhook.web.access import PAGES, csrf, let_in
from alert_webhook.web.api import api
from alert_webhook.web.challenger import challenger
from alert_webhook.web.hooks import hooks
from alert_webhook.web.login import login
from alert_webhook.web.operations import health, operations
from alert_webhook.web.pages import pages
from alert_webhook.web.parts import EXTENSION, WebParts
from alert_webhook.web.refusals import refuse_in_json, wrong_fields
from alert_webhook.web.sessions import GuardedSessions
from alert_webhook.web.tries import tries
from alert_webhook.web.views import ErrorView

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
FILES: Final = PAGES | {"static", "login.static"}
MAX_BODY_BYTES: Final = 16 * 1024
MAX_HOOK_BODY_BYTES: Final = 1024 * 1024  # Slack sends the whole message back with a click, Grafana all of a group
TOKEN_SCHEME: Final = {"type": "http", "scheme": "bearer"}
SESSION_SCHEME: Final = {"type": "apiKey", "in": "cookie", "name": "vigie"}


def create_app(parts: WebParts) -> Flask:
    """The application over the rest of the service."""
    app = OpenAPI(
        __name__,
        info=Info(title="Vigie: alerts", version="1"),
        security_schemes={"token": TOKEN_SCHEME, "session": SESSION_SCHEME},
        validation_error_status=400,
        validation_error_model=ErrorView,
        validation_error_callback=wrong_fields,
        doc_ui=False,
        static_folder="static",
    )
    app.extensions[EXTENSION] = parts
    app.secret_key = parts.session_key
    app.session_interface = GuardedSessions()
    app.config.update(
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_HTTPONLY=True,
        WTF_CSRF_CHECK_DEFAULT=False,  # asked for by hand: calls with a token need none
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a page stays open all day
        WTF_CSRF_SSL_STRICT=False,  # no Referer is sent: see Referrer-Policy
    )
    csrf.init_app(app)
    refuse_in_json(app)
    app.before_request(_bound)
    app.before_request(let_in)
    app.after_request(_secure)
    for part in (api, operations, challenger, tries, health, hooks):
        app.register_api(part)
    app.register_blueprint(login)
    app.register_blueprint(pages)
    trusted = parts.settings.trusted_proxies
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted, x_host=0, x_port=0, x_prefix=0)
    return app


def _bound() -> AnyResponse | None:
    """Refuse to read more than the endpoint can need."""
    is_hook = (request.endpoint or "").startswith("hooks.")
    request.max_content_length = MAX_HOOK_BODY_BYTES if is_hook else MAX_BODY_BYTES
    return None


def _secure(response: Response) -> Response:
    response.headers.update(SECURITY_HEADERS)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    # revalidated each time: the page changes with the service. What shows accounts is not kept at all.
    is_file = request.endpoint in FILES and "ETag" in response.headers
    response.headers["Cache-Control"] = "no-cache" if is_file else "no-store"
    return response
