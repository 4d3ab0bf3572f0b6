"""The transactions of a load as JSON that lacks only id and time: what is left to do for a call costs a microsecond."""

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Final

from vigie_loadtests.latency.pool import Record

SET_LATER: Final = frozenset({"transaction_id", "timestamp_ms", "sent_at_us"})
PAUSE_MS: Final = 60_000
"""Between two passes of the pool."""


class PreparedTransactions:
    """The pool over and over, each pass later than the one before it, so that no account's time runs backwards."""

    def __init__(self, pool: Sequence[Record]) -> None:
        self._times = [int(str(record["timestamp_ms"])) for record in pool]
        self._rests = [_rest_of(record) for record in pool]
        self._span_ms = self._times[-1] - self._times[0] + PAUSE_MS
        self._numbers = itertools.count()

    def body(self, transaction_id: str) -> bytes:
        """The next transaction as a call's body."""
        passes, place = divmod(next(self._numbers), len(self._rests))
        at_ms = self._times[place] + passes * self._span_ms
        return b'{"transaction_id":"%b","timestamp_ms":%d,%b' % (transaction_id.encode(), at_ms, self._rests[place])

    def records(self) -> Iterator[Record]:
        """The next transactions as records, out of the same sequence; whoever sends one gives it its id."""
        while True:
            yield json.loads(self.body(""))


def _rest_of(record: Record) -> bytes:
    """All that stays the same, from behind the opening brace on; what is null is left out, as callers would."""
    kept = {name: value for name, value in record.items() if name not in SET_LATER and value is not None}
    return json.dumps(kept, separators=(",", ":")).encode()[1:]
