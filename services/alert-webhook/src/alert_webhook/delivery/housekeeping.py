"""What the process that delivers also does each second: due digests, figures, and removal of what is old."""

import time
from collections.abc import Callable, Collection
from typing import Final

from alert_webhook.core.outbox.database import Database
from alert_webhook.core.outbox.deliveries import queues
from alert_webhook.core.outbox.pruning import prune
from alert_webhook.core.triage.digest import make_due_digest
from alert_webhook.core.triage.rules import VolumeRules
from alert_webhook.delivery.tally import DeliveryTally
from alert_webhook.errors import OutboxUnavailableError
from vigie_runtime import get_logger
from vigie_schemas import DeliveryMetrics

PRUNE_INTERVAL_SECONDS: Final = 3600.0

log = get_logger(__name__)


class Housekeeping:
    """Called once a second by one thread; no error of a chore keeps the others from being done."""

    def __init__(
        self,
        database: Database,
        *,
        rules: VolumeRules,
        tally: DeliveryTally,
        receivers: Collection[str],
        publish: Callable[[DeliveryMetrics], None],
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._rules = rules
        self._tally = tally
        self._receivers = receivers
        self._publish = publish
        self._clock = clock
        self._pruned_at = -PRUNE_INTERVAL_SECONDS

    def do_chores(self) -> None:
        """One second's chores."""
        now_ms = round(self._clock() * 1000)
        for chore in (self._make_digest, self._publish_figures, self._prune):
            try:
                chore(now_ms)
            except OutboxUnavailableError:
                continue  # logged once for all who meet it
            except Exception:
                log.exception("chore failed", chore=chore.__name__)

    def _make_digest(self, now_ms: int) -> None:
        with self._database.writing() as connection:
            make_due_digest(connection, self._rules, now_ms=now_ms)

    def _publish_figures(self, now_ms: int) -> None:
        with self._database.reading() as connection:
            waiting = queues(connection)
        self._publish(self._tally.close_second(now_ms, self._receivers, waiting))

    def _prune(self, now_ms: int) -> None:
        if time.monotonic() - self._pruned_at < PRUNE_INTERVAL_SECONDS:
            return
        with self._database.writing() as connection:
            removed = prune(connection, now_ms=now_ms)
        if removed:
            log.info("rows past retention removed", rows=removed)
        else:
            self._pruned_at = time.monotonic()  # else there is more, for the next second
