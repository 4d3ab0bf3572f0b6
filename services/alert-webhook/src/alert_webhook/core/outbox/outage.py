"""One outage of the outbox is one line in the log, whoever meets it, and one when it is over."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from alert_webhook.errors import OutboxError, OutboxUnavailableError
from vigie_runtime import get_logger

Access = Literal["read", "write"]

REPEAT_INTERVAL_SECONDS: Final = 60.0
"""Between two lines about the same access: a disk that is full by turns would fill the log otherwise."""

log = get_logger(__name__)


class OutageWatch:
    """Turns the database's errors into ours and notes when it does not answer. Thread-safe."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._down: set[Access] = set()
        self._logged_at: dict[Access, float] = {}

    @contextmanager
    def watching(self, access: Access) -> Iterator[None]:
        """Raise OutboxUnavailableError when the database does not answer, OutboxError when it refuses."""
        try:
            yield
        except (OperationalError, InterfaceError, PoolTimeoutError) as error:
            reason = _reason(error)
            self._note_failure(access, reason)
            # the driver's own text may hold the address, and with it a password
            raise OutboxUnavailableError(reason) from None
        except SQLAlchemyError as error:
            raise OutboxError(_reason(error)) from error
        self._note_success(access)

    def _note_failure(self, access: Access, reason: str) -> None:
        with self._lock:
            now, logged_at = self._clock(), self._logged_at.get(access)
            if access in self._down or (logged_at is not None and now - logged_at < REPEAT_INTERVAL_SECONDS):
                return
            self._down.add(access)
            self._logged_at[access] = now
        log.error("outbox unavailable", access=access, reason=reason)

    def _note_success(self, access: Access) -> None:
        if access not in self._down:  # every transaction passes here
            return
        with self._lock:
            if access not in self._down:
                return
            self._down.discard(access)
        log.info("outbox available again", access=access)


def _reason(error: SQLAlchemyError) -> str:
    """The driver's own kind of error, without its text."""
    return type(getattr(error, "orig", None) or error).__name__
