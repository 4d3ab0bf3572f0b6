"""Writes lines of which InfluxDB may refuse some: the valid ones are stored, the refused ones counted exactly.

What InfluxDB 2.7 answers (docs/adr/0013):

- 400 with code `invalid`: a line cannot be parsed; nothing of the request was stored.
- 422 `partial write: … dropped=N`: the valid lines were stored. N leaves out what was dropped in other shards, and
  beside a field of another type it leaves out points outside the retention period. So it is believed for lines of one
  time only: they are in one shard, and all inside or all outside the retention period.
- 413, from proxies: the request is too large; nothing was stored.

Every other answer (a wrong token, too many requests, a proxy's own 400) may pass and is raised.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from influxdb_client.rest import ApiException

DROPPED: Final = re.compile(r"\bdropped=(\d+)")
UNREADABLE: Final = "invalid"
"""InfluxDB's own error code; a proxy's 400 has none."""
MAX_REASON_CHARACTERS: Final = 300

Write = Callable[[bytes], None]
"""Sends one request; raises ApiException when it is not answered with 204."""


@dataclass(frozen=True)
class WriteOutcome:
    """What became of lines that were sent: stored or dropped, together all of them."""

    written: int
    dropped: int = 0
    reason: str = ""
    """InfluxDB's message about the last dropped one."""

    def plus(self, other: "WriteOutcome") -> "WriteOutcome":
        """Both together."""
        return WriteOutcome(self.written + other.written, self.dropped + other.dropped, other.reason or self.reason)


def write_lines(write: Write, lines: Sequence[bytes]) -> WriteOutcome:
    """Store the lines that InfluxDB accepts, in as few requests as possible.

    Lines may be sent more than once, which changes nothing: a point with the same tags and time replaces itself.
    Raises ApiException for an answer that may pass, and what `write` raises when there is none.
    """
    from influxdb_client.rest import ApiException

    try:
        write(b"\n".join(lines))
    except ApiException as error:
        parts = _parts(error, lines)
        if not parts:
            raise
        if len(parts) == 1:
            dropped = min(_dropped(error) or 1, len(lines))
            return WriteOutcome(len(lines) - dropped, dropped, reason_of(error))
        outcome = WriteOutcome(0)
        for part in parts:
            outcome = outcome.plus(write_lines(write, part))
        return outcome
    return WriteOutcome(len(lines))


def reason_of(error: "ApiException") -> str:
    """InfluxDB's message."""
    return str(error.message or error.reason or "")[:MAX_REASON_CHARACTERS]


def _parts(error: "ApiException", lines: Sequence[bytes]) -> list[Sequence[bytes]]:
    """The lines as they are sent again; one part when they are not split further, none when the answer may pass."""
    if error.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return _by_time(lines) if _dropped(error) else _halves(lines)
    is_unreadable = error.status == HTTPStatus.BAD_REQUEST and _code(error) == UNREADABLE
    return _halves(lines) if is_unreadable or error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else []


def _by_time(lines: Sequence[bytes]) -> list[Sequence[bytes]]:
    times: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for line in lines:
        times[line.rsplit(b" ", 1)[-1]].append(line)
    return list(times.values())


def _halves(lines: Sequence[bytes]) -> list[Sequence[bytes]]:
    middle = len(lines) // 2
    return [part for part in (lines[:middle], lines[middle:]) if part]


def _dropped(error: "ApiException") -> int | None:
    """The number of points InfluxDB says it dropped; None where it gives none."""
    found = DROPPED.findall(str(error.message or ""))
    return int(found[-1]) if found else None


def _code(error: "ApiException") -> str | None:
    try:
        return json.loads(error.body or "").get("code")
    except (ValueError, AttributeError):
        return None
