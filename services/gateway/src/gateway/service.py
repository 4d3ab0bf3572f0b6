"""Everything the gateway is made of, put together, started and stopped."""

import asyncio
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Final

from gateway.calls.calls import Calls
from gateway.calls.recovery import CallRecovery
from gateway.canary import GatewayCanary
from gateway.door.callers import Callers
from gateway.door.payment import PaymentReader
from gateway.door.rate_limit import RateLimits
from gateway.policy.topic_lists import TopicLists
from gateway.policy.watch import PolicyFile
from gateway.settings import GatewaySettings
from gateway.store import VerdictStore
from gateway.stream.list_feed import ListFeed
from gateway.stream.originals import Originals
from gateway.stream.outcomes import Read
from gateway.stream.reader import OutcomeFeed
from gateway.stream.sender import Acknowledged, PaymentSender
from gateway.tracing import traces_of
from vigie_runtime import KafkaState, get_logger, wait_for_topics, watch_topics
from vigie_runtime.pseudonyms import load_pseudonyms
from vigie_schemas import ALERTS, DEAD_LETTERS, POLICY_LISTS, SCORED, TRANSACTIONS, VERDICTS
from vigie_schemas.topics import HOUR_MS

TOPICS_USED: Final = (TRANSACTIONS, SCORED, ALERTS, DEAD_LETTERS, VERDICTS, POLICY_LISTS)
TICK_SECONDS: Final = 1.0

log = get_logger(__name__)


class Gateway:
    """One replica. Constructed outside of the event loop, started and stopped on it."""

    def __init__(self, settings: GatewaySettings) -> None:
        """Raises ConfigurationError for a policy, a key or a folder that cannot be used."""
        self.settings = settings
        self._lists = TopicLists()
        self.policy = PolicyFile(settings.policy_file, topic_lists=self._lists)
        self.callers = Callers(settings)
        self.rate_limits = RateLimits()
        self.payments = PaymentReader(load_pseudonyms(settings), settings.rates())
        self.traces = traces_of(settings.otlp_endpoint)
        self._kafka = KafkaState()
        self._store = VerdictStore(settings.data_dir, kept_hours=settings.gateway_kept_hours)
        self._sender = PaymentSender(settings, self._hand_acknowledged)
        since_ms = int(time.time() * 1000 - settings.gateway_kept_hours * HOUR_MS)
        self._feed = OutcomeFeed(settings, self._store, since_ms, take=self._hand_read, stored=self._hand_stored)
        self._list_feed = ListFeed(settings, self._lists)
        self.calls = Calls(
            sender=self._sender,
            store=self._store,
            policy=self.policy,
            recovery=CallRecovery(Originals(settings), self._store),
            most_in_flight=settings.gateway_in_flight,
            reading_problem=self.reading_problem,
        )
        self.canary = GatewayCanary(settings.gateway_canary_seconds, self.payments, self.calls.judge)
        self._stop = threading.Event()
        self._kafka_thread = threading.Thread(target=self._follow_kafka, name="kafka", daemon=True)
        self._tasks: list[asyncio.Task[None]] = []
        self._is_expecting_late = False

    async def start(self) -> None:
        """Begin to work; Kafka is waited for in the background."""
        self._loop = asyncio.get_running_loop()
        self._sender.start()
        self._kafka_thread.start()
        self._tasks = [self._loop.create_task(self._tick())]

    async def stop(self) -> None:
        """Answer nothing more, and leave Kafka what is on its way."""
        self._stop.set()
        for task in self._tasks:
            task.cancel()
        self.calls.feed.end()
        await asyncio.to_thread(self._leave)
        log.info("stopped", waiting=self.calls.waiting)

    def reading_problem(self) -> str | None:
        """Why outcomes are not read, so that no verdict could be given; None while they are."""
        if not self._feed.is_caught_up:
            return self._kafka.waiting_for or "the outcomes before the start are being read"
        if not self._list_feed.is_caught_up:
            return self._kafka.waiting_for or "the policy's lists are being read from their topic"
        return self._feed.problem

    @property
    def is_open(self) -> bool:
        """Whether all that was answered before is known, so that a repeat is recognised, and all that is listed."""
        return self._feed.is_caught_up and self._list_feed.is_caught_up

    def status(self) -> Mapping[str, object]:
        """What `/status` answers."""
        problem = self.reading_problem() or self.canary.problem
        fields = {
            "ready": problem is None,
            "policy": self.policy.current.hash,
            "policy_problem": self.policy.problem,
            **self._lists_status(),
            "waiting_calls": self.calls.waiting,
            "overdue_calls": self.calls.overdue,
            "room": self.calls.room,
            "listeners": self.calls.feed.listeners,
            "unacknowledged_records": self._sender.waiting,
            "failed_records": self._sender.failed_total,
            "unreadable_records": self._feed.unreadable_total,
            **self.calls.counts.status(int(time.monotonic())),
            **self.canary.status(),
        }
        status = dict(self._kafka.added_to(fields))
        status["waiting_for"] = status["waiting_for"] or problem
        return status

    def _lists_status(self) -> Mapping[str, object]:
        counts = self._lists.counts
        return {
            "list_entries": counts.entries,
            "refused_list_records": counts.refused,
            "ignored_list_records": counts.ignored,
            "lists_problem": self._list_feed.problem,
        }

    def _follow_kafka(self) -> None:
        if not wait_for_topics(
            self.settings, TOPICS_USED, self._stop, self._kafka, begin=self._open_feeds, ends_when_refused=False
        ):
            return
        self._feed.start()
        self._list_feed.start()
        with watch_topics(self.settings, TOPICS_USED, self._kafka):
            self._stop.wait()

    def _open_feeds(self) -> None:
        self._feed.open()
        self._list_feed.open()

    async def _tick(self) -> None:
        while True:
            await asyncio.to_thread(self.policy.refresh)  # a long list takes seconds to read
            if self.is_open:
                if not self._is_expecting_late:
                    self._is_expecting_late = True
                    self.calls.expect_late_verdicts()
                await self.canary.tick()
            await asyncio.sleep(TICK_SECONDS)

    def _hand_read(self, read: Read) -> None:
        if not self._stop.is_set():
            self._loop.call_soon_threadsafe(self.calls.take, read)

    def _hand_stored(self, batches: int) -> None:
        if not self._stop.is_set():
            self._loop.call_soon_threadsafe(self.calls.stored, batches)

    def _hand_acknowledged(self, done: Sequence[Acknowledged]) -> None:
        if not self._stop.is_set():
            self._loop.call_soon_threadsafe(self.calls.acknowledged, done)

    def _leave(self) -> None:
        self._kafka_thread.join()
        self._feed.close()
        self._list_feed.close()
        self._sender.close()
        self._store.close()
        if self.traces:
            self.traces.close()
