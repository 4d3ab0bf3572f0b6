"""What is read of a request before anything is done: its headers and a bounded body."""

import re
import secrets
import time
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest

from gateway.errors import BodyTooLargeProblem, MalformedRequestProblem
from vigie_schemas import is_account_number

REQUEST_ID_HEADER: Final = "x-request-id"
DEADLINE_HEADER: Final = "vigie-deadline-ms"
DEADLINES_MS: Final = (10, 10_000)
MAX_BATCH: Final = 1_000
"""Transactions of a request."""
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def started_now() -> float:
    """When the request came, on the monotonic clock."""
    return time.monotonic()


def request_id_of(request: HttpRequest) -> str:
    """The caller's id of the request where it can be written into logs, else a new one."""
    given = request.headers.get(REQUEST_ID_HEADER, "")
    if _REQUEST_ID.fullmatch(given) and not is_account_number(given):
        return given
    return secrets.token_hex(16)


def deadline_of(request: HttpRequest) -> float | None:
    """Milliseconds that the call may take, where it says so; raises MalformedRequestProblem."""
    given = request.headers.get(DEADLINE_HEADER)
    if given is None:
        return None
    low, high = DEADLINES_MS
    if not (given.isascii() and given.isdigit() and low <= int(given) <= high):
        raise MalformedRequestProblem(f"Vigie-Deadline-Ms has to be a whole number from {low} to {high:,}.")
    return float(given)


async def body_of(request: HttpRequest, most_bytes: int) -> bytes:
    """The body; raises BodyTooLargeProblem before it is read whole."""
    announced = request.headers.get("content-length")
    if announced is not None and announced.isascii() and announced.isdigit() and int(announced) > most_bytes:
        raise _too_large(most_bytes)
    try:
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > most_bytes:
                raise _too_large(most_bytes)
            parts.append(part)
    except ClientDisconnect:
        raise MalformedRequestProblem("The connection ended before the body did.") from None
    return b"".join(parts)


def _too_large(most_bytes: int) -> BodyTooLargeProblem:
    return BodyTooLargeProblem(f"A body may have {most_bytes:,} bytes: send fewer transactions at once.")
