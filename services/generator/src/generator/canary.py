"""The canary: now and then an account of its own pays as always and then as only a thief would.

Whatever breaks between here and an alert, the canary's alert stays away, and that is noticed (docs/adr/0014).
"""

import time
from collections.abc import Callable
from itertools import count
from typing import Final

from generator.outlet import Outlet
from generator.payment import DAY_MS, HOUR_MS, Payment, transaction_record
from vigie_schemas import CANARY_ACCOUNT_PREFIX, HISTORY_LENGTH
from vigie_schemas.account_numbers import in_letters

ACCOUNTS: Final = 10
"""They take turns for ever, so that the detector's memory does not grow with every canary."""
ORDINARY_EUR: Final = (18.5, 24.0, 31.5, 22.0)
GLARING_EUR: Final = 9_500.0
SCENARIO: Final = "canary"


class CanarySender:
    """Sends one canary each `seconds` of live traffic; 0 sends none."""

    def __init__(self, seconds: float, outlet: Outlet, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._outlet = outlet
        self._clock = clock
        self._due: float | None = None
        self._numbers = count()

    def tick(self) -> None:
        """Send one if it is time to; the first comes one interval after live traffic began."""
        progress = self._outlet.progress
        if self._seconds <= 0 or progress.phase != "live" or not progress.simulated_ms:
            return
        if self._due is None:
            self._due = self._clock() + self._seconds
        if self._clock() >= self._due:
            self._due = self._clock() + self._seconds
            self._send(progress.simulated_ms)

    def _send(self, at_ms: int) -> None:
        sent_at_ms = time.time_ns() // 1_000_000  # makes names unlike those of every run before
        number = next(self._numbers)
        for place, payment in enumerate(canary_payments(number, at_ms)):
            self._outlet.send_aside(transaction_record(payment, canary_name(sent_at_ms, number, place), None))
        self._outlet.progress.canaries += 1


def canary_name(sent_at_ms: int, number: int, place: int) -> str:
    """Name of a canary's payment; its digits alone would pass for a card number in one of ten, and be refused."""
    return f"{SCENARIO}-{in_letters(str(sent_at_ms))}-{number}-{place}"


def canary_payments(number: int, at_ms: int) -> list[Payment]:
    """A full history of daily small payments at one shop, the last of them half a day ago, and a glaring one now."""
    account_id = f"{CANARY_ACCOUNT_PREFIX}{number % ACCOUNTS}"
    made = [
        Payment(
            timestamp_ms=at_ms - DAY_MS * (HISTORY_LENGTH - day) + 12 * HOUR_MS,
            account_id=account_id,
            amount=ORDINARY_EUR[day % len(ORDINARY_EUR)],
            currency="EUR",
            merchant_id="canary-grocer",
            category="groceries",
            country="FR",
            lat=48.86,
            lon=2.35,
            scenario=None,
        )
        for day in range(HISTORY_LENGTH)
    ]
    glaring = Payment(at_ms, account_id, GLARING_EUR, "EUR", "canary-jeweller", "jewellery", "TH", None, None, SCENARIO)
    return [*made, glaring]
