"""The pages, the live one's stream of events and the description of the API."""

from typing import Final

from flask import Blueprint, Response, current_app, jsonify, request
from flask_openapi3.openapi import OpenAPI
from werkzeug.exceptions import ServiceUnavailable

from alert_webhook.web.parts import parts

RETRY_SECONDS: Final = 5

pages = Blueprint("pages", __name__)


@pages.get("/")
def page() -> Response:
    """The live page."""
    return current_app.send_static_file("index.html")


@pages.get("/try")
def try_page() -> Response:
    """The page where a payment is tried."""
    return current_app.send_static_file("try.html")


@pages.get("/events")
def events() -> Response:
    """All there is, then what changes, as Server-Sent Events."""
    if request.method == "HEAD":
        return Response(mimetype="text/event-stream")
    subscription = parts().hub.subscribe(parts().settings.largest_audience)
    if subscription is None:
        raise ServiceUnavailable(
            "Too many open pages: close one, or set VIGIE_LARGEST_AUDIENCE.", retry_after=RETRY_SECONDS
        )
    # a proxy that collects the stream before passing it on would show nothing
    response = Response(subscription, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    response.call_on_close(subscription.close)
    return response


@pages.get("/openapi.json")
def openapi() -> Response:
    """The API in the words of OpenAPI 3.1."""
    if not isinstance(current_app, OpenAPI):
        return jsonify({})
    return jsonify(current_app.api_doc)
