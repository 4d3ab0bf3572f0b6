"""Topics before and while a service works with them: waits for Kafka, creates what is missing, keeps the status true.

A service calls `wait_for_topics` and then `watch_topics`; a command that runs once calls `ensure_topics`.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict

from vigie_runtime.errors import UnavailableError, VigieError
from vigie_runtime.kafka import KafkaSettings, misspelt_variables
from vigie_runtime.logs import get_logger
from vigie_runtime.status import Status
from vigie_runtime.topic_admin import TopicAdmin, TopicDifference
from vigie_schemas import Topic

RETRY_INTERVAL_SECONDS = 0.2
WATCH_INTERVAL_SECONDS = 2.0
UNAVAILABLE_AFTER_SECONDS = 5.0
"""A running service calls Kafka unavailable after so long: one slow answer under load is no outage."""
FIRST_LOG_INTERVAL_SECONDS = 10.0
MAX_LOG_INTERVAL_SECONDS = 300.0

log = get_logger(__name__)


class KafkaState:
    """What a service waits for from Kafka, and how its topics differ: written by who waits, read by the status."""

    def __init__(self) -> None:
        self.waiting_for: str | None = "Kafka: not asked yet"
        self.topic_differences: tuple[TopicDifference, ...] = ()

    def wait(self, stop: threading.Event) -> bool:
        """Wait until nothing is waited for, which another thread finds out; False when `stop` was set before."""
        while self.waiting_for is not None and not stop.wait(RETRY_INTERVAL_SECONDS):
            pass
        return not stop.is_set()

    def added_to(self, status: Status) -> Status:
        """The status with both; ready only when nothing is waited for."""
        return {
            **status,
            "ready": bool(status.get("ready")) and self.waiting_for is None,
            "waiting_for": self.waiting_for,
            "topic_differences": [asdict(difference) for difference in self.topic_differences],
        }


class Outage:
    """Keeps the state and the log of one wait: the first failure at once, then at growing intervals, then the end."""

    def __init__(self, state: KafkaState, clock: Callable[[], float] = time.monotonic) -> None:
        self._state = state
        self._clock = clock
        self._since: float | None = None
        self._next_line = 0.0
        self._interval = FIRST_LOG_INTERVAL_SECONDS

    def goes_on(self, reason: str) -> None:
        """Kafka was asked in vain."""
        now = self._clock()
        self._state.waiting_for = reason
        if self._since is None:
            self._since, self._next_line, self._interval = now, now, FIRST_LOG_INTERVAL_SECONDS
        if now >= self._next_line:
            log.warning("waiting for kafka", reason=reason, waited_seconds=round(now - self._since))
            self._next_line = now + self._interval
            self._interval = min(2 * self._interval, MAX_LOG_INTERVAL_SECONDS)

    def ends(self) -> None:
        """Kafka has answered."""
        self._state.waiting_for = None
        if self._since is not None:
            log.info("kafka available again", waited_seconds=round(self._clock() - self._since))
        self._since = None


def wait_for_topics(
    settings: KafkaSettings,
    topics: Sequence[Topic],
    stop: threading.Event,
    state: KafkaState,
    *,
    begin: Callable[[], None] = lambda: None,
    ends_when_refused: bool = True,
) -> bool:
    """Wait until Kafka answers and each topic exists and has leaders; False when `stop` was set before.

    `begin` is a service's first use of them; its UnavailableError is waited for as well. Raises ConfigurationError for
    what waiting cannot mend: a refused login, missing rights, a refused setting. With `ends_when_refused=False` a
    service that can do other work without Kafka goes on, and its status says that instead.
    """
    _log_misspelt_variables()
    admin, outage = TopicAdmin(settings, topics), Outage(state)
    while not stop.is_set():
        try:
            differences = admin.prepare()
            begin()
        except VigieError as error:
            if ends_when_refused and not isinstance(error, UnavailableError):
                raise
            outage.goes_on(str(error))
            stop.wait(RETRY_INTERVAL_SECONDS)
        else:
            state.topic_differences = tuple(differences)
            _log_differences(differences)
            outage.ends()
            return True
    return False


@contextmanager
def watch_topics(settings: KafkaSettings, topics: Sequence[Topic], state: KafkaState) -> Iterator[None]:
    """Keep `state` true from a thread of its own while the block runs."""
    end = threading.Event()
    work = (TopicAdmin(settings, topics), end, Outage(state))
    threading.Thread(target=_watch, args=work, name="kafka-watch", daemon=True).start()
    try:
        yield
    finally:
        end.set()


def ensure_topics(settings: KafkaSettings, topics: Sequence[Topic], *, timeout_seconds: float = 30) -> None:
    """For a command that runs once: create what is missing; raise UnavailableError when it cannot be had.

    A broker that refuses connections is not waited for; `timeout_seconds` are for one that is slow, or elects leaders.
    """
    _log_misspelt_variables()
    admin, deadline = TopicAdmin(settings, topics), time.monotonic() + timeout_seconds
    while True:
        try:
            _log_differences(admin.prepare())
        except UnavailableError:
            if admin.is_absent or time.monotonic() >= deadline:
                raise
            time.sleep(RETRY_INTERVAL_SECONDS)
        else:
            return


def _watch(admin: TopicAdmin, end: threading.Event, outage: Outage) -> None:
    failing_since: float | None = None
    while not end.wait(WATCH_INTERVAL_SECONDS):
        try:
            admin.require_leaders()
        except VigieError as error:
            now = time.monotonic()
            failing_since = failing_since or now
            if now - failing_since >= UNAVAILABLE_AFTER_SECONDS:
                outage.goes_on(str(error))
        else:
            failing_since = None
            outage.ends()


def _log_misspelt_variables() -> None:
    for variable, nearest in misspelt_variables().items():
        log.warning("kafka variable not read", variable=variable, nearest=nearest)


def _log_differences(differences: Sequence[TopicDifference]) -> None:
    for found in differences:
        log.warning("topic differs from its contract", **asdict(found))
