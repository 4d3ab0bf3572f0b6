"""Posts to Slack: one attempt, no redirects, a bounded answer.

slack_sdk makes the messages and checks signatures. Its clients do not post them: they follow redirects, turning a
message into a GET that posts nothing, and read answers of any length.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2

MAX_ANSWER_BYTES: Final = 1_000_000
"""Slack's answer to a posted message repeats it and stays far below."""


@dataclass(frozen=True)
class SlackAnswer:
    """What came back, whatever the status."""

    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of a JSON object; empty for an answer that is none."""
        try:
            answer = json.loads(self.body)
        except ValueError:
            return {}
        return answer if isinstance(answer, dict) else {}


class SlackClient:
    """Posts JSON. Raise httpx2.HTTPError without an answer, httpx2.InvalidURL for an address that is none."""

    def __init__(self, timeout_seconds: float) -> None:
        # proxies of the environment are used, because in some networks Slack is only reached through them
        self._client = httpx2.Client(
            timeout=timeout_seconds, follow_redirects=False, headers={"user-agent": "vigie-alert-webhook"}
        )

    def post(self, url: str, message: Mapping[str, object], *, token: str | None = None) -> SlackAnswer:
        """Make one attempt. Fields that are None are left out."""
        content = json.dumps({name: value for name, value in message.items() if value is not None})
        headers = {"content-type": "application/json; charset=utf-8"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        with self._client.stream("POST", url, content=content.encode(), headers=headers) as answer:
            return SlackAnswer(answer.status_code, dict(answer.headers), _text(answer))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _text(answer: httpx2.Response) -> str:
    found = bytearray()
    for part in answer.iter_bytes():
        found += part
        if len(found) >= MAX_ANSWER_BYTES:
            break
    return bytes(found[:MAX_ANSWER_BYTES]).decode(errors="replace")
