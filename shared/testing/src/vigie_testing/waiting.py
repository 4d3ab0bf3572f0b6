"""The one way to wait for something in a test: poll with a deadline."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

DEFAULT_TIMEOUT_SECONDS: Final = 30.0
POLL_INTERVAL_SECONDS: Final = 0.02

Found = TypeVar("Found")


def wait_until(
    look: Callable[[], Found | None],
    *,
    what: str,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    interval_seconds: float = POLL_INTERVAL_SECONDS,
    not_yet: tuple[type[Exception], ...] = (),
    seen: Callable[[], object] | None = None,
) -> Found:
    """Call `look` until it returns something true, and return that.

    Exceptions listed in `not_yet` count as "not yet"; every other one is raised at once. `seen` says what to report
    as the last value where `look` only returns False. Raises AssertionError with `what` and the last value after
    `timeout_seconds`; `look` is called once more after the deadline.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        is_last = time.monotonic() >= deadline
        try:
            last: object = look()
        except not_yet as error:
            last = error
        else:
            if last:
                return last  # pyright: ignore[reportReturnType]
        if is_last:
            raise AssertionError(
                f"waited {timeout_seconds:g} s for {what}; last value: {seen() if seen else last!r}"
            ) from (last if isinstance(last, Exception) else None)
        time.sleep(interval_seconds)
