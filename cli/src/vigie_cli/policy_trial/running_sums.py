"""What accounts have paid so far, asked for spans of time as a limit asks."""

from array import array
from bisect import bisect_left
from typing import Final

from gateway.policy.decision import Totals

_NOTHING: Final = Totals(0, 0.0)


class RunningSums:
    """Sixteen bytes a payment; payments are added in the order of their time."""

    def __init__(self) -> None:
        self._accounts: dict[str, tuple[array[int], array[float]]] = {}
        """Times, and the account's total before each payment with the total of all at the end."""

    def spent(self, account_id: str, from_ms: int, until_ms: int) -> Totals:
        """The account's payments with from_ms ≤ time < until_ms, of those that were added."""
        known = self._accounts.get(account_id)
        if known is None:
            return _NOTHING
        times, totals = known
        first, end = bisect_left(times, from_ms), bisect_left(times, until_ms)
        return Totals(end - first, totals[end] - totals[first])

    def add(self, account_id: str, at_ms: int, amount_eur: float) -> None:
        """A payment, no earlier than the one before."""
        known = self._accounts.get(account_id)
        if known is None:
            known = self._accounts[account_id] = (array("q"), array("d", (0.0,)))
        times, totals = known
        times.append(at_ms)
        totals.append(totals[-1] + amount_eur)
