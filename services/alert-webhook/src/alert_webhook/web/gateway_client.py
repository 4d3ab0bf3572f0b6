"""Asks the gateway about a payment as a caller does, and puts its refusals into words for a person."""

from collections.abc import Mapping
from typing import Final, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import ValidationError

from alert_webhook.errors import GatewayAccessError, GatewayAnswerError, GatewayRefusalError
from alert_webhook.settings import AlertWebhookSettings
from alert_webhook.web.try_views import GatewayVerdictView, LaterVerdictView
from vigie_runtime import UnavailableError

CONNECT_SECONDS: Final = 3.0
ANSWER_SECONDS: Final = 12.0
"""A policy may give a call ten seconds at most, and the answer has a moment to come back."""
MAX_WORDS_LENGTH: Final = 500
NO_ACCESS: Final = frozenset({401, 403})
Answer = TypeVar("Answer", GatewayVerdictView, LaterVerdictView)


class GatewayClient:
    """Keeps its connections; safe to use from many threads."""

    def __init__(self, url: str, token: str | None, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._url = url.rstrip("/")
        headers = {"user-agent": "vigie-alert-webhook"} | ({"authorization": f"Bearer {token}"} if token else {})
        # our own network: a proxy of the environment leads out of it
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(answer_seconds, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
            headers=headers,
        )

    def judge(self, payment: Mapping[str, object]) -> GatewayVerdictView:
        """The verdict on a payment, which from then on is one of its account.

        Raise UnavailableError, or GatewayRefusalError, GatewayAccessError or GatewayAnswerError for another answer.
        """
        return _read(GatewayVerdictView, self._ask("POST", "/v1/transactions", payment))

    def later(self, transaction_id: str) -> LaterVerdictView:
        """What is known of the true verdict after a fallback. Raise as `judge` does."""
        answer = self._ask("GET", f"/v1/transactions/{quote(transaction_id, safe='')}")
        if answer.status_code == httpx2.codes.ACCEPTED:
            return LaterVerdictView()
        return _read(LaterVerdictView, answer)

    def _ask(self, method: str, path: str, body: Mapping[str, object] | None = None) -> httpx2.Response:
        try:
            return self._client.request(method, f"{self._url}{path}", json=body)
        except httpx2.HTTPError as error:
            raise UnavailableError(
                f"The gateway does not answer ({type(error).__name__}). Check that it runs, and VIGIE_GATEWAY_URL."
            ) from None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def gateway_of(settings: AlertWebhookSettings) -> GatewayClient | None:
    """A client of the gateway that is set; None where none is. It is to be closed."""
    if settings.gateway_url is None:
        return None
    token = settings.gateway_token
    return GatewayClient(settings.gateway_url, token.get_secret_value() if token else None)


def _read(kind: type[Answer], answer: httpx2.Response) -> Answer:
    if answer.status_code != httpx2.codes.OK:
        raise _refusal(answer)
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        raise GatewayAnswerError(f"{error.error_count()} of its fields are wrong") from None


def _refusal(answer: httpx2.Response) -> Exception:
    status, words = answer.status_code, _words(answer)
    if status in NO_ACCESS:
        return GatewayAccessError(words or f"It answers {status}.")
    if status >= 500 or status == httpx2.codes.TOO_MANY_REQUESTS:
        return UnavailableError(f"The gateway cannot answer now. {words or f'It answers {status}.'}")
    if words and status >= 400:
        return GatewayRefusalError(words)
    return GatewayAnswerError(f"it answers {status}")


def _words(answer: httpx2.Response) -> str:
    """Title and detail of a problem by RFC 9457, as sentences; empty where the answer is none."""
    try:
        problem = answer.json()
    except ValueError:
        return ""
    if not isinstance(problem, dict):
        return ""
    texts = [problem.get(name) for name in ("title", "detail")]
    return " ".join(_sentence(text) for text in texts if isinstance(text, str) and text.strip())[:MAX_WORDS_LENGTH]


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
