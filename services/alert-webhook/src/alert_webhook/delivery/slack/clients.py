"""slack_sdk's clients as we need them: one attempt, no redirects, and no word of addresses, which are secrets."""

import logging
import math
from http.client import HTTPMessage
from typing import IO, Any, Final
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient, WebhookResponse

LARGEST_ANSWER: Final = 1_000_000
"""Bytes; Slack's answer to a posted message repeats it and stays far below."""


def web_client(token: str, base_url: str, timeout_seconds: float) -> WebClient:
    """Slack's Web API with a bot's token."""
    return _WebClient(
        token=token,
        base_url=base_url,
        timeout=math.ceil(timeout_seconds),
        logger=_silent(),
        retry_handlers=[],  # the outbox repeats, and tells what failed
    )


def webhook_client(url: str, timeout_seconds: float) -> WebhookClient:
    """An incoming webhook, or the address that came with a click."""
    return _WebhookClient(url, timeout=math.ceil(timeout_seconds), logger=_silent(), retry_handlers=[])


class _WebhookClient(WebhookClient):
    def _perform_http_request_internal(self, url: str, req: Request) -> WebhookResponse:
        status, headers, body = _open(req, self.timeout)
        return WebhookResponse(url=url, status_code=status, body=body, headers=dict(headers.items()))


class _WebClient(WebClient):
    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        status, headers, body = _open(req, self.timeout)
        return {"status": status, "headers": headers, "body": body}


class _NoRedirects(HTTPRedirectHandler):
    """A redirect is an answer like any other; urllib would follow it with a GET that posts nothing."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """None: it is not followed."""
        return


def _open(request: Request, timeout_seconds: int) -> tuple[int, HTTPMessage, str]:
    """Status, headers and text of the answer, whatever the status."""
    # proxies of the environment are used, for in some networks Slack can't be reached but through them
    opener = build_opener(_NoRedirects)
    answer: Any
    try:
        answer = opener.open(request, timeout=timeout_seconds)
    except HTTPError as error:
        answer = error
    with answer:
        return answer.status, answer.headers, answer.read(LARGEST_ANSWER).decode(errors="replace")


def _silent() -> logging.Logger:
    logger = logging.getLogger("alert_webhook.slack_sdk")
    logger.setLevel(logging.CRITICAL)
    return logger
