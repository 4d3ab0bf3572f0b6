"""Which calls are on their way: bounded, and known until the store knows them."""

from collections import OrderedDict, deque
from typing import Final

from gateway.calls.call import Call
from gateway.policy.decision import Totals

MAX_OVERDUE: Final = 100_000
"""Fallbacks whose outcome is awaited; older ones are given up, their verdict stays the fallback."""
RECENT_SECONDS: Final = 10.0
"""A fallback from longer ago takes up no room: its outcome may never come."""
MAX_ANSWERED: Final = 100_000
"""Answered calls whose verdict has not come back from Kafka, so that the store does not have it."""


class InFlight:
    """Waiting, overdue and just answered calls by the transaction's id."""

    def __init__(self) -> None:
        self._waiting: dict[str, Call] = {}
        self._overdue: OrderedDict[str, Call] = OrderedDict()
        self._long_overdue: OrderedDict[str, Call] = OrderedDict()
        self._answered: OrderedDict[str, Call] = OrderedDict()
        self._of_account: dict[str, dict[str, Call]] = {}
        """Payments whose outcome is not in the store."""
        self._batches = 0
        self._outcomes_read: deque[tuple[int, Call]] = deque()
        self._verdicts_read: deque[tuple[int, str]] = deque()
        """With the number of the batch that held it."""

    @property
    def waiting(self) -> int:
        """Calls not answered."""
        return len(self._waiting)

    @property
    def overdue(self) -> int:
        """Calls answered by a fallback, whose outcome is still to come."""
        return len(self._overdue) + len(self._long_overdue)

    def recently_overdue(self, now: float) -> int:
        """Those that began within RECENT_SECONDS; `now` as their `started`."""
        while self._overdue:
            oldest = next(iter(self._overdue.values()))
            if now - oldest.started < RECENT_SECONDS:
                break
            self._long_overdue[oldest.transaction_id] = self._overdue.pop(oldest.transaction_id)
        while len(self._long_overdue) > MAX_OVERDUE:
            self._forget_account(self._long_overdue.popitem(last=False)[1])
        return len(self._overdue)

    def oldest_started(self, now: float) -> float:
        """Of the waiting and recently overdue calls; `now` where there are none."""
        return min(
            (next(iter(calls.values())).started for calls in (self._waiting, self._overdue) if calls), default=now
        )

    def find(self, transaction_id: str) -> Call | None:
        """The call of a transaction, as long as it is known here."""
        return (
            self._waiting.get(transaction_id)
            or self._overdue.get(transaction_id)
            or self._answered.get(transaction_id)
            or self._long_overdue.get(transaction_id)
        )

    def begin(self, call: Call) -> None:
        """It waits from now on."""
        self._waiting[call.transaction_id] = call
        self._of_account.setdefault(call.account_id, {})[call.transaction_id] = call

    def fell_back(self, call: Call) -> None:
        """It was answered, its outcome is still to come."""
        self._waiting.pop(call.transaction_id, None)
        self._overdue[call.transaction_id] = call

    def settled(self, call: Call) -> None:
        """Its true verdict is given, and not in the store yet."""
        self._leave(call)
        self._answered[call.transaction_id] = call
        if len(self._answered) > MAX_ANSWERED:
            self._answered.popitem(last=False)

    def drop(self, call: Call) -> None:
        """It gets no verdict."""
        self._leave(call)
        self._forget_account(call)

    def batch_begins(self) -> None:
        """What is read from now on is of the next batch."""
        self._batches += 1

    def outcome_read(self, call: Call) -> None:
        """Its outcome is in the batch at hand."""
        self._outcomes_read.append((self._batches, call))

    def verdict_read(self, transaction_id: str) -> None:
        """Its verdict is in the batch at hand."""
        if transaction_id in self._answered:
            self._verdicts_read.append((self._batches, transaction_id))

    def forget_stored(self, batches: int) -> None:
        """So many batches are in the store: forget what they held."""
        while self._outcomes_read and self._outcomes_read[0][0] <= batches:
            self._forget_account(self._outcomes_read.popleft()[1])
        while self._verdicts_read and self._verdicts_read[0][0] <= batches:
            self._answered.pop(self._verdicts_read.popleft()[1], None)

    def added_to(self, stored: Totals, account_id: str, from_ms: int) -> Totals:
        """The account's totals with its payments that are on their way: they came first, whatever time they bear."""
        count, amount_eur = stored.count, stored.amount_eur
        for call in self._of_account.get(account_id, {}).values():
            if from_ms <= call.timestamp_ms:
                count, amount_eur = count + 1, amount_eur + call.amount_eur
        return Totals(count, amount_eur)

    def _leave(self, call: Call) -> None:
        for calls in (self._waiting, self._overdue, self._long_overdue):
            calls.pop(call.transaction_id, None)

    def _forget_account(self, call: Call) -> None:
        calls = self._of_account.get(call.account_id)
        if calls is not None:
            calls.pop(call.transaction_id, None)
            if not calls:
                del self._of_account[call.account_id]
