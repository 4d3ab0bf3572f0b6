"""Every refusal as JSON, `{"error": "what to do"}`, and never a stack trace."""

import json
from collections.abc import Mapping
from typing import Any, Final

from flask import Flask, Response, jsonify, make_response
from flask.json.provider import DefaultJSONProvider
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from alert_webhook.errors import (
    GatewayAccessError,
    GatewayAnswerError,
    OutboxError,
    OutboxUnavailableError,
    UnknownAlertError,
    UnknownDeliveryError,
)
from vigie_runtime import UnavailableError, VigieError, get_logger

TEXTS: Final[Mapping[int, str]] = {
    400: "The request cannot be read. /openapi.json says what is expected.",
    404: "There is nothing at this address. /openapi.json lists what there is.",
    405: "This address does not take that method. /openapi.json lists those it takes.",
    413: "The request is too large. Send less at once.",
    415: "Send JSON, with Content-Type: application/json.",
    500: "This is an error of the service, not of your request. The log of alert-webhook says what.",
}
OF_OURS: Final[Mapping[type[VigieError], int]] = {
    UnknownAlertError: 404,
    UnknownDeliveryError: 404,
    UnavailableError: 503,
    OutboxUnavailableError: 503,
    GatewayAccessError: 502,
    GatewayAnswerError: 502,
}

log = get_logger(__name__)


class BoundedJson(DefaultJSONProvider):
    """Refuses what parses but cannot be worked with: nested too deeply, or with half a character (a lone surrogate)."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Parse; raise ValueError, whatever the reason."""
        try:
            parsed = super().loads(s, **kwargs)
            json.dumps(parsed, ensure_ascii=False).encode()
        except RecursionError:
            raise ValueError("nested too deeply") from None
        return parsed


def refused(status: int, text: str) -> Response:
    """The refusal as JSON."""
    return make_response(jsonify({"error": text}), status)


def wrong_fields(error: ValidationError) -> Response:
    """What flask-openapi3 answers where a request does not fit: each wrong field, without what was given for it."""
    fields = [f"{'.'.join(map(str, problem['loc'])) or 'body'}: {problem['msg']}" for problem in error.errors()]
    return refused(400, "; ".join(fields))


def refuse_in_json(app: Flask) -> None:
    """Set the handlers."""
    app.json = BoundedJson(app)
    app.register_error_handler(HTTPException, _by_http)
    app.register_error_handler(CSRFError, _by_csrf)
    app.register_error_handler(VigieError, _by_us)
    app.register_error_handler(OutboxUnavailableError, _by_us)
    app.register_error_handler(OutboxError, _by_mistake)
    app.register_error_handler(Exception, _by_mistake)


def _by_http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    status = error.code or 500
    is_ours = error.description is not None and error.description != type(error).description
    answer = refused(status, (error.description if is_ours else TEXTS.get(status)) or error.name)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After", "WWW-Authenticate"):
            answer.headers[name] = value
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _by_csrf(error: CSRFError) -> Response:
    return refused(400, "This page is out of date: load it again. (Scripts: send a token, Authorization: Bearer ...)")


def _by_us(error: VigieError) -> Response:
    return refused(OF_OURS.get(type(error), 400), str(error))


def _by_mistake(error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    return refused(500, TEXTS[500])
