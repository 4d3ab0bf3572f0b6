"""Verdicts of all replicas as server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

import orjson
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse

from gateway.calls.verdict_feed import VerdictFeed
from gateway.calls.verdict_record import answer_of
from gateway.errors import BusyProblem
from gateway.service import Gateway

BEAT_SECONDS: Final = 15.0
"""A comment now and then keeps proxies from closing a stream in which nothing happens."""


class VerdictStreamRoute:
    """Handler of /v1/verdicts/stream."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def stream(self, request: HttpRequest) -> Response:
        """GET /v1/verdicts/stream: events `verdict` and `verdict.late`."""
        caller = self._gateway.callers.of(request.headers.get("authorization"))
        caller.require("read")
        feed = self._gateway.calls.feed
        if feed.is_full:
            raise BusyProblem("So many listen that one more is too many: try again later.", retry_after_seconds=30)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_events(feed), media_type="text/event-stream", headers=headers)


async def _events(feed: VerdictFeed) -> AsyncIterator[bytes]:
    with feed.listening() as queue:
        yield b": verdicts from now on\n\n"
        while True:
            try:
                record = await asyncio.wait_for(queue.get(), BEAT_SECONDS)
            except TimeoutError:
                yield b": nothing new\n\n"
                continue
            if record is None:
                return
            yield _event(record)


def _event(record: dict[str, Any]) -> bytes:
    name = b"verdict.late" if record["late"] else b"verdict"
    return b"event: " + name + b"\ndata: " + orjson.dumps(answer_of(record)) + b"\n\n"
