"""The web application: the page, its stream of events, and the same figures as JSON."""

from collections.abc import Callable
from typing import Final

from flask import Flask, Response, jsonify, request

from alert_webhook.page.hub import KEPT_ALERTS, Hub, Json

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
RETRY_SECONDS: Final = 5


def create_app(hub: Hub, *, readiness: Callable[[], Json], largest_audience: int) -> Flask:
    """The application over a hub; `readiness` tells `ready` and why."""
    app = Flask("alert_webhook", static_folder="static")
    app.after_request(_secure)
    app.add_url_rule("/", "page", lambda: app.send_static_file("index.html"))
    app.add_url_rule("/healthz", "healthz", lambda: {"alive": True})
    app.add_url_rule("/api/alerts", "alerts", lambda: _alerts(hub))
    app.add_url_rule("/api/metrics", "metrics", lambda: jsonify(hub.latest_metrics()))
    app.add_url_rule("/events", "events", lambda: _events(hub, largest_audience))

    @app.get("/readyz")
    def readyz() -> tuple[Json, int]:
        state = readiness()
        return state, 200 if state.get("ready") else 503

    return app


def _alerts(hub: Hub) -> Response | tuple[Json, int]:
    given = request.args.get("limit", str(KEPT_ALERTS))
    if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= KEPT_ALERTS):
        return {"error": f"limit must be a number from 1 to {KEPT_ALERTS}"}, 400
    return jsonify(hub.latest_alerts(int(given)))


def _events(hub: Hub, largest_audience: int) -> Response:
    if request.method == "HEAD":
        return Response(mimetype="text/event-stream")
    subscription = hub.subscribe(largest_audience)
    if subscription is None:
        return Response("Too many open pages.", 503, {"Retry-After": str(RETRY_SECONDS)}, mimetype="text/plain")
    # a proxy that collects the stream before passing it on would show nothing
    response = Response(subscription, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    response.call_on_close(subscription.close)
    return response


def _secure(response: Response) -> Response:
    response.headers.update(SECURITY_HEADERS)
    # revalidated each time: the page changes with the service. What shows accounts is not kept at all.
    is_file = request.endpoint in ("page", "static")
    response.headers["Cache-Control"] = "no-cache" if is_file else "no-store"
    return response
